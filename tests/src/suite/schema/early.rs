//! Old migrations, which run with the entities of today.

use audit_migration::{Captured, capture::CaptureExt};
use audit_sea_orm::capture::{self, check};
use sea_orm::{ConnectionTrait, TransactionTrait};
use sea_orm_migration::{
    prelude::*,
    schema::{integer_null, string_null},
};

use super::{lines, muffins, of_muffins};
use crate::{
    Backend, Outcome, Test,
    entity::{growing::after, odd::visit},
};

/// A later migration gives the table, or its key, the name that the entity has: until then migrations leave it alone, and what
/// is installed outside of one says why it is not.
pub async fn a_table_that_is_still_to_be_renamed(t: &mut Test) -> Outcome {
    let manager = SchemaManager::new(&t.db);
    manager.install_capture(after::Entity).await?;
    let sql =
        "CREATE TABLE growing_muffin (nr integer NOT NULL PRIMARY KEY, name varchar(255) NOT NULL)";
    t.db.execute_unprepared(sql).await?;
    manager.install_capture(after::Entity).await?;
    let note = Table::alter()
        .table("growing_muffin")
        .add_column(string_null("note"))
        .take();
    manager
        .alter_captured(after::Entity, async |manager| {
            manager.alter_table(note).await
        })
        .await?;
    let refused = capture::install(&t.db, after::Entity).await.map(drop);
    let why = refused.map_err(|error| error.to_string()).err();
    assert!(why.is_some_and(|why| why.contains("`id`")));
    let rename = "ALTER TABLE growing_muffin RENAME COLUMN nr TO id";
    t.db.execute_unprepared(rename).await?;
    manager.install_capture(after::Entity).await?;
    t.db.execute_unprepared("INSERT INTO growing_muffin (id, name) VALUES (1, 'lemon')")
        .await?;
    t.only_record().await?;
    Ok(())
}

/// A later migration gives a column the type that the entity has: the transaction of an older one goes on.
pub async fn a_type_that_is_still_to_come(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    let sql = "CREATE TABLE visit_times (id integer PRIMARY KEY, at text, seen text, kept timestamptz, clock time)";
    t.db.execute_unprepared(sql).await?;
    let transaction = t.db.begin().await?;
    let manager = SchemaManager::new(&transaction);
    manager.install_capture(visit::Entity).await?;
    let refused = capture::install(&transaction, visit::Entity).await;
    let why = refused.map_err(|error| error.to_string()).err();
    assert!(why.is_some_and(|why| why.contains("not of the type its entity says")));
    let retype = "ALTER TABLE visit_times ALTER at TYPE timestamptz USING NULL, ALTER seen TYPE timestamp USING NULL";
    manager.get_connection().execute_unprepared(retype).await?;
    manager.install_capture(visit::Entity).await?;
    drop(manager);
    transaction.commit().await?;
    let report = capture::install(&t.db, visit::Entity).await?;
    assert_eq!(lines(&report, "visit"), ["visit_times: up to date"]);
    Ok(())
}

/// Adds a column.
struct AddPrice;

/// Fails.
struct Break;

impl MigrationName for AddPrice {
    fn name(&self) -> &'static str {
        "m20261129_000002_add_price"
    }
}

impl MigrationName for Break {
    fn name(&self) -> &'static str {
        "m20261129_000003_break"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait needs the signature as the trait has it"
)]
#[sea_orm::prelude::async_trait::async_trait]
impl MigrationTrait for AddPrice {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let price = Table::alter()
            .table("growing_muffin")
            .add_column(integer_null("price"))
            .take();
        manager.alter_table(price).await
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait needs the signature as the trait has it"
)]
#[sea_orm::prelude::async_trait::async_trait]
impl MigrationTrait for Break {
    async fn up(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("broken on purpose".to_owned()))
    }
}

struct Broken;

impl MigratorTrait for Broken {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(AddPrice), Box::new(Break)]
    }
}

/// What the migrations before the one that fails have altered stays, so it is captured.
pub async fn triggers_follow_migrations_that_fail(t: &mut Test) -> Outcome {
    muffins(t).await?;
    capture::install(&t.db, after::Entity).await?;
    let migrated = Captured::<Broken>::up(&t.db, None).await;
    let why = migrated.map_err(|error| error.to_string()).err();
    assert!(why.is_some_and(|why| why.contains("broken on purpose")));
    assert_eq!(of_muffins(&check(&t.db).await?), []);
    t.db.execute_unprepared("INSERT INTO growing_muffin (id, name, price) VALUES (1, 'lemon', 3)")
        .await?;
    let recorded = t.only_record().await?.new_values.unwrap_or_default();
    assert_eq!(recorded["price"], 3);
    Ok(())
}
