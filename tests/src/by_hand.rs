//! Records that a test writes itself.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

/// A record of an object, with JSON as it is in one of its two sides.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// What was done.
    pub action: &'a str,
    /// The table.
    pub table: &'a str,
    /// The object's key.
    pub object_id: &'a str,
    /// `old_values` or `new_values`.
    pub side: &'a str,
    /// What stands there.
    pub json: &'a str,
}

impl Record<'_> {
    /// Writes it.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn write(self, db: &DatabaseConnection) -> Result<(), DbErr> {
        let backend = db.get_database_backend();
        let (time, places) = match backend {
            DbBackend::Postgres => ("2026-12-01 00:00:00+00:00", "$1, $2, $3, $4::text::json"),
            DbBackend::Sqlite => ("2026-12-01 00:00:00+00:00", "?, ?, ?, ?"),
            _ => ("2026-12-01 00:00:00", "?, ?, ?, ?"),
        };
        let side = self.side;
        let sql = format!(
            "INSERT INTO audit_log (occurred_at, action, table_name, object_id, {side}) VALUES ('{time}', {places})"
        );
        // As parameters: MariaDB and MySQL take backslashes in a text for escapes.
        let values = [self.action, self.table, self.object_id, self.json].map(Into::into);
        let statement = Statement::from_sql_and_values(backend, sql, values);
        db.execute_raw(statement).await.map(drop)
    }
}
