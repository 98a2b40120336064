//! Indexes of the parts that are gone.

use sea_orm::{DbBackend, DbErr, IntoActiveModel};

use super::parts;
use crate::{
    Audited,
    any_entity::{AnyEntity, Typed},
};

/// An index by which the records of parts that are gone are found.
#[derive(Debug)]
pub struct PartIndex {
    /// Its name.
    pub name: String,
    /// The statement that adds the column of that name which it indexes, on MariaDB and MySQL.
    pub add_column: Option<String>,
    /// The statement that creates it.
    pub create: String,
    /// The statement that removes it.
    pub remove: String,
}

/// The indexes for each `belongs_to` of an entity: see [`timeline`](crate::timeline).
///
/// # Errors
/// Where a column has a name that no path into JSON can have.
pub fn part_indexes<P>(backend: DbBackend) -> Result<Vec<PartIndex>, DbErr>
where
    P: Audited<Model: IntoActiveModel<P::ActiveModel>, ActiveModel: Send>,
{
    let entity = Typed::<P>::new();
    let mut indexes = Vec::new();
    for reference in entity.references() {
        let values = parts::values(&entity, reference)?;
        indexes.extend(values.iter().map(|value| PartIndex {
            name: value.name(),
            add_column: value.add_column(backend),
            create: value.create_index(backend),
            remove: value.drop_index(backend),
        }));
    }
    Ok(indexes)
}
