//! The context of the session.

use audit_sea_orm::prelude::*;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, Statement,
    TransactionTrait,
};
use serde_json::json;

use super::{ledger, outline};
use crate::{Backend, Outcome, Test, entity::ledger::account};

/// Tells the triggers the context of a transaction, as an audited connection does.
async fn tell(t: &Test, transaction: &DatabaseTransaction, payload: &str) -> Result<(), DbErr> {
    let sql = match t.backend {
        Backend::Sqlite => "INSERT INTO audit_context (payload) VALUES (?)",
        Backend::Postgres => "SELECT set_config('audit.context', $1, true)",
        Backend::MySql => "SET @audit_context = ?",
    };
    let backend = transaction.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, [payload.into()]);
    transaction.execute_raw(statement).await.map(drop)
}

/// Takes it back, where the end of the transaction does not.
async fn untell(t: &Test, transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    let sql = match t.backend {
        Backend::Sqlite => "DELETE FROM audit_context",
        Backend::Postgres => return Ok(()),
        Backend::MySql => "SET @audit_context = NULL",
    };
    transaction.execute_unprepared(sql).await.map(drop)
}

/// Each part of a context stands in its column, and none of it in the next record.
pub async fn a_context_stands_in_the_record(t: &mut Test) -> Outcome {
    ledger(t).await?;
    let context = json!({
        "actor_id": "42", "actor_name": "Ada \"L\" ż", "ip_address": "::1", "user_agent": "u", "session_id": "s",
        "request_id": "r", "reason": "line\nline", "module": "m", "metadata": {"a": [1, "b\u{0}"]},
    });
    let transaction = t.db.begin().await?;
    tell(t, &transaction, &context.to_string()).await?;
    account::numbered(1).insert(&transaction).await?;
    let raise = "UPDATE ledger_account SET balance = balance + 1";
    transaction.execute_unprepared(raise).await?;
    let many = account::Entity::insert_many([2, 3].map(account::numbered));
    many.exec(&transaction).await?;
    transaction.execute_unprepared(raise).await?;
    untell(t, &transaction).await?;
    transaction.commit().await?;
    account::numbered(4).insert(&t.db).await?;

    let mut records = t.records().await?;
    let alone = records.pop().ok_or("the last")?;
    assert_eq!((alone.actor_id, alone.reason), (None, None));
    assert_eq!(records.len(), 7);
    for record in records {
        let found = json!({
            "actor_id": record.actor_id, "actor_name": record.actor_name, "ip_address": record.ip_address,
            "user_agent": record.user_agent, "session_id": record.session_id, "request_id": record.request_id,
            "reason": record.reason, "module": record.module, "metadata": record.metadata,
        });
        let mut expected = context.clone();
        if t.backend == Backend::Postgres {
            expected["metadata"]["a"][1] = json!("b\u{fffd}");
        }
        assert_eq!(found, expected);
    }
    Ok(())
}

/// A context that says so records nothing, or not what its lists name.
pub async fn unaudited_and_skip_lists_hold(t: &mut Test) -> Outcome {
    ledger(t).await?;
    let all = ["CREATE account", "UPDATE account", "DELETE account"];
    let cases = [
        (json!({"unaudited": true}), vec![]),
        (json!({"skip_models": ["ledger\\_a%"]}), vec![]),
        (
            json!({"skip_models": ["other", "ledger.account"]}),
            all.to_vec(),
        ),
        (
            json!({"skip_models": ["ledgerx_account", "ledger\\_"]}),
            all.to_vec(),
        ),
        (
            json!({"skip_actions": ["UPDATE", "VIEW"]}),
            vec![all[0], all[2]],
        ),
        (json!({"skip_actions": ["CREATE", "DELETE"]}), vec![all[1]]),
        (json!({"metadata": {"unaudited": true}}), all.to_vec()),
    ];
    for (context, expected) in cases {
        audit_log::Entity::delete_many().exec(&t.db).await?;
        let transaction = t.db.begin().await?;
        tell(t, &transaction, &context.to_string()).await?;
        account::numbered(1).insert(&transaction).await?;
        for sql in [
            "UPDATE ledger_account SET balance = 5",
            "DELETE FROM ledger_account",
        ] {
            transaction.execute_unprepared(sql).await?;
        }
        untell(t, &transaction).await?;
        transaction.commit().await?;
        let expected: Vec<String> = expected.iter().map(|line| format!("{line} 1")).collect();
        assert_eq!(outline(&t.records().await?), expected, "{context}");
    }
    Ok(())
}
