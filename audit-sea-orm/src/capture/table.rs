//! What a trigger must know of an entity.

use audit_core::FieldPolicy;
use sea_orm::{DbErr, IdenStatic, Iterable, PrimaryKeyToColumn};

use super::{
    catalog::Place,
    kind::{Kind, ReadAs},
    options::CaptureOptions,
};
use crate::{
    Audited, Capture,
    audited::{self, object::NAMING_COLUMNS, recorded::Recorded},
    entity,
};

/// A column that is recorded, or in the key.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) masked: bool,
    /// How PostgreSQL makes of the column what the entity reads.
    pub(super) read_as: Option<ReadAs>,
}

/// An audited table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// The entity's type.
    pub(super) entity: &'static str,
    /// The schema that the entity names.
    pub(super) schema: Option<String>,
    pub(super) name: String,
    /// Its name in records.
    pub(super) audit_name: String,
    pub(super) capture: Capture,
    pub(super) options: CaptureOptions,
    pub(super) columns: Vec<Column>,
    /// Every column of the entity, the skipped ones too.
    pub(super) known: Vec<String>,
    /// The columns that SeaORM ignores and the entity says to skip.
    pub(super) ignored: Vec<String>,
    pub(super) key: Vec<Column>,
    /// The columns that may name the object, in order of preference.
    pub(super) naming: Vec<Column>,
}

impl Table {
    /// Of the entity that stands for its type.
    pub(super) fn of_type<E: Audited>() -> Self {
        Self::of(&E::default())
    }

    /// Of an entity, whose table may have a name that is known at run time only.
    pub(super) fn of<E: Audited>(entity: &E) -> Self {
        let recorded = Recorded::<E>::get();
        let column = |column: E::Column| Column {
            name: column.as_str().to_owned(),
            kind: Kind::of::<E>(column),
            masked: recorded.policy(column.as_str()) == FieldPolicy::Mask,
            read_as: ReadAs::of_column(column),
        };
        let named = E::repr_column().and_then(|column| recorded.unmasked_column(column.as_str()));
        let common = NAMING_COLUMNS
            .iter()
            .filter_map(|name| recorded.unmasked_column(name));
        Self {
            entity: std::any::type_name::<E>(),
            schema: entity.schema_name().map(str::to_owned),
            name: entity.table_name().to_owned(),
            audit_name: audit_name(recorded.table(), entity),
            capture: recorded.capture_tier(),
            options: CaptureOptions::new(),
            columns: recorded.columns().iter().copied().map(column).collect(),
            known: E::Column::iter()
                .map(|column| column.as_str().to_owned())
                .collect(),
            ignored: E::ignored_columns()
                .iter()
                .map(|name| (*name).to_owned())
                .collect(),
            key: E::PrimaryKey::iter()
                .map(|key| column(key.into_column()))
                .collect(),
            naming: named.into_iter().chain(common).map(column).collect(),
        }
    }

    /// With those columns only that the database has, and the names of the others: a migration that is still to run may add
    /// them.
    pub(super) fn within(mut self, place: &Place) -> (Self, Vec<String>) {
        let is_there = |name: &str| place.fact(name).is_some();
        self.columns.retain(|column| is_there(&column.name));
        self.naming.retain(|column| is_there(&column.name));
        let (known, absent) = self.known.into_iter().partition(|name| is_there(name));
        self.known = known;
        (self, absent)
    }

    /// What keeps it from being captured: without a column of its key no record could name a row.
    pub(super) fn lacks_key(&self, place: &Place) -> Option<String> {
        let mut key = self.key.iter();
        let absent = key.find(|column| place.fact(&column.name).is_none())?;
        Some(format!(
            "`{}` has no column `{}`, which is in the primary key of its entity: run the migration that adds it first",
            self.name, absent.name
        ))
    }

    /// The trail is never audited: a trigger on it would call itself.
    pub(super) fn refuse_the_trail(&self) -> Result<(), DbErr> {
        let is_trail = entity::TABLES.contains(&self.name.as_str())
            || matches!(
                self.name.as_str(),
                "audit_context" | "audit_context_payload"
            );
        if is_trail || self.key.is_empty() {
            let why = if is_trail {
                "is a table of the trail itself"
            } else {
                "has no primary key"
            };
            return Err(DbErr::Custom(format!(
                "`{}` {why}: it cannot be captured",
                self.name
            )));
        }
        Ok(())
    }
}

/// A table's name in records: what the entity's type says, unless that is the default, and this one has another.
fn audit_name<E: Audited>(of_type: &str, entity: &E) -> String {
    if of_type == audited::qualified_name(&E::default()) {
        audited::qualified_name(entity)
    } else {
        of_type.to_owned()
    }
}
