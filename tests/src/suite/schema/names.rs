//! Tables that take each other's names. On one connection: another of SQLite would refuse a name that it does not know to be
//! free.

use audit_sea_orm::capture::install_each;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};

use super::lines;
use crate::{Outcome, Test, entity::seams::named};

const NEW: named::Entity = named::Entity { name: "seam_new" };
const OLD: named::Entity = named::Entity { name: "seam_old" };
const OLDEST: named::Entity = named::Entity {
    name: "seam_oldest",
};

/// Each table is renamed to the next name, and a new one takes the first: all are captured, each by its own name.
pub async fn a_chain_of_renamed_tables(t: &mut Test) -> Outcome {
    let db = &t.isolated.connect(1).await?;
    create(db, "seam_new").await?;
    create(db, "seam_old").await?;
    install_each(db, &[NEW, OLD]).await?;
    rename(db, "seam_old", "seam_oldest").await?;
    rename(db, "seam_new", "seam_old").await?;
    create(db, "seam_new").await?;
    let report = install_each(db, &[NEW, OLD, OLDEST]).await?;
    let installed = [
        "seam_new: installed",
        "seam_old: installed",
        "seam_oldest: installed",
    ];
    assert_eq!(lines(&report, "seam"), installed);
    assert_captured(t, db, &[NEW, OLD, OLDEST]).await?;
    Ok(db.close_by_ref().await?)
}

/// Two tables have exchanged their names.
pub async fn two_tables_that_exchange_names(t: &mut Test) -> Outcome {
    let db = &t.isolated.connect(1).await?;
    create(db, "seam_new").await?;
    create(db, "seam_old").await?;
    install_each(db, &[NEW, OLD]).await?;
    rename(db, "seam_new", "seam_oldest").await?;
    rename(db, "seam_old", "seam_new").await?;
    rename(db, "seam_oldest", "seam_old").await?;
    install_each(db, &[NEW, OLD]).await?;
    assert_captured(t, db, &[NEW, OLD]).await?;
    Ok(db.close_by_ref().await?)
}

/// A table is replaced by a new one of its name, as tools that change large tables do; no entity has the old one any more.
pub async fn a_table_in_the_place_of_another(t: &mut Test) -> Outcome {
    let db = &t.isolated.connect(1).await?;
    create(db, "seam_new").await?;
    install_each(db, &[NEW]).await?;
    rename(db, "seam_new", "seam_old").await?;
    create(db, "seam_new").await?;
    install_each(db, &[NEW]).await?;
    db.execute_unprepared("INSERT INTO seam_old VALUES (7)")
        .await?;
    assert_eq!(t.records().await?, [], "not under another table's name");
    assert_captured(t, db, &[NEW]).await?;
    audit_sea_orm::capture::remove(db, NEW).await?;
    Ok(db.close_by_ref().await?)
}

async fn assert_captured(t: &Test, db: &DatabaseConnection, entities: &[named::Entity]) -> Outcome {
    let report = install_each(db, entities).await?;
    let up_to_date = |entity: &named::Entity| format!("{}: up to date", entity.name);
    let expected: Vec<String> = entities.iter().map(up_to_date).collect();
    assert_eq!(lines(&report, "seam"), expected);
    for named::Entity { name } in entities {
        db.execute_unprepared(&format!("INSERT INTO {name} VALUES (1)"))
            .await?;
    }
    let tables: Vec<_> = entities
        .iter()
        .map(|entity| Some(entity.name.to_owned()))
        .collect();
    let records = t.records().await?;
    let recorded: Vec<_> = records
        .into_iter()
        .map(|record| record.table_name)
        .collect();
    assert_eq!(recorded, tables);
    Ok(())
}

async fn create(db: &DatabaseConnection, name: &str) -> Result<(), DbErr> {
    let sql = format!("CREATE TABLE {name} (id integer NOT NULL PRIMARY KEY)");
    db.execute_unprepared(&sql).await.map(drop)
}

async fn rename(db: &DatabaseConnection, from: &str, to: &str) -> Result<(), DbErr> {
    let sql = if db.get_database_backend() == DbBackend::MySql {
        format!("RENAME TABLE {from} TO {to}")
    } else {
        format!("ALTER TABLE {from} RENAME TO {to}")
    };
    db.execute_unprepared(&sql).await.map(drop)
}
