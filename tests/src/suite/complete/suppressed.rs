//! Deletes that the database does not carry out, though it reports no error: they leave no record. And the other way
//! about: what looks like one and is none leaves its record.

use audit_sea_orm::prelude::*;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DatabaseExecutor, DbErr,
    IntoActiveModel, Set, TransactionTrait,
};

use crate::{Backend, Outcome, Test, entity::pie};

/// The ways of a delete that learn whether it hit.
const SURE: [Way; 6] = [
    Way::Atomic,
    Way::AtomicInTransaction,
    Way::InTransaction,
    Way::ThroughExecutor,
    Way::AuditedPool,
    Way::InAuditedTransaction,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Pool,
    Atomic,
    AtomicInTransaction,
    InTransaction,
    ThroughExecutor,
    AuditedPool,
    InAuditedTransaction,
}

impl Way {
    /// Deletes that pie, with a context to carry; how many rows the delete says it hit.
    async fn delete(self, db: &DatabaseConnection, id: i32) -> Result<u64, DbErr> {
        let pie = numbered(id);
        let audited = || db.audited_as(AuditContext::new().reason("suppressed"));
        let deleted = match self {
            Self::Pool => pie.delete(db).await?,
            Self::Atomic => pie.audited_delete(db).await?,
            Self::AuditedPool => pie.delete(&audited()).await?,
            Self::AtomicInTransaction => {
                let transaction = db.begin_write().await?;
                let deleted = pie.audited_delete(&transaction).await?;
                transaction.commit().await?;
                deleted
            }
            Self::InTransaction => {
                let transaction = db.begin().await?;
                let deleted = pie.delete(&transaction).await?;
                transaction.commit().await?;
                deleted
            }
            Self::ThroughExecutor => {
                let transaction = db.begin().await?;
                let executor = DatabaseExecutor::from(&transaction);
                let deleted = pie.delete(&executor).await?;
                transaction.commit().await?;
                deleted
            }
            Self::InAuditedTransaction => {
                let transaction = audited().begin().await?;
                let deleted = pie.delete(&transaction).await?;
                transaction.commit().await?;
                deleted
            }
        };
        Ok(deleted.rows_affected)
    }
}

fn numbered(id: i32) -> pie::ActiveModel {
    let pie = pie::Model {
        id,
        price: id,
        stock: 1,
    };
    pie.into_active_model()
}

/// Pies with the numbers from 1 on, and what is done to their table.
async fn with_pies(t: &Test, statements: &[&str]) -> Result<(), DbErr> {
    t.create_table(pie::Entity).await?;
    t.db.execute_unprepared(
        "INSERT INTO pie (id, price, stock) \
         VALUES (1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 4, 1), (5, 5, 1), (6, 6, 1), (7, 7, 1)",
    )
    .await?;
    for statement in statements {
        t.db.execute_unprepared(statement).await?;
    }
    Ok(())
}

/// Triggers on pies that keep the row: as it is, and marked as gone.
fn keeping(backend: Backend) -> Vec<[&'static str; 2]> {
    match backend {
        Backend::Sqlite => vec![[
            "CREATE TRIGGER keep BEFORE DELETE ON pie BEGIN SELECT RAISE(IGNORE); END",
            "DROP TRIGGER keep",
        ]],
        Backend::Postgres => vec![
            [
                "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RETURN NULL; END $$; \
                 CREATE TRIGGER keep BEFORE DELETE ON pie FOR EACH ROW EXECUTE FUNCTION keep()",
                "DROP TRIGGER keep ON pie; DROP FUNCTION keep()",
            ],
            [
                "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN UPDATE pie SET stock = 0 WHERE id = OLD.id; RETURN NULL; END $$; \
                 CREATE TRIGGER keep BEFORE DELETE ON pie FOR EACH ROW EXECUTE FUNCTION keep()",
                "DROP TRIGGER keep ON pie; DROP FUNCTION keep()",
            ],
        ],
        // Its triggers can refuse a delete only by an error.
        Backend::MySql => Vec::new(),
    }
}

/// A trigger that keeps the row: the delete hits nothing, and leaves no record.
pub async fn a_delete_that_a_trigger_suppresses_leaves_no_record(t: &mut Test) -> Outcome {
    with_pies(t, &[]).await?;
    for [keep, release] in keeping(t.backend) {
        t.db.execute_unprepared(keep).await?;
        for way in SURE {
            let hit = way.delete(&t.db, 1).await?;
            let records = t.records().await?;
            assert!(hit == 0 && records.is_empty(), "{way:?}: {records:#?}");
        }
        t.db.execute_unprepared(release).await?;
    }
    for (way, id) in SURE.into_iter().zip(1..) {
        assert_eq!(way.delete(&t.db, id).await?, 1, "{way:?}");
    }
    assert_eq!(t.records().await?.len(), SURE.len());
    Ok(())
}

/// On SQLite a trigger that marks the row as gone counts changes of its own, which are none of the delete's.
pub async fn a_delete_that_a_trigger_makes_an_update_leaves_no_record(t: &mut Test) -> Outcome {
    if t.backend != Backend::Sqlite {
        return Ok(());
    }
    let keep = "CREATE TRIGGER keep BEFORE DELETE ON pie BEGIN \
                UPDATE pie SET stock = 0 WHERE id = old.id; SELECT RAISE(IGNORE); END";
    with_pies(t, &[keep]).await?;
    for way in SURE {
        assert_eq!(way.delete(&t.db, 1).await?, 0, "{way:?}");
        assert_eq!(t.records().await?, [], "{way:?}");
    }
    Ok(())
}

/// A plain delete on a bare pool cannot know: what it found before is recorded, as to lose a record would be worse.
pub async fn a_suppressed_delete_on_the_pool_is_recorded(t: &mut Test) -> Outcome {
    let Some([keep, _]) = keeping(t.backend).into_iter().next() else {
        return Ok(());
    };
    with_pies(t, &[keep]).await?;
    assert_eq!(Way::Pool.delete(&t.db, 1).await?, 0);
    assert_eq!(t.only_record().await?.action, "DELETE");
    Ok(())
}

/// A row that a trigger inserts again, with the same key, was deleted all the same.
pub async fn a_row_that_comes_again_was_deleted(t: &mut Test) -> Outcome {
    let again = match t.backend {
        Backend::Sqlite => {
            "CREATE TRIGGER again AFTER DELETE ON pie BEGIN \
             INSERT INTO pie (id, price, stock) VALUES (old.id, old.price, 0); END"
        }
        Backend::Postgres => {
            "CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN INSERT INTO pie VALUES (OLD.id, OLD.price, 0); RETURN NULL; END $$; \
             CREATE TRIGGER again AFTER DELETE ON pie FOR EACH ROW EXECUTE FUNCTION again()"
        }
        Backend::MySql => return Ok(()),
    };
    with_pies(t, &[again]).await?;
    for (way, records) in SURE.into_iter().chain([Way::Pool]).zip(1..) {
        assert_eq!(way.delete(&t.db, 1).await?, 1, "{way:?}");
        assert_eq!(t.records().await?.len(), records, "{way:?}");
    }
    Ok(())
}

/// One key again and again in one transaction, savepoints among it, with deletes that find nothing in between.
pub async fn each_delete_of_one_transaction_is_told_apart(t: &mut Test) -> Outcome {
    with_pies(t, &[]).await?;
    let transaction = t.db.begin_write().await?;
    for _ in 0..3 {
        numbered(1).delete(&transaction).await?;
        numbered(1).delete(&transaction).await?;
        let savepoint = transaction.begin().await?;
        insert(&savepoint).await?;
        numbered(1).delete(&savepoint).await?;
        savepoint.rollback().await?;
        let savepoint = transaction.begin().await?;
        insert(&savepoint).await?;
        numbered(1).delete(&savepoint).await?;
        savepoint.commit().await?;
        insert(&transaction).await?;
    }
    transaction.commit().await?;
    let actions: Vec<String> = t.story().await?.into_iter().map(|entry| entry.0).collect();
    assert_eq!(
        actions,
        ["DELETE", "CREATE", "DELETE", "CREATE"].repeat(3),
        "rolled back are one create and one delete of each round"
    );
    Ok(())
}

async fn insert<C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
    let pie = pie::ActiveModel {
        id: Set(1),
        price: Set(9),
        stock: Set(1),
    };
    pie.insert(db).await.map(drop)
}

/// Joined deletes of one row in one transaction: one of them hits, and one record is left.
pub async fn joined_deletes_of_one_row_leave_one_record(t: &mut Test) -> Outcome {
    with_pies(t, &[]).await?;
    let transaction = t.db.begin_write().await?;
    let deletes = (0..20).map(|_| numbered(1).delete(&transaction));
    let mut hits = 0;
    for deleted in futures_util::future::join_all(deletes).await {
        hits += deleted?.rows_affected;
    }
    transaction.commit().await?;
    assert_eq!((hits, t.records().await?.len()), (1, 1));
    Ok(())
}

/// Views, partitions and inherited tables of PostgreSQL, where the server counts otherwise: what is deleted is recorded.
pub async fn deletes_behind_views_and_partitions_are_recorded(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    let fill = "INSERT INTO shelf SELECT n, n, 1 FROM generate_series(1, 7) n";
    let shelf = "CREATE TABLE shelf (id int PRIMARY KEY, price int, stock int)";
    let shapes: [&[&str]; 4] = [
        &[shelf, fill, "CREATE VIEW pie AS SELECT * FROM shelf"],
        &[
            shelf,
            fill,
            "CREATE VIEW pie AS SELECT * FROM shelf WHERE random() >= 0",
            "CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN DELETE FROM shelf WHERE id = OLD.id; RETURN OLD; END $$",
            "CREATE TRIGGER gone INSTEAD OF DELETE ON pie FOR EACH ROW EXECUTE FUNCTION gone()",
        ],
        &[
            "CREATE TABLE pie (id int PRIMARY KEY, price int, stock int) PARTITION BY RANGE (id)",
            "CREATE TABLE shelf PARTITION OF pie FOR VALUES FROM (1) TO (100)",
            fill,
        ],
        &[
            "CREATE TABLE pie (id int PRIMARY KEY, price int, stock int)",
            "CREATE TABLE shelf () INHERITS (pie)",
            fill,
        ],
    ];
    for (shape, done) in shapes.into_iter().zip(1..) {
        for statement in shape {
            t.db.execute_unprepared(statement).await?;
        }
        for (way, id) in SURE.into_iter().chain([Way::Pool]).zip(1..) {
            assert_eq!(way.delete(&t.db, id).await?, 1, "{way:?} of shape {done}");
        }
        assert_eq!(t.records().await?.len(), done * 7, "shape {done}");
        t.db.execute_unprepared("DROP TABLE shelf CASCADE; DROP TABLE IF EXISTS pie CASCADE")
            .await?;
        t.db.execute_unprepared("DROP FUNCTION IF EXISTS gone()")
            .await?;
    }
    Ok(())
}
