//! What captures each audited entity, and where that is not as it should be.

use std::fmt;

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, IdenStatic, Iterable};

use super::{
    cascades,
    catalog::{self, Dialect, Place},
    drift::Drift,
    installed::{self, Installed},
    registry::{self, Registered},
    rights,
    table::Table,
    trigger::{self, Trigger, VERSION},
};
use crate::{
    Capture,
    entity::{audit_log, data_export, login_attempt, system_event},
};

/// What [`check`] found.
///
/// As JSON it has the fields that stand on [the page on checks](crate::checks#as-json).
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

impl CheckReport {
    /// Whether everything is as it should be, but for [warnings](Drift::is_warning).
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let of_tables = self.tables.iter().flat_map(|table| &table.drifts);
        self.trail.iter().chain(of_tables).all(Drift::is_warning)
    }
}

impl fmt::Display for CheckReport {
    /// A line for each table, and one for each drift.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |f: &mut fmt::Formatter<'_>, about: &str, drift: &Drift| {
            let warning = if drift.is_warning() { "warning: " } else { "" };
            writeln!(f, "{about}: {warning}{drift}")
        };
        for drift in &self.trail {
            line(f, "trail", drift)?;
        }
        for table in &self.tables {
            let by = match table.capture {
                Some(Capture::Hooks) => "hooks",
                Some(Capture::Triggers) | None => "triggers",
            };
            writeln!(f, "{}: {by}", table.table)?;
            for drift in &table.drifts {
                line(f, &table.table, drift)?;
            }
        }
        Ok(())
    }
}

/// Compares what captures each audited entity with what should, and changes nothing.
///
/// It knows the entities of this program, see [`capture::install_all`](crate::capture::install_all). Of the capture
/// triggers on other tables that write to the same trail it tells whether they are whole, unaltered, and know every
/// column. [`capture`](crate::capture#what-check-compares) lists what is compared. Run it when a program is deployed, and
/// stop where the report is not [clean](CheckReport::is_clean): [the page on checks](crate::checks) says how, in CI, in
/// containers, and by the program `audit-migration`.
///
/// # Backends
/// MariaDB and MySQL show triggers only to who has the right `TRIGGER` on the table, and tables and columns to who has any
/// right on them. What is hidden is [`Drift::Hidden`], and the report not clean: check as the account that installs.
/// PostgreSQL shows all of it to every role, but finds no table of the search path in a schema without the right `USAGE`.
/// On SQLite an entity of an attached database is [`Drift::Attached`] where triggers are to record it.
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
    let installed = installed::all(db, dialect).await?;
    let has_trail = catalog::schema_of(db, dialect, None, "audit_log").await?;
    let entities = registry::entities(db, dialect).await?;
    let checker = Checker {
        db,
        dialect,
        installed: &installed,
        entities: &entities,
    };
    let mut tables = Vec::new();
    for entity in &entities {
        let drifts = match &entity.schema {
            None => rights::no_table_of(db, dialect, &entity.table).await?,
            Some(_) if has_trail.is_none() => Vec::new(),
            Some(schema) => checker.of_seen(entity, schema).await?,
        };
        tables.push(TableReport {
            table: entity.table.audit_name.clone(),
            capture: Some(entity.table.capture),
            drifts,
        });
    }
    tables.extend(checker.of_strangers().await?);
    Ok(CheckReport {
        trail: trail(db, dialect).await?,
        tables,
    })
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
            drifts.push(rights::no_table(db, dialect, None, &table).await?);
            continue;
        };
        if let Some(hidden) =
            rights::hidden_columns(db, dialect, (&schema, &table), &columns).await?
        {
            drifts.push(hidden);
            continue;
        }
        if table == "audit_log" {
            let foreign = catalog::interceptors(db, dialect, &schema, &table).await?;
            drifts.extend(foreign.into_iter().map(Drift::Intercepted));
        }
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

/// What is compared: the triggers that are there, and the entities that should have some.
struct Checker<'a, C> {
    db: &'a C,
    dialect: Dialect,
    installed: &'a [Installed],
    entities: &'a [Registered],
}

impl<C: ConnectionTrait> Checker<'_, C> {
    /// As [`of_entity`](Self::of_entity), unless what is compared there is hidden.
    async fn of_seen(&self, entity: &Registered, schema: &str) -> Result<Vec<Drift>, DbErr> {
        let table = &entity.table;
        if table.capture == Capture::Triggers {
            let on = (schema, table.name.as_str());
            let hidden = rights::hidden_columns(self.db, self.dialect, on, &table.known).await?;
            if hidden.is_some() {
                return Ok(hidden.into_iter().collect());
            }
        }
        self.of_entity(entity, schema).await
    }

    /// The triggers of an entity of this program, against those that it should have.
    async fn of_entity(&self, entity: &Registered, schema: &str) -> Result<Vec<Drift>, DbErr> {
        let table = &entity.table;
        let here = self.on(schema, &table.name);
        if table.capture != Capture::Triggers {
            let twice = !here.is_empty();
            return Ok(twice.then_some(Drift::RecordedTwice).into_iter().collect());
        }
        let (captured, wanted) = self.captured(entity, &here).await?;
        if captured.table.entity != table.entity {
            let captured = captured.table.entity.to_owned();
            return Ok(vec![Drift::CapturedAs(captured)]);
        }
        let mut drifts = Vec::new();
        for trigger in &wanted {
            match here.iter().find(|there| there.is_named(&trigger.name)) {
                None => {
                    let on = (schema, table.name.as_str());
                    let missing = rights::no_trigger(self.db, self.dialect, &trigger.name, on);
                    drifts.push(missing.await);
                }
                Some(there) if !is_of(there, trigger) && !there.is_newer() => {
                    drifts.push(Drift::Outdated(trigger.name.clone()));
                }
                Some(_) => {}
            }
        }
        let strays = here
            .iter()
            .filter(|there| wanted.iter().all(|trigger| !there.is_named(&trigger.name)))
            .filter(|there| !there.is_newer());
        drifts.extend(strays.map(|stray| Drift::Outdated(stray.name.clone())));
        let known = (table.known.as_slice(), table.ignored.as_slice());
        drifts.extend(self.of_table(&here, known).await?);
        Ok(drifts)
    }

    /// The entity that the triggers of a table are of, and what they should be: of several, the one whose they are.
    async fn captured<'e>(
        &'e self,
        entity: &Registered,
        here: &[&Installed],
    ) -> Result<(&'e Registered, Vec<Trigger>), DbErr> {
        let mut first = None;
        for candidate in entity.candidates(self.entities) {
            let place = Place::of(self.db, &candidate.table).await?;
            let wanted = trigger::all(&installed_like(&candidate.table, here), &place);
            let is_there = |trigger| here.iter().any(|there| is_of(there, trigger));
            if wanted.iter().all(is_there) {
                return Ok((candidate, wanted));
            }
            first.get_or_insert((candidate, wanted));
        }
        first.ok_or_else(|| DbErr::Custom("an entity is its own candidate".to_owned()))
    }

    fn on(&self, schema: &str, table: &str) -> Vec<&Installed> {
        let here = self.installed.iter();
        here.filter(|trigger| trigger.is_on(schema, table))
            .collect()
    }

    /// Triggers on tables that no entity of this program has: all that their own marks tell.
    async fn of_strangers(&self) -> Result<Vec<TableReport>, DbErr> {
        let trail = catalog::trail_schema(self.db, self.dialect).await?;
        let is_of_entity = |trigger: &Installed| {
            let mut entities = self.entities.iter();
            entities.any(|entity| {
                let schema = entity.schema.as_deref();
                schema.is_some_and(|schema| trigger.is_on(schema, &entity.table.name))
            })
        };
        let strangers = self.installed.iter();
        let mut strangers: Vec<&Installed> = strangers
            .filter(|trigger| !is_of_entity(trigger) && trigger.writes_to(&trail))
            .collect();
        let mut reports = Vec::new();
        while let Some(first) = strangers.first().copied() {
            let here;
            (here, strangers) = strangers
                .into_iter()
                .partition(|trigger| trigger.is_on(&first.schema, &first.table));
            let on = (first.schema.as_str(), first.table.as_str());
            let known = first.mark.columns.as_slice();
            let hidden = rights::hidden_columns(self.db, self.dialect, on, known).await?;
            let drifts = if let Some(hidden) = hidden {
                vec![hidden]
            } else {
                let mut drifts = missing(self.dialect, &here);
                drifts.extend(self.of_table(&here, first.mark.known()).await?);
                drifts
            };
            reports.push(TableReport {
                table: first.mark.table.clone(),
                capture: None,
                drifts,
            });
        }
        Ok(reports)
    }

    /// What is wrong with the triggers of a table, whatever entity it has: it knows the columns of the first list, and
    /// ignores those of the second.
    async fn of_table(
        &self,
        here: &[&Installed],
        known: (&[String], &[String]),
    ) -> Result<Vec<Drift>, DbErr> {
        let Some(first) = here.first() else {
            return Ok(Vec::new());
        };
        let (schema, table) = (first.schema.as_str(), first.table.as_str());
        let mut drifts: Vec<Drift> = here
            .iter()
            .flat_map(|trigger| of_trigger(trigger))
            .collect();
        drifts.extend(rights::of_owners(self.db, self.dialect, here).await?);
        let there = catalog::columns(self.db, self.dialect, schema, table).await?;
        // A later version knows itself what it records.
        let newer = here.iter().find(|trigger| trigger.is_newer());
        let known = newer.map_or(known, |trigger| trigger.mark.known());
        drifts.extend(column_drifts(known, &there));
        drifts.extend(cascades::into_table(self.db, self.dialect, schema, table).await?);
        Ok(drifts)
    }
}

/// The table with the options that its triggers were installed with: those of any are right.
fn installed_like(table: &Table, here: &[&Installed]) -> Table {
    let options = here.first().map(|trigger| trigger.mark.options());
    Table {
        options: options.unwrap_or_default(),
        ..table.clone()
    }
}

/// Whether a trigger is what would be made today.
fn is_of(there: &Installed, wanted: &Trigger) -> bool {
    there.is_named(&wanted.name)
        && there.mark.version == VERSION
        && there.mark.fingerprint == wanted.fingerprint
        && there.mark.shape == wanted.shape
}

/// Whether a trigger is as it was made, and on.
fn of_trigger(trigger: &Installed) -> Vec<Drift> {
    let name = || trigger.name.clone();
    let mut drifts = Vec::new();
    if trigger.is_newer() {
        drifts.push(Drift::Newer(name()));
    } else {
        if trigger.mark.fingerprint != trigger.fingerprint {
            drifts.push(Drift::Altered(name()));
        }
        let differences = trigger.shape.differences(&trigger.mark.shape).into_iter();
        drifts.extend(differences.map(|different| Drift::Reshaped {
            trigger: name(),
            part: different.part,
            found: different.found,
            made: different.made,
        }));
    }
    if !trigger.executors.is_empty() {
        let by = trigger.executors.clone();
        drifts.push(Drift::Executable {
            trigger: name(),
            by,
        });
    }
    if !trigger.is_enabled {
        drifts.push(Drift::Disabled(name()));
    }
    drifts
}

fn column_drifts((known, ignored): (&[String], &[String]), there: &[String]) -> Vec<Drift> {
    let unknown = there
        .iter()
        .filter(|column| !known.contains(column) && !ignored.contains(column));
    let gone = known.iter().filter(|column| !there.contains(column));
    unknown
        .map(|column| Drift::UnknownColumn(column.clone()))
        .chain(gone.map(|column| Drift::GoneColumn(column.clone())))
        .collect()
}

/// Those of a table's triggers that are not there while others are, and those of an earlier version.
fn missing(dialect: Dialect, here: &[&Installed]) -> Vec<Drift> {
    let name = here[0].name.as_str();
    let stem = name.rsplit_once('_').map_or(name, |(stem, _)| stem);
    let wanted = trigger::events(dialect).iter();
    let missing = wanted
        .map(|event| format!("{stem}_{event}"))
        .filter(|name| here.iter().all(|there| !there.is_named(name)))
        .map(Drift::NoTrigger);
    let outdated = here
        .iter()
        .filter(|there| there.mark.version < VERSION)
        .map(|there| Drift::Outdated(there.name.clone()));
    missing.chain(outdated).collect()
}
