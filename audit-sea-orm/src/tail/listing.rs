use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryResult, QuerySelect, Statement};

use crate::{Error, entity::TrailEntity};

/// Who may have a number up to the last one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listing {
    /// The last number seen, before the writers were listed. Every lower one was given by then.
    pub(super) last: i64,
    pub(super) writers: Vec<OpenWriter>,
    /// When the server started, in seconds and within one of them. After a restart it numbers prepared transactions anew.
    pub(super) started: i64,
}

/// A writer that may still commit a row with a number up to the last one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OpenWriter {
    pub(super) work: Work,
    /// The session, for people to read.
    pub(super) session: String,
    /// Whether the server may give it another number. MySQL does so once, when the transaction is prepared to commit in two phases.
    pub(super) may_be_renumbered: bool,
}

/// What a writer does, with the number that the server gives it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Work {
    /// A statement, which may have a number before it has a transaction.
    Statement { thread: u64, number: u64 },
    /// A transaction of a session.
    Transaction { thread: u64, number: String },
    /// A transaction that was prepared to commit in two phases, and belongs to no session.
    Prepared { number: String },
}

impl OpenWriter {
    /// The writers of a later list that may be this one.
    pub(super) fn going_on_in(&self, later: &[Self]) -> Vec<Self> {
        if let Some(same) = later.iter().find(|writer| writer.work == self.work) {
            let may_be_renumbered = self.may_be_renumbered;
            return vec![Self {
                may_be_renumbered,
                ..same.clone()
            }];
        }
        let became = later.iter().filter(|writer| self.may_become(writer));
        let once = |writer: &Self| Self {
            may_be_renumbered: false,
            ..writer.clone()
        };
        became.map(once).collect()
    }

    fn may_become(&self, later: &Self) -> bool {
        match (&self.work, &later.work) {
            (Work::Prepared { .. }, _) => false,
            // The server does not say which session prepared it.
            (_, Work::Prepared { .. }) => true,
            (Work::Statement { thread, .. }, Work::Transaction { thread: later, .. }) => {
                thread == later
            }
            (Work::Transaction { thread, .. }, Work::Transaction { thread: later, .. }) => {
                self.may_be_renumbered && thread == later
            }
            _ => false,
        }
    }
}

const READ_ONLY: &str = "the server takes no writes: follow the one that does, as a replica does not know what its source has still to send";

const INCREMENT: &str = "`auto_increment_increment` is not 1, so other servers may write too, and this one does not know their transactions: set it to 1 where no other does";

/// MariaDB and MySQL: whether the server takes writes, and is the only one that does. `OFF` or `0`, by its version.
pub(super) const SERVER: &str =
    "CONCAT(@@global.read_only), CAST(@@global.auto_increment_increment AS SIGNED)";

/// Reads the first two columns, which are those of [`SERVER`].
pub(super) fn check_server(table: &str, row: &QueryResult) -> Result<(), DbErr> {
    let (read_only, increment): (String, i64) =
        (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    check_writable(table, !matches!(read_only.as_str(), "0" | "OFF"))?;
    if increment == 1 {
        Ok(())
    } else {
        Err(refused(table, INCREMENT))
    }
}

pub(super) fn check_writable(table: &str, is_read_only: bool) -> Result<(), DbErr> {
    if is_read_only {
        Err(refused(table, READ_ONLY))
    } else {
        Ok(())
    }
}

/// A session, for people to read.
pub(super) fn session(number: u64, user: Option<String>, program: Option<String>) -> String {
    let user = user.map(|user| format!(" of {user}"));
    let program = program.filter(|program| !program.is_empty());
    let program = program.map(|program| format!(" ({program})"));
    let names: String = [user, program].into_iter().flatten().collect();
    format!("session {number}{names}")
}

pub(super) fn refused(table: &str, why: impl Into<String>) -> DbErr {
    let (table, why) = (table.to_owned(), why.into());
    Error::Tail { table, why }.into()
}

/// The last number in the table.
pub(super) async fn last<E: TrailEntity, C: ConnectionTrait>(db: &C) -> Result<i64, DbErr> {
    let last: Option<Option<i64>> = E::find()
        .select_only()
        .column_as(E::ID.max(), "last")
        .into_tuple()
        .one(db)
        .await?;
    Ok(last.flatten().unwrap_or(0))
}

pub(super) async fn one<C: ConnectionTrait>(sql: &str, db: &C) -> Result<QueryResult, DbErr> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await?;
    row.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))
}
