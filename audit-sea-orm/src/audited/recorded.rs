use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError, RwLock},
};

use audit_core::{Field, FieldPolicy};
use sea_orm::{
    DbBackend, EntityTrait, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn,
    sea_query::LockType,
};

use crate::{
    Audited, Capture,
    audited::{entity_names, intent::Intent},
    entity,
    record::{encoding::Captured, sql_texts::SqlTexts},
};

/// What is recorded of an entity: asked of its [`Audited`] once, then kept for the process.
pub(crate) struct Recorded<E: EntityTrait> {
    table: String,
    capture: Capture,
    keys: Vec<E::Column>,
    others: Vec<E::Column>,
    columns: Vec<E::Column>,
    fields: Vec<Field>,
    may_lock: Mutex<MayLock>,
    selects: SqlTexts<SelectKind>,
    locks: SqlTexts<Intent>,
}

/// What tells the texts of selects apart: the database, how the row is locked, and for which write.
pub(crate) type SelectKind = (DbBackend, Option<LockType>, Intent);

/// Whether rows of a table may be locked, as far as the process knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MayLock {
    /// Nobody tried yet.
    #[default]
    Unknown,
    /// They were.
    Yes,
    /// The last time it failed, for whatever reason.
    Failed,
    /// Not by every role that the process has.
    Ask,
}

/// One entry for each audited entity of the program, never removed: the program's types are its bound.
static ALL: LazyLock<RwLock<HashMap<TypeId, &'static (dyn Any + Send + Sync)>>> =
    LazyLock::new(RwLock::default);

impl<E: Audited> Recorded<E> {
    pub(crate) fn get() -> &'static Self {
        let of_entity = TypeId::of::<E>();
        let known = ALL
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&of_entity)
            .copied();
        let recorded = known.unwrap_or_else(|| {
            // Made outside the lock, as it calls the application's code.
            let new: &'static (dyn Any + Send + Sync) = Box::leak(Box::new(Self::new()));
            let mut all = ALL.write().unwrap_or_else(PoisonError::into_inner);
            *all.entry(of_entity).or_insert(new)
        });
        recorded
            .downcast_ref()
            .expect("the entry of an entity is of its type")
    }

    fn new() -> Self {
        let keys: Vec<_> = E::PrimaryKey::iter()
            .map(PrimaryKeyToColumn::into_column)
            .collect();
        let is_key = |column: &E::Column| keys.iter().any(|key| key.as_str() == column.as_str());
        let (mut others, mut columns, mut fields) = (Vec::new(), Vec::new(), Vec::new());
        for column in E::Column::iter() {
            let policy = if is_key(&column) {
                FieldPolicy::Record
            } else {
                others.push(column);
                E::field_policy(column)
            };
            if let Some(field) = Field::new(column.as_str(), policy) {
                columns.push(column);
                fields.push(field);
            }
        }
        Self {
            table: entity_names::stored(&E::audit_table()),
            capture: E::capture(),
            may_lock: Mutex::default(),
            selects: SqlTexts::new(),
            locks: SqlTexts::new(),
            keys,
            others,
            columns,
            fields,
        }
    }
}

impl<E: EntityTrait> Recorded<E> {
    /// The table's name in records.
    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// Whether hooks record this entity: not where triggers do, and never for the trail's own tables.
    pub(crate) fn by_hooks(&self) -> bool {
        self.capture == Capture::Hooks && !entity::TABLES.contains(&self.table.as_str())
    }

    /// Which tier records this entity.
    pub(crate) fn capture_tier(&self) -> Capture {
        self.capture
    }

    pub(crate) fn keys(&self) -> &[E::Column] {
        &self.keys
    }

    /// The columns beside the key, whatever their policy.
    pub(crate) fn others(&self) -> &[E::Column] {
        &self.others
    }

    pub(crate) fn columns(&self) -> &[E::Column] {
        &self.columns
    }

    pub(crate) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The policy of a column by its name; what is no column of the entity is recorded.
    pub(crate) fn policy(&self, column: &str) -> FieldPolicy {
        match self.fields.iter().find(|field| field.name() == column) {
            Some(field) if field.is_masked() => FieldPolicy::Mask,
            None if E::Column::iter().any(|skipped| skipped.as_str() == column) => {
                FieldPolicy::Skip
            }
            Some(_) | None => FieldPolicy::Record,
        }
    }

    /// The column of that name, where it is recorded unmasked.
    pub(crate) fn unmasked_column(&self, name: &str) -> Option<E::Column> {
        let position = self.fields.iter().position(|field| field.name() == name)?;
        (!self.fields[position].is_masked()).then(|| self.columns[position])
    }

    pub(crate) fn may_lock(&self) -> MayLock {
        *self.may_lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what became of a lock, or what the database says of it. That a role may not is never forgotten.
    pub(crate) fn note_lock(&self, now: MayLock) {
        let mut may_lock = self.may_lock.lock().unwrap_or_else(PoisonError::into_inner);
        if *may_lock != MayLock::Ask {
            *may_lock = now;
        }
    }

    /// The text of the select of one row by its key.
    pub(crate) fn select_text(&self, kind: SelectKind, make: impl FnOnce() -> String) -> Arc<str> {
        self.selects.get(kind, make)
    }

    /// The text that takes SQLite's write lock before a write.
    pub(crate) fn lock_text(&self, intent: Intent, make: impl FnOnce() -> String) -> Arc<str> {
        self.locks.get(intent, make)
    }

    /// The recorded values of a row, in the order of [`fields`](Self::fields).
    pub(crate) fn capture(&self, model: &E::Model) -> Vec<Captured> {
        self.columns
            .iter()
            .map(|column| Captured(model.get(*column)))
            .collect()
    }
}
