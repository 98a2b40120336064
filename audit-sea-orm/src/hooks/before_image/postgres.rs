//! PostgreSQL, where a lock asks for more than a delete: the right to update, and policies of row security that let
//! the row be updated.

use sea_orm::{
    DbErr, QueryResult, Value,
    sea_query::{Expr, LockType, Query, SelectStatement},
};

use super::{Found, Wanted, fetch};
use crate::{
    audited::{intent::Intent, recorded::MayLock},
    connection::{AnyConnection, own},
    hooks::entity::HookedEntity,
    quoted,
    record::Condition,
};

/// Reads the row, locked where a lock is allowed and finds it, else as the delete itself will see it.
pub(super) async fn read(db: &AnyConnection<'_>, wanted: &Wanted) -> Result<Found, DbErr> {
    let is_update = wanted.intent == Intent::Update;
    if may_lock(db, wanted).await? {
        let locked = fetch(db, wanted, Some(lock_type(wanted.intent))).await;
        wanted.entity.note_lock(match &locked {
            Ok(_) => MayLock::Yes,
            Err(_) => MayLock::Failed,
        });
        let found = locked?;
        // Whom a lock shows no row for an update, the update will hit none either.
        if found.row.is_some() || is_update {
            return Ok(found);
        }
    }
    let counted = if is_update {
        None
    } else {
        // Before the read: what is deleted between the two is then the delete's own.
        Counted::now(wanted.entity, db).await?
    };
    let row = fetch(db, wanted, None).await?.row;
    Ok(Found { row, counted })
}

fn lock_type(intent: Intent) -> LockType {
    match intent {
        // What PostgreSQL itself takes for an UPDATE: a stronger lock would make inserts into tables that
        // refer to this row wait.
        Intent::Update => LockType::NoKeyUpdate,
        Intent::Delete => LockType::Update,
    }
}

/// Whether the role may lock rows: asked before the first delete, and each time where a role may not. To try would
/// end the transaction. An update needs the same right, so it tries, but where a view let none be locked.
async fn may_lock(db: &AnyConnection<'_>, wanted: &Wanted) -> Result<bool, DbErr> {
    let entity = wanted.entity;
    match (entity.may_lock(), wanted.intent) {
        (MayLock::Yes, _) | (MayLock::Unknown, Intent::Update) => return Ok(true),
        (MayLock::Unknown, Intent::Delete) | (MayLock::Failed | MayLock::Ask, _) => {}
    }
    let is_allowed = "(pg_relation_is_updatable(c.oid, false) & 4) <> 0 \
         AND has_any_column_privilege(c.oid, 'UPDATE')";
    let query = of_table(is_allowed, "true", entity.regclass());
    let row = own(db.query_one(&query)).await?;
    // A table that is not there has the read say so.
    let may_lock = row.map(|row| row.try_get_by_index::<Option<bool>>(0));
    let may_lock = may_lock.transpose()?.flatten().unwrap_or(true);
    entity.note_lock(if may_lock { MayLock::Yes } else { MayLock::Ask });
    Ok(may_lock)
}

/// How many rows a transaction has deleted of a table, as the server counts them: it and nobody else knows whether a
/// delete hit, whatever triggers, rules and policies make of it.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    table: String,
    /// Which transaction that was: outside one, as through an application's own wrapper of a pool, the count says nothing.
    transaction: String,
    deleted: i64,
}

const BESIDE: &str = "audit_counted";
/// The process that serves the connection, when its transaction began, and the count, as one text.
const COUNT: &str = "concat_ws(' ', pg_backend_pid(), extract(epoch FROM transaction_timestamp()), \
     pg_stat_get_xact_tuples_deleted(TABLE))";
/// Not of views, whose triggers delete elsewhere, nor of tables with partitions or heirs, which have counts of their own.
const IS_COUNTED: &str =
    "c.relkind = 'r' AND NOT c.relhassubclass AND current_setting('track_counts')::boolean";

impl Counted {
    /// Has a select ask for the count, in the same statement.
    pub(super) fn ask_beside(entity: &dyn HookedEntity, select: &mut SelectStatement) {
        let literal = format!("to_regclass({})", quoted::text(&entity.regclass()));
        select.expr_as(Expr::cust(COUNT.replace("TABLE", &literal)), BESIDE);
    }

    /// What stands beside a row.
    pub(super) fn beside(entity: &dyn HookedEntity, row: &QueryResult) -> Option<Self> {
        let text: Option<String> = row.try_get("", BESIDE).ok()?;
        Self::read(entity.regclass(), &text?)
    }

    async fn now(entity: &dyn HookedEntity, db: &AnyConnection<'_>) -> Result<Option<Self>, DbErr> {
        let count = COUNT.replace("TABLE", "c.oid");
        let row = own(db.query_one(&of_table(&count, IS_COUNTED, entity.regclass()))).await?;
        let text = row.map(|row| row.try_get_by_index::<Option<String>>(0));
        let text = text.transpose()?.flatten();
        Ok(text.and_then(|text| Self::read(entity.regclass(), &text)))
    }

    fn read(table: String, text: &str) -> Option<Self> {
        let (transaction, deleted) = text.rsplit_once(' ')?;
        Some(Self {
            table,
            transaction: transaction.to_owned(),
            deleted: deleted.parse().ok()?,
        })
    }

    /// The condition under which a record of a delete is written: that the server counted a row since, or may not have
    /// counted it. Its text is the same for all tables.
    pub(crate) fn has_grown(&self) -> Condition {
        let condition = format!(
            "{} <> $2 OR NOT EXISTS (SELECT FROM pg_catalog.pg_class c \
             WHERE c.oid = to_regclass($3) AND {IS_COUNTED})",
            COUNT.replace("TABLE", "to_regclass($1)"),
        );
        let before = format!("{} {}", self.transaction, self.deleted);
        let values = [self.table.clone(), before, self.table.clone()];
        Condition::new(condition, values.map(Value::from).into())
    }
}

/// Whether the transaction has deleted a row of the entity's table since; `None` where the server does not say.
pub(in crate::hooks) async fn deleted_since(
    entity: &dyn HookedEntity,
    db: &AnyConnection<'_>,
    before: &Counted,
) -> Result<Option<bool>, DbErr> {
    let now = Counted::now(entity, db).await?;
    let now = now.filter(|now| now.transaction == before.transaction);
    Ok(now.map(|now| now.deleted > before.deleted))
}

/// Selects something of a table from the catalog. Not as raw SQL, which restricted connections refuse.
fn of_table(what: &str, when: &str, table: String) -> SelectStatement {
    // Not in `FROM`: a restricted connection would ask for a permission on the catalog.
    let sql = format!(
        "(SELECT {what} FROM pg_catalog.pg_class c WHERE c.oid = to_regclass($1) AND {when})"
    );
    Query::select()
        .expr(Expr::cust_with_values(sql, [Value::from(table)]))
        .take()
}
