//! Tells in the terminal what happens, and how much of it the trail keeps.

use audit_sea_orm::prelude::*;
use sea_orm::{DatabaseConnection, DbErr, EntityTrait, PaginatorTrait};

pub struct Story<'a> {
    db: &'a DatabaseConnection,
    records: u64,
}

impl<'a> Story<'a> {
    pub async fn begin(db: &'a DatabaseConnection) -> Result<Self, DbErr> {
        println!("Records  Story");
        let records = count(db).await?;
        Ok(Self { db, records })
    }

    /// Tells what has just happened, and how many records it wrote.
    pub async fn tell(&mut self, what: &str) -> Result<(), DbErr> {
        let records = count(self.db).await?;
        println!("{:>7}  {what}", records - self.records);
        self.records = records;
        Ok(())
    }
}

async fn count(db: &DatabaseConnection) -> Result<u64, DbErr> {
    audit_log::Entity::find().count(db).await
}
