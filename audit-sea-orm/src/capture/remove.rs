//! Takes triggers away.

use sea_orm::DbErr;

use super::{
    catalog::{self, Dialect},
    install::send_each,
    installed::{self, Installed},
    table::Table,
};
use crate::{
    Audited, AuditedWrite,
    connection::own_transaction::{self, Own as _},
};

/// Removes the capture triggers of an entity's table, with their functions, and nothing else.
///
/// # Errors
/// What the database reports. That there is none, is no error.
pub async fn remove<C, E>(db: &C, entity: E) -> Result<(), DbErr>
where
    C: AuditedWrite,
    E: Audited,
{
    let table = Table::of(&entity);
    let dialect = Dialect::of(db).await?;
    let schema = catalog::schema_of(db, dialect, table.schema.as_deref(), &table.name).await?;
    let Some(schema) = schema else { return Ok(()) };
    remove_where(db, dialect, |trigger| trigger.is_on(&schema, &table.name)).await
}

/// Removes every capture trigger that writes to the trail of the connection, with its function, and nothing else.
///
/// Those of another database on the server stay, and on PostgreSQL those of a schema with a trail of its own.
///
/// # Errors
/// What the database reports.
pub async fn remove_all<C>(db: &C) -> Result<(), DbErr>
where
    C: AuditedWrite,
{
    let dialect = Dialect::of(db).await?;
    let trail = catalog::trail_schema(db, dialect).await?;
    remove_where(db, dialect, |trigger| trigger.writes_to(&trail)).await
}

/// All of them or none, where the database has transactions for its schema.
async fn remove_where<C>(
    db: &C,
    dialect: Dialect,
    is_unwanted: impl Fn(&Installed) -> bool + Send,
) -> Result<(), DbErr>
where
    C: AuditedWrite,
{
    let installed = installed::all(db, dialect).await?;
    let unwanted: Vec<&Installed> = installed
        .iter()
        .filter(|trigger| is_unwanted(trigger))
        .collect();
    let statements = installed::removals(&unwanted, dialect, &installed);
    match dialect {
        _ if statements.is_empty() => Ok(()),
        Dialect::MySql | Dialect::MariaDb => send_each(db, &statements).await,
        // One transaction, without one that somebody who goes away leaves open.
        Dialect::Postgres => {
            let text = statements.join(";\n");
            db.execute_unprepared(&text).await.map(drop)
        }
        Dialect::Sqlite => match db.begin_ours().await? {
            Some(ours) => {
                let sent = send_each(ours.connection(), &statements).await;
                own_transaction::end(ours, sent, |error| error).await
            }
            None => {
                own_transaction::in_savepoint(db, |error| error, send_each(db, &statements)).await
            }
        },
    }
}
