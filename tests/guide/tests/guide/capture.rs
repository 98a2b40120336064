include!(concat!(env!("OUT_DIR"), "/capture.rs"));

use audit_sea_orm::prelude::*;
use sea_orm::EntityTrait;

#[tokio::test]
async fn a_bulk_statement_leaves_a_record_of_each_row() -> crate::Outcome {
    let db = crate::bakery().await?;
    for grams in [500, 800] {
        crate::stored(grams, &db).await?;
    }
    assert_eq!(bulk::halve(&db).await?, 2);
    let records = crate::records(&db).await?;
    let updates: Vec<_> = records
        .iter()
        .filter(|record| record.action == "UPDATE")
        .collect();
    assert_eq!(updates.len(), 2);
    for update in updates {
        assert_eq!(update.actor_id.as_deref(), Some("grace"));
        assert_eq!(update.reason.as_deref(), Some("a mouse"));
    }
    Ok(())
}

#[tokio::test]
async fn a_transaction_takes_its_records_along() -> crate::Outcome {
    let db = crate::bakery().await?;
    let one = crate::baked(&db).await?;
    let other = crate::new_cake().audited_insert(&db).await?;
    transaction::swap_prices(one.id, other.id, &db).await?;
    assert!(transaction::swap_prices(one.id, 99, &db).await.is_err());
    let history = crate::start::read::history(&one, &db).await?;
    assert_eq!(history[0], "UPDATE by nobody: price");
    assert_eq!(history.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_write_that_forgot_its_transaction_is_an_error() -> crate::Outcome {
    let db = crate::bakery().await?;
    let refused = require::insert_on_the_pool(crate::new_cake(), &db).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("must be in a transaction")));
    Ok(())
}

#[tokio::test]
async fn what_slips_past_hooks_is_counted() -> crate::Outcome {
    let mut db = crate::bakery().await?;
    let tripwire = tripwire::count_what_slips_past(&mut db);
    crate::entity::cake::Entity::insert(crate::new_cake())
        .exec(&db)
        .await?;
    assert_eq!(tripwire.unaudited_writes(), 1);
    Ok(())
}

#[tokio::test]
async fn events_are_recorded_by_hand() -> crate::Outcome {
    let db = crate::bakery().await?;
    let cake = crate::baked(&db).await?;
    events::publish(&cake, &db).await?;
    assert_eq!(crate::last_record(&db).await?.action, "PUBLISH");
    events::export(100, 1_024, &db).await?;
    assert_eq!(
        data_export::Entity::find()
            .one(&db)
            .await?
            .ok_or("an export")?
            .record_count,
        100
    );
    events::failed_login("ada", &db).await?;
    assert_eq!(
        login_attempt::Entity::find()
            .one(&db)
            .await?
            .ok_or("a login")?
            .username,
        "ada"
    );
    events::oven_is_cold(&db).await?;
    let event = system_event::Entity::find()
        .one(&db)
        .await?
        .ok_or("an event")?;
    assert_eq!(event.error_code.as_deref(), Some("OVEN-7"));
    Ok(())
}

#[tokio::test]
async fn an_import_is_one_record() -> crate::Outcome {
    let db = crate::bakery().await?;
    let audited = db.audited();
    let cakes = vec![crate::new_cake(), crate::new_cake()];
    assert_eq!(import::cakes(cakes.clone(), &audited).await?, 2);
    assert_eq!(import::old_cakes(cakes, &audited).await?, 2);
    let records = crate::records(&db).await?.into_iter();
    let actions: Vec<_> = records.map(|record| record.action).collect();
    assert_eq!(actions, ["CREATE", "CREATE", "IMPORT", "IMPORT"]);
    Ok(())
}
