//! Connections of an application's own: a wrapper around a pool or a transaction, whose kind nobody can tell.

use audit_sea_orm::prelude::*;
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, IntoActiveModel, Set};
use serde_json::json;

use crate::{Outcome, Test, entity::pie, wrapped::Wrapped};

async fn write_all<C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
    let pie = pie::ActiveModel {
        id: Set(1),
        price: Set(1),
        stock: Set(1),
    };
    let mut pie = pie.insert(db).await?.into_active_model();
    pie.price = Set(2);
    let pie = pie.update(db).await?.into_active_model();
    pie.clone().delete(db).await?;
    // There is nothing left to delete.
    pie.delete(db).await.map(drop)
}

async fn assert_whole(t: &Test, reason: Option<&str>) -> Outcome {
    let records = t.records().await?;
    let reasons: Vec<_> = records.iter().map(|it| it.reason.as_deref()).collect();
    assert_eq!(reasons, [reason; 3]);
    let story = t.story().await?;
    let (old, new) = (json!({"price": 1}), json!({"price": 2}));
    assert_eq!(story[1], ("UPDATE".to_owned(), Some(old), Some(new)));
    let last = json!({"id": 1, "price": 2, "stock": 1});
    assert_eq!(story[2], ("DELETE".to_owned(), Some(last), None));
    t.db.execute_unprepared("DELETE FROM audit_log").await?;
    Ok(())
}

/// What is written through a wrapper is recorded, with the context of an audited connection in it; `require_transaction`
/// does not see that one around a pool is none, as its page says.
pub async fn what_is_written_through_a_wrapper_is_recorded(t: &mut Test) -> Outcome {
    t.create_table(pie::Entity).await?;
    write_all(&Wrapped::new(&t.db)).await?;
    assert_whole(t, None).await?;

    let transaction = t.db.begin_write().await?;
    write_all(&Wrapped::new(&transaction)).await?;
    transaction.commit().await?;
    assert_whole(t, None).await?;

    let audited = t.db.audited_as(AuditContext::new().reason("wrapped"));
    write_all(&Wrapped::new(&audited)).await?;
    assert_whole(t, Some("wrapped")).await?;

    let transaction = audited.begin_write().await?;
    write_all(&Wrapped::new(&transaction)).await?;
    transaction.commit().await?;
    assert_whole(t, Some("wrapped")).await?;

    let strict = AuditConfig::new().require_transaction(true);
    strict.scope(write_all(&Wrapped::new(&t.db))).await?;
    assert_whole(t, None).await
}
