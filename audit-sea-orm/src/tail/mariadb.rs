//! Who writes, by the transactions and statements of MariaDB.
//!
//! InnoDB lists each transaction that has written. A statement may have its number before, as the server takes the number, and then InnoDB
//! begins the transaction. So each session that executes a statement counts too, until its transaction is listed or the statement ends.

use std::collections::BTreeMap;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, Statement, TransactionOptions,
};
use uuid::Uuid;

use super::listing::{
    Listing, OpenWriter, SERVER, Work, check_server, last, one, refused, session,
};
use crate::{
    connection::own_transaction::{self, Own},
    entity::TrailEntity,
};

/// Reads the last number, then the sessions with their statements, then the transactions. In this order a writer with a number is in one of
/// the two lists, or has ended. `None` if the list of transactions is an old one.
pub(super) async fn listing<E: TrailEntity>(
    db: &DatabaseConnection,
) -> Result<Option<Listing>, DbErr> {
    let db = db.clone();
    let listing = |_| async move {
        let ours = own_transaction::begin_ours(&db, TransactionOptions::default()).await?;
        let done = list::<E>(ours.connection()).await;
        own_transaction::end(ours, done, |error| error).await
    };
    own_transaction::to_its_end(listing).await
}

async fn list<E: TrailEntity>(transaction: &DatabaseTransaction) -> Result<Option<Listing>, DbErr> {
    let last = last::<E, _>(transaction).await?;
    let table = E::default().table_name();
    let sessions = sessions(table, transaction).await?;
    let Some(transactions) = transactions(table, transaction).await? else {
        return Ok(None);
    };
    let writers = merged(sessions, transactions);
    // The numbers of prepared transactions outlive a restart.
    let started = 0;
    Ok(Some(Listing {
        last,
        writers,
        started,
    }))
}

/// A session.
struct Session {
    user: Option<String>,
    /// The number of the statement that it executes.
    statement: Option<u64>,
}

async fn sessions(
    table: &str,
    transaction: &DatabaseTransaction,
) -> Result<BTreeMap<u64, Session>, DbErr> {
    let asked = "SELECT CAST(ID AS SIGNED), CONVERT(USER USING utf8mb4), CAST(QUERY_ID AS SIGNED), CONVERT(COMMAND USING utf8mb4) \
                 FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID()";
    let asked = Statement::from_string(transaction.get_database_backend(), asked);
    let rows = transaction.query_all_raw(asked).await?;
    let sessions = rows.iter().map(|row| {
        let (thread, statement): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(2)?);
        let command: String = row.try_get_by_index(3)?;
        if command.starts_with("Slave_") {
            return Err(refused(table, REPLICA));
        }
        let is_idle = matches!(command.as_str(), "Sleep" | "Daemon" | "Binlog Dump");
        let session = Session {
            user: row.try_get_by_index(1)?,
            statement: (!is_idle).then_some(statement.unsigned_abs()),
        };
        Ok((thread.unsigned_abs(), session))
    });
    sessions.collect()
}

const REPLICA: &str = "the server is a replica, and does not know what its source has still to send: follow the source";

/// Each transaction that has written: its thread, which is 0 if it is prepared, and its number. `None` if InnoDB made the list before this
/// question.
///
/// A new list has this transaction, with the mark in its present statement. The statement is sent as text, as the list does not show the
/// values of a prepared one. A variable holds the answer.
async fn transactions(
    table: &str,
    transaction: &DatabaseTransaction,
) -> Result<Option<Vec<(u64, u64)>>, DbErr> {
    let mark = Uuid::now_v7().simple();
    let asked = format!(
        "SET STATEMENT group_concat_max_len = 1073741824 FOR SELECT JSON_ARRAYAGG(JSON_ARRAY(trx_mysql_thread_id, trx_id, \
         IF(trx_mysql_thread_id = CONNECTION_ID() AND trx_query LIKE '%{mark}%', 1, 0))) INTO @audit_tail \
         FROM information_schema.INNODB_TRX"
    );
    let told = transaction.execute_unprepared(&asked).await;
    told.map_err(|error| match error.to_string() {
        denied if denied.contains("PROCESS") => refused(
            table,
            format!("it cannot be asked who writes: `GRANT PROCESS ON *.*` to the role that follows: {denied}"),
        ),
        _ => error,
    })?;
    let answer = format!("SELECT {SERVER}, CONVERT(@audit_tail USING utf8mb4)");
    let answer = one(&answer, transaction).await?;
    transaction
        .execute_unprepared("SET @audit_tail = NULL")
        .await?;
    check_server(table, &answer)?;
    let answer: Option<String> = answer.try_get_by_index(2)?;
    let listed: Vec<(u64, u64, u8)> = serde_json::from_str(answer.as_deref().unwrap_or("[]"))
        .map_err(|error| DbErr::Type(format!("InnoDB's list of transactions: {error}")))?;
    let is_new = listed.iter().any(|(_, _, is_ours)| *is_ours == 1);
    let ours = |is_ours: u8| is_ours == 1;
    let others = listed
        .into_iter()
        .filter(|(_, number, is_ours)| *number != 0 && !ours(*is_ours));
    Ok(is_new.then(|| others.map(|(thread, number, _)| (thread, number)).collect()))
}

fn merged(mut sessions: BTreeMap<u64, Session>, transactions: Vec<(u64, u64)>) -> Vec<OpenWriter> {
    let mut writers = Vec::with_capacity(transactions.len());
    let mut add = |work, session| {
        let may_be_renumbered = false;
        writers.push(OpenWriter {
            work,
            session,
            may_be_renumbered,
        });
    };
    for (thread, number) in transactions {
        let user = sessions.remove(&thread).and_then(|session| session.user);
        let number = number.to_string();
        if thread == 0 {
            let session = format!("prepared transaction {number}");
            add(Work::Prepared { number }, session);
        } else {
            add(
                Work::Transaction { thread, number },
                session(thread, user, None),
            );
        }
    }
    for (thread, executing) in sessions {
        if let Some(number) = executing.statement {
            add(
                Work::Statement { thread, number },
                session(thread, executing.user, None),
            );
        }
    }
    writers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_listed_by_what_it_is_at() {
        let session = |statement| Session {
            user: Some("shop".to_owned()),
            statement,
        };
        let sessions = [
            (6, session(None)),
            (7, session(Some(70))),
            (8, session(Some(80))),
            (9, session(None)),
        ];
        let writers = merged(sessions.into(), vec![(7, 500), (9, 600), (0, 400)]);
        let listed: Vec<_> = writers
            .into_iter()
            .map(|writer| (writer.work, writer.session))
            .collect();
        let transaction = |thread, number: &str| {
            let number = number.to_owned();
            (
                Work::Transaction { thread, number },
                format!("session {thread} of shop"),
            )
        };
        let prepared = Work::Prepared {
            number: "400".to_owned(),
        };
        let statement = Work::Statement {
            thread: 8,
            number: 80,
        };
        assert_eq!(
            listed,
            [
                transaction(7, "500"),
                transaction(9, "600"),
                (prepared, "prepared transaction 400".to_owned()),
                (statement, "session 8 of shop".to_owned()),
            ]
        );
    }
}
