//! Tables and views of PostgreSQL whose writes the server turns into others: by rules, or by triggers of a view. What the
//! others write comes before the `RETURNING` list of the first is evaluated, and a rule may refuse one.

use std::{
    collections::HashMap,
    sync::{LazyLock, PoisonError, RwLock},
};

use sea_orm::{
    ConnectionTrait, DbErr,
    sea_query::{Expr, Query},
};

use super::own;

/// By the table's name in statements. A program has only so many.
static KNOWN: LazyLock<RwLock<HashMap<String, bool>>> = LazyLock::new(RwLock::default);

/// The most names that are kept; one more is asked for each time.
const MOST: usize = 4_096;

/// Whether the server may turn that write into another: asked once for each table and process.
pub(super) async fn may_turn<C: ConnectionTrait>(db: &C, sql: &str) -> Result<bool, DbErr> {
    let Some(table) = target(sql) else {
        return Ok(true);
    };
    if let Some(known) = known(table) {
        return Ok(known);
    }
    // A view is one by its rule.
    let question = "(SELECT relhasrules FROM pg_catalog.pg_class WHERE oid = to_regclass($1))";
    let question = Query::select()
        .expr(Expr::cust_with_values(question, [table]))
        .take();
    let row = own(db.query_one(&question)).await?;
    let has_rules = row.map(|row| row.try_get_by_index::<Option<bool>>(0));
    let has_rules = has_rules.transpose()?.flatten();
    // A table that is not there has the write say so, and may be there later.
    if let Some(has_rules) = has_rules {
        let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST {
            known.insert(table.to_owned(), has_rules);
        }
    }
    Ok(has_rules.unwrap_or_default())
}

fn known(table: &str) -> Option<bool> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    known.get(table).copied()
}

/// Whether an error may come from a rule that was made since: then the next write asks anew.
pub(super) fn doubts(sql: &str, error: &DbErr) -> bool {
    // A word of SQL: it stands in the message in any language.
    let may_be_of_rule = error.to_string().contains("RETURNING");
    if let Some(table) = target(sql).filter(|_| may_be_of_rule) {
        let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
        known.remove(table);
    }
    may_be_of_rule
}

/// The name of the table that a statement of sea-query's writes to, as it stands there.
fn target(sql: &str) -> Option<&str> {
    let mut verbs = ["INSERT INTO ", "UPDATE ", "DELETE FROM "].into_iter();
    let rest = verbs.find_map(|verb| sql.strip_prefix(verb))?;
    let (mut length, mut is_quoted) = (0, false);
    for character in rest.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '.' => {}
            _ => break,
        }
        length += character.len_utf8();
    }
    (length > 0 && !is_quoted).then(|| &rest[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_a_built_write_is_found() {
        let table = r#""a ""b"""."c.d""#;
        for (before, after) in [
            ("INSERT INTO ", r#" ("x") VALUES ($1)"#),
            ("UPDATE ", r#" SET "x" = $1"#),
            ("DELETE FROM ", ""),
        ] {
            let sql = format!("{before}{table}{after}");
            assert_eq!(target(&sql), Some(table));
        }
        for other in [
            r#"UPDATE ONLY "a""#,
            r#"WITH x AS (SELECT 1) UPDATE "a""#,
            "UPDATE a SET b = 1",
        ] {
            assert_eq!(target(other), None);
        }
    }
}
