//! Which columns of an entity no two rows share.

use sea_orm::{DbBackend, Schema};

use crate::Audited;

/// The unique columns and keys of an entity, beside its primary key. SeaORM tells them in the statements that make its table alone.
pub(super) fn columns<E: Audited>() -> Vec<Vec<String>> {
    let schema = Schema::new(DbBackend::Sqlite);
    let table = schema.create_table_from_entity(E::default());
    let singles = table.get_columns().iter();
    let singles = singles.filter(|column| column.get_column_spec().unique);
    let singles = singles.map(|column| vec![column.get_column_name()]);
    let indexes = schema.create_index_from_entity(E::default());
    let indexes = indexes.iter().filter(|index| index.is_unique_key());
    let indexes = indexes.map(|index| index.get_index_spec().get_column_names());
    singles.chain(indexes).collect()
}
