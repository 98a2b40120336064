//! What captures each audited entity, and where that is not as it should be.

use std::fmt;

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, IdenStatic, Iterable};

use super::{
    cascades,
    catalog::{self, Described, Dialect, Place},
    drift::Drift,
    installed::{self, Installed},
    registry::{self, AuditedEntity, Registered},
    rights,
    state::State,
    table::Table,
    trigger::{self, VERSION},
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
/// let report = audit_sea_orm::capture::check(&db).await?;
/// assert!(!report.is_clean(), "the migrations have not run");
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
pub async fn check<C: ConnectionTrait>(db: &C) -> Result<CheckReport, DbErr> {
    check_tables(db, registry::tables()).await
}

/// As [`check`], of these entities alone: those of one database, in a program that has several.
///
/// Triggers on tables of other entities are reported by what they say of themselves.
///
/// # Errors
/// What the database reports.
///
/// # Example
/// ```
/// # use audit_sea_orm::Audited;
/// # use sea_orm::{DatabaseConnection, DbErr};
/// use audit_sea_orm::capture::AuditedEntity;
///
/// # async fn deploy<Cake: Audited, Order: Audited>(db: &DatabaseConnection) -> Result<(), DbErr> {
/// let shop = [AuditedEntity::of::<Cake>(), AuditedEntity::of::<Order>()];
/// let report = audit_sea_orm::capture::check_entities(db, &shop).await?;
/// assert!(report.is_clean(), "{report}");
/// # Ok(())
/// # }
/// ```
pub async fn check_entities<C: ConnectionTrait>(
    db: &C,
    entities: &[AuditedEntity],
) -> Result<CheckReport, DbErr> {
    check_tables(db, entities.iter().map(AuditedEntity::table).collect()).await
}

async fn check_tables<C: ConnectionTrait>(
    db: &C,
    tables: Vec<Table>,
) -> Result<CheckReport, DbErr> {
    let dialect = Dialect::of(db).await?;
    let installed = installed::all(db, dialect).await?;
    let log_schema = catalog::schema_of(db, dialect, None, "audit_log").await?;
    let entities = registry::described(db, dialect, tables).await?;
    let checker = Checker {
        db,
        dialect,
        log_schema: log_schema.as_deref().unwrap_or_default(),
        installed: &installed,
        entities: &entities,
    };
    let mut tables = Vec::new();
    for entity in &entities {
        let drifts = match entity.schema() {
            None => rights::no_table_of(db, dialect, &entity.table).await?,
            Some(_) if log_schema.is_none() => Vec::new(),
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
        let columns = trigger::context_view_columns().map(str::to_owned);
        tables.push(("audit_context".to_owned(), columns.collect()));
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
        let there = catalog::describe(db, dialect, Some(&schema), &table).await?;
        let is_there = |column: &String| {
            let there = there.as_ref();
            there.is_some_and(|there| there.has(column))
        };
        let missing = columns.into_iter().filter(|column| !is_there(column));
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

/// The entity that triggers record a table as.
struct Captured {
    /// What its triggers are.
    state: State,
    entity: &'static str,
    /// With the columns that the database has.
    table: Table,
    place: Place,
    /// The others.
    absent: Vec<String>,
}

/// What is compared: the triggers that are there, and the entities that should have some.
struct Checker<'a, C> {
    db: &'a C,
    dialect: Dialect,
    log_schema: &'a str,
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
        let here = installed::on(self.installed, schema, &table.name);
        if table.capture != Capture::Triggers {
            let twice = !here.is_empty();
            return Ok(twice.then_some(Drift::RecordedTwice).into_iter().collect());
        }
        let captured = self.captured(entity, &here)?;
        if captured.entity != table.entity {
            return Ok(vec![Drift::CapturedAs(captured.entity.to_owned())]);
        }
        let mut drifts = self.of_state(&captured, &here).await;
        drifts.extend(captured.absent.into_iter().map(Drift::AbsentColumn));
        let known = here.first().map_or(&[][..], |first| &first.mark.columns);
        drifts.extend(self.of_table(&here, (known, &table.ignored)).await?);
        Ok(drifts)
    }

    /// What the triggers of an entity are, against what they should be.
    async fn of_state(&self, captured: &Captured, here: &[&Installed]) -> Vec<Drift> {
        let Captured {
            state,
            table,
            place,
            ..
        } = captured;
        let names = trigger::names(table, self.dialect);
        let on = (place.table_schema.as_str(), table.name.as_str());
        let mut drifts = Vec::new();
        for name in &names {
            if !here.iter().any(|there| there.is_named(name)) {
                drifts.push(rights::no_trigger(self.db, self.dialect, name, on).await);
            }
        }
        let recipe = trigger::recipe(table, place);
        let is_current = |there: &Installed| {
            there.mark.version == VERSION
                && there.mark.recipe() == recipe
                && there.names_trail_of(place)
                && names.iter().any(|name| there.is_named(name))
        };
        match state {
            State::UpToDate => {}
            State::RecordsMore(columns) => {
                drifts.extend(columns.iter().cloned().map(Drift::RecordsMore));
            }
            State::Newer | State::Behind => {
                let outdated = here
                    .iter()
                    .filter(|there| !there.is_newer() && !is_current(there));
                drifts.extend(outdated.map(|there| Drift::Outdated(there.name.clone())));
            }
        }
        drifts
    }

    /// The entity that the triggers of a table are of, with the options that they were installed with: of several, the one
    /// whose they are.
    fn captured(&self, entity: &Registered, here: &[&Installed]) -> Result<Captured, DbErr> {
        let mut first = None;
        for candidate in entity.candidates(self.entities) {
            let Some(described) = candidate.described.clone() else {
                continue;
            };
            let place = Place::new(described, self.log_schema);
            let (mut table, absent) = candidate.table.clone().within(&place);
            table.options = installed::options(here).unwrap_or_default();
            let state = State::of(&table, &place, here);
            let is_it = state == State::UpToDate;
            let captured = Captured {
                state,
                entity: candidate.table.entity,
                table,
                place,
                absent,
            };
            if is_it {
                return Ok(captured);
            }
            first.get_or_insert(captured);
        }
        first.ok_or_else(|| DbErr::Custom("an entity is its own candidate".to_owned()))
    }

    /// Triggers on tables that no entity of this program has: all that their own marks tell.
    async fn of_strangers(&self) -> Result<Vec<TableReport>, DbErr> {
        let trail = catalog::trail_schema(self.db, self.dialect).await?;
        let is_of_entity = |trigger: &Installed| {
            let mut entities = self.entities.iter();
            entities.any(|entity| {
                let schema = entity.schema();
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
        let described = catalog::describe(self.db, self.dialect, Some(schema), table).await?;
        let Some(described) = described else {
            return Ok(drifts);
        };
        // A later version knows itself what it records.
        let newer = here.iter().find(|trigger| trigger.is_newer());
        let known = newer.map_or(known, |trigger| trigger.mark.known());
        drifts.extend(column_drifts(self.dialect, known, &described));
        drifts.extend(cascades::into_table(self.db, self.dialect, schema, table).await?);
        Ok(drifts)
    }
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

/// Where what the triggers know is not what the table has.
fn column_drifts(
    dialect: Dialect,
    (known, ignored): (&[String], &[String]),
    table: &Described,
) -> Vec<Drift> {
    let is_known = |column: &str| {
        let mut known = known.iter().chain(ignored);
        known.any(|known| catalog::is_same_column(dialect, known, column))
    };
    let columns = table.columns.iter().map(|column| &column.name);
    let unknown = columns.filter(|column| !is_known(column));
    let gone = known.iter().filter(|column| !table.has(column));
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
