//! A captured table that gets another name.

use audit_migration::capture::CaptureExt;
use audit_sea_orm::{
    capture::{self, CaptureOptions, Drift, OnSkip, check},
    prelude::*,
};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::prelude::*;

use super::lines;
use crate::{
    Backend, Outcome, Test,
    entity::altered::{bretzel, christstollen, pretzel, stollen},
};

const SCHEMA: &str = "audit_pretzels";

async fn run(t: &Test, sql: &str) -> Result<(), DbErr> {
    t.db.execute_unprepared(sql).await.map(drop)
}

/// What is reported of a table.
async fn drifts(t: &Test, table: &str) -> Result<Vec<Drift>, DbErr> {
    let tables = check(&t.db).await?.tables.into_iter();
    let tables = tables.filter(|found| found.table == table);
    Ok(tables.flat_map(|found| found.drifts).collect())
}

/// The table of each record, in their order.
async fn recorded(t: &Test) -> Result<Vec<String>, DbErr> {
    let records = t.records().await?.into_iter();
    Ok(records.filter_map(|record| record.table_name).collect())
}

/// The migration that renames the table, and nothing else.
struct Rename;

impl MigrationName for Rename {
    fn name(&self) -> &'static str {
        "m20261129_000001_rename_christstollen"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait needs the signature as the trait has it"
)]
#[sea_orm::prelude::async_trait::async_trait]
impl MigrationTrait for Rename {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.rename_table(to_stollen()).await
    }
}

struct Renaming;

impl MigratorTrait for Renaming {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Rename)]
    }
}

fn to_stollen() -> TableRenameStatement {
    Table::rename().table("christstollen", "stollen").take()
}

fn without_raisins(table: &'static str) -> TableAlterStatement {
    Table::alter().table(table).drop_column("raisins").take()
}

/// A table that a migration renames is captured under its new name by the installation after it, and its history is one.
pub async fn a_table_renamed_by_itself(t: &mut Test) -> Outcome {
    run(
        t,
        "CREATE TABLE christstollen (id integer NOT NULL PRIMARY KEY, name varchar(255) NOT NULL)",
    )
    .await?;
    let options = CaptureOptions::new().on_skip(OnSkip::Leave);
    capture::install_with(&t.db, christstollen::Entity, options).await?;
    run(t, "INSERT INTO christstollen VALUES (1, 'small')").await?;
    audit_migration::up::<Renaming>(&t.db).await?;
    run(t, "UPDATE stollen SET name = 'large'").await?;
    assert_eq!(recorded(t).await?, ["christstollen", "stollen"]);
    assert_eq!(drifts(t, "stollen").await?, []);
    let report = capture::install_all(&t.db).await?;
    assert_eq!(lines(&report, "stollen"), ["stollen: up to date"]);
    let found = capture::installed_options(&t.db, stollen::Entity).await?;
    assert_eq!(found, Some(options));
    let history = audit_log::Entity::for_key("stollen", "1");
    assert_eq!(history.all(&t.db).await?.len(), 2);
    Ok(())
}

/// An alteration may rename the table too, by SeaORM's own statement, and drop a column that its triggers record.
pub async fn a_table_renamed_by_an_alteration(t: &mut Test) -> Outcome {
    t.create_table(christstollen::Entity).await?;
    let options = CaptureOptions::new().on_skip(OnSkip::Leave);
    capture::install_with(&t.db, christstollen::Entity, options).await?;
    run(t, "INSERT INTO christstollen VALUES (1, 'small', 30)").await?;
    let manager = SchemaManager::new(&t.db);
    let alter = async |manager: &SchemaManager<'_>| {
        manager.rename_table(to_stollen()).await?;
        manager.alter_table(without_raisins("stollen")).await
    };
    manager.alter_captured(stollen::Entity, alter).await?;
    run(t, "UPDATE stollen SET name = 'large'").await?;
    assert_eq!(recorded(t).await?, ["christstollen", "stollen"]);
    assert_eq!(drifts(t, "stollen").await?, []);
    let found = capture::installed_options(&t.db, stollen::Entity).await?;
    assert_eq!(found, Some(options));
    Ok(())
}

/// The entity of today alters its table under the name of that time, as on a fresh database: a later migration renames it, and
/// `up` does the rest.
pub async fn a_table_altered_under_a_former_name(t: &mut Test) -> Outcome {
    t.create_table(christstollen::Entity).await?;
    let manager = SchemaManager::new(&t.db);
    let alter = async |manager: &SchemaManager<'_>| {
        manager.alter_table(without_raisins("christstollen")).await
    };
    manager.alter_captured(stollen::Entity, alter).await?;
    assert!(!manager.has_column("christstollen", "raisins").await?);
    audit_migration::up::<Renaming>(&t.db).await?;
    run(t, "INSERT INTO stollen VALUES (1, 'small')").await?;
    assert_eq!(recorded(t).await?, ["stollen"]);
    Ok(())
}

/// What a migration's `down` does: the present entity has not got the name. MariaDB renames no locked table, says how it is done,
/// and leaves the table captured.
pub async fn a_table_renamed_back(t: &mut Test) -> Outcome {
    t.create_table(stollen::Entity).await?;
    capture::install(&t.db, stollen::Entity).await?;
    let manager = SchemaManager::new(&t.db);
    let back = Table::rename().table("stollen", "christstollen").take();
    let alter = async |manager: &SchemaManager<'_>| manager.rename_table(back).await;
    let altered = manager.alter_captured(stollen::Entity, alter).await;
    if t.is_mariadb().await? {
        let refused = altered.expect_err("the table is locked").to_string();
        assert!(
            refused.contains("locks the table `stollen`")
                && refused.contains("rename it by itself")
                && refused.contains("`audit_migration::up`"),
            "{refused}"
        );
        assert_eq!(drifts(t, "stollen").await?, []);
        run(t, "INSERT INTO stollen VALUES (1, 'small')").await?;
        t.only_record().await?;
    } else {
        altered?;
        run(t, "INSERT INTO christstollen VALUES (1, 'small')").await?;
        assert_eq!(recorded(t).await?, [""; 0]);
    }
    Ok(())
}

/// An entity that names its schema: its table is altered there, and renamed there, and no other of that name is touched.
pub async fn a_table_of_another_schema(t: &mut Test) -> Outcome {
    let other = match t.backend {
        // Triggers know the main file alone.
        Backend::Sqlite => return Ok(()),
        Backend::Postgres => {
            run(t, &format!("CREATE SCHEMA {SCHEMA}")).await?;
            None
        }
        Backend::MySql => Some(t.isolated.beside(SCHEMA).await?),
    };
    for name in ["bretzel", "pretzel"] {
        run(t, &format!("CREATE TABLE {name} (id integer)")).await?;
    }
    t.create_table(bretzel::Entity).await?;
    capture::install(&t.db, bretzel::Entity).await?;
    run(
        t,
        &format!("INSERT INTO {SCHEMA}.bretzel VALUES (1, 'salty', 0)"),
    )
    .await?;
    let manager = SchemaManager::new(&t.db);
    let rename = match t.backend {
        Backend::MySql => format!("RENAME TABLE {SCHEMA}.bretzel TO {SCHEMA}.pretzel"),
        _ => format!("ALTER TABLE {SCHEMA}.bretzel RENAME TO pretzel"),
    };
    let drop_column = format!("ALTER TABLE {SCHEMA}.pretzel DROP COLUMN raisins");
    for sql in [rename, drop_column] {
        let alter = async |manager: &SchemaManager<'_>| {
            let db = manager.get_connection();
            db.execute_unprepared(&sql).await.map(drop)
        };
        manager.alter_captured(pretzel::Entity, alter).await?;
        run(
            t,
            &format!("UPDATE {SCHEMA}.pretzel SET name = CONCAT(name, '!')"),
        )
        .await?;
    }
    let (old, new) = (format!("{SCHEMA}.bretzel"), format!("{SCHEMA}.pretzel"));
    assert_eq!(recorded(t).await?, [old, new.clone(), new.clone()]);
    assert_eq!(drifts(t, &new).await?, []);
    if let Some(other) = other {
        other.remove().await?;
    }
    Ok(())
}
