use std::borrow::Cow;

use audit_core::{AuditContext, text};
use chrono::{DateTime, Utc};
use sea_orm::{
    DbBackend, Statement, Value,
    sea_query::{Expr, ExprTrait, InsertStatement, Query},
};

use super::{
    Condition, Record, context_columns, object_key,
    sql_texts::SqlTexts,
    transaction_id::{self, MYSQL_VARIABLE, TransactionId},
};
use crate::{
    clock,
    entity::{
        self,
        audit_log::{Column, Entity},
    },
};

/// As much as the column holds, copied only where it must be cut.
fn table_name(name: Cow<'static, str>) -> Cow<'static, str> {
    match text::line(&name, entity::width(Column::TableName)) {
        Cow::Borrowed(kept) if kept.len() == name.len() => name,
        fit => Cow::Owned(fit.into_owned()),
    }
}

/// The object for people to read, copied only where it must be cut or cleaned.
fn repr(text: String) -> String {
    match text::line(&text, entity::width(Column::ObjectRepr)) {
        Cow::Borrowed(kept) if kept.len() == text.len() => text,
        fit => fit.into_owned(),
    }
}

/// The columns of an insert that hold something: the rest are `NULL` by themselves.
pub(crate) struct Row {
    backend: DbBackend,
    columns: Vec<Column>,
    values: Vec<Value>,
    /// Whether the session knows the transaction.
    asks_session: bool,
    condition: Option<Condition>,
}

/// The texts of inserts, by the columns that they have, each a bit, and whether the session and a condition are asked: each
/// database has one.
static INSERTS: SqlTexts<(DbBackend, u32, bool, bool)> = SqlTexts::new();

impl Row {
    /// The row of a record.
    pub(crate) fn of(
        backend: DbBackend,
        record: Record,
        context: &AuditContext,
        occurred_at: DateTime<Utc>,
    ) -> Self {
        let mut row = Self::new(backend);
        row.set(Column::OccurredAt, Some(clock::bound(occurred_at)));
        row.set(Column::Action, Some(record.action));
        row.set(Column::TableName, record.table_name.map(table_name));
        row.set(
            Column::ObjectId,
            record.object_id.map(|id| object_key::stored(id, backend)),
        );
        row.set(Column::ObjectRepr, record.object_repr.map(repr));
        row.set(Column::OldValues, record.old_values);
        row.set(Column::NewValues, record.new_values);
        for (column, text) in context_columns::texts(context) {
            row.set(column, text);
        }
        row.set(Column::Metadata, context_columns::metadata(context));
        row
    }

    fn new(backend: DbBackend) -> Self {
        Self {
            backend,
            columns: Vec::with_capacity(21),
            values: Vec::with_capacity(21),
            asks_session: false,
            condition: None,
        }
    }

    /// Says in which transaction it is written, where the database does not know it.
    pub(crate) fn of_transaction(mut self, id: TransactionId) -> Self {
        self.set(Column::TransactionId, Some(id));
        self
    }

    /// Has a session of MariaDB or MySQL say it, which may know as its pool propagates. SQLite's connections fill the column by a
    /// trigger of their own then.
    pub(crate) fn of_session(mut self) -> Self {
        self.asks_session = self.backend == DbBackend::MySql && transaction_id::is_propagated();
        self
    }

    /// Has the insert ask whether that holds.
    pub(crate) fn only_if(mut self, condition: Option<Condition>) -> Self {
        self.condition = condition;
        self
    }

    fn set(&mut self, column: Column, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.columns.push(column);
            self.values.push(value.into());
        }
    }

    pub(crate) fn statement(self) -> Statement {
        let columns = self
            .columns
            .iter()
            .fold(0, |bits, column| bits | 1 << *column as u32);
        let has_condition = self.condition.is_some();
        let kind = (self.backend, columns, self.asks_session, has_condition);
        let sql = INSERTS.get(kind, || self.backend.build(&self.insert()).sql);
        let asked = self.condition.into_iter().flat_map(|asked| asked.values);
        let values = self.values.into_iter().chain(asked);
        Statement::from_sql_and_values(self.backend, &*sql, values)
    }

    pub(crate) fn insert(&self) -> InsertStatement {
        let values = self.columns.iter().zip(&self.values);
        let values = values.map(|(column, value)| self.expression(*column, value.clone()));
        let (column, value) = self.asked_of_session().unzip();
        let mut insert = Query::insert();
        insert
            .into_table(Entity)
            .columns(self.columns.iter().copied().chain(column));
        let values = values.chain(value);
        let filled = match &self.condition {
            None => insert.values(values),
            Some(condition) => {
                let mut select = Query::select();
                select.exprs(values).and_where(condition.expression());
                insert.select_from(select)
            }
        };
        filled.expect("there is a value for each column");
        insert
    }

    fn asked_of_session(&self) -> Option<(Column, Expr)> {
        let asked = || (Column::TransactionId, Expr::cust(MYSQL_VARIABLE));
        self.asks_session.then(asked)
    }

    /// JSON travels as text: as a JSON parameter it would be `jsonb` to PostgreSQL, which refuses `\u0000`.
    fn expression(&self, column: Column, value: Value) -> Expr {
        let is_json = matches!(
            column,
            Column::OldValues | Column::NewValues | Column::Metadata
        );
        if is_json && self.backend == DbBackend::Postgres {
            Expr::value(value).cast_as("json")
        } else {
            Expr::value(value)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_insert_of_the_columns_that_hold_something() {
        let record = Record {
            action: "CREATE".into(),
            new_values: Some("{}".to_owned()),
            ..Record::default()
        };
        let row = Row::of(
            DbBackend::Postgres,
            record,
            &AuditContext::new(),
            clock::now(),
        );
        let Statement { sql, values, .. } = row.statement();
        assert_eq!(
            sql,
            r#"INSERT INTO "audit_log" ("occurred_at", "action", "new_values") VALUES ($1, $2, CAST($3 AS json))"#
        );
        assert_eq!(values.map(|values| values.0.len()), Some(3));
    }

    #[test]
    fn a_condition_is_asked_by_the_insert() {
        let record = || Record {
            action: "DELETE".into(),
            old_values: Some("{}".to_owned()),
            ..Record::default()
        };
        let context = AuditContext::new();
        let row = || Row::of(DbBackend::Postgres, record(), &context, clock::now());
        let condition = Condition::new(
            "$1 <> $2 OR $3 = 'x'",
            ["a", "b", "a"].map(Value::from).into(),
        );
        let built = DbBackend::Postgres.build(&row().only_if(Some(condition.clone())).insert());
        let Statement { sql, values, .. } = row().only_if(Some(condition)).statement();
        assert_eq!(
            sql,
            r#"INSERT INTO "audit_log" ("occurred_at", "action", "old_values") SELECT $1, $2, CAST($3 AS json) WHERE $4 <> $5 OR $6 = 'x'"#
        );
        assert_eq!(
            (built.sql, built.values.map(|it| it.0.len())),
            (sql, values.map(|it| it.0.len()))
        );
    }
}
