use std::{fmt, sync::Arc};

use sea_orm::DbErr;

use crate::{
    Error, Result,
    any_entity::{self, AnyEntity},
    audited::renames,
    baseline::Baseline,
};

/// The table of an audited entity of the program, named as records name it. Where several entities share a table, the one with the most
/// columns speaks for it.
///
/// It is for programs that learn at run time what they are asked about, such as the command line. `#[derive(Audited)]` registers an
/// entity in every program that links its crate, and so does [`register_audited!`](crate::register_audited).
///
/// # Example
/// ```standalone_crate
/// # mod cake {
/// #     use sea_orm::entity::prelude::*;
/// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
/// #     #[sea_orm(table_name = "cake")]
/// #     pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub price: i32 }
/// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// #     pub enum Relation {}
/// # }
/// use audit_sea_orm::AnyTable;
///
/// let tables: Vec<_> = AnyTable::all().map(|table| table.name()).collect();
/// assert_eq!(tables, ["cake"]);
/// assert!(AnyTable::find("pie").is_err());
/// ```
#[derive(Clone, Copy)]
pub struct AnyTable(&'static Arc<dyn AnyEntity>);

impl AnyTable {
    /// The tables of all audited entities that the program links, by name.
    pub fn all() -> impl Iterator<Item = Self> {
        any_entity::each_shared().map(Self)
    }

    /// The table of that name in records; a former name counts too.
    ///
    /// # Errors
    /// [`Error::Db`] where the program has no such entity.
    pub fn find(name: &str) -> Result<Self> {
        let name = renames::table(name);
        let entity = any_entity::all_of(name).first().ok_or_else(|| {
            Error::Db(DbErr::Custom(format!(
                "audit: no audited entity of this program has the table `{name}`: derive `Audited`, and link its crate"
            )))
        })?;
        Ok(Self(entity))
    }

    /// Its name in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.table()
    }

    /// Records what its rows hold that have no record: see [`baseline`](crate::baseline).
    pub fn baseline(self) -> Baseline {
        Baseline::of_entity(self.0.baseline())
    }

    pub(crate) fn entity(self) -> &'static Arc<dyn AnyEntity> {
        self.0
    }
}

impl fmt::Debug for AnyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyTable").field(&self.name()).finish()
    }
}
