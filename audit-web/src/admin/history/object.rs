//! The object of a history, and its records.

use audit_sea_orm::{
    TrailCursor, TrailPage, TrailQuery,
    entity::audit_log::{Column, Entity, Model},
    renames,
};
use sea_orm::{ColumnTrait, DbErr, QueryFilter, QueryTrait, Select};

use super::{LONGEST, MOST};
use crate::admin::{
    admitted::Visit,
    detail,
    failure::Failure,
    position::Position,
    prefix::IndexPrefix,
    range::{Ends, Range},
    scan::Scan,
};

/// An object, as records name it.
pub(in crate::admin) struct Object {
    pub(in crate::admin) table: String,
    pub(in crate::admin) id: String,
}

impl Object {
    /// That of the URL, or of a record that it names.
    pub(in crate::admin) async fn read(visit: &Visit) -> Result<Self, Failure> {
        if let Some(id) = visit.params.get("record") {
            let record = detail::row::<Entity>(visit, id).await?;
            if let (Some(table), Some(id)) = (record.table_name, record.object_id) {
                return Ok(Self { table, id });
            }
            return Err(Failure::not_found("That record is not about an object."));
        }
        match (visit.params.get("table"), visit.params.get("object")) {
            (Some(table), Some(id)) => Ok(Self {
                table: table.to_owned(),
                id: id.to_owned(),
            }),
            _ => Err(Failure::bad_request(
                "Which object? Name its table and its key.",
            )),
        }
    }

    /// The first records from a position on, in a range of time.
    pub(in crate::admin) async fn records(
        &self,
        position: Position,
        range: Range,
        visit: &Visit,
    ) -> Result<TrailPage<Model>, DbErr> {
        let db = &visit.shared.db;
        let numbers = if range.is_all() {
            (None, None)
        } else {
            range.numbers::<Entity>(Ends::Near, db).await?
        };
        let names = renames::tables(&self.table);
        let mut page = if names.len() > 1 && self.id.len() <= LONGEST {
            // Of several names at once, no index has the order of the trail.
            let of_name = |name: &&str| {
                let lead = [(Column::TableName, *name), (Column::ObjectId, &self.id)];
                IndexPrefix::of(lead.map(|(column, value)| (column, value.into())).into())
            };
            let scan = Scan::<Entity>::over(names.iter().map(of_name).collect()).within(numbers);
            let scan = if range.is_all() {
                scan
            } else {
                scan.but(range.holds::<Entity>())
            };
            let found = scan.seen_by(&visit.viewer).page(db, position, MOST).await?;
            TrailPage {
                rows: found.rows,
                next: found.next,
            }
        } else {
            let select = Entity::for_key(&self.table, &self.id)
                .filter(visit.viewer.sees::<Entity>())
                .filter(range.holds::<Entity>())
                .apply_if(numbers.0, |select, first| {
                    select.filter(Column::Id.gte(first))
                })
                .apply_if(numbers.1, |select, last| {
                    select.filter(Column::Id.lte(last))
                });
            from(select, position).page(db, MOST).await?
        };
        let rows = page.rows.into_iter().map(Model::with_present_names);
        page.rows = rows.collect();
        Ok(page)
    }

    /// The records up to that of a number, the oldest first; the last is that of the number, if the object has it.
    pub(in crate::admin) async fn up_to(
        &self,
        id: i64,
        visit: &Visit,
    ) -> Result<Vec<Model>, DbErr> {
        let position = Position::Older(TrailCursor::from(id.saturating_add(1)));
        let mut records = self.records(position, Range::default(), visit).await?.rows;
        records.reverse();
        Ok(records)
    }
}

fn from(select: Select<Entity>, position: Position) -> Select<Entity> {
    match position {
        Position::Newest => select.newest_first(),
        Position::Older(cursor) => select.older_than(cursor).newest_first(),
        Position::Newer(cursor) => select.newer_than(cursor).oldest_first(),
    }
}
