//! Procedures, which may end transactions.

use audit_sea_orm::prelude::*;
use sea_orm::ConnectionTrait;

use super::{because, raw};
use crate::{Backend, Outcome, Test, carried, entity::tart};

/// A procedure that commits, and rolls back, runs through an audited connection as through a plain one.
pub async fn a_procedure_that_commits_runs_as_on_a_plain_connection(t: &mut Test) -> Outcome {
    let body = match t.backend {
        Backend::Sqlite => return Ok(()),
        Backend::Postgres => {
            "CREATE PROCEDURE bake() LANGUAGE plpgsql AS $$ BEGIN \
             INSERT INTO tart VALUES (1, 1); COMMIT; \
             INSERT INTO tart VALUES (2, 1); ROLLBACK; END $$"
        }
        Backend::MySql => {
            "CREATE PROCEDURE bake() BEGIN \
             INSERT INTO tart VALUES (1, 1); \
             START TRANSACTION; INSERT INTO tart VALUES (2, 1); ROLLBACK; END"
        }
    };
    t.create_table(tart::Entity).await?;
    t.db.execute_unprepared(body).await?;
    let audited = t.db.audited_as(because("r"));
    let clear = "DELETE FROM tart";
    raw(&t.db, "CALL bake()").await?;
    assert_eq!(carried::tarts(&t.db).await?, [(1, 1)]);
    t.db.execute_unprepared(clear).await?;
    raw(&audited, "CALL bake()").await?;
    assert_eq!(carried::tarts(&t.db).await?, [(1, 1)]);
    t.db.execute_unprepared(clear).await?;
    audited.execute_unprepared("CALL bake()").await?;
    assert_eq!(carried::tarts(&t.db).await?, [(1, 1)]);
    Ok(())
}

/// In a transaction a procedure has the context, as any other statement.
pub async fn a_procedure_in_a_transaction_carries_the_context(t: &mut Test) -> Outcome {
    let body = match t.backend {
        Backend::Sqlite => return Ok(()),
        Backend::Postgres => {
            "CREATE PROCEDURE bake() LANGUAGE plpgsql AS $$ BEGIN \
             INSERT INTO tart VALUES (1, 1); END $$"
        }
        Backend::MySql => "CREATE PROCEDURE bake() INSERT INTO tart VALUES (1, 1)",
    };
    carried::install(t).await?;
    t.db.execute_unprepared(body).await?;
    let transaction = t.db.audited_as(because("r")).begin_write().await?;
    raw(&transaction, "CALL bake()").await?;
    transaction.commit().await?;
    assert_eq!(carried::reasons(&t.db).await?, ["r"]);
    Ok(())
}
