//! PostgreSQL, where a lock asks for more than a delete: the right to update, and policies of row security that let
//! the row be updated.

use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, Value,
    sea_query::{Expr, LockType, Query, SelectStatement},
};

use super::{Found, Wanted, fetch};
use crate::{
    Audited,
    connection::own,
    pending::Intent,
    recorded::{MayLock, Recorded},
};

/// Reads the row, locked where a lock is allowed and finds it, else as the delete itself will see it.
pub(super) async fn read<E: Audited, C: ConnectionTrait>(
    db: &C,
    wanted: &Wanted<E>,
) -> Result<Found<E>, DbErr> {
    let is_update = wanted.intent == Intent::Update;
    if may_lock(db, wanted).await? {
        let locked = fetch(db, wanted, Some(lock_type(wanted.intent))).await;
        Recorded::<E>::get().note_lock(match &locked {
            Ok(_) => MayLock::Yes,
            Err(_) => MayLock::Failed,
        });
        let row = locked?;
        // Whom a lock shows no row for an update, the update will hit none either.
        if row.is_some() || is_update {
            let deleted_before = None;
            return Ok(Found {
                row,
                deleted_before,
            });
        }
    }
    let deleted_before = if is_update {
        None
    } else {
        // Before the read: what is deleted between the two is then the delete's own.
        deleted_so_far::<E, C>(db).await?
    };
    let row = fetch(db, wanted, None).await?;
    Ok(Found {
        row,
        deleted_before,
    })
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
async fn may_lock<E: Audited, C: ConnectionTrait>(
    db: &C,
    wanted: &Wanted<E>,
) -> Result<bool, DbErr> {
    let recorded = Recorded::<E>::get();
    match (recorded.may_lock(), wanted.intent) {
        (MayLock::Yes, _) | (MayLock::Unknown, Intent::Update) => return Ok(true),
        (MayLock::Unknown, Intent::Delete) | (MayLock::Failed | MayLock::Ask, _) => {}
    }
    let is_allowed = "(pg_relation_is_updatable(c.oid, false) & 4) <> 0 \
         AND has_any_column_privilege(c.oid, 'UPDATE')";
    let query = of_table::<E>(is_allowed, "true");
    let row = own(db.query_one(&query)).await?;
    // A table that is not there has the read say so.
    let may_lock = row.map(|row| row.try_get_by_index::<Option<bool>>(0));
    let may_lock = may_lock.transpose()?.flatten().unwrap_or(true);
    recorded.note_lock(if may_lock { MayLock::Yes } else { MayLock::Ask });
    Ok(may_lock)
}

/// How many rows the transaction has deleted of the entity's table; `None` where the server does not count them there.
pub(crate) async fn deleted_so_far<E: Audited, C: ConnectionTrait>(
    db: &C,
) -> Result<Option<i64>, DbErr> {
    let is_counted =
        "c.relkind = 'r' AND NOT c.relhassubclass AND current_setting('track_counts')::boolean";
    let query = of_table::<E>("pg_stat_get_xact_tuples_deleted(c.oid)", is_counted);
    let row = own(db.query_one(&query)).await?;
    let deleted = row.map(|row| row.try_get_by_index::<Option<i64>>(0));
    Ok(deleted.transpose()?.flatten())
}

/// Selects something of the entity's table from the catalog. Not as raw SQL, which restricted connections refuse.
fn of_table<E: EntityTrait>(what: &'static str, when: &'static str) -> SelectStatement {
    let entity = E::default();
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let schema = entity.schema_name().map(|schema| quoted(schema) + ".");
    let name = schema.unwrap_or_default() + &quoted(entity.table_name());
    // Not in `FROM`: a restricted connection would ask for a permission on the catalog.
    let sql = format!(
        "(SELECT {what} FROM pg_catalog.pg_class c WHERE c.oid = to_regclass($1) AND {when})"
    );
    Query::select()
        .expr(Expr::cust_with_values(sql, [Value::from(name)]))
        .take()
}
