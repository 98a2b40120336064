//! What a record says its object was part of: the value of a foreign key in it, in SQL, and an index of that.

use sea_orm::{
    DbBackend, DbErr,
    sea_query::{Expr, ExprTrait, SimpleExpr},
};
use sha2::{Digest, Sha256};

use crate::{entity::audit_log::Entity, quoted};

/// The most characters of a value that are indexed: PostgreSQL refuses a row whose place in an index takes more than 2,704 bytes.
const INDEXED: usize = 191;

/// The value of a column in the records of a table: that before, or where there is none, that after. So every part has one in the
/// record that creates it, and in the one that takes it from its whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartValue {
    table: String,
    column: String,
}

impl PartValue {
    /// Of a column, by the names that it and its table have in records.
    pub(crate) fn new(table: &str, column: &str) -> Result<Self, DbErr> {
        if let Some(letter) = column.chars().find(|letter| matches!(letter, '"' | '\\')) {
            let why = format!(
                "audit: the records of `{table}` cannot be found by the column `{column}`, as its name has a {letter}"
            );
            return Err(DbErr::Custom(why));
        }
        Ok(Self {
            table: table.to_owned(),
            column: column.to_owned(),
        })
    }

    /// The name of the index, and of the column that MariaDB and MySQL index: the same for the same table and column.
    pub(crate) fn name(&self) -> String {
        let digest = Sha256::digest(format!("{}\0{}", self.table, self.column));
        format!("idx_audit_log_part_{}", &hex::encode(digest)[..12])
    }

    /// Whether a record may have one of these values, as [`text`](Self::text) has them; a text is that of a value only when its whole
    /// is compared. One that cannot be read, whose text is empty, is among them.
    pub(crate) fn may_be_any(
        &self,
        values: impl IntoIterator<Item = String>,
        has_column: bool,
        backend: DbBackend,
    ) -> SimpleExpr {
        let cut = |value: String| value.chars().take(INDEXED).collect();
        let values = values.into_iter().map(cut).chain([String::new()]);
        if has_column {
            return Expr::col((Entity, self.name())).is_in(values);
        }
        // Spelled as the index is, with nothing bound, by which it is found.
        Expr::cust(self.is_of_table()).and(Expr::cust(self.indexed(backend)).is_in(values))
    }

    /// The text of the value; empty where the record's JSON is none that the database reads.
    pub(crate) fn text(&self, backend: DbBackend) -> String {
        let key = quoted::text(&self.column);
        let path = quoted::text(&format!("$.\"{}\"", self.column));
        match backend {
            // `->>` fails on an escape that is no character of the database, such as that of NUL, and would fail the write.
            DbBackend::Postgres => format!(
                r"CASE WHEN strpos(old_values::text, chr(92) || 'u') > 0 OR strpos(new_values::text, chr(92) || 'u') > 0 THEN '' ELSE coalesce(old_values ->> {key}, new_values ->> {key}) END"
            ),
            DbBackend::Sqlite => guarded(&format!(
                "CAST(coalesce(json_extract(old_values, {path}), json_extract(new_values, {path})) AS text)"
            )),
            _ => guarded(&format!(
                "coalesce(json_value(old_values, {path}), json_value(new_values, {path}))"
            )),
        }
    }

    /// The statement that adds the column which MariaDB and MySQL index, as neither has an index of some rows, and MariaDB none of an
    /// expression. In a statement of its own, as MariaDB lets nobody write while one adds a column and its index.
    pub(crate) fn add_column(&self, backend: DbBackend) -> Option<String> {
        let (name, value) = (self.name(), self.indexed(backend));
        let is_of_table = self.is_of_table();
        (backend == DbBackend::MySql).then(|| {
            format!(
                "ALTER TABLE audit_log ADD COLUMN {name} varchar({INDEXED}) \
                 GENERATED ALWAYS AS (CASE WHEN {is_of_table} THEN {value} END) VIRTUAL"
            )
        })
    }

    /// The statement that creates the index.
    pub(crate) fn create_index(&self, backend: DbBackend) -> String {
        let (name, value) = (self.name(), self.indexed(backend));
        let is_of_table = self.is_of_table();
        match backend {
            DbBackend::Postgres | DbBackend::Sqlite => format!(
                "CREATE INDEX IF NOT EXISTS {name} ON audit_log (({value}), id) WHERE {is_of_table} AND ({value}) IS NOT NULL"
            ),
            _ => format!("CREATE INDEX {name} ON audit_log ({name}, id)"),
        }
    }

    /// The statement that removes it.
    pub(crate) fn drop_index(&self, backend: DbBackend) -> String {
        let name = self.name();
        match backend {
            DbBackend::Postgres | DbBackend::Sqlite => format!("DROP INDEX IF EXISTS {name}"),
            _ => format!("ALTER TABLE audit_log DROP COLUMN {name}"),
        }
    }

    fn is_of_table(&self) -> String {
        format!("table_name = {}", quoted::text(&self.table))
    }

    fn indexed(&self, backend: DbBackend) -> String {
        let text = self.text(backend);
        match backend {
            DbBackend::Sqlite => format!("substr({text}, 1, {INDEXED})"),
            _ => format!("left({text}, {INDEXED})"),
        }
    }
}

/// What is read of the JSON where that is valid: the functions fail on one that is not, or that nests too deep for them.
fn guarded(value: &str) -> String {
    let is_valid = |column: &str| format!("json_valid(coalesce({column}, 'null'))");
    let (old, new) = (is_valid("old_values"), is_valid("new_values"));
    format!("CASE WHEN {old} AND {new} THEN {value} ELSE '' END")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_path_can_hold_is_refused() {
        for column in ["a\"b", "a\\b"] {
            let refused = PartValue::new("line", column).unwrap_err().to_string();
            assert!(refused.contains(column), "{refused}");
        }
        let value = PartValue::new("li'ne", "or'der").unwrap();
        let index = value.create_index(DbBackend::Postgres);
        assert!(
            index.contains("'li''ne'") && index.contains("->> 'or''der'"),
            "{index}"
        );
    }

    #[test]
    fn each_column_of_each_table_has_an_index_of_its_own() {
        let name = |table, column| PartValue::new(table, column).unwrap().name();
        assert_eq!(name("a", "b"), name("a", "b"));
        assert_ne!(name("a_b", "c"), name("a", "b_c"));
        assert!(name(&"t".repeat(200), "c").len() <= 63);
    }
}
