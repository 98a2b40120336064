//! A prefix of an index: the rows that have the same values in the columns that the index begins with. In it they lie in the
//! order of the trail.

use sea_orm::{
    ColumnTrait, DbBackend, IdenStatic, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    Value,
    sea_query::{
        Alias, Expr, ExprTrait, SelectStatement, SimpleExpr,
        extension::mysql::{IndexHintScope, MySqlSelectStatementExt},
    },
};

use super::{listed::Listed, position::Position};

/// Rows that an index finds in the order of the trail; without a lead, those of the table by their numbers.
#[derive(Clone)]
pub(super) struct IndexPrefix<E: Listed> {
    lead: Vec<(E::Column, Value)>,
    first: Option<i64>,
    last: Option<i64>,
}

impl<E: Listed> IndexPrefix<E> {
    /// The rows with these values in the first columns of an index, which are named in its order.
    pub(super) fn of(lead: Vec<(E::Column, Value)>) -> Self {
        Self {
            lead,
            first: None,
            last: None,
        }
    }

    /// Narrows it to the numbers from one to another, which every index knows.
    pub(super) fn within(self, (first, last): (Option<i64>, Option<i64>)) -> Self {
        Self {
            first,
            last,
            ..self
        }
    }

    /// The numbers of the first rows from a position on, in their order, from the index alone.
    pub(super) fn keys(
        &self,
        position: Position,
        limit: u64,
        backend: DbBackend,
    ) -> SelectStatement {
        let rows = E::find().select_only().column(E::ID).limit(limit);
        let mut rows = match backend {
            DbBackend::Postgres if !self.lead.is_empty() => self.by_whole_key(rows, position),
            DbBackend::MySql if !self.has_a_part_of_a_text() => {
                let rows = self.by_range_of_lead(rows, position);
                self.from(rows, position)
            }
            _ => {
                let rows = self.by_equal_lead(rows);
                self.from(rows, position)
            }
        };
        if !self.lead.is_empty() {
            // Where MariaDB (10.11) weighs the primary key, it reads the index from its end on, and not from the page's
            // position.
            QueryTrait::query(&mut rows).ignore_index("PRIMARY", IndexHintScope::All);
        }
        rows.order_by(E::ID, position.order()).into_query()
    }

    /// Those of the rows that are from the position on, and within the numbers.
    fn from(&self, rows: Select<E>, position: Position) -> Select<E> {
        rows.filter(position.holds(number::<E>()))
            .apply_if(self.first, |rows, first| rows.filter(E::ID.gte(first)))
            .apply_if(self.last, |rows, last| rows.filter(E::ID.lte(last)))
    }

    /// Whether MariaDB and MySQL index the beginning of a value alone, so that the index has another order than the values.
    fn has_a_part_of_a_text(&self) -> bool {
        let mut columns = self.lead.iter().map(|(column, _)| column.as_str());
        columns.any(|column| column == "object_id")
    }

    fn by_equal_lead(&self, rows: Select<E>) -> Select<E> {
        self.lead.iter().fold(rows, |rows, (column, value)| {
            rows.filter(column.eq(value.clone()))
        })
    }

    /// As if the lead had several values. Of one, MariaDB (10.11) on a busy machine was seen to read all rows, from the end of
    /// the index to the position: it took the equality for a reference, which knows no numbers. Why is not known.
    fn by_range_of_lead(&self, rows: Select<E>, position: Position) -> Select<E> {
        self.lead.iter().fold(rows, |rows, (column, value)| {
            rows.filter(column.gte(value.clone()))
                .filter(column.lte(value.clone()))
                .order_by(*column, position.order())
        })
    }

    /// By all columns of the index, as if the lead had several values: told that it has one, PostgreSQL takes the order for
    /// that of the primary key, and may look for the rows along that, to its end where they are old.
    fn by_whole_key(&self, rows: Select<E>, position: Position) -> Select<E> {
        let (lowest, highest) = position.numbers();
        let first = Ord::max(lowest, self.first.unwrap_or(i64::MIN));
        let last = Ord::min(highest, self.last.unwrap_or(i64::MAX));
        let columns = || {
            self.lead
                .iter()
                .map(|(column, _)| Expr::col((Alias::new(E::TABLE), *column)))
        };
        let key = || Expr::tuple(columns().chain([number::<E>()]));
        let values = || self.lead.iter().map(|(_, value)| Expr::val(value.clone()));
        let at = |id: i64| Expr::tuple(values().chain([Expr::val(id)]));
        // In front of the others, as a scan begins at the first of the conditions on a column.
        let rows = rows
            .filter(key().gte(at(first)))
            .filter(key().lte(at(last)));
        self.by_range_of_lead(rows, position)
    }
}

fn number<E: Listed>() -> SimpleExpr {
    Expr::col((Alias::new(E::TABLE), E::ID))
}
