//! Each way to write is recorded.

use audit_sea_orm::prelude::*;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel,
    ModelTrait, QueryFilter, Set,
    sea_query::{Expr, OnConflict},
};
use serde_json::json;

use super::{ledger, outline};
use crate::{
    Backend, Outcome, Test,
    entity::ledger::{account, entry},
};

const ROWS: i32 = 2_000;

/// An active model's own writes: each one record, by the triggers, with the database's user and time.
pub async fn single_writes(t: &mut Test) -> Outcome {
    ledger(t).await?;
    let account = account::numbered(1).insert(&t.db).await?;
    let mut edit = account.into_active_model();
    edit.balance = Set(250);
    edit.note = Set(Some("it's \"new\"\n".to_owned()));
    let account = edit.update(&t.db).await?;
    account.into_active_model().update(&t.db).await?;
    account::Entity::find_by_id(1)
        .one(&t.db)
        .await?
        .ok_or("it is there")?
        .delete(&t.db)
        .await?;
    let created = json!({"id": 1, "name": "account 1", "balance": 100, "note": null, "pin": "***"});
    let note = "it's \"new\"\n";
    let deleted = json!({"id": 1, "name": "account 1", "balance": 250, "note": note, "pin": "***"});
    let story = t.story().await?;
    assert_eq!(
        story,
        [
            ("CREATE".to_owned(), None, Some(created)),
            (
                "UPDATE".to_owned(),
                Some(json!({"balance": 100, "note": null})),
                Some(json!({"balance": 250, "note": note}))
            ),
            ("DELETE".to_owned(), Some(deleted), None),
        ]
    );
    assert_eq!(account::Entity::find().all(&t.db).await?, []);
    who_and_when(t).await
}

/// Each record names the login of the database; its time is that of the hooks' clock.
async fn who_and_when(t: &Test) -> Outcome {
    let user = match t.backend {
        Backend::Sqlite => None,
        Backend::Postgres => Some("postgres"),
        Backend::MySql => Some("root@"),
    };
    let now = t.records().await?;
    for record in &now {
        assert_eq!(record.object_repr.as_deref(), Some("account 1"));
        assert_eq!(
            record.transaction_id.is_some(),
            t.backend == Backend::Postgres
        );
        assert_eq!(record.metadata, None);
        let found = record.database_user.as_deref();
        assert_eq!(
            found.map(|found| user.is_some_and(|user| found.starts_with(user))),
            user.map(|_| true),
            "{record:?}"
        );
    }
    // By the clock of this machine, as the hooks'.
    AuditEvent::custom("PING").record(&t.db).await?;
    let hook = t.records().await?.pop().ok_or("the ping")?;
    let apart = hook.occurred_at - now[0].occurred_at;
    assert!(apart.num_hours().abs() < 1, "{apart}");
    Ok(())
}

/// Thousands of rows in a statement, after one row in the same session, which must not decide how they are joined.
pub async fn bulk_after_single(t: &mut Test) -> Outcome {
    ledger(t).await?;
    let db = t.isolated.connect(1).await?;
    account::numbered(0).insert(&db).await?;
    let raise = |rows: sea_orm::UpdateMany<account::Entity>| {
        rows.col_expr(
            account::Column::Balance,
            Expr::col(account::Column::Balance).add(1),
        )
    };
    for _ in 0..7 {
        raise(account::Entity::update_many())
            .filter(account::Column::Id.eq(0))
            .exec(&db)
            .await?;
    }
    account::Entity::delete_many().exec(&db).await?;
    let rows: Vec<_> = (1..=ROWS).map(account::numbered).collect();
    account::Entity::insert_many(rows).exec(&db).await?;
    raise(account::Entity::update_many()).exec(&db).await?;
    account::Entity::delete_many().exec(&db).await?;
    db.close().await?;

    let records = t.records().await?;
    let count = |action: &str| {
        records
            .iter()
            .filter(|record| record.action == action)
            .count()
    };
    let rows = usize::try_from(ROWS)?;
    assert_eq!(
        (count("CREATE"), count("UPDATE"), count("DELETE")),
        (rows + 1, rows + 7, rows + 1)
    );
    for id in [1, ROWS / 2, ROWS] {
        let of_one = audit_log::Entity::for_key("ledger_account", &id.to_string());
        let of_one = of_one.oldest_first().all(&t.db).await?;
        assert_eq!(of_one.len(), 3);
        assert_eq!(of_one[1].old_values, Some(json!({"balance": 100})));
        assert_eq!(of_one[1].new_values, Some(json!({"balance": 101})));
        assert_eq!(
            of_one[2]
                .old_values
                .as_ref()
                .map(|values| &values["balance"]),
            Some(&json!(101))
        );
    }
    Ok(())
}

/// An upsert that inserts is a `CREATE`, one that updates an `UPDATE`, in one statement too; one that finds nothing
/// to change leaves no record.
pub async fn upserts(t: &mut Test) -> Outcome {
    ledger(t).await?;
    let upsert = |ids: Vec<i32>, balance: i64| {
        let rows = ids.into_iter().map(move |id| account::ActiveModel {
            balance: Set(balance),
            ..account::numbered(id)
        });
        let rows = account::Entity::insert_many(rows);
        let by_key = OnConflict::column(account::Column::Id)
            .update_column(account::Column::Balance)
            .to_owned();
        rows.on_conflict(by_key)
    };
    upsert(vec![1, 2], 100)
        .exec_without_returning(&t.db)
        .await?;
    upsert(vec![2, 3], 200)
        .exec_without_returning(&t.db)
        .await?;
    upsert(vec![2, 3], 200)
        .exec_without_returning(&t.db)
        .await?;
    let mut records = outline(&t.records().await?);
    records[2..].sort();
    assert_eq!(
        records,
        [
            "CREATE account 1",
            "CREATE account 2",
            "CREATE account 3",
            "UPDATE account 2"
        ]
    );
    Ok(())
}

/// SQL that SeaORM does not read.
pub async fn raw_sql(t: &mut Test) -> Outcome {
    ledger(t).await?;
    for sql in [
        "INSERT INTO ledger_account (id, name, balance, pin, draft) VALUES (1, 'a', 5, '', ''), (2, 'b', 6, '', '')",
        "UPDATE ledger_account SET balance = balance * 2, name = 'A' WHERE id = 1",
        "UPDATE ledger_account SET balance = balance WHERE id < 0",
        "DELETE FROM ledger_account WHERE id >= 1",
    ] {
        t.db.execute_unprepared(sql).await?;
    }
    let records = t.records().await?;
    let mut lines = outline(&records);
    // In which order a statement takes its rows is the database's affair.
    lines[3..].sort();
    assert_eq!(
        lines,
        [
            "CREATE account 1",
            "CREATE account 2",
            "UPDATE account 1",
            "DELETE account 1",
            "DELETE account 2"
        ]
    );
    assert_eq!(
        records[2].new_values,
        Some(json!({"name": "A", "balance": 10}))
    );
    Ok(())
}

/// A changed key is the end of one object and the beginning of another, for one row and for several.
pub async fn changed_keys(t: &mut Test) -> Outcome {
    ledger(t).await?;
    account::Entity::insert_many([1, 2].map(account::numbered))
        .exec(&t.db)
        .await?;
    t.db.execute_unprepared("UPDATE ledger_account SET id = 10, balance = 7 WHERE id = 1")
        .await?;
    t.db.execute_unprepared("UPDATE ledger_account SET id = id + 100")
        .await?;
    let records = t.records().await?;
    let mut outline = outline(&records);
    assert_eq!(
        outline[2..4],
        ["DELETE account 1", "CREATE account 10"],
        "{outline:?}"
    );
    let old = records[2].old_values.as_ref().ok_or("the old row")?;
    let new = records[3].new_values.as_ref().ok_or("the new row")?;
    assert_eq!((&old["balance"], &new["balance"]), (&json!(100), &json!(7)));
    outline[4..].sort();
    assert_eq!(
        outline[4..],
        [
            "CREATE account 102",
            "CREATE account 110",
            "DELETE account 10",
            "DELETE account 2"
        ]
    );
    Ok(())
}

/// What a foreign key does to the rows of another table. MariaDB and MySQL fire no trigger for it.
pub async fn cascades(t: &mut Test) -> Outcome {
    ledger(t).await?;
    account::numbered(1).insert(&t.db).await?;
    for id in [1, 2] {
        let entry = entry::ActiveModel {
            id: Set(id),
            account_id: Set(1),
            cents: Set(5),
        };
        entry.insert(&t.db).await?;
    }
    t.db.execute_unprepared("UPDATE ledger_account SET id = 9")
        .await?;
    account::Entity::delete_by_id(9).exec(&t.db).await?;
    assert_eq!(entry::Entity::find().all(&t.db).await?, []);
    let records = t.records().await?;
    assert_eq!(records[1].object_repr.as_deref(), Some("5"));
    let of_entries: Vec<String> = outline(&records)
        .into_iter()
        .filter(|line| line.contains("entry"))
        .skip(2)
        .collect();
    if t.backend == Backend::MySql {
        assert_eq!(of_entries, [""; 0]);
        return Ok(());
    }
    assert_eq!(
        of_entries,
        [
            "UPDATE entry 1",
            "UPDATE entry 2",
            "DELETE entry 1",
            "DELETE entry 2"
        ]
    );
    Ok(())
}

/// A table that is emptied at once: an event of its own where the database has a trigger for it.
pub async fn truncate(t: &mut Test) -> Outcome {
    ledger(t).await?;
    account::numbered(1).insert(&t.db).await?;
    let records = match t.backend {
        Backend::Sqlite => vec!["CREATE account 1", "DELETE account 1"],
        Backend::Postgres => vec!["CREATE account 1", "TRUNCATE account ", "TRUNCATE entry "],
        Backend::MySql => vec!["CREATE account 1"],
    };
    let empty = match t.backend {
        Backend::Postgres => "TRUNCATE ledger_account, ledger_entry",
        // Which SQLite would do at once, if there were no trigger.
        Backend::Sqlite => "DELETE FROM ledger_account",
        Backend::MySql => {
            "SET FOREIGN_KEY_CHECKS = 0; TRUNCATE ledger_account; SET FOREIGN_KEY_CHECKS = 1"
        }
    };
    t.db.execute_unprepared(empty).await?;
    let mut found = outline(&t.records().await?);
    found.sort();
    assert_eq!(found, records);
    Ok(())
}

/// A masked value shows only that it changed; what is skipped shows nothing.
pub async fn masks_and_skips(t: &mut Test) -> Outcome {
    ledger(t).await?;
    account::numbered(1).insert(&t.db).await?;
    for sql in [
        "UPDATE ledger_account SET draft = 'CANARY-other'",
        "UPDATE ledger_account SET pin = 'CANARY-other'",
        "DELETE FROM ledger_account",
    ] {
        t.db.execute_unprepared(sql).await?;
    }
    let records = t.records().await?;
    assert_eq!(
        outline(&records),
        ["CREATE account 1", "UPDATE account 1", "DELETE account 1"]
    );
    let mask = Some(json!({"pin": "***"}));
    assert_eq!(
        (&records[1].old_values, &records[1].new_values),
        (&mask, &mask)
    );
    let text = serde_json::to_string(&records)?;
    assert!(
        !text.contains("CANARY") && !text.contains("draft"),
        "{text}"
    );
    Ok(())
}
