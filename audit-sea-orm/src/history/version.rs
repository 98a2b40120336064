use audit_core::Changes;
use sea_orm::EntityTrait;

use super::Snapshot;
use crate::entity::audit_log;

/// One version of an object: the record of a change, and the object as the change left it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Version<E: EntityTrait> {
    /// What was done, by whom, when and why; with the columns that changed.
    pub record: audit_log::Model,
    /// The object after it; `None` where it was gone.
    pub snapshot: Option<Snapshot<E>>,
    /// What changed since the version before, and left no record: each column with the value that the version before left, and
    /// the one that this record found.
    ///
    /// A new value of `None` says that the object went without a record, as this record creates it again. An old one of `None`
    /// says that it came without one. Empty in a history without gaps, and in the first version of one.
    ///
    /// # Example
    /// ```
    /// # mod cake {
    /// #     use sea_orm::entity::prelude::*;
    /// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    /// #     #[sea_orm(table_name = "cake")]
    /// #     pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub price: i32 }
    /// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    /// #     pub enum Relation {}
    /// # }
    /// # use audit_sea_orm::prelude::*;
    /// # use sea_orm::{ActiveModelTrait, ConnectionTrait, Database, DbBackend, IntoActiveModel, Schema, Set};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), sea_orm::DbErr> {
    /// # let db = Database::connect("sqlite::memory:").await?;
    /// # let schema = Schema::new(DbBackend::Sqlite);
    /// # db.execute(&schema.create_table_from_entity(cake::Entity)).await?;
    /// # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
    /// let cake = cake::ActiveModel { price: Set(450), ..Default::default() }.audited_insert(&db).await?;
    /// // Hooks do not see raw SQL.
    /// db.execute_unprepared("UPDATE cake SET price = 1").await?;
    /// let mut edit = cake.into_active_model();
    /// edit.price = Set(480);
    /// let cake = edit.audited_update(&db).await?;
    ///
    /// let versions = History::of(&cake).versions(&db).await?;
    /// let price = versions[1].unrecorded.get("price").expect("somebody changed it");
    /// assert_eq!((price.old.clone(), price.new.clone()), (Some(450.into()), Some(1.into())));
    /// # Ok(())
    /// # }
    /// ```
    pub unrecorded: Changes,
}

impl<E: EntityTrait> PartialEq for Version<E> {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            record,
            snapshot,
            unrecorded,
        } = self;
        (record, snapshot, unrecorded) == (&other.record, &other.snapshot, &other.unrecorded)
    }
}
