include!(concat!(env!("OUT_DIR"), "/performance.rs"));

use audit_sea_orm::prelude::*;
use sea_orm::{ConnectionTrait, IntoActiveModel, Schema, Set};

#[tokio::test]
async fn many_rows_are_written_in_one_transaction() -> crate::Outcome {
    let db = crate::bakery().await?;
    let cakes = vec![crate::new_cake(), crate::new_cake()];
    assert_eq!(import::import(cakes, &db).await?, 2);
    assert_eq!(crate::records(&db).await?.len(), 2);

    let mut twin = crate::new_cake();
    twin.id = Set(1);
    let refused = import::import(vec![crate::new_cake(), twin], &db).await;
    assert!(refused.is_err(), "the key is taken");
    assert_eq!(crate::records(&db).await?.len(), 2, "neither row is there");
    Ok(())
}

#[tokio::test]
async fn a_change_of_skipped_columns_leaves_no_record() -> crate::Outcome {
    let db = crate::bakery().await?;
    let schema = Schema::new(db.get_database_backend());
    db.execute(&schema.create_table_from_entity(quiet::Entity))
        .await?;
    let ada = quiet::ActiveModel {
        email: Set("ada@bakery.example".to_owned()),
        last_seen_at: Set(1),
        ..Default::default()
    };
    let mut ada = ada.audited_insert(&db).await?.into_active_model();
    ada.last_seen_at = Set(2);
    ada.audited_update(&db).await?;
    let records = crate::records(&db).await?;
    assert_eq!(records.len(), 1);
    assert_eq!(
        records[0].changes().columns().collect::<Vec<_>>(),
        ["email", "id"]
    );
    Ok(())
}
