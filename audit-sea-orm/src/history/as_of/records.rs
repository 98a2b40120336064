//! The first records of many objects since a time.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, IdenStatic, QueryFilter,
    QueryResult, QuerySelect, QueryTrait, TryGetError,
    prelude::Json,
    sea_query::{Expr, ExprTrait, Func, Order, Query, SelectStatement, WindowStatement},
};

use super::{
    super::{
        reader::Told,
        state::{ACTIONS, BASELINE},
    },
    moment::Moment,
};
use crate::{
    Audited,
    entity::{
        UNREADABLE_TIME,
        audit_log::{Column, Entity, Model},
        reading::Reading,
    },
    read::of_objects,
    record::object_key,
};

/// How many records of an object are read at once: one that changed more often is read on by itself.
const FEW: usize = 16;

/// The columns that tell what was found. Of the new values those of a baseline do.
const COLUMNS: [Column; 6] = [
    Column::Id,
    Column::Action,
    Column::TableName,
    Column::ObjectId,
    Column::OldValues,
    Column::Metadata,
];

/// The first records of an object behind its last one up to a time.
#[derive(Clone, Debug, Default)]
pub(super) struct Later {
    /// The oldest first, with those of the whole table between them.
    pub(super) told: Vec<Told>,
    /// Whether more may follow.
    pub(super) has_more: bool,
}

/// Those of the objects with these texts, in that order.
pub(super) async fn later<E: Audited, C: ConnectionTrait>(
    ids: &[Option<String>],
    moment: &Moment,
    start: i64,
    db: &C,
) -> Result<Vec<Later>, DbErr> {
    let mut places = HashMap::new();
    for (place, id) in ids.iter().enumerate() {
        for form in id.iter().flat_map(|id| object_key::stored_forms(id)) {
            places.insert(form.into_owned(), place);
        }
    }
    let mut own: Vec<Vec<Model>> = ids.iter().map(|_| Vec::new()).collect();
    let mut cuts = vec![start; ids.len()];
    if places.is_empty() {
        return Ok(own.into_iter().map(|_| Later::default()).collect());
    }
    let rows = db.query_all(&first::<E>(&places, moment, start)).await?;
    for row in &rows {
        let Line(record) = Line::from_query_result(row, "")?;
        let place = record.object_id.as_ref().and_then(|id| places.get(id));
        if let Some(place) = place {
            own[*place].push(record);
        }
    }
    if moment.may_be_early {
        for (id, last) in early::<E, C>(&places, moment, start, db).await? {
            if let Some(place) = places.get(&id) {
                cuts[*place] = Ord::max(cuts[*place], last);
            }
        }
    }
    let of_table = moment.last_truncation().unwrap_or(start);
    let cuts = cuts.into_iter().map(|cut| Ord::max(cut, of_table));
    let objects = own.into_iter().zip(cuts).zip(ids);
    let later = objects.map(|((own, cut), id)| {
        let forms = id.iter().flat_map(|id| object_key::stored_forms(id));
        if own.len() >= FEW && forms.count() > 1 {
            // The first records of one form may be behind those of the other that were not read.
            return Later {
                told: Vec::new(),
                has_more: true,
            };
        }
        behind(own, cut, moment)
    });
    Ok(later.collect())
}

/// What is behind the cut, with the records of the whole table.
fn behind(mut own: Vec<Model>, cut: i64, moment: &Moment) -> Later {
    let has_more = own.len() >= FEW;
    own.sort_by_key(|record| record.id);
    let end = own.last().filter(|_| has_more).map(|record| record.id);
    let is_within = |id: i64| id > cut && end.is_none_or(|end| id <= end);
    let truncations = moment.truncations.iter();
    let truncations = truncations
        .filter(|told| is_within(told.record.id))
        .cloned();
    let own = own.into_iter().filter(|record| is_within(record.id));
    let mut told: Vec<Told> = own.filter_map(Told::of).chain(truncations).collect();
    told.sort_by_key(|told| told.record.id);
    Later { told, has_more }
}

/// Numbers the records of each object, and takes the first. Not a limit of the whole: to find the first few records of many
/// objects in order, a database would walk through all records.
fn first<E: Audited>(
    places: &HashMap<String, usize>,
    moment: &Moment,
    start: i64,
) -> SelectStatement {
    let own = of_objects::<E>(Entity::find(), places.keys().map(String::as_str))
        .filter(Column::Id.gt(start))
        .filter(moment.is_later())
        .filter(Column::Action.is_in(ACTIONS));
    // What a baseline found are its new values. Those of changes are many, and tell nothing of what was before.
    let found = Expr::cust(format!(
        "CASE WHEN action = '{BASELINE}' THEN new_values END"
    ));
    let own = own.select_only().columns(COLUMNS);
    let mut own = own.expr_as(found, Column::NewValues.as_str()).into_query();
    let mut by_object = WindowStatement::partition_by((Entity, Column::ObjectId));
    let by_object = by_object.order_by((Entity, Column::Id), Order::Asc).take();
    own.expr_window_as(Func::cust("ROW_NUMBER"), by_object, "place");
    let few = i64::try_from(FEW).unwrap_or(i64::MAX);
    Query::select()
        .columns(COLUMNS)
        .column(Column::NewValues)
        .from_subquery(own, "numbered")
        .and_where(Expr::col("place").lte(few))
        .take()
}

/// The number of the last record of each object up to the time, of those behind the start.
async fn early<E: Audited, C: ConnectionTrait>(
    places: &HashMap<String, usize>,
    moment: &Moment,
    start: i64,
    db: &C,
) -> Result<Vec<(String, i64)>, DbErr> {
    let select = of_objects::<E>(Entity::find(), places.keys().map(String::as_str))
        .filter(Column::Id.gt(start))
        .filter(moment.is_not_later())
        .filter(Column::Action.is_in(ACTIONS))
        .group_by(Column::ObjectId);
    let select = select.select_only().column(Column::ObjectId);
    let select = select.column_as(Column::Id.max(), "last");
    select.into_tuple().all(db).await
}

/// A record of which those columns alone were read.
struct Line(Model);

impl FromQueryResult for Line {
    fn from_query_result(row: &QueryResult, pre: &str) -> Result<Self, DbErr> {
        let text = |column: Column| Option::<String>::read_present(row, pre, column.as_str());
        let json = |column: Column| Option::<Json>::read_present(row, pre, column.as_str());
        let read = || {
            Ok::<_, TryGetError>(Model {
                id: i64::read_present(row, pre, Column::Id.as_str())?,
                occurred_at: UNREADABLE_TIME,
                action: String::read_present(row, pre, Column::Action.as_str())?,
                table_name: text(Column::TableName)?,
                object_id: text(Column::ObjectId)?,
                object_repr: None,
                old_values: json(Column::OldValues)?,
                new_values: json(Column::NewValues)?,
                actor_id: None,
                actor_name: None,
                on_behalf_of_id: None,
                on_behalf_of_name: None,
                tenant_id: None,
                ip_address: None,
                user_agent: None,
                session_id: None,
                request_id: None,
                transaction_id: None,
                database_user: None,
                database_role: None,
                reason: None,
                module: None,
                metadata: json(Column::Metadata)?,
            })
        };
        Ok(Self(read()?))
    }
}
