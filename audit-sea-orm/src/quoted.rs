//! Names and texts in statements, quoted so that they may hold anything.

/// A name, as the SQL standard quotes it: for SQLite and PostgreSQL.
pub(crate) fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A name for MySQL and MariaDB.
pub(crate) fn mysql_name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A text without backslashes, which some sessions take for escapes.
pub(crate) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_quotes_is_doubled() {
        assert_eq!(super::name("a\"b`'c"), "\"a\"\"b`'c\"");
        assert_eq!(super::mysql_name("a\"b`'c"), "`a\"b``'c`");
        assert_eq!(super::text("a\"b`'c"), "'a\"b`''c'");
    }
}
