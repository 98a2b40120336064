//! Installing, removing and checking.

use audit_migration::{MigrationOptions, MigratorWith};
use audit_sea_orm::capture::{self, CheckReport, Drift, check};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, Statement};
use sea_orm_migration::MigratorTraitSelf;

use super::ledger;
use crate::{
    Backend, Outcome, Test,
    entity::{
        cake,
        ledger::{account, entry, trail},
    },
};

/// The names and texts of all triggers and functions that the database has, but for those of the view that brings the
/// context on SQLite, which the migrations make.
pub(in crate::suite) async fn triggers(t: &Test) -> Result<Vec<String>, DbErr> {
    let sql = match t.backend {
        Backend::Sqlite => {
            "SELECT name || sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name <> 'audit_context' ORDER BY 1"
        }
        Backend::Postgres => {
            "SELECT tgname || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
             UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1"
        }
        Backend::MySql => {
            "SELECT CONVERT(CONCAT(trigger_name, action_statement) USING utf8mb4) FROM information_schema.triggers
             WHERE trigger_schema = DATABASE() ORDER BY 1"
        }
    };
    let rows = Statement::from_string(t.db.get_database_backend(), sql);
    let rows = t.db.query_all_raw(rows).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// To install again leaves the same triggers, and one record for each change.
pub async fn installing_twice_changes_nothing(t: &mut Test) -> Outcome {
    ledger(t).await?;
    let before = triggers(t).await?;
    assert!(before.len() >= 6, "{before:#?}");
    capture::install(&t.db, account::Entity).await?;
    capture::install(&t.db, entry::Entity).await?;
    assert_eq!(triggers(t).await?, before);
    account::numbered(1).insert(&t.db).await?;
    assert_eq!(t.only_record().await?.action, "CREATE");
    Ok(())
}

/// What was installed goes, and the application's own triggers stay.
pub async fn removing_leaves_nothing(t: &mut Test) -> Outcome {
    ledger(t).await?;
    let own = match t.backend {
        Backend::Sqlite => {
            "CREATE TRIGGER audit_capture_own AFTER INSERT ON ledger_account BEGIN SELECT 1; END"
        }
        Backend::Postgres => {
            "CREATE FUNCTION audit_capture_own() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
             CREATE TRIGGER audit_capture_own AFTER INSERT ON ledger_account EXECUTE FUNCTION audit_capture_own()"
        }
        Backend::MySql => {
            "CREATE TRIGGER audit_capture_own AFTER INSERT ON ledger_account FOR EACH ROW SET @own = 1"
        }
    };
    t.db.execute_unprepared(own).await?;
    capture::remove(&t.db, account::Entity).await?;
    let left = triggers(t).await?;
    assert!(
        left.iter()
            .all(|text| !text.contains("ledger_account_") || text.contains("entry")),
        "{left:#?}"
    );
    assert!(
        left.iter().any(|text| text.contains("ledger_entry_")),
        "{left:#?}"
    );
    capture::remove(&t.db, entry::Entity).await?;
    capture::remove(&t.db, entry::Entity).await?;
    let left = triggers(t).await?;
    assert!(
        !left.is_empty() && left.iter().all(|text| text.contains("audit_capture_own")),
        "{left:#?}"
    );
    account::numbered(1).insert(&t.db).await?;
    assert_eq!(t.records().await?, []);
    Ok(())
}

/// To roll the migrations back removes every trigger, as one that cannot write fails the application.
pub async fn rolling_back_removes_every_trigger(t: &mut Test) -> Outcome {
    ledger(t).await?;
    let migrator = MigratorWith(MigrationOptions::new().allow_rollback(true));
    migrator.down(&t.db, None).await?;
    assert_eq!(triggers(t).await?, [""; 0]);
    account::numbered(1).insert(&t.db).await?;
    Ok(())
}

/// The trail's own tables, and those that hooks record.
pub async fn what_must_not_be_captured_is_refused(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let refused = capture::install(&t.db, cake::Entity)
        .await
        .expect_err("hooks record it");
    assert!(
        refused.to_string().contains("capture = \"triggers\""),
        "{refused}"
    );
    let refused = capture::install(&t.db, account::Entity)
        .await
        .expect_err("there is no table");
    assert!(refused.to_string().contains("ledger_account"), "{refused}");
    let trail = trail::Entity;
    let refused = capture::install(&t.db, trail)
        .await
        .expect_err("it is the trail");
    assert!(refused.to_string().contains("audit_log"), "{refused}");
    assert_eq!(triggers(t).await?, [""; 0]);
    Ok(())
}

/// What is reported of the table of accounts.
pub(super) fn of_accounts(report: &CheckReport) -> Vec<Drift> {
    let table = report
        .tables
        .iter()
        .find(|table| table.table == "ledger_account");
    table.map(|table| table.drifts.clone()).unwrap_or_default()
}

fn is(drifts: &[Drift], wanted: impl Fn(&Drift) -> bool) -> bool {
    drifts.iter().any(wanted)
}

/// Every way in which the database may differ from the program is found, and goes when it is installed anew.
pub async fn check_tells_every_drift(t: &mut Test) -> Outcome {
    t.create_table(account::Entity).await?;
    let drifts = of_accounts(&check(&t.db).await?);
    assert!(
        is(&drifts, |drift| matches!(drift, Drift::NoTrigger(_))),
        "{drifts:?}"
    );
    capture::install(&t.db, account::Entity).await?;
    assert_eq!(of_accounts(&check(&t.db).await?), []);
    assert_eq!(check(&t.db).await?.trail, []);

    t.db.execute_unprepared("ALTER TABLE ledger_account ADD COLUMN extra integer")
        .await?;
    assert_eq!(
        of_accounts(&check(&t.db).await?),
        [Drift::UnknownColumn("extra".to_owned())]
    );
    let drop = "ALTER TABLE ledger_account DROP COLUMN extra";
    t.db.execute_unprepared(drop).await?;

    alter_a_trigger(t).await?;
    let drifts = of_accounts(&check(&t.db).await?);
    assert!(
        is(&drifts, |drift| matches!(drift, Drift::Altered(_))),
        "{drifts:?}"
    );
    capture::install(&t.db, account::Entity).await?;
    assert_eq!(of_accounts(&check(&t.db).await?), []);

    records_twice(t).await?;
    if t.backend == Backend::Postgres {
        t.db.execute_unprepared("ALTER TABLE ledger_account DISABLE TRIGGER USER")
            .await?;
        let drifts = of_accounts(&check(&t.db).await?);
        assert!(
            drifts.len() == 4 && is(&drifts, |drift| matches!(drift, Drift::Disabled(_))),
            "{drifts:?}"
        );
    }
    t.db.execute_unprepared("ALTER TABLE audit_log DROP COLUMN database_role")
        .await?;
    t.db.execute_unprepared("DROP TABLE audit_data_export")
        .await?;
    let column = Drift::NoColumn {
        table: "audit_log".to_owned(),
        column: "database_role".to_owned(),
    };
    let trail = check(&t.db).await?.trail;
    assert_eq!(
        trail,
        [column, Drift::NoTable("audit_data_export".to_owned())]
    );
    Ok(())
}

/// Hooks and triggers at once.
async fn records_twice(t: &Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    audit_sea_orm::__private::install_capture_beside_hooks::<_, cake::Entity>(&t.db).await?;
    let report = check(&t.db).await?;
    let cakes = report
        .tables
        .iter()
        .find(|table| table.table == "cake")
        .ok_or("the cakes")?;
    assert_eq!(cakes.drifts, [Drift::RecordedTwice]);
    assert!(
        report
            .to_string()
            .contains("cake: hooks\ncake: hooks and triggers"),
        "{report}"
    );
    Ok(())
}

/// Changes the text of a trigger, but not what it says of itself.
async fn alter_a_trigger(t: &Test) -> Outcome {
    let text = insert_trigger(t).await?;
    assert!(text.contains("'CREATE'"));
    let mut altered = text.replace("'CREATE'", "'BIRTH'");
    if t.backend == Backend::Sqlite {
        let name = text.split('"').nth(1).ok_or("its name")?;
        altered = format!("DROP TRIGGER {name}; {altered}");
    }
    t.db.execute_unprepared(&altered).await?;
    Ok(())
}

/// What makes the trigger for new accounts, or its function.
pub(super) async fn insert_trigger(t: &Test) -> Result<String, DbErr> {
    let text = match t.backend {
        Backend::Sqlite => {
            "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_capture_ledger_account%insert'"
        }
        Backend::Postgres => {
            "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname LIKE 'audit_capture_ledger_account%insert'"
        }
        Backend::MySql => {
            "SELECT CONVERT(CONCAT('DROP TRIGGER IF EXISTS ', trigger_name, '; CREATE TRIGGER ', trigger_name, ' AFTER INSERT ON ledger_account FOR EACH ROW ', \
             action_statement) USING utf8mb4) FROM information_schema.triggers WHERE trigger_schema = DATABASE() \
             AND trigger_name LIKE 'audit_capture_ledger_account%insert'"
        }
    };
    let text = Statement::from_string(t.db.get_database_backend(), text);
    let row = t.db.query_one_raw(text).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("the trigger".to_owned()))?
        .try_get_by_index(0)
}
