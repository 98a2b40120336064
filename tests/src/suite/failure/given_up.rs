//! A database that gives up the whole transaction, by itself, for one failed statement.

use audit_migration::Migrator;
use audit_sea_orm::prelude::*;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Unchanged, ConnectionTrait, Database, DatabaseConnection,
    DbBackend, DbErr, EntityTrait, Set, Statement, TransactionTrait, rbac::entity::user::UserId,
};
use sea_orm_migration::MigratorTrait;

use super::{
    assert_names,
    fault::Fault,
    under_log,
    write::{Write, bake, dearer, rows},
};
use crate::{
    Backend, Outcome, Test,
    entity::{cake, pie},
    losses::losses_of,
    roles::{self, ALL},
    server::Server,
    wrapped::Wrapped,
};

/// Ways in which the library begins a transaction for a write, or for the application.
#[derive(Clone, Copy, Debug)]
enum Way {
    Atomic,
    Audited,
    AuditedScript,
    AuditedTransaction,
    AuditedSavepoint,
    AuditedClosure,
    DroppedTransaction,
}

const WAYS: [Way; 7] = [
    Way::Atomic,
    Way::Audited,
    Way::AuditedScript,
    Way::AuditedTransaction,
    Way::AuditedSavepoint,
    Way::AuditedClosure,
    Way::DroppedTransaction,
];

fn priced(id: i32) -> pie::ActiveModel {
    pie::ActiveModel {
        id: Set(id),
        price: Set(1),
        stock: Set(0),
    }
}

impl Way {
    async fn insert(self, db: &DatabaseConnection, id: i32) -> Result<(), DbErr> {
        let audited = db.audited_as(AuditContext::new().reason("x".repeat(300)));
        match self {
            Self::Atomic => priced(id).audited_insert(db).await.map(drop),
            Self::Audited => priced(id).insert(&audited).await.map(drop),
            Self::AuditedScript => {
                let sql = format!("INSERT INTO pie (id, price, stock) VALUES ({id}, 1, 0)");
                audited.execute_unprepared(&sql).await.map(drop)
            }
            Self::AuditedTransaction => {
                let transaction = audited.begin_write().await?;
                if let Err(error) = priced(id).insert(&transaction).await {
                    transaction.rollback().await?;
                    return Err(error);
                }
                transaction.commit().await
            }
            Self::AuditedSavepoint => {
                let transaction = audited.begin_write().await?;
                let savepoint = transaction.begin().await?;
                match priced(id).insert(&savepoint).await {
                    Ok(_) => savepoint.commit().await?,
                    Err(_) => savepoint.rollback().await?,
                }
                transaction.commit().await
            }
            Self::AuditedClosure => {
                let pie = priced(id);
                let insert = audited.transaction::<_, _, DbErr>(|db| {
                    Box::pin(async move { pie.insert(db).await.map(drop) })
                });
                let done = insert.await;
                done.map_err(|error| DbErr::Custom(error.to_string()))
            }
            Self::DroppedTransaction => {
                let transaction = audited.begin_write().await?;
                priced(id).insert(&transaction).await?;
                transaction.commit().await
            }
        }
    }
}

async fn pragma(db: &DatabaseConnection, pragma: &str) -> Result<i64, DbErr> {
    let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {pragma}"));
    let answer = db.query_one_raw(statement).await?;
    answer
        .ok_or_else(|| DbErr::Custom("it answers".to_owned()))?
        .try_get_by_index(0)
}

/// SQLite ends a transaction by itself where the disk is full. Once there is space again, every write that was
/// answered with `Ok` is there, as without auditing.
pub async fn after_a_full_disk_no_write_that_was_answered_is_lost(t: &mut Test) -> Outcome {
    if t.backend != Backend::Sqlite {
        return Ok(());
    }
    t.create_table(pie::Entity).await?;
    let mut next = 0;
    for way in WAYS {
        let small = t.isolated.connect(1).await?;
        let pages = pragma(&small, "page_count").await?;
        pragma(&small, &format!("max_page_count = {pages}")).await?;
        let (mut done, mut failed) = (Vec::new(), 0);
        while failed < 5 {
            next += 1;
            match way.insert(&small, next).await {
                Ok(()) => done.push(next),
                Err(_) => failed += 1,
            }
            assert!(next < 10_000, "it never fills");
        }
        pragma(&small, "max_page_count = 1000000").await?;
        for _ in 0..5 {
            next += 1;
            way.insert(&small, next).await?;
            done.push(next);
        }
        next += 1;
        AuditContext::unaudited("plain", priced(next).insert(&small)).await?;
        done.push(next);
        for id in done {
            let pie = pie::Entity::find_by_id(id).one(&t.db).await?;
            assert!(pie.is_some(), "{way:?}: pie {id} is lost");
        }
        small.close().await?;
    }
    Ok(())
}

/// A transaction that the database ended does not commit, though its savepoint was rolled back in good order.
pub async fn a_transaction_that_a_full_disk_ended_does_not_commit(t: &mut Test) -> Outcome {
    if t.backend != Backend::Sqlite {
        return Ok(());
    }
    t.create_table(pie::Entity).await?;
    let small = t.isolated.connect(1).await?;
    let pages = pragma(&small, "page_count").await?;
    pragma(&small, &format!("max_page_count = {pages}")).await?;
    let transaction = small.audited().begin_write().await?;
    AuditContext::unaudited("fits", priced(1).insert(&transaction)).await?;
    let savepoint = transaction.begin().await?;
    let mut id = 1;
    let failed = loop {
        id += 1;
        if let Err(error) = priced(id).insert(&savepoint).await {
            break error;
        }
    };
    assert!(failed.to_string().contains("full"), "{failed}");
    savepoint.rollback().await?;
    let is_kept = transaction.commit().await.is_ok();
    let is_there = pie::Entity::find_by_id(1).one(&t.db).await?.is_some();
    assert_eq!(is_kept, is_there, "the commit does not tell what happened");
    small.close().await?;
    Ok(())
}

/// Under `Log`, through an application's own wrapper: where the write and the commit are `Ok`, the change is there.
pub async fn under_log_a_wrapped_transaction_is_no_silent_success(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    Fault::Missing.inflict(t).await?;
    for write in [Write::Insert, Write::Update, Write::Delete] {
        let cake = bake(t, &format!("{write:?}")).await?;
        let before = rows(t).await?;
        let transaction = t.db.begin_write().await?;
        let wrapper = Wrapped::new(&transaction);
        let run = write.run(&wrapper, &cake);
        let (written, lost) = losses_of(under_log().scope(run)).await;
        let committed = transaction.commit().await.is_ok();
        let changed = committed && rows(t).await? != before;
        assert_no_silent_success(t, &write.event(&cake), written, &lost, changed);
        // Around a pool each statement commits by itself, so the change stands and the loss is counted.
        let cake = bake(t, &format!("{write:?} on a pool")).await?;
        let before = rows(t).await?;
        let wrapper = Wrapped::new(&t.db);
        let run = write.run(&wrapper, &cake);
        let (written, lost) = losses_of(under_log().scope(run)).await;
        written?;
        assert_eq!(lost.len(), 1, "{lost:?}");
        assert_ne!(rows(t).await?, before);
    }
    Fault::Missing.mend(t).await.map_err(Into::into)
}

/// Where the write is `Ok`, the change is there and the loss counted; PostgreSQL, which takes no more statements, gives an error.
fn assert_no_silent_success(
    t: &Test,
    event: &str,
    written: Result<(), DbErr>,
    lost: &[String],
    changed: bool,
) {
    if let Err(error) = written {
        assert_eq!(t.backend, Backend::Postgres);
        assert_names(&error.to_string(), event, Fault::Missing.cause(t));
        return;
    }
    assert!(changed, "{event} is lost without an error");
    assert_eq!(lost.len(), 1, "{lost:?}");
}

/// The same in a transaction of SeaORM's access control, which takes no savepoint by a statement.
pub async fn under_log_a_restricted_transaction_is_no_silent_success(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    roles::grant(&t.db, &[("cake", &ALL), ("audit_log", &ALL)]).await?;
    let restricted = t.db.restricted_for(UserId(1))?;
    Fault::Missing.inflict(t).await?;
    for write in [Write::Insert, Write::Update, Write::Delete] {
        let cake = bake(t, &format!("{write:?}")).await?;
        let before = rows(t).await?;
        let transaction = restricted.begin_write().await?;
        let run = write.run(&transaction, &cake);
        let (written, lost) = losses_of(under_log().scope(run)).await;
        let committed = transaction.commit().await.is_ok();
        let changed = committed && rows(t).await? != before;
        assert_no_silent_success(t, &write.event(&cake), written, &lost, changed);
    }
    Fault::Missing.mend(t).await.map_err(Into::into)
}

/// MariaDB rolls a whole transaction back that waited too long for a lock, where it is started so: an error, also under `Log`,
/// and nothing of it is there.
pub async fn a_timeout_that_rolls_back_ends_a_transaction_with_an_error(t: &mut Test) -> Outcome {
    if t.backend != Backend::MySql || t.is_mysql().await? {
        return Ok(());
    }
    let options = &[
        "--innodb-rollback-on-timeout=ON",
        "--innodb-lock-wait-timeout=1",
    ];
    let Some(mut server) = Server::start_with(t.backend, options).await? else {
        return Ok(());
    };
    let db = Database::connect(server.url()).await?;
    Migrator::up(&db, None).await?;
    crate::test::create_table(&db, pie::Entity).await?;
    AuditContext::unaudited("fixture", priced(1).insert(&db)).await?;
    AuditEvent::new(Action::View).record(&db).await?;
    // Who holds the gap behind the last record keeps every new one out.
    let holder = db.begin().await?;
    let gap = "SELECT id FROM audit_log WHERE id > 0 FOR UPDATE";
    holder.execute_unprepared(gap).await?;
    let transaction = db.begin_write().await?;
    let update = pie::ActiveModel {
        id: Unchanged(1),
        price: Set(2),
        ..Default::default()
    };
    let updated = under_log().scope(update.update(&transaction));
    let (updated, lost) = losses_of(updated).await;
    let error = updated.expect_err("the transaction is over").to_string();
    assert_names(&error, "UPDATE of pie 1", "Lock wait timeout exceeded");
    assert!(lost.is_empty(), "{lost:?}");
    for transaction in [transaction, holder] {
        transaction.rollback().await?;
    }
    let pie = pie::Entity::find_by_id(1).one(&db).await?;
    assert_ne!(pie.map(|pie| pie.price), Some(2));
    server.kill().await?;
    db.close().await?;
    Ok(())
}

/// MariaDB ends the transaction whose row changed since its snapshot (1020): an error, also under `Log`.
pub async fn a_changed_snapshot_ends_a_transaction_with_an_error(t: &mut Test) -> Outcome {
    if t.backend != Backend::MySql || t.is_mysql().await? {
        return Ok(());
    }
    t.create_table(cake::Entity).await?;
    let cake = bake(t, "Sacher").await?;
    let one = t.isolated.connect(1).await?;
    let isolation = "SET SESSION innodb_snapshot_isolation = ON";
    if one.execute_unprepared(isolation).await.is_err() {
        return Ok(()); // It is older than that.
    }
    let transaction = one.begin_write().await?;
    let seen = cake::Entity::find_by_id(cake.id).one(&transaction).await?;
    assert_eq!(seen, Some(cake.clone()));
    let mut other = dearer(&cake);
    other.price = Set(77);
    AuditContext::unaudited("between", other.update(&t.db)).await?;
    let update = dearer(&cake).update(&transaction);
    let (updated, lost) = losses_of(under_log().scope(update)).await;
    let error = updated.expect_err("the snapshot is old").to_string();
    assert!(error.contains("1020"), "{error}");
    assert!(lost.is_empty(), "{lost:?}");
    transaction.rollback().await?;
    one.close().await?;
    Ok(())
}
