//! What a baseline asks of an entity, whose type need not be known.

use std::marker::PhantomData;

use audit_core::diff;
use sea_orm::{
    DbErr, EntityTrait, FromQueryResult, QueryResult, QuerySelect, QueryTrait, Select, Value,
    sea_query::SelectStatement,
};

use crate::{
    Audited, Error,
    audited::{object, recorded::Recorded},
    entity::audit_log,
    history::state::BASELINE,
    read::{behind, between, of_objects},
    record::{Record, encoding::EncodingError, event},
};

/// The entity whose rows get a baseline.
pub(crate) trait BaselineEntity: Send + Sync {
    /// The table, as records name it.
    fn table(&self) -> &str;

    /// All rows.
    fn all(&self) -> SelectStatement;

    /// The row that is so many places behind a key.
    fn nth(&self, last: Option<&[Value]>, number: u64) -> SelectStatement;

    /// The rows behind a key, up to another.
    fn between(&self, last: Option<&[Value]>, end: Option<&[Value]>) -> SelectStatement;

    /// The key of a row.
    fn key(&self, row: &QueryResult) -> Result<Vec<Value>, DbErr>;

    /// The record of what the row holds whose key has that text.
    fn record(&self, id: String, row: &QueryResult) -> Result<Record, DbErr>;

    /// The records of the objects that stand under these texts in them.
    fn records(&self, stored: &[&str]) -> Select<audit_log::Entity>;
}

/// That of an entity.
pub(crate) fn of<E: Audited>() -> &'static dyn BaselineEntity {
    &Of::<E>(PhantomData)
}

struct Of<E>(PhantomData<fn() -> E>);

impl<E: Audited> Of<E> {
    fn model(row: &QueryResult) -> Result<E::Model, DbErr> {
        E::Model::from_query_result(row, "")
    }
}

impl<E: Audited> BaselineEntity for Of<E> {
    fn table(&self) -> &str {
        Recorded::<E>::get().table()
    }

    fn all(&self) -> SelectStatement {
        E::find().into_query()
    }

    fn nth(&self, last: Option<&[Value]>, number: u64) -> SelectStatement {
        behind::<E>(last, 1)
            .offset(number.saturating_sub(1))
            .into_query()
    }

    fn between(&self, last: Option<&[Value]>, end: Option<&[Value]>) -> SelectStatement {
        between::<E>(last, end).into_query()
    }

    fn key(&self, row: &QueryResult) -> Result<Vec<Value>, DbErr> {
        let keys = Recorded::<E>::get().keys();
        Ok(object::model_key::<E>(&Self::model(row)?, keys))
    }

    fn record(&self, id: String, row: &QueryResult) -> Result<Record, DbErr> {
        let (recorded, row) = (Recorded::<E>::get(), Self::model(row)?);
        let values = recorded.capture(&row);
        let image = diff::object(recorded.fields(), &values, 0..values.len()).map_err(|error| {
            refused(
                recorded.table(),
                &id,
                EncodingError::Unsupported(error.to_string()),
            )
        })?;
        Ok(Record {
            action: BASELINE.into(),
            table_name: Some(recorded.table().into()),
            object_id: Some(id),
            object_repr: Some(E::object_repr(&row)),
            new_values: Some(image),
            ..Record::default()
        })
    }

    fn records(&self, stored: &[&str]) -> Select<audit_log::Entity> {
        of_objects::<E>(audit_log::Entity::find(), stored.iter().copied())
    }
}

/// What no record can hold.
pub(super) fn refused(table: &str, id: &str, source: EncodingError) -> Error {
    let event = event(BASELINE, Some(table), Some(id));
    Error::Encoding { event, source }
}
