include!(concat!(env!("OUT_DIR"), "/history.rs"));

use crate::entity::ingredient;
use audit_sea_orm::prelude::*;
use sea_orm::{ConnectionTrait, Set, prelude::DateTimeUtc};
use sea_orm_migration::MigrationTrait;

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

    let who = who::set_the_price(&raised, &db).await?;
    assert_eq!(who.as_deref(), Some("grace"));

    let undone = grace.scope(back::undo(&raised, &db)).await?;
    assert_eq!(undone, Some(cake));
    let last = crate::last_record(&db).await?;
    assert_eq!(last.actor_id.as_deref(), Some("grace"));
    assert_eq!(last.reason.as_deref(), Some("undo of record 2"));
    Ok(())
}

#[tokio::test]
async fn a_cake_and_its_ingredients_are_one_timeline() -> crate::Outcome {
    let db = crate::bakery().await?;
    let schema = sea_orm::Schema::new(db.get_database_backend());
    let table = schema.create_table_from_entity(ingredient::Entity);
    db.execute(&table).await?;
    let manager = sea_orm_migration::SchemaManager::new(&db);
    index::IndexIngredients.up(&manager).await?;
    let cake = crate::baked(&db).await?;
    let apricots = ingredient::ActiveModel {
        cake_id: Set(cake.id),
        name: Set("apricots".to_owned()),
        ..Default::default()
    };
    let apricots = apricots.audited_insert(&db).await?;
    apricots.audited_delete(&db).await?;
    let records = parts::last(&cake, &db).await?;
    let told: Vec<_> = records
        .iter()
        .map(|record| {
            (
                record.table_name.as_deref().unwrap_or(""),
                record.action.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("ingredient", "DELETE"),
            ("ingredient", "CREATE"),
            ("cake", "CREATE")
        ]
    );
    index::IndexIngredients.down(&manager).await?;
    Ok(())
}
