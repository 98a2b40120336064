//! Installing where the table is not what the entity says.

use audit_migration::Captured;
use audit_sea_orm::capture::{self, CaptureOptions, Drift, OnSkip, check, install_each};
use sea_orm::{ConnectionTrait, TransactionTrait};
use sea_orm_migration::MigratorTrait;
use serde_json::json;
use tokio::time::timeout;

use super::{FOR_EVER, lines, muffins, of_muffins};
use crate::{
    Backend, Outcome, Test,
    entity::{
        growing::{after, before},
        ledger::account,
        seams::named,
        tart,
    },
    suite::triggers::triggers,
};

/// A fresh database runs a migration of last year with the entity of today: what is there is captured, and what comes later is
/// captured by the next installation.
pub async fn a_column_that_is_still_to_come(t: &mut Test) -> Outcome {
    muffins(t).await?;
    let report = capture::install(&t.db, after::Entity).await?;
    assert_eq!(report.tables[0].left_out, ["price"]);
    let line = "growing_muffin: installed; without price, which the table does not have";
    assert_eq!(lines(&report, "growing_muffin"), [line]);
    assert_eq!(
        of_muffins(&check(&t.db).await?),
        [Drift::AbsentColumn("price".to_owned())]
    );
    let insert = "INSERT INTO growing_muffin (id, name) VALUES (1, 'lemon')";
    t.db.execute_unprepared(insert).await?;
    let values = t.only_record().await?.new_values;
    assert_eq!(values, Some(json!({"id": 1, "name": "lemon"})));

    let add = "ALTER TABLE growing_muffin ADD COLUMN price integer";
    t.db.execute_unprepared(add).await?;
    assert!(of_muffins(&check(&t.db).await?).contains(&Drift::UnknownColumn("price".to_owned())));
    let report = capture::install(&t.db, after::Entity).await?;
    assert_eq!(lines(&report, "growing"), ["growing_muffin: installed"]);
    assert_eq!(of_muffins(&check(&t.db).await?), []);
    let report = capture::install(&t.db, after::Entity).await?;
    assert_eq!(lines(&report, "growing"), ["growing_muffin: up to date"]);
    t.db.execute_unprepared("UPDATE growing_muffin SET price = 3")
        .await?;
    let last = t.records().await?.pop().ok_or("a record")?;
    assert_eq!(last.new_values, Some(json!({"price": 3})));
    Ok(())
}

/// Every table that is there is captured, whatever is wrong with another, and one error names that.
pub async fn tables_that_are_still_to_come(t: &mut Test) -> Outcome {
    t.create_table(tart::Entity).await?;
    let report = capture::install_all(&t.db).await?;
    let left_out = "ledger_account: there is no such table, left out";
    assert_eq!(lines(&report, "ledger_account"), [left_out]);
    assert_eq!(lines(&report, "tart:"), ["tart: installed"]);

    muffins(t).await?;
    let odd = "CREATE TABLE ledger_account (number integer)";
    t.db.execute_unprepared(odd).await?;
    let failed = capture::install_all(&t.db)
        .await
        .expect_err("a table lacks its key");
    let failed = failed.to_string();
    assert!(
        failed.contains("`ledger_account` has no column `id`"),
        "{failed}"
    );
    assert!(!failed.contains("muffin"), "{failed}");
    let report = check(&t.db).await?;
    let mut tables = report.tables.iter();
    let accounts = tables.find(|table| table.table == "ledger_account");
    let drifts = &accounts.ok_or("the accounts")?.drifts;
    assert!(
        drifts.contains(&Drift::AbsentColumn("id".to_owned())),
        "{drifts:?}"
    );
    let insert = "INSERT INTO growing_muffin (id, name) VALUES (1, 'lemon')";
    t.db.execute_unprepared(insert).await?;
    let table = t.only_record().await?.table_name;
    assert_eq!(table.as_deref(), Some("growing_muffin"));
    Ok(())
}

/// Two releases side by side, each of which installs at its start: what the newer one records stays recorded.
pub async fn an_older_release_leaves_what_it_does_not_know(t: &mut Test) -> Outcome {
    t.create_table(after::Entity).await?;
    capture::install(&t.db, after::Entity).await?;
    let made = triggers(t).await?;
    let report = capture::install(&t.db, before::Entity).await?;
    let line = "growing_muffin: made for more columns, left as it is";
    assert_eq!(lines(&report, "growing_muffin"), [line]);
    assert_eq!(triggers(t).await?, made);

    // A column that is gone would fail each write, so then they are made anew.
    capture::remove(&t.db, after::Entity).await?;
    capture::install(&t.db, after::Entity).await?;
    if t.backend != Backend::Sqlite {
        let drop = "ALTER TABLE growing_muffin DROP COLUMN price";
        t.db.execute_unprepared(drop).await?;
        let report = capture::install(&t.db, before::Entity).await?;
        assert_eq!(lines(&report, "growing"), ["growing_muffin: installed"]);
        let insert = "INSERT INTO growing_muffin (id, name) VALUES (1, 'lemon')";
        t.db.execute_unprepared(insert).await?;
        t.only_record().await?;
    }
    Ok(())
}

/// What triggers were installed with stays, until another installation says otherwise.
pub async fn options_stay(t: &mut Test) -> Outcome {
    t.create_table(after::Entity).await?;
    let leave = CaptureOptions::new().on_skip(OnSkip::Leave);
    let found = capture::installed_options(&t.db, after::Entity).await?;
    assert_eq!(found, None);
    capture::install_with(&t.db, after::Entity, leave).await?;
    let report = capture::install(&t.db, after::Entity).await?;
    assert_eq!(lines(&report, "growing"), ["growing_muffin: up to date"]);
    let report = capture::install_all(&t.db).await?;
    assert_eq!(
        lines(&report, "growing_muffin"),
        ["growing_muffin: up to date"]
    );
    let found = capture::installed_options(&t.db, after::Entity).await?;
    assert_eq!(found, Some(leave));
    capture::install_with(&t.db, after::Entity, CaptureOptions::new()).await?;
    let found = capture::installed_options(&t.db, after::Entity).await?;
    assert_eq!(found, Some(CaptureOptions::new()));
    Ok(())
}

/// SQLite fires the trigger first that was made last: `check` tells where that is none of the library's, and to install again
/// mends it.
pub async fn a_trigger_made_later_on_sqlite(t: &mut Test) -> Outcome {
    if t.backend != Backend::Sqlite {
        return Ok(());
    }
    t.create_table(after::Entity).await?;
    capture::install(&t.db, after::Entity).await?;
    let own = "CREATE TRIGGER own AFTER INSERT ON growing_muffin BEGIN \
               UPDATE growing_muffin SET price = 5 WHERE id = NEW.id; END";
    t.db.execute_unprepared(own).await?;
    let drifts = of_muffins(&check(&t.db).await?);
    let is_overtaken = |drift: &Drift| matches!(drift, Drift::Reshaped { part, found, .. } if part == "order" && found == "before `own`");
    assert!(
        drifts.len() == 4 && drifts.iter().all(is_overtaken),
        "{drifts:?}"
    );
    capture::install_all(&t.db).await?;
    assert_eq!(of_muffins(&check(&t.db).await?), []);
    let insert = "INSERT INTO growing_muffin (id, name) VALUES (1, 'lemon')";
    t.db.execute_unprepared(insert).await?;
    let actions: Vec<_> = t
        .records()
        .await?
        .into_iter()
        .map(|one| one.action)
        .collect();
    assert_eq!(actions, ["CREATE", "UPDATE"]);
    Ok(())
}

/// PostgreSQL replaces a function in its place, so that a new column needs no lock on the table.
pub async fn only_the_function_is_made_anew(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    muffins(t).await?;
    capture::install(&t.db, after::Entity).await?;
    let add = "ALTER TABLE growing_muffin ADD COLUMN price integer";
    t.db.execute_unprepared(add).await?;
    let made = triggers(t).await?;
    let reader = t.db.begin().await?;
    let lock = "LOCK TABLE growing_muffin IN SHARE ROW EXCLUSIVE MODE";
    reader.execute_unprepared(lock).await?;
    let report = timeout(FOR_EVER, capture::install(&t.db, after::Entity)).await??;
    assert_eq!(lines(&report, "growing"), ["growing_muffin: installed"]);
    reader.rollback().await?;
    assert_ne!(triggers(t).await?, made);
    assert_eq!(of_muffins(&check(&t.db).await?), []);
    Ok(())
}

/// A hundred tables whose triggers are up to date: one statement for each, and two more (on MySQL and MariaDB three, as the
/// server's version tells them apart).
pub async fn a_hundred_tables_take_a_statement_each(t: &mut Test) -> Outcome {
    let name = |number: usize| &*format!("hundred_{number}").leak();
    let entities: Vec<_> = (0..100)
        .map(|number| named::Entity { name: name(number) })
        .collect();
    for named::Entity { name } in &entities {
        let table = format!("CREATE TABLE {name} (id integer NOT NULL PRIMARY KEY)");
        t.db.execute_unprepared(&table).await?;
    }
    let report = install_each(&t.db, &entities).await?;
    assert_eq!(lines(&report, "hundred_99"), ["hundred_99: installed"]);
    let (report, sent) = t.sent(install_each(&t.db, &entities)).await;
    assert_eq!(lines(&report?, "hundred_99"), ["hundred_99: up to date"]);
    let few = if t.backend == Backend::MySql { 3 } else { 2 };
    assert_eq!(sent.len(), entities.len() + few, "{sent:#?}");
    Ok(())
}

/// A deployment that finds all up to date asks once for each table.
pub async fn up_takes_a_statement_for_each_table(t: &mut Test) -> Outcome {
    t.create_table(account::Entity).await?;
    t.create_table(after::Entity).await?;
    let up = || Captured::<audit_migration::Migrator>::up(&t.db, None);
    up().await?;
    let tables = check(&t.db).await?.tables.len();
    assert!(tables > 50, "{tables}");
    let (done, sent) = t.sent(up()).await;
    done?;
    let most = tables + 12;
    assert!(sent.len() <= most, "{} of {most}: {sent:#?}", sent.len());
    Ok(())
}
