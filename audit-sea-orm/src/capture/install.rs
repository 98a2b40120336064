//! Brings the triggers of tables up to date.

mod plan;
mod report;

use sea_orm::{ConnectionTrait, DbErr, TransactionSession, TransactionTrait};

pub use report::{InstallReport, Installation, TableInstallation};

use super::{
    catalog::{self, Described, Dialect, Place},
    drift::Drift,
    installed::{self, Installed},
    options::CaptureOptions,
    registry::{self, Registered},
    state::State,
    table::Table,
    trigger,
};
use crate::{Audited, Capture, ours};

/// How often MySQL's triggers are read anew where another installation came between.
const TRIES: u32 = 10;

/// Installs the capture triggers of an entity, and brings outdated ones up to date.
///
/// Idempotent and quiet: triggers that record what they should are not touched, and no lock is taken. Those of a later version
/// of this library stay as they are, and whole ones that know more columns than the entity: a later release of the application
/// made them. What they were [installed with](install_with) stays too. Columns of the entity that the table does not have yet are left out, and the report names them, as does
/// [`check`](super::check).
///
/// Any number of tasks and programs may install at the same time, while others write. [`super`] says what each database does
/// to those.
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
    C: ConnectionTrait + TransactionTrait,
    E: Audited,
{
    install_table(db, Table::of(&entity), None).await
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
    C: ConnectionTrait + TransactionTrait,
    E: Audited,
{
    install_table(db, Table::of(&entity), Some(options)).await
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
/// Where all is up to date it takes one statement for each entity, and three more.
///
/// # Errors
/// As [`install`]. Where several tables fail, one error names them all; the others have their triggers.
pub async fn install_all<C>(db: &C) -> Result<InstallReport, DbErr>
where
    C: ConnectionTrait + TransactionTrait,
{
    install_tables(db, registry::tables(), None).await
}

/// As [`install_all`], with options for all of them, which also replace those of triggers that are there.
///
/// # Errors
/// As [`install_all`].
pub async fn install_all_with<C>(db: &C, options: CaptureOptions) -> Result<InstallReport, DbErr>
where
    C: ConnectionTrait + TransactionTrait,
{
    install_tables(db, registry::tables(), Some(options)).await
}

async fn install_tables<C>(
    db: &C,
    tables: Vec<Table>,
    options: Option<CaptureOptions>,
) -> Result<InstallReport, DbErr>
where
    C: ConnectionTrait + TransactionTrait,
{
    let dialect = Dialect::of(db).await?;
    let log_schema = catalog::log_schema(db, dialect).await?;
    let installed = installed::all(db, dialect).await?;
    let entities = registry::described(db, dialect, tables).await?;
    let mut done = Vec::new();
    let mut failures = Vec::new();
    for entity in entities.iter().filter(|one| one.is_captured(&entities)) {
        let Registered { table, described } = entity.clone();
        let Some(described) = described else {
            done.push(TableInstallation::no_table(&table));
            continue;
        };
        let name = table.audit_name.clone();
        let place = Place::new(described, &log_schema);
        let outcome = match Target::new(table, place, &installed, options) {
            Ok(target) => target.bring_up_to_date(db, &installed).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(table) => done.push(table),
            Err(error) => failures.push((name, error)),
        }
    }
    report::of(done, &failures)
}

/// As [`install_all`], for those entities alone, whose tables have names of run time: for the tests, which need many tables.
pub(crate) async fn install_each<C, E>(db: &C, entities: &[E]) -> Result<InstallReport, DbErr>
where
    C: ConnectionTrait + TransactionTrait,
    E: Audited,
{
    install_tables(db, entities.iter().map(Table::of).collect(), None).await
}

/// As [`install`], for an entity whose hooks record too: for the tests, which compare the two.
pub(crate) async fn install_beside_hooks<C, E>(db: &C) -> Result<(), DbErr>
where
    C: ConnectionTrait + TransactionTrait,
    E: Audited,
{
    let table = Table {
        capture: Capture::Triggers,
        ..Table::of_type::<E>()
    };
    install_table(db, table, None).await.map(drop)
}

async fn install_table<C>(
    db: &C,
    table: Table,
    options: Option<CaptureOptions>,
) -> Result<InstallReport, DbErr>
where
    C: ConnectionTrait + TransactionTrait,
{
    table.refuse_the_trail()?;
    if table.capture != Capture::Triggers {
        return Err(DbErr::Custom(format!(
            "`{}` is recorded by its hooks: put `#[audited(capture = \"triggers\")]` on it, \
             or each change would be recorded twice",
            table.name
        )));
    }
    let dialect = Dialect::of(db).await?;
    let log_schema = catalog::log_schema(db, dialect).await?;
    let described = describe(db, dialect, &table).await?;
    let installed = installed::all(db, dialect).await?;
    let place = Place::new(described, &log_schema);
    let target = Target::new(table, place, &installed, options)?;
    let done = target.bring_up_to_date(db, &installed).await?;
    report::of(vec![done], &[])
}

async fn describe<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    table: &Table,
) -> Result<Described, DbErr> {
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
    Err(DbErr::Custom(why))
}

/// A table whose triggers are to be brought up to date.
struct Target {
    /// With those columns only that the database has.
    table: Table,
    place: Place,
    /// The other columns.
    left_out: Vec<String>,
}

impl Target {
    /// With the options that its triggers have, where it is given none.
    fn new(
        table: Table,
        place: Place,
        installed: &[Installed],
        options: Option<CaptureOptions>,
    ) -> Result<Self, DbErr> {
        table.refuse_the_trail()?;
        table.refuse_without_key(&place)?;
        let (mut table, left_out) = table.within(&place);
        let here = installed::on(installed, &place.table_schema, &table.name);
        table.options = options
            .or_else(|| installed::options(&here))
            .unwrap_or_default();
        Ok(Self {
            table,
            place,
            left_out,
        })
    }

    async fn bring_up_to_date<C>(
        &self,
        db: &C,
        installed: &[Installed],
    ) -> Result<TableInstallation, DbErr>
    where
        C: ConnectionTrait + TransactionTrait,
    {
        let state = self.state(installed);
        if state == State::Behind {
            self.refuse(db).await?;
            self.make(db, installed).await?;
        }
        Ok(TableInstallation::new(&self.table, state, &self.left_out))
    }

    fn here<'a>(&self, installed: &'a [Installed]) -> Vec<&'a Installed> {
        installed::on(installed, &self.place.table_schema, &self.table.name)
    }

    fn state(&self, installed: &[Installed]) -> State {
        State::of(&self.table, &self.place, &self.here(installed))
    }

    /// Fails where no trigger can spell a column.
    async fn refuse<C: ConnectionTrait>(&self, db: &C) -> Result<(), DbErr> {
        if let Some(probe) = trigger::probe(&self.table, &self.place) {
            let refused = |error| {
                let why = "has a column that is not of the type its entity says";
                DbErr::Custom(format!("`{}` {why}: {error}", self.table.name))
            };
            db.execute_unprepared(&probe).await.map_err(refused)?;
        }
        trigger::refusal(&self.table, &self.place).map_or(Ok(()), |why| Err(DbErr::Custom(why)))
    }

    fn statements(&self, installed: &[Installed]) -> Vec<String> {
        plan::statements(&self.table, &self.place, &self.here(installed))
    }

    /// All triggers or none, where the database has transactions for its schema.
    ///
    /// PostgreSQL makes one of a text of several statements, so that nobody who goes away leaves one open; with sqlx 0.9.0
    /// SQLite's driver rolls back a `BEGIN` that nobody waits for.
    async fn make<C>(&self, db: &C, installed: &[Installed]) -> Result<(), DbErr>
    where
        C: ConnectionTrait + TransactionTrait,
    {
        match self.place.dialect {
            Dialect::Postgres => {
                let text = self.statements(installed).join(";\n");
                db.execute_unprepared(&text).await.map(drop)
            }
            Dialect::Sqlite => {
                let transaction = db.begin_with_options(ours::to_write()).await?;
                // Somebody else may have been first, while this one waited.
                let installed = installed::all(&transaction, Dialect::Sqlite).await?;
                if self.state(&installed) == State::Behind {
                    send_each(&transaction, &self.statements(&installed)).await?;
                }
                transaction.commit().await
            }
            Dialect::MySql | Dialect::MariaDb => self.make_each(db, installed).await,
        }
    }

    /// Where another installation makes the same triggers at the same time, MySQL refuses one of them.
    async fn make_each<C: ConnectionTrait>(
        &self,
        db: &C,
        installed: &[Installed],
    ) -> Result<(), DbErr> {
        let mut sent = send_each(db, &self.statements(installed)).await;
        for _ in 1..TRIES {
            if !sent.as_ref().is_err_and(met_another) {
                break;
            }
            let installed = installed::all(db, self.place.dialect).await?;
            if self.state(&installed) != State::Behind {
                return Ok(());
            }
            sent = send_each(db, &self.statements(&installed)).await;
        }
        sent
    }
}

/// MySQL's errors for a trigger that there is, and for a deadlock of those who make some.
fn met_another(error: &DbErr) -> bool {
    let error = error.to_string();
    ["1359 ", "1213 "]
        .iter()
        .any(|number| error.contains(number))
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
