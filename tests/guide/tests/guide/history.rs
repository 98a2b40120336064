include!(concat!(env!("OUT_DIR"), "/history.rs"));

use audit_sea_orm::prelude::*;
use sea_orm::prelude::DateTimeUtc;

#[tokio::test]
async fn the_past_is_read_compared_and_brought_back() -> crate::Outcome {
    let db = crate::bakery().await?;
    let ada = AuditContext::new().actor("ada");
    let cake = ada.scope(crate::baked(&db)).await?;
    let grace = AuditContext::new().actor("grace");
    let raise = crate::service::raise_price(cake.clone(), &db);
    let raised = grace.clone().scope(raise).await?;
    assert_eq!(
        versions::story(&raised, &db).await?,
        ["ada: 450", "grace: 480"]
    );

    let times: Vec<DateTimeUtc> = crate::records(&db)
        .await?
        .into_iter()
        .map(|record| record.occurred_at)
        .collect();
    let [created, changed] = times[..] else {
        return Err("two records".into());
    };
    assert_eq!(at::price(cake.id, created, &db).await?, Some(450));
    assert_eq!(at::price(cake.id, changed, &db).await?, Some(480));
    let long_ago = DateTimeUtc::UNIX_EPOCH;
    assert_eq!(at::price(cake.id, long_ago, &db).await?, None);
    assert_eq!(
        compare::changed(cake.id, created, changed, &db).await?,
        ["price"]
    );

    for (time, worth) in [(long_ago, 0), (created, 450), (changed, 480)] {
        assert_eq!(table::worth("Sachertorte", time, &db).await?, worth);
        assert_eq!(table::worth("Linzer", time, &db).await?, 0);
    }

    let undone = grace.scope(back::undo(&raised, &db)).await?;
    assert_eq!(undone, Some(cake));
    let last = crate::last_record(&db).await?;
    assert_eq!(last.actor_id.as_deref(), Some("grace"));
    assert_eq!(last.reason.as_deref(), Some("undo of record 2"));
    Ok(())
}
