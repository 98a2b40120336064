//! What the hooks ask of an entity, so that what they do is compiled once, and not once more for each entity.

use std::{
    any::TypeId,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use audit_core::Field;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ColumnType, DbErr, EntityTrait, FromQueryResult,
    IdenStatic, ModelTrait, QueryResult, QueryTrait, Value,
    sea_query::{ArrayType, LockType, SelectStatement, TableRef},
};

use crate::{
    Audited,
    audited::{
        intent::Intent,
        object,
        recorded::{MayLock, Recorded, SelectKind},
    },
    quoted,
    record::encoding::Captured,
};

/// An audited entity without its type.
pub(super) trait HookedEntity: Send + Sync {
    fn type_id(&self) -> TypeId;

    /// The table's name in records.
    fn table(&self) -> &str;

    /// The table's name in the database, without its schema.
    fn table_name(&self) -> &'static str;

    /// The table, as statements name it.
    fn table_ref(&self) -> TableRef;

    /// The table, as `to_regclass` of PostgreSQL takes it.
    fn regclass(&self) -> String;

    fn by_hooks(&self) -> bool;

    fn fields(&self) -> &[Field];

    /// The recorded columns, in the order of [`fields`](Self::fields).
    fn columns(&self) -> Vec<RecordedColumn>;

    /// The select of the row with that key. The whole key finds one row at most, so it has no limit: SQLite plans a statement with a
    /// bound limit anew each time it is executed.
    fn select(&self, key: &[Value], lock: Option<LockType>) -> SelectStatement;

    /// The row as its model has it; `None` where that cannot hold it.
    fn state(&self, row: &QueryResult, has_repr: bool) -> Option<State>;

    fn may_lock(&self) -> MayLock;

    fn note_lock(&self, now: MayLock);

    fn select_text(&self, kind: SelectKind, make: &dyn Fn() -> String) -> Arc<str>;

    fn lock_text(&self, intent: Intent, make: &dyn Fn() -> String) -> Arc<str>;
}

/// A recorded column, and how one value of it is read.
pub(super) struct RecordedColumn {
    pub(super) name: &'static str,
    /// `None` for one whose values cannot be read by themselves.
    pub(super) kind: Option<ArrayType>,
}

/// What a model says of its row.
pub(super) struct State {
    pub(super) key: Vec<Value>,
    /// The recorded columns.
    pub(super) values: Vec<Captured>,
    /// The text for people, where it was asked for.
    pub(super) repr: Option<String>,
}

impl State {
    pub(super) fn of<E: Audited>(model: &E::Model, has_repr: bool) -> Self {
        let recorded = Recorded::<E>::get();
        Self {
            key: object::model_key::<E>(model, recorded.keys()),
            values: recorded.capture(model),
            repr: has_repr.then(|| E::object_repr(model)),
        }
    }
}

/// What an active model is going to write.
pub(super) struct Write {
    /// `None` where it is not whole: SeaORM refuses the write then.
    pub(super) key: Option<Vec<Value>>,
    /// A column beside the key that it sets. SeaORM sends no update where there is none.
    pub(super) sets: Option<&'static str>,
    /// What it sets of the recorded columns, by position.
    pub(super) set: Vec<(usize, Captured)>,
}

impl Write {
    /// An update.
    pub(super) fn update<A>(active_model: &A) -> Self
    where
        A: ActiveModelTrait,
        A::Entity: Audited,
    {
        let recorded = Recorded::<A::Entity>::get();
        let is_set =
            |column: &&Column<A>| matches!(active_model.get(**column), ActiveValue::Set(_));
        let mut set = Vec::new();
        for (position, column) in recorded.columns().iter().enumerate() {
            if let ActiveValue::Set(value) = active_model.get(*column) {
                set.push((position, Captured(value)));
            }
        }
        Self {
            key: key_of(active_model),
            sets: recorded
                .others()
                .iter()
                .find(is_set)
                .map(IdenStatic::as_str),
            set,
        }
    }
}

type Column<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Column;

/// The key, where it is whole.
pub(super) fn key_of<A: ActiveModelTrait>(active_model: &A) -> Option<Vec<Value>> {
    Some(active_model.get_primary_key_value()?.into_iter().collect())
}

/// What was decoded; `None` where it cannot be. Drivers panic on times that a database holds and their types do not.
pub(super) fn caught<T>(decode: impl FnOnce() -> Result<T, DbErr>) -> Option<T> {
    // OK to go on after a panic: all that it saw is the row, which decoding does not change.
    catch_unwind(AssertUnwindSafe(decode)).ok()?.ok()
}

impl<E: Audited> HookedEntity for Recorded<E> {
    fn type_id(&self) -> TypeId {
        TypeId::of::<E>()
    }

    fn table(&self) -> &str {
        Self::table(self)
    }

    fn table_name(&self) -> &'static str {
        E::default().table_name()
    }

    fn table_ref(&self) -> TableRef {
        E::default().table_ref()
    }

    fn regclass(&self) -> String {
        let entity = E::default();
        let schema = entity.schema_name();
        let schema = schema.map(|schema| quoted::name(schema) + ".");
        schema.unwrap_or_default() + &quoted::name(entity.table_name())
    }

    fn by_hooks(&self) -> bool {
        Self::by_hooks(self)
    }

    fn fields(&self) -> &[Field] {
        Self::fields(self)
    }

    fn columns(&self) -> Vec<RecordedColumn> {
        let mut columns = Vec::new();
        for column in Self::columns(self) {
            let def = column.def();
            let is_many = matches!(
                def.get_column_type(),
                ColumnType::Array(_) | ColumnType::Vector(_)
            );
            let kind = || <E::Model as ModelTrait>::get_value_type(*column);
            columns.push(RecordedColumn {
                name: column.as_str(),
                kind: (!is_many).then(kind),
            });
        }
        columns
    }

    fn select(&self, key: &[Value], lock: Option<LockType>) -> SelectStatement {
        let mut row = object::with_key(E::find(), key).into_query();
        if let Some(lock) = lock {
            row.lock(lock);
        }
        row
    }

    fn state(&self, row: &QueryResult, has_repr: bool) -> Option<State> {
        let model = caught(|| E::Model::from_query_result(row, ""))?;
        Some(State::of::<E>(&model, has_repr))
    }

    fn may_lock(&self) -> MayLock {
        Self::may_lock(self)
    }

    fn note_lock(&self, now: MayLock) {
        Self::note_lock(self, now);
    }

    fn select_text(&self, kind: SelectKind, make: &dyn Fn() -> String) -> Arc<str> {
        Self::select_text(self, kind, make)
    }

    fn lock_text(&self, intent: Intent, make: &dyn Fn() -> String) -> Arc<str> {
        Self::lock_text(self, intent, make)
    }
}
