use sea_orm::{ColumnTrait, Condition};

use super::condition::{is_one_of, named, tables_of};
use crate::{Audited, audited::recorded::Recorded, entity::audit_log::Column};

/// What names a column to [`RecordQuery::changed`](super::RecordQuery::changed): the column of an audited entity,
/// `cake::Column::Price`, or a name.
///
/// `By` tells the two apart for the compiler, which infers it.
pub trait RecordedColumn<By> {
    /// Whether it stands in a record.
    #[doc(hidden)]
    fn stands_in(self) -> Condition;
}

/// A column that is named by a text, of whatever table.
#[derive(Debug)]
pub enum ByName {}

/// A column of an entity, in the records of its table.
#[derive(Debug)]
pub enum ByEntity {}

impl RecordedColumn<ByName> for &str {
    fn stands_in(self) -> Condition {
        named(self, None)
    }
}

impl RecordedColumn<ByName> for &String {
    fn stands_in(self) -> Condition {
        named(self, None)
    }
}

impl<C> RecordedColumn<ByEntity> for C
where
    C: ColumnTrait,
    C::EntityName: Audited,
{
    fn stands_in(self) -> Condition {
        let tables = tables_of::<C::EntityName>();
        let tables = tables.iter().map(String::as_str);
        Condition::all()
            .add(is_one_of(Column::TableName, tables))
            .add(stands_in::<C::EntityName>(&self))
    }
}

/// Whether a column of an entity stands in a record of it.
pub(crate) fn stands_in<E: Audited>(column: &impl ColumnTrait) -> Condition {
    named(column.as_str(), Some(Recorded::<E>::get().table()))
}
