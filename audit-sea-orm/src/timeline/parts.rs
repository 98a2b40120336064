//! The objects that records say were part of others.

use std::collections::BTreeSet;

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QueryResult,
    sea_query::{Alias, Expr, ExprTrait, Func, Query, SimpleExpr},
};
use serde_json::Value as Json;

use super::{Ids, PAGE};
use crate::{
    TrailQuery,
    any_entity::{AnyEntity, Reference, Row},
    entity::audit_log::{Column, Entity, Model},
    record::part_value::PartValue,
};

/// The objects of an entity whose records say that they were part of one of these wholes, of which so many are asked for at once.
pub(super) async fn recorded<C: ConnectionTrait>(
    entity: &dyn AnyEntity,
    reference: &Reference,
    wholes: &[Row],
    batch: usize,
    db: &C,
) -> Result<Ids, DbErr> {
    let mut ids = Ids::new();
    if wholes.is_empty() {
        return Ok(ids);
    }
    for value in values(entity, reference)? {
        let mut search = Search::new(value, reference, db).await?;
        for wholes in wholes.chunks(batch) {
            search.of(wholes);
            ids.extend(search.ids(db).await?);
        }
    }
    Ok(ids)
}

/// What records tell of a reference, by each name that its table and its column have in them.
pub(super) fn values(
    entity: &dyn AnyEntity,
    reference: &Reference,
) -> Result<Vec<PartValue>, DbErr> {
    let Some(column) = reference.columns.first() else {
        return Ok(Vec::new());
    };
    let names = entity.recorded_names(column).into_iter();
    names
        .map(|(table, column)| PartValue::new(&table, &column))
        .collect()
}

/// A search for the records of parts.
struct Search<'a> {
    value: PartValue,
    reference: &'a Reference,
    /// The values that it has for the wholes.
    texts: BTreeSet<String>,
    has_column: bool,
    backend: DbBackend,
}

impl<'a> Search<'a> {
    async fn new<C: ConnectionTrait>(
        value: PartValue,
        reference: &'a Reference,
        db: &C,
    ) -> Result<Self, DbErr> {
        Ok(Self {
            has_column: has_column(&value.name(), db).await?,
            texts: BTreeSet::new(),
            backend: db.get_database_backend(),
            value,
            reference,
        })
    }

    /// Has it be for these wholes.
    fn of(&mut self, wholes: &[Row]) {
        let column = &self.reference.columns[0];
        let held = wholes.iter().filter_map(|whole| whole.get(column));
        self.texts = held.map(text).collect();
    }

    async fn ids<C: ConnectionTrait>(&self, db: &C) -> Result<Ids, DbErr> {
        let may_be = self.may_be_any(self.texts.iter().cloned());
        let text = Expr::cust(self.value.text(self.backend));
        let select = Query::select()
            .distinct()
            .column(Column::ObjectId)
            .expr_as(text, Alias::new("value"))
            .from(Entity)
            .and_where(may_be)
            .and_where(Expr::col(Column::ObjectId).is_not_null())
            .take();
        let (mut ids, mut is_any_unread) = (Ids::new(), false);
        for row in db.query_all(&select).await? {
            let (id, text) = pair(&row)?;
            is_any_unread |= text.is_empty();
            if self.texts.contains(&text) {
                ids.insert(id);
            }
        }
        if is_any_unread {
            ids.extend(self.read(self.may_be_any([]), db).await?);
        }
        Ok(ids)
    }

    fn may_be_any(&self, texts: impl IntoIterator<Item = String>) -> SimpleExpr {
        self.value.may_be_any(texts, self.has_column, self.backend)
    }

    /// Reads the records themselves.
    async fn read<C: ConnectionTrait>(&self, may_be: SimpleExpr, db: &C) -> Result<Ids, DbErr> {
        let select = Entity::find().filter(may_be).oldest_first();
        let (mut ids, mut page) = (Ids::new(), select.clone().page(db, PAGE).await?);
        loop {
            let parts = page.rows.into_iter().filter(|record| self.tells(record));
            ids.extend(parts.filter_map(|record| record.object_id));
            let Some(next) = page.next else {
                return Ok(ids);
            };
            page = select.clone().newer_than(next).page(db, PAGE).await?;
        }
    }

    /// Whether a record tells of a part of one of the wholes.
    fn tells(&self, record: &Model) -> bool {
        let changes = record.changes();
        let column = &self.reference.columns[0];
        let Some(change) = changes.get(column) else {
            return false;
        };
        let mut held = [&change.old, &change.new].into_iter().flatten();
        held.any(|held| self.texts.contains(&text(held)))
    }
}

/// A value as the database has its text.
fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn pair(row: &QueryResult) -> Result<(String, String), DbErr> {
    Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))
}

/// Whether MariaDB or MySQL has the column of an index.
async fn has_column<C: ConnectionTrait>(name: &str, db: &C) -> Result<bool, DbErr> {
    if db.get_database_backend() != DbBackend::MySql {
        return Ok(false);
    }
    let column = |name: &str| Expr::col(Alias::new(name));
    let select = Query::select()
        .expr(Expr::val(1))
        .from((Alias::new("information_schema"), Alias::new("columns")))
        .and_where(column("table_schema").eq(Func::cust("database")))
        .and_where(column("table_name").eq("audit_log"))
        .and_where(column("column_name").eq(name))
        .take();
    Ok(db.query_one(&select).await?.is_some())
}
