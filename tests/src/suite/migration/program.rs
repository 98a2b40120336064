//! The command-line migrator.

use std::{
    error::Error,
    process::{Output, Stdio},
};

use audit_sea_orm::capture;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::catalog;
use crate::{
    Backend, Outcome, Test, by_hand, child,
    entity::{ignored::film, ledger::account},
};

async fn run(url: &str, arguments: &[&str]) -> std::io::Result<Output> {
    let mut program = child::program("audit-migration-tested");
    program
        .env("DATABASE_URL", url)
        .args(arguments)
        .stdin(Stdio::null());
    program.output().await
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

/// `up`, `status` and `down`, each with what it says.
pub async fn the_program_migrates(t: &mut Test) -> Outcome {
    super::remove_the_trail(t).await?;
    let url = t.isolated.url.clone();
    let status = run(&url, &["status"]).await?;
    assert!(status.status.success() && text(&status.stdout).starts_with("Pending"));
    assert_eq!(
        catalog::tables(t).await?,
        [""; 0],
        "`status` changes nothing"
    );

    for _ in 0..2 {
        let up = run(&url, &["up"]).await?;
        assert!(up.status.success(), "{}", text(&up.stderr));
        assert!(text(&up.stdout).starts_with("Applied  m20261122_000001"));
    }
    assert_eq!(catalog::tables(t).await?.len(), 4);

    let refused = run(&url, &["down"]).await?;
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        text(&refused.stderr).contains("--delete-the-trail"),
        "{}",
        text(&refused.stderr)
    );
    assert_eq!(catalog::tables(t).await?.len(), 4);

    let down = run(&url, &["down", "--delete-the-trail"]).await?;
    assert!(down.status.success(), "{}", text(&down.stderr));
    assert!(text(&down.stdout).starts_with("Pending"));
    assert_eq!(catalog::tables(t).await?, [""; 0]);
    Ok(())
}

/// A database that is not there is an error in a line, with an exit code, and without the password.
pub async fn the_program_explains_a_wrong_url(t: &mut Test) -> Outcome {
    let (gone, said) = match t.backend {
        Backend::Sqlite => (
            "sqlite:/nowhere/at/all.sqlite".to_owned(),
            "unable to open database",
        ),
        Backend::Postgres => (format!("{}_gone", t.isolated.url), "does not exist"),
        Backend::MySql => (format!("{}_gone", t.isolated.url), "Unknown database"),
    };
    for (url, said) in [
        (gone.as_str(), said),
        ("nosuch://ada:CANARY@host/name", "nosuch"),
    ] {
        let failed = run(url, &["up"]).await?;
        assert_eq!(failed.status.code(), Some(2));
        let checked = run(url, &["check", "--json"]).await?;
        assert_eq!(checked.status.code(), Some(2));
        assert_eq!(text(&checked.stdout), "");
        let error = text(&failed.stderr);
        assert!(
            error.starts_with("audit-migration: ") && error.contains(said),
            "{error}"
        );
        assert!(
            error.lines().count() == 1 && !error.contains("CANARY"),
            "{error}"
        );
    }
    let help = run(&gone, &["sideways"]).await?;
    assert_eq!(help.status.code(), Some(2));
    for help in [&["--help"][..], &["check", "--help"]] {
        let help = run(&gone, help).await?;
        assert_eq!(help.status.code(), Some(0));
        let said = text(&help.stdout);
        assert!(said.contains("\n  2  it could not be done"), "{said}");
    }
    Ok(())
}

/// `check` fails where a trigger is altered, a column is not known or the trail is not whole, and says so.
pub async fn the_program_checks(t: &mut Test) -> Outcome {
    let url = t.isolated.url.clone();
    t.create_table(account::Entity).await?;
    capture::install(&t.db, account::Entity).await?;
    let clean = run(&url, &["check"]).await?;
    assert!(clean.status.success(), "{}", text(&clean.stderr));
    assert_eq!(text(&clean.stdout), "ledger_account: triggers\n");

    t.db.execute_unprepared("ALTER TABLE ledger_account ADD COLUMN extra integer")
        .await?;
    t.db.execute_unprepared("DROP TABLE audit_data_export")
        .await?;
    let drifted = run(&url, &["check"]).await?;
    assert_eq!(drifted.status.code(), Some(1));
    assert_eq!(
        text(&drifted.stdout),
        "trail: table `audit_data_export` is missing\nledger_account: triggers\n\
         ledger_account: column `extra` is not known to the triggers\n"
    );
    Ok(())
}

/// `doctor` knows no entities, so it finds what is gone from the database; it fails where there is any.
pub async fn the_program_finds_what_no_longer_fits(t: &mut Test) -> Outcome {
    let url = t.isolated.url.clone();
    t.create_table(film::Entity).await?;
    let record = |table: &'static str, json: &'static str| by_hand::Record {
        action: "CREATE",
        table,
        object_id: "1",
        side: "new_values",
        json,
    };
    record("ignored_film", r#"{"id":"any"}"#)
        .write(&t.db)
        .await?;
    let clean = run(&url, &["doctor"]).await?;
    assert!(clean.status.success(), "{}", text(&clean.stderr));
    assert_eq!(
        text(&clean.stdout),
        "1 record looked at, 0 kinds of misfits\n"
    );

    record("vanished", r#"{"a":1}"#).write(&t.db).await?;
    let found = run(&url, &["doctor"]).await?;
    assert_eq!(found.status.code(), Some(1));
    let said = text(&found.stdout);
    assert!(
        said.contains("\nvanished: 1 record (2): no entity"),
        "{said}"
    );
    let json = run(&url, &["doctor", "--json"]).await?;
    assert_eq!(json.status.code(), Some(1));
    let json: Value = serde_json::from_slice(&json.stdout)?;
    let misfit = json!({
        "table": "vanished", "column": null, "kind": {"kind": "unknown_table"}, "records": 1, "first": 2, "last": 2
    });
    assert_eq!(json, json!({"records": 2, "misfits": [misfit]}));
    let after = run(&url, &["doctor", "--after", "2"]).await?;
    assert!(after.status.success(), "{}", text(&after.stdout));
    Ok(())
}

/// `check --json` prints one document, of the same fields whatever is found; `--deny-warnings` makes a warning count.
pub async fn the_program_checks_for_programs(t: &mut Test) -> Outcome {
    let url = t.isolated.url.clone();
    let check = async |flags: &[&str], code: i32| -> Result<Value, Box<dyn Error + Send + Sync>> {
        let checked = run(&url, &[&["check", "--json"], flags].concat()).await?;
        assert_eq!(checked.status.code(), Some(code), "{checked:?}");
        Ok(serde_json::from_slice(&checked.stdout)?)
    };
    t.create_table(film::Entity).await?;
    let fulltext = match t.backend {
        Backend::MySql => "ALTER TABLE ignored_film ADD COLUMN `fulltext` text",
        Backend::Sqlite | Backend::Postgres => {
            "ALTER TABLE ignored_film ADD COLUMN \"fulltext\" text"
        }
    };
    t.db.execute_unprepared(fulltext).await?;
    capture::install(&t.db, film::Entity).await?;
    let films =
        |drifts: Value| json!([{"table": "ignored_film", "capture": null, "drifts": drifts}]);
    let clean =
        json!({"clean": true, "trail": [], "tables": films(json!([])), "pending_migrations": []});
    assert_eq!(check(&["--deny-warnings"], 0).await?, clean);

    forget_a_migration(t).await?;
    let pending = check(&[], 1).await?;
    let last = "m20261124_000003_index_admin_lists";
    assert_eq!(
        (&pending["clean"], &pending["pending_migrations"]),
        (&json!(false), &json!([last]))
    );
    assert!(run(&url, &["up"]).await?.status.success());

    own_trigger_on_the_trail(t).await?;
    let warned = check(&[], 0).await?;
    assert_eq!(
        (&warned["clean"], &warned["trail"][0]["kind"]),
        (&json!(true), &json!("intercepted"))
    );
    assert_eq!(check(&["--deny-warnings"], 1).await?["clean"], json!(false));

    t.db.execute_unprepared("ALTER TABLE ignored_film ADD COLUMN extra integer")
        .await?;
    let unknown = json!([{
        "kind": "unknown_column", "about": "extra", "warning": false,
        "message": "column `extra` is not known to the triggers"
    }]);
    let dirty = check(&[], 1).await?;
    assert_eq!(
        (&dirty["clean"], &dirty["tables"]),
        (&json!(false), &films(unknown))
    );
    Ok(())
}

async fn forget_a_migration(t: &Test) -> Result<(), sea_orm::DbErr> {
    let forget = "DELETE FROM audit_migrations WHERE version LIKE '%index_admin_lists'";
    t.db.execute_unprepared(forget).await.map(drop)
}

async fn own_trigger_on_the_trail(t: &Test) -> Result<(), sea_orm::DbErr> {
    let sql = match t.backend {
        Backend::Sqlite => "CREATE TRIGGER own AFTER INSERT ON audit_log BEGIN SELECT 1; END",
        Backend::Postgres => {
            "CREATE FUNCTION own() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
             CREATE TRIGGER own AFTER INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION own()"
        }
        Backend::MySql => "CREATE TRIGGER own AFTER INSERT ON audit_log FOR EACH ROW SET @own = 1",
    };
    t.db.execute_unprepared(sql).await.map(drop)
}
