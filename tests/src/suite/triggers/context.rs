//! The context of the session.

use audit_sea_orm::{
    capture::{self, CaptureOptions, OnSkip, TableReport},
    prelude::*,
};
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
        "actor_id": "42", "actor_name": "Ada \"L\" ż", "on_behalf_of_id": "7",
        "on_behalf_of_name": "Grace", "tenant_id": "acme", "ip_address": "::1", "user_agent": "u", "session_id": "s",
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
            "actor_id": record.actor_id, "actor_name": record.actor_name, "on_behalf_of_id": record.on_behalf_of_id,
            "on_behalf_of_name": record.on_behalf_of_name, "tenant_id": record.tenant_id, "ip_address": record.ip_address,
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

/// What a context says to skip leaves a record that says so, without values; or none, where it was installed so.
pub async fn unaudited_and_skip_lists_hold(t: &mut Test) -> Outcome {
    ledger(t).await?;
    let all = ["CREATE", "UPDATE", "DELETE"];
    let cases = [
        (json!({"unaudited": true}), "unaudited", vec![]),
        (
            json!({"skip_models": ["ledger\\_a%"]}),
            "skip_models",
            vec![],
        ),
        (
            json!({"skip_models": ["other", "ledger.account"]}),
            "",
            all.to_vec(),
        ),
        (
            json!({"skip_models": ["ledgerx_account", "ledger\\_"]}),
            "",
            all.to_vec(),
        ),
        (
            json!({"skip_actions": ["UPDATE", "VIEW"]}),
            "skip_actions",
            vec![all[0], all[2]],
        ),
        (
            json!({"skip_actions": ["CREATE", "DELETE"]}),
            "skip_actions",
            vec![all[1]],
        ),
        (json!({"metadata": {"unaudited": true}}), "", all.to_vec()),
    ];
    for on_skip in [OnSkip::Record, OnSkip::Leave] {
        let options = CaptureOptions::new().on_skip(on_skip);
        capture::install_with(&t.db, account::Entity, options).await?;
        check_agrees(t).await?;
        for (context, by, recorded) in &cases {
            let records = records_of(t, &context.to_string()).await?;
            let expected: Vec<_> = all
                .iter()
                .filter_map(|action| {
                    if recorded.contains(action) {
                        return Some(format!("{action} account 1"));
                    }
                    let is_told = on_skip == OnSkip::Record;
                    is_told.then(|| format!("SKIPPED account 1: {action} by {by}"))
                })
                .collect();
            let found: Vec<_> = records.iter().map(line).collect();
            assert_eq!(found, expected, "{context}");
        }
    }
    Ok(())
}

/// Whatever triggers were installed with is right.
async fn check_agrees(t: &Test) -> Outcome {
    let report = audit_sea_orm::capture::check(&t.db).await?;
    let of_account = |table: &&TableReport| table.table == "ledger_account";
    let account = report.tables.iter().find(of_account).ok_or("it is known")?;
    assert_eq!(account.drifts, []);
    Ok(())
}

/// What a row's whole life leaves behind that is lived in that context.
async fn records_of(t: &Test, context: &str) -> Result<Vec<audit_log::Model>, DbErr> {
    audit_log::Entity::delete_many().exec(&t.db).await?;
    let transaction = t.db.begin().await?;
    tell(t, &transaction, context).await?;
    account::numbered(1).insert(&transaction).await?;
    for sql in [
        "UPDATE ledger_account SET balance = 5",
        "DELETE FROM ledger_account",
    ] {
        transaction.execute_unprepared(sql).await?;
    }
    untell(t, &transaction).await?;
    transaction.commit().await?;
    t.records().await
}

/// A record's outline, and what it says of a change that was skipped.
fn line(record: &audit_log::Model) -> String {
    let outline = outline(std::slice::from_ref(record)).concat();
    if record.action != "SKIPPED" {
        return outline;
    }
    assert_eq!(
        (&record.object_repr, &record.old_values, &record.new_values),
        (&None, &None, &None)
    );
    let metadata = record.metadata.clone().unwrap_or_default();
    let text = |name: &str| metadata[name].as_str().unwrap_or_default().to_owned();
    format!("{outline}: {} by {}", text("skipped"), text("by"))
}
