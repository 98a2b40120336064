use sea_orm::{Value, sea_query::Expr};

/// What must hold for a record to be written: asked by the insert itself, so that it costs no statement.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// With `$1` and so on for the values, each once and in order. One for each database, as the text of the insert is
    /// kept.
    sql: String,
    pub(super) values: Vec<Value>,
}

impl Condition {
    pub(crate) fn new(sql: impl Into<String>, values: Vec<Value>) -> Self {
        let sql = sql.into();
        Self { sql, values }
    }

    pub(super) fn expression(&self) -> Expr {
        Expr::cust_with_values(self.sql.clone(), self.values.clone())
    }
}
