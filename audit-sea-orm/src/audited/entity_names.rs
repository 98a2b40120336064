//! The names under which the records of an entity stand, now and before.

use sea_orm::{EntityTrait, IdenStatic, Iterable};

use crate::{
    Audited,
    entity::{self, audit_log},
};

/// The names of an entity's table and columns.
#[derive(Clone, Debug)]
pub(crate) struct EntityNames {
    pub(crate) table: String,
    pub(crate) former_tables: Vec<String>,
    /// Every column, with its former names.
    pub(crate) columns: Vec<(String, &'static [&'static str])>,
}

impl EntityNames {
    pub(crate) fn of<E: Audited>() -> Self {
        let column = |column: <E as EntityTrait>::Column| {
            let name = column.as_str().to_owned();
            (name, E::former_columns(column))
        };
        Self {
            table: stored(&E::audit_table()),
            former_tables: former_tables::<E>(),
            columns: <E as EntityTrait>::Column::iter().map(column).collect(),
        }
    }
}

/// The former names of an entity's table, as records hold them.
pub(crate) fn former_tables<E: Audited>() -> Vec<String> {
    let former = E::former_tables().iter();
    former.map(|name| stored(name)).collect()
}

/// The name of a table as records hold it: as much as the trail's column does, for SQLite has names of any length.
pub(crate) fn stored(table: &str) -> String {
    entity::line(audit_log::Column::TableName, table)
}

/// The names of an audited entity, as it is registered for those who read the trail.
#[derive(Clone, Copy, Debug)]
pub struct RegisteredNames(fn() -> EntityNames);

impl RegisteredNames {
    /// The entry of an entity. [`register_audited!`](crate::register_audited) makes it known.
    #[must_use]
    pub const fn of<E: Audited>() -> Self {
        Self(EntityNames::of::<E>)
    }
}

inventory::collect!(RegisteredNames);

/// The names of every audited entity of the program.
pub(crate) fn all() -> impl Iterator<Item = EntityNames> {
    inventory::iter::<RegisteredNames>
        .into_iter()
        .map(|entity| (entity.0)())
}
