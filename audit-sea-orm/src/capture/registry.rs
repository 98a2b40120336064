//! The audited entities of the program, by which `install_all` and `check` know them.

use super::table::Table;
use crate::Audited;

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
    /// The entry of an entity. [`register_audited!`](crate::register_audited) makes it known.
    #[must_use]
    pub const fn of<E: Audited>() -> Self {
        Self {
            table: Table::of_type::<E>,
        }
    }
}

inventory::collect!(AuditedEntity);

/// Makes an entity that implements [`Audited`](trait@crate::Audited) by hand known to
/// [`capture::install_all`](crate::capture::install_all) and [`check`](crate::check). The derive does it by itself.
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
    };
}

/// Those that are registered, in the order of their names.
pub(super) fn tables() -> Vec<Table> {
    let entities = inventory::iter::<AuditedEntity>.into_iter();
    let mut tables: Vec<Table> = entities.map(|entity| (entity.table)()).collect();
    tables.sort_by(|a, b| a.audit_name.cmp(&b.audit_name));
    tables
}
