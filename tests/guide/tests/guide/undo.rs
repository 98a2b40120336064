include!(concat!(env!("OUT_DIR"), "/undo.rs"));

use audit_sea_orm::{prelude::*, undo::UndoPlan};
use sea_orm::EntityTrait;

use crate::entity::cake;

#[tokio::test]
async fn a_request_is_undone_and_done_again() -> crate::Outcome {
    let db = crate::bakery().await?;
    let cake = crate::baked(&db).await?;
    let asked = AuditContext::new().request_id("req-7");
    let raised = asked
        .scope(crate::service::raise_price(cake.clone(), &db))
        .await?;
    let price = async || {
        let row = cake::Entity::find_by_id(cake.id).one(&db).await?;
        Ok::<_, sea_orm::DbErr>(row.map(|row| row.price))
    };
    let audited = db.audited();
    let plan = UndoPlan::for_request("req-7").plan(&audited).await?;
    let expected = format!(
        "undo of request req-7: 1 write\n1. UPDATE cake {}: price 480 -> 450\n",
        cake.id
    );
    assert_eq!(plan.to_string(), expected);
    assert_eq!(request::undo("req-7", &audited).await?, [""; 0]);
    assert_eq!(price().await?, Some(450));
    let last = crate::last_record(&db).await?;
    assert_eq!(last.reason.as_deref(), Some("ticket 7: a typing error"));

    let conflicts = request::undo("req-7", &audited).await?;
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    let id = last.transaction_id.ok_or("the library began it")?;
    let plan = UndoPlan::for_transaction(id).plan(&audited).await?;
    let undone = plan.run("again", &audited).await?;
    assert_eq!(price().await?, Some(raised.price));
    assert_eq!(again::redo(&undone, &audited).await?, 1);
    assert_eq!(price().await?, Some(450));

    crate::service::raise_price(cake.clone(), &db).await?;
    assert_eq!(one::first(&cake, &db).await?, Some(cake));
    Ok(())
}
