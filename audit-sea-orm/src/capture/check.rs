//! What captures each audited entity, and where that is not as it should be.

use std::fmt;

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, IdenStatic, Iterable};

use super::{
    catalog::{self, Dialect, Installed, Place},
    registry,
    table::Table,
    trigger,
};
use crate::{
    Capture,
    entity::{audit_log, data_export, login_attempt, system_event},
};

/// What [`check`] found.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CheckReport {
    /// What is wrong with the tables of the trail.
    pub trail: Vec<Drift>,
    /// One entry for each audited entity of the program, and for each other table with capture triggers that write to this
    /// trail.
    pub tables: Vec<TableReport>,
}

/// What [`check`] found of one table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TableReport {
    /// The table's name in records.
    pub table: String,
    /// What records it, as its entity says; `None` for a table whose entity is not of this program.
    pub capture: Option<Capture>,
    /// What is wrong.
    pub drifts: Vec<Drift>,
}

/// A difference between what is in the database and what should be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Drift {
    /// A table is not there: of the trail, run the migrations; or the entity's own.
    NoTable(String),
    /// A table of the trail lacks a column: it is behind the migrations.
    NoColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A trigger is not there: changes go unrecorded.
    NoTrigger(String),
    /// A trigger was made from another state of the entity, or by another version of this library.
    Outdated(String),
    /// A trigger's text is not what this library made of it.
    Altered(String),
    /// A trigger is switched off.
    Disabled(String),
    /// The table has a column that the trigger does not know: its values go unrecorded.
    UnknownColumn(String),
    /// The trigger names a column that the table has no more: writes will fail.
    GoneColumn(String),
    /// Hooks record the entity, and triggers do too: each change is recorded twice.
    RecordedTwice,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTable(table) => write!(f, "table `{table}` is missing"),
            Self::NoColumn { table, column } => {
                write!(
                    f,
                    "column `{column}` of `{table}` is missing: run the migrations"
                )
            }
            Self::NoTrigger(name) => write!(f, "trigger `{name}` is missing"),
            Self::Outdated(name) => write!(f, "trigger `{name}` is outdated: install it anew"),
            Self::Altered(name) => write!(f, "trigger `{name}` was altered by hand"),
            Self::Disabled(name) => write!(f, "trigger `{name}` is disabled"),
            Self::UnknownColumn(column) => {
                write!(f, "column `{column}` is not known to the triggers")
            }
            Self::GoneColumn(column) => {
                write!(f, "column `{column}` is gone, but the triggers name it")
            }
            Self::RecordedTwice => f.write_str("hooks and triggers both record it"),
        }
    }
}

impl CheckReport {
    /// Whether everything is as it should be.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.trail.is_empty() && self.tables.iter().all(|table| table.drifts.is_empty())
    }
}

impl fmt::Display for CheckReport {
    /// A line for each table, and one for each drift.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for drift in &self.trail {
            writeln!(f, "trail: {drift}")?;
        }
        for table in &self.tables {
            let by = match table.capture {
                Some(Capture::Hooks) => "hooks",
                Some(Capture::Triggers) | None => "triggers",
            };
            writeln!(f, "{}: {by}", table.table)?;
            for drift in &table.drifts {
                writeln!(f, "{}: {drift}", table.table)?;
            }
        }
        Ok(())
    }
}

/// Compares what captures each audited entity with what should, and changes nothing.
///
/// It knows the entities of this program, see [`capture::install_all`](crate::capture::install_all). Of the capture
/// triggers on other tables that write to the same trail it tells whether they are whole, unaltered, and know every
/// column. Run it when a program is deployed, and stop where the report is not [clean](CheckReport::is_clean).
///
/// # Errors
/// What the database reports.
///
/// # Example
/// ```
/// # use sea_orm::Database;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sea_orm::DbErr> {
/// let db = Database::connect("sqlite::memory:").await?;
/// let report = audit_sea_orm::check(&db).await?;
/// assert!(!report.is_clean(), "the migrations have not run");
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
pub async fn check<C: ConnectionTrait>(db: &C) -> Result<CheckReport, DbErr> {
    let dialect = Dialect::of(db).await?;
    let mut report = CheckReport {
        trail: trail(db, dialect).await?,
        tables: Vec::new(),
    };
    let mut installed = catalog::installed(db, dialect).await?;
    for table in registry::tables() {
        let schema = catalog::schema_of(db, dialect, table.schema.as_deref(), &table.name).await?;
        let (here, others) = installed.into_iter().partition(|trigger| {
            schema
                .as_deref()
                .is_some_and(|schema| trigger.is_on(schema, &table.name, dialect))
        });
        installed = others;
        let drifts = if schema.is_none() {
            vec![Drift::NoTable(table.name.clone())]
        } else if report
            .trail
            .contains(&Drift::NoTable("audit_log".to_owned()))
        {
            Vec::new()
        } else {
            of_entity(db, &table, here).await?
        };
        report.tables.push(TableReport {
            table: table.audit_name,
            capture: Some(table.capture),
            drifts,
        });
    }
    let trail = catalog::trail_schema(db, dialect).await?;
    installed.retain(|trigger| trigger.writes_to(&trail));
    of_strangers(db, dialect, installed, &mut report).await?;
    Ok(report)
}

async fn trail<C: ConnectionTrait>(db: &C, dialect: Dialect) -> Result<Vec<Drift>, DbErr> {
    let mut drifts = Vec::new();
    let mut tables = vec![
        table_of::<audit_log::Entity>(),
        table_of::<login_attempt::Entity>(),
        table_of::<data_export::Entity>(),
        table_of::<system_event::Entity>(),
    ];
    if dialect == Dialect::Sqlite {
        tables.push(("audit_context".to_owned(), vec!["payload".to_owned()]));
    }
    for (table, columns) in tables {
        let Some(schema) = catalog::schema_of(db, dialect, None, &table).await? else {
            drifts.push(Drift::NoTable(table));
            continue;
        };
        let there = catalog::columns(db, dialect, &schema, &table).await?;
        let missing = columns.into_iter().filter(|column| !there.contains(column));
        drifts.extend(missing.map(|column| Drift::NoColumn {
            table: table.clone(),
            column,
        }));
    }
    Ok(drifts)
}

fn table_of<E: EntityTrait>() -> (String, Vec<String>) {
    let columns = E::Column::iter().map(|column| column.as_str().to_owned());
    (E::default().table_name().to_owned(), columns.collect())
}

/// The triggers of an entity of this program, against those that it should have.
async fn of_entity<C: ConnectionTrait>(
    db: &C,
    table: &Table,
    installed: Vec<Installed>,
) -> Result<Vec<Drift>, DbErr> {
    if table.capture != Capture::Triggers {
        let twice = !installed.is_empty();
        return Ok(twice.then_some(Drift::RecordedTwice).into_iter().collect());
    }
    let place = Place::of(db, table).await?;
    let mut drifts = Vec::new();
    let table = &installed_like(table, &installed);
    let wanted = trigger::all(table, &place);
    for trigger in &wanted {
        match installed.iter().find(|there| there.name == trigger.name) {
            None => drifts.push(Drift::NoTrigger(trigger.name.clone())),
            Some(there) if there.mark.fingerprint != trigger.fingerprint => {
                drifts.push(Drift::Outdated(trigger.name.clone()));
            }
            Some(_) => {}
        }
    }
    let strays = installed
        .iter()
        .filter(|there| wanted.iter().all(|trigger| trigger.name != there.name));
    drifts.extend(strays.map(|stray| Drift::Outdated(stray.name.clone())));
    drifts.extend(installed.iter().filter_map(text_drift));
    let there = catalog::columns(db, place.dialect, &place.table_schema, &table.name).await?;
    drifts.extend(column_drifts(&table.known, &there));
    Ok(drifts)
}

/// The table with the options that its triggers were installed with: those of any are right.
fn installed_like(table: &Table, installed: &[Installed]) -> Table {
    let options = installed.first().map(|trigger| trigger.mark.options());
    Table {
        options: options.unwrap_or_default(),
        ..table.clone()
    }
}

/// Whether a trigger's text is its own, and it is on.
fn text_drift(trigger: &Installed) -> Option<Drift> {
    if trigger.mark.fingerprint != trigger.fingerprint {
        Some(Drift::Altered(trigger.name.clone()))
    } else if trigger.is_enabled {
        None
    } else {
        Some(Drift::Disabled(trigger.name.clone()))
    }
}

fn column_drifts(known: &[String], there: &[String]) -> Vec<Drift> {
    let unknown = there.iter().filter(|column| !known.contains(column));
    let gone = known.iter().filter(|column| !there.contains(column));
    unknown
        .map(|column| Drift::UnknownColumn(column.clone()))
        .chain(gone.map(|column| Drift::GoneColumn(column.clone())))
        .collect()
}

/// Triggers on tables that no entity of this program has: all that their own marks tell.
async fn of_strangers<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    mut installed: Vec<Installed>,
    report: &mut CheckReport,
) -> Result<(), DbErr> {
    while let Some(first) = installed.first().cloned() {
        let (here, others): (Vec<_>, Vec<_>) = installed
            .into_iter()
            .partition(|trigger| trigger.is_on(&first.schema, &first.table, dialect));
        installed = others;
        let mut drifts: Vec<Drift> = here.iter().filter_map(text_drift).collect();
        drifts.extend(missing(dialect, &here));
        let there = catalog::columns(db, dialect, &first.schema, &first.table).await?;
        drifts.extend(column_drifts(&first.mark.columns, &there));
        report.tables.push(TableReport {
            table: first.mark.table.clone(),
            capture: None,
            drifts,
        });
    }
    Ok(())
}

/// Those of a table's triggers that are not there while others are.
fn missing(dialect: Dialect, here: &[Installed]) -> Vec<Drift> {
    let stem = here[0]
        .name
        .rsplit_once('_')
        .map_or(here[0].name.as_str(), |(stem, _)| stem);
    let wanted = trigger::events(dialect).iter();
    let missing = wanted
        .map(|event| format!("{stem}_{event}"))
        .filter(|name| here.iter().all(|there| there.name != *name));
    missing.map(Drift::NoTrigger).collect()
}
