include!(concat!(env!("OUT_DIR"), "/reading.rs"));

use audit_sea_orm::prelude::*;
use sea_orm::{ConnectionTrait, Statement, Value};

#[tokio::test]
async fn the_questions_are_answered() -> crate::Outcome {
    let db = crate::bakery().await?;
    let ada = AuditContext::new().actor("ada");
    let cake = ada.clone().scope(crate::baked(&db)).await?;
    let cake = ada.scope(crate::service::raise_price(cake, &db)).await?;
    crate::service::raise_price(cake.clone(), &db).await?;

    let prices = combined::prices_by("ada", cake.id, &db).await?;
    assert_eq!(prices.len(), 2, "{prices:?}");
    assert_eq!(
        values::price(&prices[0]),
        Some((Value::from(450), Value::from(480)))
    );
    assert_eq!(pages::count_of_actor("ada", &db).await?, 2);
    let summary = summary::last_month(&db).await?;
    assert_eq!(
        (summary.total_actions, summary.creates, summary.updates),
        (3, 1, 2)
    );
    Ok(())
}

#[tokio::test]
async fn a_long_list_is_read_page_by_page() -> crate::Outcome {
    let db = crate::bakery().await?;
    let bake = async {
        let transaction = db.begin_write().await?;
        for _ in 0..250 {
            crate::new_cake().audited_insert(&transaction).await?;
        }
        sea_orm::TransactionSession::commit(transaction).await
    };
    AuditContext::new().actor("ada").scope(bake).await?;
    assert_eq!(pages::count_of_actor("ada", &db).await?, 250);
    let first = crate::records(&db).await?[0].occurred_at;
    let until = first + std::time::Duration::from_secs(3600);
    let weeks = counts::weeks("ada", first, until, &db).await?;
    assert_eq!(weeks.iter().sum::<u64>(), 250);
    Ok(())
}

#[tokio::test]
async fn the_auditors_statements_answer() -> crate::Outcome {
    let db = crate::bakery().await?;
    let cake = crate::baked(&db).await?;
    AuditContext::new()
        .actor("ada")
        .scope(crate::service::raise_price(cake, &db))
        .await?;
    let rows = async |sql| {
        db.query_all_raw(Statement::from_string(db.get_database_backend(), sql))
            .await
    };
    let history = rows(BY_HAND).await?;
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].try_get::<String>("", "action")?, "UPDATE");
    let changed = rows(WHO_CHANGED_PRICES).await?;
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0].try_get::<String>("", "actor_id")?, "ada");
    Ok(())
}
