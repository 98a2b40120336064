//! Schemas and privileges of PostgreSQL around captured tables.

use audit_migration::capture::CaptureExt;
use audit_sea_orm::capture::{self, check};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbErr};
use sea_orm_migration::{MigrationTrait, MigratorTrait, SchemaManager};

use super::{lines, of_muffins};
use crate::{
    Backend, Outcome, Test,
    entity::{growing::after, tart},
};

const INSERT: &str = "INSERT INTO growing_muffin (id, name) VALUES (1, 'lemon')";

/// Whose trail was migrated by itself.
struct Application;

impl MigratorTrait for Application {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        Vec::new()
    }
}

/// Where a column gets another type by itself, sessions that wrote before fail to write until the triggers are made anew, and go
/// on then. Altered by `alter_captured` they never fail.
pub async fn a_column_of_another_type(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, tart::Entity).await?;
    tart::priced(1, 1).insert(&t.db).await?;
    let session = t.isolated.connect(1).await?;
    let write = async |price: i32| {
        let update = format!("UPDATE tart SET price = {price} WHERE id = 1");
        session.execute_unprepared(&update).await
    };
    write(2).await?;
    let longer = "ALTER TABLE tart ALTER COLUMN price TYPE bigint";
    t.db.execute_unprepared(longer).await?;
    assert!(
        write(3).await.is_err(),
        "then the page on migrations is wrong"
    );
    capture::install(&t.db, tart::Entity).await?;
    write(4).await?;
    let shorter = async |manager: &SchemaManager<'_>| {
        let db = manager.get_connection();
        let sql = "ALTER TABLE tart ALTER COLUMN price TYPE integer";
        db.execute_unprepared(sql).await.map(drop)
    };
    let manager = SchemaManager::new(&t.db);
    manager.alter_captured(tart::Entity, shorter).await?;
    write(5).await?;
    session.close().await?;
    let records = t.records().await?.into_iter();
    let prices: Vec<_> = records
        .filter_map(|record| record.new_values?["price"].as_i64())
        .collect();
    assert_eq!(prices, [1, 2, 4, 5]);
    Ok(())
}

/// A tenant's schema comes before that of the trail in the search path.
pub async fn a_trail_later_in_the_search_path(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    t.create_table(after::Entity).await?;
    let db = t.isolated.connect(1).await?;
    run(
        &db,
        &["CREATE SCHEMA tenant", "SET search_path = tenant, public"],
    )
    .await?;
    audit_migration::up::<Application>(&db).await?;
    db.close().await?;
    t.db.execute_unprepared(INSERT).await?;
    t.only_record().await?;
    Ok(())
}

/// A schema gets another name: what its triggers write goes to the trail that it holds.
pub async fn a_schema_with_another_name(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    let db = t.isolated.connect(1).await?;
    let statements = [
        "CREATE SCHEMA tenant",
        "CREATE TABLE tenant.growing_muffin (id integer PRIMARY KEY, name text NOT NULL, price integer)",
        "CREATE TABLE tenant.audit_log (LIKE audit_log INCLUDING ALL)",
        "SET search_path = tenant",
    ];
    run(&db, &statements).await?;
    capture::install(&db, after::Entity).await?;
    let rename = [
        "ALTER SCHEMA tenant RENAME TO lodger",
        "SET search_path = lodger",
    ];
    run(&db, &rename).await?;
    assert_ne!(of_muffins(&check(&db).await?), []);
    let report = capture::install(&db, after::Entity).await?;
    assert_eq!(lines(&report, "growing"), ["growing_muffin: installed"]);
    assert_eq!(of_muffins(&check(&db).await?), []);
    db.execute_unprepared(INSERT).await?;
    assert_eq!(crate::test::records(&db).await?.len(), 1);
    db.close().await?;
    Ok(())
}

/// Roles that get a right on every function by default get none on these, and nothing is installed over and over.
pub async fn functions_that_default_privileges_give_away(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    let role = format!("audit_\"Role_{}", std::process::id());
    let quoted = format!("\"{}\"", role.replace('"', "\"\""));
    let give = [
        format!("CREATE ROLE {quoted}"),
        format!("ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO {quoted}"),
    ];
    run(&t.db, &give).await?;
    let outcome = install_twice(t).await;
    let take = [
        format!("DROP OWNED BY {quoted}"),
        format!("DROP ROLE {quoted}"),
    ];
    run(&t.db, &take).await?;
    outcome
}

async fn install_twice(t: &Test) -> Outcome {
    t.create_table(after::Entity).await?;
    capture::install(&t.db, after::Entity).await?;
    assert_eq!(of_muffins(&check(&t.db).await?), []);
    let report = capture::install(&t.db, after::Entity).await?;
    assert_eq!(lines(&report, "growing"), ["growing_muffin: up to date"]);
    Ok(())
}

async fn run<S: AsRef<str> + Sync>(db: &DatabaseConnection, statements: &[S]) -> Result<(), DbErr> {
    for sql in statements {
        db.execute_unprepared(sql.as_ref()).await?;
    }
    Ok(())
}
