//! Drift that a name or a right makes, and what must be left alone.

use audit_migration::Migrator;
use audit_sea_orm::capture::{self, CheckReport, Drift, check};
use sea_orm::{ActiveModelTrait, ConnectionTrait, Statement};
use sea_orm_migration::MigratorTrait;

use super::{
    install::{insert_trigger, of_accounts, triggers},
    ledger, outline, run,
};
use crate::{
    Backend, Outcome, Test,
    entity::{
        captured::{crumb, free_tart},
        ledger::{account, entry},
        tart::{self, priced},
    },
    test::{create_table, records},
};

/// A column that has another name now, an entity's table that is not there, and SQLite's table of the context.
pub async fn check_tells_of_columns_and_tables_that_are_gone(t: &mut Test) -> Outcome {
    t.create_table(account::Entity).await?;
    capture::install(&t.db, account::Entity).await?;
    t.db.execute_unprepared("ALTER TABLE ledger_account RENAME COLUMN note TO remark")
        .await?;
    let report = check(&t.db).await?;
    let drifts = of_accounts(&report);
    let renamed = [
        Drift::UnknownColumn("remark".to_owned()),
        Drift::GoneColumn("note".to_owned()),
    ];
    assert!(
        renamed.iter().all(|drift| drifts.contains(drift)),
        "{drifts:?}"
    );
    let entries = report
        .tables
        .iter()
        .find(|table| table.table == "ledger_entry");
    assert_eq!(
        entries.ok_or("the entries")?.drifts,
        [Drift::NoTable("ledger_entry".to_owned())]
    );
    if t.backend == Backend::Sqlite {
        t.db.execute_unprepared("DROP VIEW audit_context").await?;
        let trail = check(&t.db).await?.trail;
        assert_eq!(trail, [Drift::NoTable("audit_context".to_owned())]);
    }
    Ok(())
}

/// Triggers that were made of another state of the entity.
pub async fn check_tells_of_outdated_triggers(t: &mut Test) -> Outcome {
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, free_tart::Entity).await?;
    let of_tarts = |report: CheckReport| {
        let mut tables = report.tables.into_iter();
        let tarts = tables.find(|table| table.table == "tart");
        tarts.map(|table| table.drifts)
    };
    let drifts = of_tarts(check(&t.db).await?).ok_or("the tarts are reported")?;
    let outdated = drifts
        .iter()
        .filter(|drift| matches!(drift, Drift::Outdated(_)));
    assert!(outdated.count() >= 3, "{drifts:?}");
    capture::install(&t.db, tart::Entity).await?;
    assert_eq!(of_tarts(check(&t.db).await?), Some(Vec::new()));
    Ok(())
}

/// A trigger of the library's under a name that it gives no more records each change a second time: it is reported,
/// and goes with the next installation.
pub async fn check_tells_of_strays(t: &mut Test) -> Outcome {
    t.create_table(account::Entity).await?;
    capture::install(&t.db, account::Entity).await?;
    let before = triggers(t).await?;
    let stray = insert_trigger(t).await?.replace("_insert", "_stray");
    t.db.execute_unprepared(&stray).await?;
    if t.backend == Backend::Postgres {
        let name = stray.split(['.', '(']).nth(1).ok_or("its name")?;
        let trigger = format!(
            "CREATE TRIGGER {name} AFTER INSERT ON ledger_account REFERENCING NEW TABLE AS audit_new \
             FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        );
        t.db.execute_unprepared(&trigger).await?;
    }
    let drifts = of_accounts(&check(&t.db).await?);
    let is_stray =
        |drift: &Drift| matches!(drift, Drift::Outdated(name) if name.ends_with("stray"));
    assert!(drifts.iter().any(is_stray), "{drifts:?}");
    capture::install(&t.db, account::Entity).await?;
    assert_eq!(of_accounts(&check(&t.db).await?), []);
    assert_eq!(triggers(t).await?, before);
    Ok(())
}

/// A table that no entity of the program has: its triggers tell what they should be.
pub async fn check_tells_of_tables_without_entity(t: &mut Test) -> Outcome {
    t.create_table(crumb::Entity).await?;
    capture::install(&t.db, crumb::Entity).await?;
    assert_eq!(of_crumbs(t).await?, []);
    let names = match t.backend {
        Backend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_capture%delete'"
        }
        Backend::Postgres => "SELECT tgname::text FROM pg_trigger WHERE tgname LIKE '%delete'",
        Backend::MySql => {
            "SELECT CONVERT(trigger_name USING utf8mb4) FROM information_schema.triggers \
             WHERE trigger_schema = DATABASE() AND trigger_name LIKE '%delete'"
        }
    };
    let name = Statement::from_string(t.db.get_database_backend(), names);
    let name = t.db.query_one_raw(name).await?.ok_or("the trigger")?;
    let name: String = name.try_get_by_index(0)?;
    let mut drop = format!("DROP TRIGGER {name}");
    if t.backend == Backend::Postgres {
        drop.push_str(" ON crumb");
    }
    t.db.execute_unprepared(&drop).await?;
    assert_eq!(of_crumbs(t).await?, [Drift::NoTrigger(name)]);
    Ok(())
}

async fn of_crumbs(t: &Test) -> Result<Vec<Drift>, Box<dyn std::error::Error + Send + Sync>> {
    let report = check(&t.db).await?;
    let mut tables = report.tables.into_iter();
    let crumbs = tables.find(|table| table.table == "captured_crumb");
    let crumbs = crumbs.ok_or("the crumbs are reported")?;
    assert_eq!(crumbs.capture, None);
    Ok(crumbs.drifts)
}

/// A table of the same name in another schema keeps its triggers.
pub async fn removing_keeps_other_schemas(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    ledger(t).await?;
    let db = t.isolated.connect(1).await?;
    let statements = [
        "CREATE SCHEMA branch",
        "CREATE TABLE branch.ledger_account (LIKE ledger_account INCLUDING ALL)",
        "SET search_path = branch, public",
    ];
    run(&db, &statements).await?;
    capture::install(&db, account::Entity).await?;
    capture::remove(&t.db, account::Entity).await?;
    account::numbered(1).insert(&db).await?;
    account::numbered(2).insert(&t.db).await?;
    db.close().await?;
    let record = t.only_record().await?;
    assert_eq!(record.object_id.as_deref(), Some("1"));
    Ok(())
}

/// What removes all is for one trail, and what checks too: another database of the server, and another schema with a trail
/// of its own, keep their triggers. A table of another schema that writes to this trail loses them.
pub async fn removing_all_keeps_other_trails(t: &mut Test) -> Outcome {
    let other = match t.backend {
        // Its file is all that a connection sees.
        Backend::Sqlite => return Ok(()),
        Backend::Postgres => None,
        Backend::MySql => {
            let name = format!("audit_{}_other", std::process::id());
            Some(t.isolated.beside(&name).await?)
        }
    };
    ledger(t).await?;
    let db = other.as_ref().unwrap_or(&t.isolated).connect(1).await?;
    if other.is_some() {
        Migrator::up(&db, None).await?;
        create_table(&db, account::Entity).await?;
    } else {
        let statements = [
            "CREATE SCHEMA annex",
            "CREATE TABLE annex.ledger_entry (LIKE ledger_entry INCLUDING ALL)",
            "SET search_path = annex, public",
        ];
        run(&db, &statements).await?;
        capture::install(&db, entry::Entity).await?;
        let statements = [
            "CREATE SCHEMA branch",
            "CREATE TABLE branch.ledger_account (LIKE ledger_account INCLUDING ALL)",
            "CREATE TABLE branch.audit_log (LIKE audit_log INCLUDING ALL)",
            "SET search_path = branch",
        ];
        run(&db, &statements).await?;
    }
    capture::install(&db, account::Entity).await?;

    let report = check(&t.db).await?;
    let accounts = report.tables.iter();
    let accounts = accounts.filter(|table| table.table == "ledger_account");
    assert_eq!(accounts.count(), 1, "{report}");
    capture::remove_all(&t.db).await?;
    account::numbered(1).insert(&t.db).await?;
    account::numbered(2).insert(&db).await?;
    if other.is_none() {
        let entry = "INSERT INTO annex.ledger_entry (id, account_id, cents) VALUES (1, 1, 1)";
        db.execute_unprepared(entry).await?;
    }
    assert_eq!(t.records().await?, []);
    assert_eq!(outline(&records(&db).await?), ["CREATE account 2"]);
    db.close().await?;
    if let Some(other) = other {
        other.remove().await?;
    }
    Ok(())
}

/// Who may write a table need not be let write the trail, nor read it, and forges no record by another table.
pub async fn a_writer_needs_no_rights_on_the_trail(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, tart::Entity).await?;
    let db = t.isolated.connect(1).await?;
    let role = format!("audit_writer_{}", std::process::id());
    for sql in [
        format!("CREATE ROLE {role}"),
        format!("GRANT SELECT, INSERT, UPDATE, DELETE ON tart TO {role}"),
        format!("SET ROLE {role}"),
    ] {
        db.execute_unprepared(&sql).await?;
    }
    let written = priced(1, 1).insert(&db).await;
    let refused = db.execute_unprepared("SELECT id FROM audit_log").await;
    db.execute_unprepared("CREATE TEMPORARY TABLE own (LIKE tart)")
        .await?;
    let forge = "DO $$ BEGIN EXECUTE (SELECT format('CREATE TRIGGER own AFTER INSERT ON own REFERENCING NEW TABLE AS \
                 audit_new FOR EACH STATEMENT EXECUTE FUNCTION %s()', oid::regproc) FROM pg_proc \
                 WHERE proname LIKE 'audit_capture_tart%insert'); END $$";
    let forged = db.execute_unprepared(forge).await;
    for sql in [
        "RESET ROLE".to_owned(),
        format!("DROP OWNED BY {role}"),
        format!("DROP ROLE {role}"),
    ] {
        db.execute_unprepared(&sql).await?;
    }
    db.close().await?;
    written?;
    assert!(refused.is_err());
    let why = forged.map_err(|error| error.to_string()).err();
    let why = why.unwrap_or_default();
    assert!(why.contains("permission denied for function"), "{why}");
    assert_eq!(t.only_record().await?.action, "CREATE");
    Ok(())
}
