//! An application that keeps its types: its code takes SeaORM's own `DatabaseConnection`, as seaography's resolvers, loco's
//! generated code and most handlers do. One line where it connects lets its triggers record who acts.
//!
//! `cargo run -p plain-connections`

use audit_migration::Migrator;
use audit_sea_orm::{capture, prelude::*};
use sea_orm::{
    ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, EntityTrait,
    ExprTrait, Schema, Set, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;

mod cake {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "cake")]
    #[audited(capture = "triggers")] // hooks know the context by themselves
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub price: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

/// The application's own code, which knows nothing of the trail.
async fn raise_prices(db: &DatabaseConnection) -> Result<(), DbErr> {
    let transaction = db.begin().await?;
    let raised = cake::Column::Price.into_expr().add(50);
    cake::Entity::update_many()
        .col_expr(cake::Column::Price, raised)
        .exec(&transaction)
        .await?;
    transaction.commit().await
}

#[tokio::main]
async fn main() -> Result<(), DbErr> {
    // The line: from here on each connection carries the context that is current when it is acquired.
    let options = ConnectOptions::new("sqlite::memory:").propagate_audit_context()?;
    let db = Database::connect(options).await?;

    Migrator::up(&db, None).await?;
    let schema = Schema::new(db.get_database_backend());
    db.execute(&schema.create_table_from_entity(cake::Entity))
        .await?;
    capture::install(&db, cake::Entity).await?;

    // Nobody acts: a record without an actor.
    let cake = cake::ActiveModel {
        price: Set(450),
        ..Default::default()
    };
    cake::Entity::insert(cake).exec(&db).await?;

    // On the web, `AuditLayer` opens this scope around each request.
    let ada = AuditContext::new().actor(Actor::new(42).with_name("Ada"));
    ada.scope(raise_prices(&db)).await?;

    for record in audit_log::Entity::find().all(&db).await? {
        let who = record.actor_name.as_deref().unwrap_or("nobody");
        println!("{who}: {} {:?}", record.action, record.new_values);
    }
    Ok(())
}
