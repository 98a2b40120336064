include!(concat!(env!("OUT_DIR"), "/following.rs"));

use audit_sea_orm::prelude::*;
use sea_orm::{ConnectionTrait, Statement};

#[tokio::test]
async fn a_warehouse_gets_each_record_once() -> crate::Outcome {
    let db = crate::bakery().await?;
    let cake = crate::baked(&db).await?;
    let mut warehouse = Vec::new();
    copy::copy_new_records(&mut warehouse, &db).await?;
    assert_eq!(warehouse.len(), 1);
    crate::service::raise_price(cake, &db).await?;
    copy::copy_new_records(&mut warehouse, &db).await?;
    assert_eq!(warehouse, crate::records(&db).await?);
    Ok(())
}

#[tokio::test]
async fn deletions_are_counted_once() -> crate::Outcome {
    let db = crate::bakery().await?;
    db.execute_unprepared("CREATE TABLE deletions AS SELECT 0 AS number")
        .await?;
    let cake = crate::baked(&db).await?;
    cake.audited_delete(&db).await?;
    for _ in 0..2 {
        once::count_deletions(&db).await?;
    }
    let number = Statement::from_string(db.get_database_backend(), "SELECT number FROM deletions");
    let number = db.query_one_raw(number).await?.ok_or("a row")?;
    assert_eq!(number.try_get_by_index::<i64>(0)?, 1);
    Ok(())
}
