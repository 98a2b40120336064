//! Records that no longer fit: their table or column is gone without a word, or a value is none of its column's present type.
//!
//! The audit log outlives the schema that it tells of. A column gets another name or another type, a table goes, and the records from
//! before stay as they are. [`renames`](crate::renames) make old names known. What they do not explain, [`examine`] lists: each kind
//! of misfit once, with how many records it is of, and which.
//!
//! Records that do not fit are still there and can be read as [`audit_log::Model`]. What is lost is their typed
//! form: [`history`](crate::history) says `Unknown::Unreadable` of such a value, and [`undo`](crate::undo) refuses it.
//!
//! # What it knows
//! For the tables of the program's audited entities it knows the columns, their types and their former names. Of any other table it asks
//! the database which columns it has: so the program `audit-migration doctor`, which knows no entity, finds names that are gone, and no types. To that
//! program a table that records name otherwise than the database does (`#[audited(table = "…")]`) is unknown.
//!
//! # Cost
//! It reads every record once, a thousand at a time, and keeps none. It locks nothing and changes nothing. Go on from a record by
//! [`examine_after`].
//!
//! # Example
//! ```
//! # mod cake {
//! #     use sea_orm::entity::prelude::*;
//! #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
//! #     #[sea_orm(table_name = "cake")]
//! #     pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub price: i32 }
//! #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
//! #     pub enum Relation {}
//! # }
//! use audit_sea_orm::{doctor, prelude::*};
//! # use sea_orm::{ConnectionTrait, Database, DbBackend, Schema, Set};
//! # #[tokio::main]
//! # async fn main() -> Result<(), sea_orm::DbErr> {
//! # let db = Database::connect("sqlite::memory:").await?;
//! # let schema = Schema::new(DbBackend::Sqlite);
//! # db.execute(&schema.create_table_from_entity(cake::Entity)).await?;
//! # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
//! # let cake = cake::ActiveModel { price: Set(450), ..Default::default() };
//! # cake.audited_insert(&db).await?;
//! # db.execute_unprepared(r#"UPDATE audit_log SET new_values = '{"id":1,"price":"4.50"}'"#).await?;
//! // A price was a text once.
//! let diagnosis = doctor::examine(&db).await?;
//! assert_eq!(
//!     diagnosis.to_string(),
//!     "1 record looked at, 1 kind of misfit\n\
//!      cake.price: 1 record (1): `\"4.50\"` is not an encoded value of the column `price`\n",
//! );
//! # Ok(())
//! # }
//! ```

mod misfit;
mod tables;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use crate::{
    TrailCursor, TrailQuery,
    entity::audit_log::{self, Column, Entity},
    history::state::ACTIONS,
    record::object_key,
};
use misfit::Found;
pub use misfit::{Diagnosis, Misfit, MisfitKind};
use tables::Tables;

/// How many records are read by one statement.
const PAGE: u64 = 1_000;

/// Looks at every record.
///
/// # Errors
/// What the database reports.
///
/// # Example
/// See the [module docs](self).
pub async fn examine<C: ConnectionTrait>(db: &C) -> Result<Diagnosis, DbErr> {
    examine_after(TrailCursor::from(i64::MIN), db).await
}

/// Looks at the records after a place in the order of the audit log.
///
/// # Errors
/// What the database reports.
pub async fn examine_after<C: ConnectionTrait>(
    cursor: TrailCursor,
    db: &C,
) -> Result<Diagnosis, DbErr> {
    let (mut found, mut tables) = (Found::default(), Tables::default());
    let select = Entity::find().filter(Column::Action.is_in(ACTIONS));
    let mut next = Some(cursor);
    while let Some(behind) = next {
        let page = select.clone().newer_than(behind).oldest_first();
        let page = page.page(db, PAGE).await?;
        for record in &page.rows {
            look_at(record, &mut found, &mut tables, db).await?;
        }
        next = page.next;
    }
    Ok(found.diagnosis())
}

async fn look_at<C: ConnectionTrait>(
    record: &audit_log::Model,
    found: &mut Found,
    tables: &mut Tables,
    db: &C,
) -> Result<(), DbErr> {
    found.count();
    let Some(table) = record.table() else {
        return Ok(());
    };
    let known = tables.get(table, db).await?;
    let Some(known) = known else {
        found.add(record, table, None, MisfitKind::UnknownTable);
        return Ok(());
    };
    if let Some(id) = &record.object_id
        && !object_key::is_digest(id)
        && !known.has_key(id)
    {
        let shown = id.chars().take(80).collect();
        found.add(record, table, None, MisfitKind::Key { shown });
    }
    for (column, change) in record.changes() {
        let values = [change.old.as_ref(), change.new.as_ref()];
        if let Some(kind) = known.misfit(&column, values) {
            found.add(record, table, Some(&column), kind);
        }
    }
    Ok(())
}
