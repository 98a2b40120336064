//! The audited entities of the program, by which `install_all` and `check` know them.

use sea_orm::{ConnectionTrait, DbErr};

use super::{
    catalog::{self, Described, Dialect},
    table::Table,
};
use crate::{Audited, Capture};

/// An audited entity, as it is registered.
#[derive(Clone, Copy)]
pub struct AuditedEntity {
    table: fn() -> Table,
}

impl std::fmt::Debug for AuditedEntity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("AuditedEntity")
            .field(&(self.table)().name)
            .finish()
    }
}

impl AuditedEntity {
    /// The entry of an entity. [`register_audited!`](crate::register_audited) makes it known;
    /// [`check_entities`](crate::capture::check_entities) and [`install_entities`](crate::capture::install_entities) take some.
    #[must_use]
    pub const fn of<E: Audited>() -> Self {
        Self {
            table: Table::of_type::<E>,
        }
    }

    /// Its table.
    pub(super) fn table(&self) -> Table {
        (self.table)()
    }
}

inventory::collect!(AuditedEntity);

/// Makes an entity that implements [`Audited`](trait@crate::Audited) by hand known to
/// [`capture::install_all`](crate::capture::install_all) and [`check`](crate::capture::check), its former names to those who
/// read the trail, see [`renames`](crate::renames), and its writes to an [`undo`](crate::undo). The derive does it by itself.
///
/// # Example
/// ```
/// mod cake {
///     use sea_orm::entity::prelude::*;
///
///     #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
///     #[sea_orm(table_name = "cake")]
///     pub struct Model { #[sea_orm(primary_key)] pub id: i32 }
///
///     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
///     pub enum Relation {}
///
///     impl ActiveModelBehavior for ActiveModel {}
///     impl audit_sea_orm::Audited for Entity {}
///     audit_sea_orm::register_audited!(Entity);
/// }
/// ```
#[macro_export]
macro_rules! register_audited {
    ($entity:ty) => {
        $crate::__private::inventory::submit! {
            $crate::capture::AuditedEntity::of::<$entity>()
        }
        $crate::__private::inventory::submit! {
            $crate::__private::RegisteredNames::of::<$entity>()
        }
        $crate::__private::inventory::submit! {
            $crate::undo::UndoableEntity::of::<$entity>()
        }
    };
}

/// An entity of the program, with its table.
#[derive(Clone, Debug)]
pub(super) struct Registered {
    pub(super) table: Table,
    /// `None` where there is no such table.
    pub(super) described: Option<Described>,
}

impl Registered {
    /// The schema that its table is in.
    pub(super) fn schema(&self) -> Option<&str> {
        let described = self.described.as_ref()?;
        Some(&described.schema)
    }

    /// How many columns of its table it knows.
    fn columns(&self) -> usize {
        let Some(described) = &self.described else {
            return 0;
        };
        let known = self.table.known.iter();
        known.filter(|column| described.has(column)).count()
    }

    fn is_beside(&self, other: &Self) -> bool {
        self.schema() == other.schema() && self.table.name == other.table.name
    }

    /// The entities of the same table that triggers are to record, itself too, the first choice first. A table has one set
    /// of triggers, so of two entities one is captured: the one that knows more of the table's columns, then the one first
    /// by name.
    pub(super) fn candidates<'a>(&self, all: &'a [Self]) -> Vec<&'a Self> {
        let mut candidates: Vec<_> = all
            .iter()
            .filter(|other| other.table.capture == Capture::Triggers && self.is_beside(other))
            .collect();
        candidates.sort_by_key(|one| std::cmp::Reverse(one.columns()));
        candidates
    }

    /// Whether triggers are to record its table as this entity.
    pub(super) fn is_captured(&self, all: &[Self]) -> bool {
        let first = self.candidates(all).into_iter().next();
        first.is_some_and(|first| first.table.entity == self.table.entity)
    }
}

/// The tables of the entities that are registered.
pub(super) fn tables() -> Vec<Table> {
    let entities = inventory::iter::<AuditedEntity>.into_iter();
    entities.map(AuditedEntity::table).collect()
}

/// What the database has of them, in the order of their names, by a statement for each.
pub(super) async fn described<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    mut tables: Vec<Table>,
) -> Result<Vec<Registered>, DbErr> {
    tables.sort_by(|a, b| (&a.audit_name, a.entity).cmp(&(&b.audit_name, b.entity)));
    let mut entities = Vec::with_capacity(tables.len());
    for table in tables {
        let described =
            catalog::describe(db, dialect, table.schema.as_deref(), &table.name).await?;
        entities.push(Registered { table, described });
    }
    Ok(entities)
}
