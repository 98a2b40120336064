//! Brings the triggers of tables up to date.

mod plan;
mod refused;
mod report;
mod target;

use sea_orm::{ConnectionTrait, DbErr};

use refused::Refused;
pub use report::{InstallReport, Installation, TableInstallation};
use target::Target;

use super::{
    catalog::{self, Described, Dialect, Place},
    drift::Drift,
    installed::{self, Installed},
    options::CaptureOptions,
    registry::{self, AuditedEntity, Registered},
    table::Table,
};
use crate::{Audited, AuditedWrite, Capture};

/// Installs the capture triggers of an entity, and brings outdated ones up to date.
///
/// Idempotent and quiet: triggers that record what they should are not touched, and no lock is taken. Those of a later version
/// of this library stay as they are, and those that record what the entity says and more columns of the table: a later release of
/// the application made them. What they were [installed with](install_with) stays too. Columns of the entity that the table does not have yet are left out, and the report names them, as does
/// [`check`](super::check).
///
/// Any number of tasks and programs may install at the same time, while others write. [`super`] says what each database does
/// to those. It may be dropped at any point: the connection is clean, a transaction that it was given goes on, and the next
/// installation does the rest. Until then PostgreSQL and SQLite have the triggers of before, MariaDB and MySQL some of each.
///
/// # Errors
/// What the database reports, and where the entity is not of `#[audited(capture = "triggers")]` (its hooks would
/// record each change a second time), is one of the trail's own, or has no table, or its table lacks a column of its key. On
/// PostgreSQL also where the trigger could not spell a column, as its type is none that the entity's field can have; on MariaDB
/// and MySQL also where a field that is no `Vec<u8>` is of a VECTOR column.
///
/// # Example
/// ```
/// # use audit_sea_orm::{Audited, capture};
/// # use sea_orm::{DatabaseConnection, DbErr};
/// # async fn deploy<E: Audited>(db: &DatabaseConnection, cake: E) -> Result<(), DbErr> {
/// let report = capture::install(db, cake).await?;
/// print!("{report}"); // such as `cake: up to date`
/// # Ok(())
/// # }
/// ```
pub async fn install<C, E>(db: &C, entity: E) -> Result<InstallReport, DbErr>
where
    C: AuditedWrite,
    E: Audited,
{
    Ok(install_table(db, Table::of(&entity), None).await?)
}

/// As [`install`], with options, which also replace those of triggers that are there.
///
/// # Errors
/// As [`install`].
///
/// # Example
/// ```
/// # use audit_sea_orm::{Audited, capture};
/// # use sea_orm::{DatabaseConnection, DbErr};
/// use audit_sea_orm::capture::{CaptureOptions, OnSkip};
///
/// # async fn up<E: Audited>(db: &DatabaseConnection, import: E) -> Result<(), DbErr> {
/// let options = CaptureOptions::new().on_skip(OnSkip::Leave);
/// capture::install_with(db, import, options).await?;
/// # Ok(())
/// # }
/// ```
pub async fn install_with<C, E>(
    db: &C,
    entity: E,
    options: CaptureOptions,
) -> Result<InstallReport, DbErr>
where
    C: AuditedWrite,
    E: Audited,
{
    Ok(install_table(db, Table::of(&entity), Some(options)).await?)
}

/// What the triggers of an entity's table were installed with; `None` where there are none.
///
/// # Errors
/// What the database reports.
pub async fn installed_options<C, E>(db: &C, entity: E) -> Result<Option<CaptureOptions>, DbErr>
where
    C: ConnectionTrait,
    E: Audited,
{
    let table = Table::of(&entity);
    let dialect = Dialect::of(db).await?;
    let schema = catalog::schema_of(db, dialect, table.schema.as_deref(), &table.name).await?;
    let Some(schema) = schema else {
        return Ok(None);
    };
    let installed = installed::all(db, dialect).await?;
    Ok(installed::options(&installed::on(
        &installed,
        &schema,
        &table.name,
    )))
}

/// Brings the triggers of every entity of the program up to date that triggers record.
///
/// Every entity is known that derives [`Audited`](derive@crate::Audited), or is named in
/// [`register_audited!`](crate::register_audited). One whose table is not there is left out, and the report says so: a migration
/// that is still to run makes it, or it is of another database. A failure of one table keeps no other from its triggers.
///
/// Where all is up to date it takes one statement for each entity that triggers record, and two more; on MariaDB and MySQL three.
///
/// # Errors
/// As [`install`]. Where several tables fail, one error names them all; the others have their triggers.
pub async fn install_all<C>(db: &C) -> Result<InstallReport, DbErr>
where
    C: AuditedWrite,
{
    install_tables(db, registry::tables(), None).await
}

/// As [`install_all`], with options for all of them, which also replace those of triggers that are there.
///
/// # Errors
/// As [`install_all`].
pub async fn install_all_with<C>(db: &C, options: CaptureOptions) -> Result<InstallReport, DbErr>
where
    C: AuditedWrite,
{
    install_tables(db, registry::tables(), Some(options)).await
}

/// As [`install_all`], for these entities alone: those of one database, in a program that has several.
///
/// # Errors
/// As [`install_all`].
///
/// # Example
/// ```
/// # use audit_sea_orm::Audited;
/// # use sea_orm::{DatabaseConnection, DbErr};
/// use audit_sea_orm::capture::{self, AuditedEntity};
///
/// # async fn deploy<Cake: Audited, Order: Audited>(db: &DatabaseConnection) -> Result<(), DbErr> {
/// let shop = [AuditedEntity::of::<Cake>(), AuditedEntity::of::<Order>()];
/// print!("{}", capture::install_entities(db, &shop).await?);
/// # Ok(())
/// # }
/// ```
pub async fn install_entities<C>(db: &C, entities: &[AuditedEntity]) -> Result<InstallReport, DbErr>
where
    C: AuditedWrite,
{
    install_tables(
        db,
        entities.iter().map(AuditedEntity::table).collect(),
        None,
    )
    .await
}

/// As [`install_all`], for entities of one type whose tables have names of run time, as those of shards have.
///
/// # Errors
/// As [`install_all`].
///
/// # Example
/// ```
/// # use audit_sea_orm::Audited;
/// # use sea_orm::{DatabaseConnection, DbErr};
/// # async fn deploy<Order: Audited>(db: &DatabaseConnection, shards: &[Order]) -> Result<(), DbErr> {
/// print!("{}", audit_sea_orm::capture::install_each(db, shards).await?);
/// # Ok(())
/// # }
/// ```
pub async fn install_each<C, E>(db: &C, entities: &[E]) -> Result<InstallReport, DbErr>
where
    C: AuditedWrite,
    E: Audited,
{
    install_tables(db, entities.iter().map(Table::of).collect(), None).await
}

async fn install_tables<C>(
    db: &C,
    mut tables: Vec<Table>,
    options: Option<CaptureOptions>,
) -> Result<InstallReport, DbErr>
where
    C: AuditedWrite,
{
    let dialect = Dialect::of(db).await?;
    let log_schema = catalog::log_schema(db, dialect).await?;
    let installed = installed::all(db, dialect).await?;
    tables.retain(|table| table.capture == Capture::Triggers);
    let entities = registry::described(db, dialect, tables).await?;
    let mut done = Vec::new();
    let mut failures = Vec::new();
    let mut targets = Vec::new();
    for entity in entities.iter().filter(|one| one.is_captured(&entities)) {
        let Registered { table, described } = entity.clone();
        let Some(described) = described else {
            done.push(TableInstallation::no_table(&table));
            continue;
        };
        let name = table.audit_name.clone();
        let place = Place::new(described, &log_schema);
        match Target::new(table, place, &installed, options) {
            Ok(target) => targets.push(target),
            Err(refused) => failures.push((name, refused.into())),
        }
    }
    for (name, outcome) in bring_all_up_to_date(db, dialect, targets, installed).await? {
        match outcome {
            Ok(table) => done.push(table),
            Err(error) => failures.push((name, error)),
        }
    }
    done.sort_by(|a, b| a.table.cmp(&b.table));
    report::of(done, &failures)
}

/// Those first whose triggers' names are free: after a table was renamed, its triggers have the names that those of a new
/// table by its old name want.
async fn bring_all_up_to_date<C>(
    db: &C,
    dialect: Dialect,
    mut waiting: Vec<Target>,
    mut installed: Vec<Installed>,
) -> Result<Vec<(String, Result<TableInstallation, DbErr>)>, DbErr>
where
    C: AuditedWrite,
{
    let mut outcomes = Vec::new();
    while !waiting.is_empty() {
        let is_free = |target: &mut Target| !target.wants_names_of_others(&installed);
        let mut now: Vec<Target> = waiting.extract_if(.., is_free).collect();
        if now.is_empty() {
            // Two tables that have exchanged their names: one takes them from the other.
            now.push(waiting.remove(0));
        }
        for target in now {
            let outcome = target.bring_up_to_date(db, &installed).await;
            let outcome = outcome.map_err(DbErr::from);
            outcomes.push((target.audit_name().to_owned(), outcome));
        }
        if !waiting.is_empty() {
            installed = installed::all(db, dialect).await?;
        }
    }
    Ok(outcomes)
}

/// As [`install`], for an entity whose hooks record too: for the tests, which compare the two.
#[cfg(feature = "__tests")]
pub(crate) async fn install_beside_hooks<C, E>(db: &C) -> Result<(), DbErr>
where
    C: AuditedWrite,
    E: Audited,
{
    let table = Table {
        capture: Capture::Triggers,
        ..Table::of_type::<E>()
    };
    install_table(db, table, None).await?;
    Ok(())
}

async fn install_table<C>(
    db: &C,
    table: Table,
    options: Option<CaptureOptions>,
) -> Result<InstallReport, Refused>
where
    C: AuditedWrite,
{
    table.refuse_the_trail()?;
    if table.capture != Capture::Triggers {
        return Err(DbErr::Custom(format!(
            "`{}` is recorded by its hooks: put `#[audited(capture = \"triggers\")]` on it, \
             or each change would be recorded twice",
            table.name
        ))
        .into());
    }
    let dialect = Dialect::of(db).await?;
    let log_schema = catalog::log_schema(db, dialect).await?;
    let described = describe(db, dialect, &table).await?;
    let installed = installed::all(db, dialect).await?;
    let place = Place::new(described, &log_schema);
    let target = Target::new(table, place, &installed, options)?;
    let done = target.bring_up_to_date(db, &installed).await?;
    Ok(report::of(vec![done], &[])?)
}

/// As [`install`] or [`install_with`], but where the table is not yet, or no more, what its entity says, it is left without
/// new triggers: for migrations, which run with the entities of a later time, and leave such tables to what comes after them.
///
/// # Errors
/// Other ones of [`install`].
pub(crate) async fn install_if_ready<C, E>(
    db: &C,
    entity: E,
    options: Option<CaptureOptions>,
) -> Result<(), DbErr>
where
    C: AuditedWrite,
    E: Audited,
{
    match install_table(db, Table::of(&entity), options).await {
        Ok(_) => Ok(()),
        Err(Refused::Failed(error)) => Err(error),
        Err(Refused::Unready(why)) => {
            let table = entity.table_name();
            tracing::warn!(
                table,
                why,
                "a migration leaves the table to the next installation"
            );
            Ok(())
        }
    }
}

async fn describe<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    table: &Table,
) -> Result<Described, Refused> {
    let schema = table.schema.as_deref();
    if let Some(described) = catalog::describe(db, dialect, schema, &table.name).await? {
        return Ok(described);
    }
    let why = match catalog::attached(db, dialect, schema, &table.name).await? {
        Some(database) => Drift::Attached {
            table: table.name.clone(),
            database,
        }
        .to_string(),
        None => {
            let schema = schema.map(|schema| format!("{schema}."));
            let schema = schema.unwrap_or_default();
            format!("there is no table `{schema}{}`", table.name)
        }
    };
    Err(Refused::Unready(why))
}

pub(super) async fn send_each<C: ConnectionTrait>(
    db: &C,
    statements: &[String],
) -> Result<(), DbErr> {
    for statement in statements {
        db.execute_unprepared(statement).await?;
    }
    Ok(())
}
