//! The functions that are known to write no rows.

use std::{collections::HashSet, sync::LazyLock};

/// The names of what PostgreSQL, MySQL, MariaDB and their usual extensions have, and the words that may stand before
/// a parenthesis without being a function.
///
/// PostgreSQL's are those of `pg_proc` in `pg_catalog`, without what serves operators and types, and of
/// `pg_get_keywords()`; MariaDB's those of `information_schema.sql_functions`; what came later, and MySQL's, are from
/// their manuals. Not among them: what writes something (`nextval`, `lo_…`), or executes a text (`query_to_xml`).
static HARMLESS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("functions.txt").split_whitespace().collect());

/// Whose names nobody else gives to functions that write: PostgreSQL's own, and those of OGC's geometry.
const PREFIXES: [&str; 2] = ["pg_", "st_"];

/// Whether a function of that name, without a schema, surely writes no rows; or the word is none of a function.
pub(super) fn is_harmless(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    HARMLESS.contains(name.as_str()) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
