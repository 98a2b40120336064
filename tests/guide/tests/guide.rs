//! Runs the code of the guide. `build.rs` makes a module of each of its Rust blocks: what no test here calls is a warning.

#[path = "guide/admin.rs"]
mod admin;
#[path = "guide/capture.rs"]
mod capture;
#[path = "guide/command_line.rs"]
mod command_line;
#[path = "guide/context.rs"]
mod context;
#[path = "guide/following.rs"]
mod following;
#[path = "guide/history.rs"]
mod history;
#[path = "guide/migrations.rs"]
mod migrations;
#[path = "guide/operations.rs"]
mod operations;
#[path = "guide/performance.rs"]
mod performance;
#[path = "guide/questions.rs"]
mod questions;
#[path = "guide/reading.rs"]
mod reading;
#[path = "guide/security.rs"]
mod security;
#[path = "guide/start.rs"]
mod start;
#[path = "guide/testing.rs"]
mod testing;
#[path = "guide/undo.rs"]
mod undo;

/// The application's modules, by the paths that the guide uses.
mod entity {
    pub use crate::{capture::stock, start::cake};

    pub mod ingredient {
        use sea_orm::entity::prelude::*;

        #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
        #[sea_orm(table_name = "ingredient")]
        pub struct Model {
            #[sea_orm(primary_key)]
            pub id: i32,
            pub cake_id: i32,
            pub name: String,
        }

        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {
            #[sea_orm(
                belongs_to = "crate::entity::cake::Entity",
                from = "Column::CakeId",
                to = "crate::entity::cake::Column::Id"
            )]
            Cake,
        }
    }
}

mod service {
    pub use crate::start::write::raise_price;
}

mod migration {
    pub use crate::start::{create_cake::CreateCake, migrator::Migrator};
    use sea_orm::Schema;
    use sea_orm_migration::prelude::*;

    #[derive(DeriveMigrationName)]
    pub struct CreateStock;

    #[async_trait::async_trait]
    impl MigrationTrait for CreateStock {
        async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
            let schema = Schema::new(manager.get_database_backend());
            let stock = crate::entity::stock::Entity;
            manager
                .create_table(schema.create_table_from_entity(stock))
                .await
        }
    }
}

use audit_sea_orm::prelude::*;
use entity::{cake, stock};
use sea_orm::{DatabaseConnection, DbErr, EntityTrait, Set};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A database with every table and trigger.
async fn bakery() -> Result<DatabaseConnection, DbErr> {
    let db = sea_orm::Database::connect("sqlite::memory:").await?;
    start::migrator::deploy(&db).await?;
    Ok(db)
}

async fn baked(db: &DatabaseConnection) -> Result<cake::Model, DbErr> {
    start::write::bake("Sachertorte", 450, db).await
}

fn new_cake() -> cake::ActiveModel {
    cake::ActiveModel {
        name: Set("Esterházy".to_owned()),
        price: Set(480),
        secret_recipe: Set("hazelnuts".to_owned()),
        draft: Set(String::new()),
        ..Default::default()
    }
}

async fn stored(grams: i32, db: &DatabaseConnection) -> Result<(), DbErr> {
    let flour = stock::ActiveModel {
        ingredient: Set("flour".to_owned()),
        grams: Set(grams),
        ..Default::default()
    };
    stock::Entity::insert(flour).exec(db).await.map(drop)
}

/// The records, in their order.
async fn records(db: &DatabaseConnection) -> Result<Vec<audit_log::Model>, DbErr> {
    audit_log::Entity::find().oldest_first().all(db).await
}

async fn last_record(db: &DatabaseConnection) -> Result<audit_log::Model, DbErr> {
    let last = records(db).await?.pop();
    last.ok_or_else(|| DbErr::RecordNotFound("no record".to_owned()))
}
