//! An audited connection passes for a plain one.

use std::{collections::BTreeSet, pin::Pin};

use audit_sea_orm::{AuditedTransaction, prelude::*};
use futures_util::TryStreamExt;
use sea_orm::{
    AccessMode, ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, IsolationLevel, LoaderTrait,
    ModelTrait, PaginatorTrait, QueryOrder, SqlErr, SqliteTransactionMode, Statement, StreamTrait,
    TransactionError, TransactionOptions, TransactionTrait,
};

use super::because;
use crate::{
    Backend, Outcome, Test, carried,
    entity::{
        author, book,
        tart::{self, priced, repriced},
    },
};

/// Pages, cursors, counts and streams of a connection, as one text.
async fn read_in_every_way<C>(db: &C) -> Result<String, DbErr>
where
    C: ConnectionTrait + StreamTrait,
{
    let ordered = || tart::Entity::find().order_by_asc(tart::Column::Id);
    let pages = ordered().paginate(db, 3);
    let page = pages.fetch_page(1).await?;
    let count = pages.num_items_and_pages().await?;
    let mut cursor = tart::Entity::find().cursor_by(tart::Column::Id);
    let after = cursor.after(4).first(3).all(db).await?;
    let streamed: Vec<_> = ordered().stream(db).await?.try_collect().await?;
    let backend = ConnectionTrait::get_database_backend(db);
    let raw = Statement::from_string(backend, "SELECT id FROM tart ORDER BY id");
    let raw: Vec<_> = db.stream_raw(raw).await?.try_collect().await?;
    let one = tart::Entity::find_by_id(2).one(db).await?;
    Ok(format!(
        "{page:?} {count:?} {after:?} {streamed:?} {} {one:?}",
        raw.len()
    ))
}

/// Reads answer as on a plain connection, and send nothing more.
pub async fn reads_pass_through(t: &mut Test) -> Outcome {
    t.create_table(tart::Entity).await?;
    let tarts = (0..10).map(|id| priced(id, id * 10));
    tart::Entity::insert_many(tarts)
        .exec_without_returning(&t.db)
        .await?;
    let (plain, sent) = t.sent(read_in_every_way(&t.db)).await;
    let plain = plain?;
    let audited = t.db.audited_as(because("r"));
    let (read, sent_audited) = t.sent(read_in_every_way(&audited)).await;
    assert_eq!((read?, sent_audited), (plain.clone(), sent.clone()));
    let transaction = audited.begin().await?;
    let (read, sent_audited) = t.sent(read_in_every_way(&transaction)).await;
    assert_eq!((read?, sent_audited), (plain, sent));
    transaction.commit().await?;
    Ok(())
}

/// A stream that writes carries the context.
pub async fn streams_that_write_carry_the_context(t: &mut Test) -> Outcome {
    carried::install(t).await?;
    if !t.db.support_returning() {
        return Ok(());
    }
    let audited = t.db.audited_as(because("r"));
    let statement = |sql| Statement::from_string(t.db.get_database_backend(), sql);
    let insert = statement("INSERT INTO tart VALUES (1, 1), (2, 2) RETURNING id");
    let rows: Vec<_> = audited.stream_raw(insert).await?.try_collect().await?;
    let transaction = audited.begin().await?;
    let update = statement("UPDATE tart SET price = 5 RETURNING id");
    let changed: Vec<_> = transaction.stream_raw(update).await?.try_collect().await?;
    transaction.commit().await?;
    assert_eq!((rows.len(), changed.len()), (2, 2));
    assert_eq!(carried::reasons(&t.db).await?, ["r"; 4]);
    Ok(())
}

/// Nested saves, loaders and nested deletes work on it, and hooks record every row with its context.
pub async fn trees_are_saved_loaded_and_deleted(t: &mut Test) -> Outcome {
    t.create_table(author::Entity).await?;
    t.create_table(book::Entity).await?;
    let audited = t.db.audited_as(because("r"));
    let tree = author::ActiveModel::builder()
        .set_name("Ada")
        .add_book(book::ActiveModel::builder().set_title("Notes"))
        .add_book(book::ActiveModel::builder().set_title("Letters"));
    tree.insert(&audited).await?;
    let authors = author::Entity::find().all(&audited).await?;
    let books = authors.load_many(book::Entity, &audited).await?;
    assert_eq!(books.iter().map(Vec::len).collect::<Vec<_>>(), [2]);
    let related = authors[0].find_related(book::Entity).all(&audited).await?;
    assert_eq!(related.len(), 2);
    for author in authors {
        author.cascade_delete(&audited).await?;
    }
    let records = t.records().await?;
    assert_eq!(records.len(), 6);
    assert!(
        records
            .iter()
            .all(|record| record.reason.as_deref() == Some("r"))
    );
    Ok(())
}

/// The forms of a transaction, with and without options, commit and roll back as SeaORM's do.
pub async fn transactions_begin_in_every_way(t: &mut Test) -> Outcome {
    carried::install(t).await?;
    let audited = t.db.audited_as(because("r"));
    let (level, mode) = (IsolationLevel::ReadCommitted, AccessMode::ReadWrite);
    let level = (t.backend != Backend::Sqlite).then_some(level);
    let mode = (t.backend != Backend::Sqlite).then_some(mode);
    assert_eq!(audited.transaction(writes(1, false)).await?, 1);
    assert!(is_of_callback(&audited.transaction(writes(2, true)).await));
    assert_eq!(
        audited
            .transaction_with_config(writes(3, false), level, mode)
            .await?,
        3
    );
    audited
        .transaction_async(async |db| write_and_fail(db, 4, false).await)
        .await?;
    let failed = audited.transaction_async(async |db| write_and_fail(db, 5, true).await);
    assert!(is_of_callback(&failed.await));
    let begun = audited.begin_with_config(level, mode).await?;
    begun.transaction(writes(6, false)).await?;
    assert!(is_of_callback(
        &begun
            .transaction_async(async |db| write_and_fail(db, 7, true).await)
            .await
    ));
    begun
        .transaction_with_config(writes(8, false), None, None)
        .await?;
    begun
        .transaction_with_config_async(async |db| write_and_fail(db, 9, false).await, None, None)
        .await?;
    begun.commit().await?;
    let options = TransactionOptions {
        isolation_level: level,
        access_mode: mode,
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
    };
    let begun = audited.begin_with_options(options).await?;
    write_and_fail(&begun, 10, false).await?;
    begun.commit().await?;
    let stands: Vec<_> = carried::tarts(&t.db)
        .await?
        .iter()
        .map(|tart| tart.0)
        .collect();
    assert_eq!(stands, [1, 3, 4, 6, 8, 9, 10]);
    assert_eq!(carried::reasons(&t.db).await?, ["r"; 7]);
    Ok(())
}

type Writing<'c> = Pin<Box<dyn Future<Output = Result<i32, DbErr>> + Send + 'c>>;

/// As a callback of SeaORM's older form.
fn writes(
    id: i32,
    fails: bool,
) -> impl for<'c> FnOnce(&'c AuditedTransaction) -> Writing<'c> + Send {
    move |db| Box::pin(write_and_fail(db, id, fails))
}

async fn write_and_fail(db: &AuditedTransaction, id: i32, fails: bool) -> Result<i32, DbErr> {
    priced(id, 1).insert(db).await?;
    if fails {
        return Err(DbErr::Custom("expected by the test".to_owned()));
    }
    Ok(id)
}

fn is_of_callback<R>(result: &Result<R, TransactionError<DbErr>>) -> bool {
    matches!(result, Err(TransactionError::Transaction(DbErr::Custom(_))))
}

/// What fails fails with the same error, one by one and in a transaction, and leaves nothing behind.
pub async fn errors_come_out_unchanged(t: &mut Test) -> Outcome {
    carried::install(t).await?;
    priced(1, 1).insert(&t.db).await?;
    let plain = fail_in_every_way(&t.db).await;
    let audited = t.db.audited_as(because("r"));
    assert_eq!(fail_in_every_way(&audited).await, plain);
    let one = priced(1, 2).insert(&audited).await.err();
    assert!(matches!(
        one.and_then(|error| error.sql_err()),
        Some(SqlErr::UniqueConstraintViolation(_))
    ));
    let kinds: BTreeSet<_> = plain.iter().collect();
    assert_eq!(kinds.len(), plain.len(), "{plain:#?}");
    carried::take(&t.db).await?;
    assert_eq!(carried::tarts(&t.db).await?, [(1, 1)]);
    Ok(())
}

async fn fail_in_every_way<C: ConnectionTrait>(db: &C) -> Vec<String> {
    let raw = |sql: &str| Statement::from_string(db.get_database_backend(), sql);
    let mut errors = Vec::new();
    let mut failed = |error: Option<DbErr>| {
        assert!(error.is_some());
        errors.push(format!("{error:?}"));
    };
    failed(priced(1, 2).insert(db).await.err());
    failed(repriced(2, 2).update(db).await.err());
    failed(
        db.execute_raw(raw("UPDATE no_tart SET price = 1"))
            .await
            .err(),
    );
    failed(db.query_all_raw(raw("DELETE FROM no_pie")).await.err());
    failed(db.execute_unprepared("DELETE FROM no_cake").await.err());
    failed(db.query_one_raw(raw("SELECT * FROM no_bread")).await.err());
    errors
}
