//! The context of an audited connection reaches the triggers, and nobody else.

mod passes;
mod procedures;
mod propagation;
mod reads;
mod restricted;
mod sessions;

use audit_sea_orm::prelude::*;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, QueryFilter,
    Statement, TransactionTrait, prelude::Json, sea_query::OnConflict,
};
use serde_json::json;

use crate::{
    Backend, Outcome, Test, carried,
    entity::{
        cake, pie,
        tart::{self, priced, repriced},
    },
};

pub use passes::*;
pub use procedures::*;
pub use propagation::*;
pub use reads::*;
pub use restricted::*;
pub use sessions::*;

fn because(reason: &str) -> AuditContext {
    AuditContext::new().reason(reason)
}

/// SQL with literals only, so that it is the same on every database.
async fn raw<C: ConnectionTrait>(db: &C, sql: &str) -> Result<u64, sea_orm::DbErr> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

/// Every way to write, each carrying its context; and what they return is what they return on a plain connection.
async fn write_in_every_way<C: ConnectionTrait>(db: &C) -> Result<Vec<String>, sea_orm::DbErr> {
    let mut seen = Vec::new();
    let mut saw = |what: &dyn std::fmt::Debug| seen.push(format!("{what:?}"));
    saw(&priced(1, 10).insert(db).await?);
    saw(&repriced(1, 11).update(db).await?);
    let many = tart::Entity::insert_many([priced(2, 20), priced(3, 30)]);
    saw(&many.exec_without_returning(db).await?);
    let upsert = |column| {
        let mut conflict = OnConflict::column(tart::Column::Id);
        conflict.update_column(column);
        conflict
    };
    let upserted = tart::Entity::insert_many([priced(3, 31), priced(4, 40)])
        .on_conflict(upsert(tart::Column::Price));
    upserted.exec_without_returning(db).await?;
    let all = tart::Entity::update_many().col_expr(tart::Column::Price, 5.into());
    saw(&all.exec(db).await?);
    let few = tart::Entity::delete_many().filter(tart::Column::Id.gt(3));
    saw(&few.exec(db).await?);
    saw(&tart::Entity::delete_by_id(3).exec(db).await?);
    saw(&repriced(2, 21).update_without_returning(db).await?);
    saw(&repriced(2, 22).delete(db).await?);
    saw(&raw(db, "UPDATE tart SET price = 6 WHERE id = 1").await?);
    let script = "UPDATE tart SET price = 7 WHERE id = 1";
    saw(&db.execute_unprepared(script).await?.rows_affected());
    if db.support_returning() {
        let sql = "UPDATE tart SET price = 8 RETURNING id, price";
        let statement = || Statement::from_string(db.get_database_backend(), sql);
        saw(&db.query_all_raw(statement()).await?.len());
        saw(&db.query_one_raw(statement()).await?.is_some());
        let many = tart::Entity::insert_many([priced(5, 50), priced(6, 60)]);
        saw(&many.exec_with_returning(db).await?);
        let all = tart::Entity::update_many().col_expr(tart::Column::Price, 9.into());
        saw(&all.exec_with_returning(db).await?);
        let all = tart::Entity::delete_many().filter(tart::Column::Id.gte(5));
        saw(&all.exec_with_returning(db).await?);
    }
    Ok(seen)
}

/// Each row that is changed through an audited connection carries the context, and the answers are those of a plain
/// connection.
pub async fn every_write_carries_its_context(t: &mut Test) -> Outcome {
    carried::install(t).await?;
    let plain = write_in_every_way(&t.db).await?;
    let expected = carried::reasons(&t.db).await?;
    assert!(expected.len() > 14 && expected.iter().all(String::is_empty));
    let tarts = carried::tarts(&t.db).await?;

    raw(&t.db, "DELETE FROM tart").await?;
    carried::take(&t.db).await?;
    let audited = write_in_every_way(&t.db.audited_as(because("r"))).await?;
    assert_eq!(audited, plain);
    assert_eq!(carried::tarts(&t.db).await?, tarts);
    assert_eq!(carried::reasons(&t.db).await?, vec!["r"; expected.len()]);

    raw(&t.db, "DELETE FROM tart").await?;
    carried::take(&t.db).await?;
    let transaction = t.db.audited_as(because("t")).begin().await?;
    let audited = write_in_every_way(&transaction).await?;
    transaction.commit().await?;
    assert_eq!(audited, plain);
    assert_eq!(carried::tarts(&t.db).await?, tarts);
    assert_eq!(carried::reasons(&t.db).await?, vec!["t"; expected.len()]);
    Ok(())
}

/// The payloads that triggers found, without the ids of the transactions that the library made for them: each has one but
/// on PostgreSQL.
async fn payloads(t: &Test) -> Result<Vec<Option<Json>>, sea_orm::DbErr> {
    let mut payloads = carried::take(&t.db).await?;
    for payload in payloads.iter_mut().filter_map(Option::as_mut) {
        let payload = payload.as_object_mut().expect("an object");
        let id = payload.remove("transaction_id");
        assert_eq!(id.is_none(), t.backend == Backend::Postgres, "{payload:?}");
    }
    Ok(payloads)
}

/// Every field arrives, what is explicit before what is ambient; scopes and lists too.
pub async fn the_payload_is_whole(t: &mut Test) -> Outcome {
    carried::install(t).await?;
    let explicit = AuditContext::new()
        .actor(Actor::new(7).with_name("Ada \"q\" 'q' \\ ż"))
        .ip([192, 0, 2, 1])
        .reason("line 1\nline 2");
    let ambient = because("ambient")
        .user_agent("agent")
        .session_id("s")
        .request_id("q")
        .on_behalf_of(Actor::new(8))
        .tenant_id("t")
        .module("m")
        .metadata(json!({"deep": [1, {"x": null}]}));
    let audited = t.db.audited_as(explicit);
    ambient.clone().scope(priced(1, 1).insert(&audited)).await?;
    let payload = json!({
        "actor_id": "7", "actor_name": "Ada \"q\" 'q' \\ ż", "on_behalf_of_id": "8", "tenant_id": "t",
        "ip_address": "192.0.2.1",
        "user_agent": "agent", "session_id": "s", "request_id": "q", "reason": "line 1\nline 2",
        "module": "m", "metadata": {"deep": [1, {"x": null}]},
    });
    assert_eq!(payloads(t).await?, [Some(payload)]);

    let plain = t.db.audited();
    ambient.scope(priced(2, 1).insert(&plain)).await?;
    AuditContext::unaudited("test", priced(3, 1).insert(&audited)).await?;
    let config = AuditConfig::new().skip_models(["tar*", "a_b"])?;
    let config = config.skip_actions(["delete"])?;
    config.scope(priced(4, 1).insert(&plain)).await?;
    priced(5, 1).insert(&plain).await?;
    let payloads = payloads(t).await?;
    assert_eq!(
        payloads[0].as_ref().map(|p| &p["reason"]),
        Some(&json!("ambient"))
    );
    let lists = json!({"skip_models": ["tar%", "a\\_b"], "skip_actions": ["DELETE"]});
    let unaudited = json!({"unaudited": true});
    assert_eq!(payloads[1..], [Some(unaudited), Some(lists), None::<Json>]);
    Ok(())
}

/// Hooks record once, with the connection's context; so do events by hand.
pub async fn hooks_and_events_take_the_connections_context(t: &mut Test) -> Outcome {
    t.create_table(pie::Entity).await?;
    t.create_table(cake::Entity).await?;
    let audited = t.db.audited_as(because("explicit"));
    let pie = |id| pie::Model {
        id,
        price: 1,
        stock: 1,
    };
    let insert = |id| sea_orm::IntoActiveModel::into_active_model(pie(id)).reset_all();
    let write = async {
        insert(1).insert(&audited).await?;
        insert(2).audited_insert(&audited).await?;
        let transaction = audited.begin().await?;
        insert(1).update(&transaction).await?;
        insert(3).insert(&transaction).await?;
        let mut changed = insert(3);
        changed.price = sea_orm::Set(2);
        changed.update(&transaction).await?;
        transaction.commit().await?;
        let nested = audited.begin().await?;
        insert(4).audited_insert(&nested).await?;
        insert(3).delete(&nested).await?;
        nested.commit().await?;
        AuditEvent::view(&pie(1)).record(&audited).await?;
        LoginAttempt::success("ada").record(&audited).await?;
        DataExport::new("pies").record(&audited).await?;
        SystemEvent::info("a title").record(&audited).await?;
        Outcome::Ok(())
    };
    because("ambient").module("m").scope(write).await?;
    let records = t.records().await?;
    let actions: Vec<&str> = records
        .iter()
        .map(|record| record.action.as_str())
        .collect();
    let changes = ["CREATE", "CREATE", "CREATE", "UPDATE", "CREATE", "DELETE"];
    assert_eq!(actions[..6], changes);
    assert_eq!(actions[6..], ["VIEW", "LOGIN", "EXPORT"]);
    for record in &records {
        assert_eq!(
            record.reason.as_deref(),
            Some("explicit"),
            "{}",
            record.action
        );
        assert_eq!(record.module.as_deref(), Some("m"));
    }
    Ok(())
}

/// Hooks that require a transaction see one, and see that there is none.
pub async fn a_required_transaction_is_seen_through_an_audited_connection(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let audited = t.db.audited();
    let strict = AuditConfig::new().require_transaction(true);
    let refused = strict
        .clone()
        .scope(cake::named("a").insert(&audited))
        .await;
    assert!(refused.is_err());
    let transaction = audited.begin_write().await?;
    strict.scope(cake::named("a").insert(&transaction)).await?;
    transaction.commit().await?;
    assert_eq!(t.only_record().await?.action, "CREATE");
    Ok(())
}

/// The statements of a write, as the documentation of `AuditedConnection` has them; `BEGIN` and `COMMIT`, which
/// nobody can note, are two more wherever there is a transaction.
pub async fn statements_are_counted(t: &mut Test) -> Outcome {
    carried::install(t).await?;
    let audited = t.db.audited_as(because("r"));
    let (inserting, deleting, raw_update, begun) = match t.backend {
        Backend::Postgres => (1, 1, 2, 0),
        Backend::Sqlite => (3, 3, 3, 2),
        // The insert and its row read back, on another connection.
        Backend::MySql => (4, 3, 3, 2),
    };
    let read_back = usize::from(t.backend == Backend::MySql);
    // PostgreSQL is asked for the rules of a table, once in a process.
    tart::Entity::delete_by_id(1).exec(&audited).await?;
    let (done, sent) = t.sent(priced(1, 1).insert(&audited)).await;
    done?;
    assert_eq!(sent.len(), inserting, "{sent:#?}");
    let (done, sent) = t.sent(tart::Entity::delete_by_id(1).exec(&audited)).await;
    done?;
    assert_eq!(sent.len(), deleting, "{sent:#?}");
    let (done, sent) = t.sent(raw(&audited, "UPDATE tart SET price = 2")).await;
    done?;
    assert_eq!(sent.len(), raw_update, "{sent:#?}");

    let (done, sent) = t.sent(in_a_transaction(&audited)).await;
    done?;
    assert_eq!(sent.len(), 6 + 3 * read_back + begun, "{sent:#?}");
    let taken_back = match t.backend {
        Backend::Postgres => 1,
        Backend::Sqlite => 2,
        Backend::MySql => 4,
    };
    let (done, sent) = t.sent(in_an_adopted_transaction(&t.db)).await;
    done?;
    assert_eq!(sent.len(), 2 + 2 * read_back + taken_back, "{sent:#?}");
    let (read, sent) = t.sent(tart::Entity::find().all(&audited)).await;
    assert_eq!((read?.len(), sent.len()), (5, 1));
    let nothing = t.db.audited();
    let (done, sent) = t.sent(priced(9, 1).insert(&nothing)).await;
    done?;
    assert_eq!(sent.len(), 1 + read_back, "{sent:#?}");
    Ok(())
}

async fn in_an_adopted_transaction(db: &DatabaseConnection) -> Outcome {
    let transaction = db.begin().await?.audited_as(because("r"));
    for id in 4..6 {
        priced(id, 1).insert(&transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

async fn in_a_transaction(db: &AuditedConnection) -> Outcome {
    let transaction = db.begin().await?;
    for id in 1..4 {
        priced(id, 1).insert(&transaction).await?;
        tart::Entity::update_many()
            .col_expr(tart::Column::Price, 2.into())
            .exec(&transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}
