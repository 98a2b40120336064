//! Many rows as one record, with those of its rows or without.

use audit_sea_orm::{
    capture,
    import::{ImportCount, Imported},
    prelude::*,
    undo::UndoConflict,
};
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, QueryOrder, TransactionTrait};
use serde_json::{Value, json};

use crate::{
    Outcome, Test,
    entity::{shop::category, tart},
};

/// What the last record says of the import.
async fn told(t: &Test) -> Result<Value, DbErr> {
    let last = t.records().await?.pop();
    let metadata = last.and_then(|record| record.metadata);
    Ok(metadata.map_or(Value::Null, |metadata| metadata["import"].clone()))
}

async fn actions(t: &Test) -> Result<Vec<String>, DbErr> {
    Ok(t.records()
        .await?
        .into_iter()
        .map(|record| record.action)
        .collect())
}

/// Three tarts come, one is repriced, and another goes; a category comes beside them.
async fn import_tarts(db: &AuditedConnection) -> Result<Imported<i32>, DbErr> {
    import_from(1, db).await
}

/// The same with keys from that one on.
async fn import_from(first: i32, db: &AuditedConnection) -> Result<Imported<i32>, DbErr> {
    let import = Import::of::<tart::Entity>().run(db, move |db| {
        Box::pin(async move {
            let tarts = (first..first + 3).map(|id| tart::priced(id, 100));
            tart::Entity::insert_many(tarts)
                .exec_without_returning(db)
                .await?;
            category::numbered(first, None).insert(db).await?;
            tart::repriced(first + 1, 120).update(db).await?;
            tart::Entity::delete_by_id(first + 2).exec(db).await?;
            Ok::<_, DbErr>(7)
        })
    });
    import.await
}

async fn open(t: &Test) -> Result<AuditedConnection, DbErr> {
    t.create_table(tart::Entity).await?;
    t.create_table(category::Entity).await?;
    capture::install(&t.db, tart::Entity).await?;
    let context = AuditContext::new().actor("ops").reason("March");
    Ok(t.db.audited_as(context.metadata(json!({"file": "march.csv"}))))
}

/// The counts and the range are those of the records, whoever writes them; the record stands behind them, in their transaction.
pub async fn an_import_counts_the_records_of_its_rows(t: &mut Test) -> Outcome {
    let db = open(t).await?;
    let imported = import_tarts(&db).await?;
    let count = ImportCount::new().created(3).updated(1).deleted(1);
    assert_eq!((imported.value, &imported.count), (7, &count));
    let records = t.records().await?;
    let of_tarts: Vec<i64> = records
        .iter()
        .filter(|record| record.action != "IMPORT" && record.table_name.as_deref() == Some("tart"))
        .map(|record| record.id)
        .collect();
    let range = (of_tarts[0], of_tarts[4]);
    assert_eq!((of_tarts.len(), imported.records), (5, Some(range)));

    let import = records.last().ok_or("it is recorded")?;
    assert_eq!(
        (import.action.as_str(), import.table_name.as_deref()),
        ("IMPORT", Some("tart"))
    );
    assert_eq!(
        (import.object_id.as_ref(), import.actor_id.as_deref()),
        (None, Some("ops"))
    );
    assert_eq!(import.reason.as_deref(), Some("March"));
    let expected = json!({
        "file": "march.csv",
        "import": {"rows": "recorded", "created": 3, "updated": 1, "deleted": 1, "records": [range.0, range.1]},
    });
    assert_eq!(import.metadata, Some(expected));
    assert!(import.transaction_id.is_some());
    assert!(
        records
            .iter()
            .all(|record| record.transaction_id == import.transaction_id)
    );
    Ok(())
}

/// In a caller's transaction it is a part of that, and counts what it wrote itself.
pub async fn an_import_in_a_transaction_counts_its_own(t: &mut Test) -> Outcome {
    let db = open(t).await?;
    let transaction = db.begin().await?;
    tart::priced(8, 100).insert(&transaction).await?;
    let imported = Import::of::<tart::Entity>()
        .run(&transaction, |db| {
            Box::pin(async move { tart::priced(9, 100).insert(db).await })
        })
        .await?;
    assert_eq!((imported.value.id, imported.count.created), (9, 1));
    let failed = Import::of::<tart::Entity>()
        .run(&transaction, |db| {
            Box::pin(async move {
                tart::priced(10, 100).insert(db).await?;
                Err::<(), _>(DbErr::Custom("no".to_owned()))
            })
        })
        .await;
    assert_eq!(failed.map(drop), Err(DbErr::Custom("no".to_owned())));
    transaction.commit().await?;
    assert_eq!(actions(t).await?, ["CREATE", "CREATE", "IMPORT"]);
    assert_eq!(tart::Entity::find().all(&t.db).await?.len(), 2);
    Ok(())
}

/// Its rows are there, and nothing tells of them but the one record.
pub async fn an_import_without_rows_is_one_record(t: &mut Test) -> Outcome {
    let db = open(t).await?;
    let count = Import::of::<category::Entity>()
        .without_rows()
        .run(&db, |db| {
            Box::pin(async move {
                let all = (1..=50).map(|id| category::numbered(id, None));
                let created = category::Entity::insert_many(all)
                    .exec_without_returning(db)
                    .await?;
                category::Entity::delete_by_id(7).exec(db).await?;
                Ok::<_, DbErr>(
                    ImportCount::new()
                        .created(created)
                        .deleted(1)
                        .keys("1", "50"),
                )
            })
        })
        .await?;
    assert_eq!(count.created, 50);
    assert_eq!(category::Entity::find().all(&t.db).await?.len(), 49);
    let record = t.only_record().await?;
    assert_eq!(
        (record.action.as_str(), record.actor_id.as_deref()),
        ("IMPORT", Some("ops"))
    );
    let expected = json!({"rows": "unrecorded", "created": 50, "updated": 0, "deleted": 1, "keys": ["1", "50"]});
    assert_eq!(told(t).await?, expected);
    // What follows is recorded again.
    category::numbered(60, None).insert(&db).await?;
    assert_eq!(actions(t).await?, ["IMPORT", "CREATE"]);
    Ok(())
}

/// No context silences triggers without a trace.
pub async fn rows_under_triggers_leave_a_trace(t: &mut Test) -> Outcome {
    let db = open(t).await?;
    Import::of::<tart::Entity>()
        .without_rows()
        .run(&db, |db| {
            Box::pin(async move {
                tart::priced(1, 100).insert(db).await?;
                Ok::<_, DbErr>(ImportCount::new().created(1))
            })
        })
        .await?;
    assert_eq!(actions(t).await?, ["SKIPPED", "IMPORT"]);
    assert_eq!(told(t).await?["keys"], Value::Null);
    Ok(())
}

/// Neither rows nor records are left of work that fails, with records or without.
pub async fn an_import_that_fails_leaves_nothing(t: &mut Test) -> Outcome {
    let db = open(t).await?;
    let failed = Import::of::<tart::Entity>()
        .run(&db, |db| {
            Box::pin(async move {
                tart::priced(1, 100).insert(db).await?;
                tart::priced(1, 100).insert(db).await
            })
        })
        .await;
    assert!(failed.is_err_and(|error| error.sql_err().is_some()));
    let failed = Import::of::<category::Entity>()
        .without_rows()
        .run(&db, |db| {
            Box::pin(async move {
                category::numbered(1, None).insert(db).await?;
                category::numbered(1, None).insert(db).await?;
                Ok::<_, DbErr>(ImportCount::new())
            })
        })
        .await;
    assert!(failed.is_err_and(|error| error.sql_err().is_some()));
    assert_eq!(t.records().await?, []);
    assert_eq!(tart::Entity::find().all(&t.db).await?, []);
    assert_eq!(category::Entity::find().all(&t.db).await?, []);
    Ok(())
}

/// One that is skipped by the configuration writes its rows, and what else is recorded.
pub async fn an_import_that_is_skipped_writes_its_rows(t: &mut Test) -> Outcome {
    let db = open(t).await?;
    let config = AuditConfig::new().skip_actions(["IMPORT"])?;
    let imported = config.scope(import_tarts(&db)).await?;
    assert_eq!(imported.count.created, 3);
    assert!(!actions(t).await?.contains(&"IMPORT".to_owned()));
    Ok(())
}

/// With records an import is undone as any other transaction; without it is refused, and the conflict names the record.
pub async fn an_import_is_undone_where_its_rows_are_recorded(t: &mut Test) -> Outcome {
    let db = open(t).await?;
    tart::priced(3, 90).insert(&db).await?;
    let before = tart::Entity::find()
        .order_by_asc(tart::Column::Id)
        .all(&t.db)
        .await?;
    let request = |id: &str| t.db.audited_as(AuditContext::new().request_id(id));
    let (with, without) = (request("with"), request("without"));
    let work = Import::of::<tart::Entity>().run(&with, |db| {
        Box::pin(async move {
            tart::priced(1, 100).insert(db).await?;
            tart::repriced(3, 95).update(db).await
        })
    });
    work.await?;
    let plan = UndoPlan::for_request("with").plan(&db).await?;
    plan.run("a wrong file", &db).await?;
    let after = tart::Entity::find()
        .order_by_asc(tart::Column::Id)
        .all(&t.db)
        .await?;
    assert_eq!(after, before);

    let work = Import::of::<category::Entity>()
        .without_rows()
        .run(&without, |db| {
            Box::pin(async move {
                category::numbered(1, None).insert(db).await?;
                Ok::<_, DbErr>(ImportCount::new().created(1))
            })
        });
    work.await?;
    let record = t.records().await?.pop().ok_or("the import")?.id;
    let plan = UndoPlan::for_request("without").plan(&db).await?;
    let table = "shop_category".to_owned();
    assert_eq!(
        plan.conflicts(),
        [UndoConflict::NotRecorded { table, record }]
    );
    let refused = plan
        .run("a wrong file", &db)
        .await
        .expect_err("refused")
        .to_string();
    let why = format!("the rows of shop_category that record {record} imported have no records");
    assert!(refused.contains(&why), "{refused}");
    Ok(())
}
