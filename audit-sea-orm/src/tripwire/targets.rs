use std::ops::ControlFlow;

use audit_core::Action;
use sea_orm::DbBackend;

use crate::connection::sql::{Token, scan};

/// A table that a statement writes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) action: Action,
    /// Without its schema, in lower case.
    pub(super) table: String,
    /// Whether the statement returns rows.
    pub(super) returns: bool,
}

/// What may stand between the verb and the table.
const BETWEEN: [&str; 11] = [
    "ABORT",
    "FAIL",
    "FROM",
    "IGNORE",
    "INTO",
    "LOW_PRIORITY",
    "ONLY",
    "OR",
    "REPLACE",
    "ROLLBACK",
    "TABLE",
];

/// What stands before an `UPDATE` that is none by itself: an upsert's, or a lock's.
const NO_UPDATE: [&str; 3] = ["DO", "FOR", "KEY"];

/// The tables that a text writes to, as far as it tells.
pub(super) fn of(sql: &str, backend: DbBackend) -> Vec<Target> {
    let mut found: Vec<Target> = Vec::new();
    let mut reader = Reader::default();
    let mut returns = false;
    scan(sql, backend, |token| {
        if let Token::Word { text, .. } = token {
            returns |= text.eq_ignore_ascii_case("RETURNING");
        }
        found.extend(reader.read(token));
        ControlFlow::Continue(())
    });
    found.extend(reader.end());
    for target in &mut found {
        target.returns = returns;
    }
    found
}

#[derive(Default)]
struct Reader {
    before: String,
    action: Option<Action>,
    /// The last part of the name that was read.
    name: Option<String>,
    /// Whether another part follows.
    is_qualified: bool,
}

impl Reader {
    fn read(&mut self, token: Token<'_>) -> Option<Target> {
        match token {
            Token::Dot if self.name.is_some() => {
                self.is_qualified = true;
                None
            }
            Token::Quoted { text, .. } => self.part(text),
            Token::Word { text, .. } => {
                let is_between = BETWEEN.iter().any(|word| word.eq_ignore_ascii_case(text));
                let is_part = self.action.is_some()
                    && (self.is_qualified || (self.name.is_none() && !is_between));
                let before = std::mem::replace(&mut self.before, text.to_ascii_uppercase());
                if is_part {
                    return self.part(text);
                }
                let ended = self.name.is_some().then(|| self.end()).flatten();
                if let Some(action) = action(text, &before) {
                    self.action = Some(action);
                }
                ended
            }
            Token::Dot | Token::Semicolon | Token::Comment => self.end(),
        }
    }

    fn part(&mut self, text: &str) -> Option<Target> {
        self.action.as_ref()?;
        if self.name.is_some() && !self.is_qualified {
            return self.end();
        }
        self.name = Some(text.to_lowercase());
        self.is_qualified = false;
        None
    }

    fn end(&mut self) -> Option<Target> {
        self.is_qualified = false;
        let table = self.name.take()?;
        Some(Target {
            action: self.action.take()?,
            table,
            returns: false,
        })
    }
}

fn action(word: &str, before: &str) -> Option<Action> {
    match word.to_ascii_uppercase().as_str() {
        "INSERT" | "MERGE" => Some(Action::Create),
        "REPLACE" if before != "OR" => Some(Action::Create),
        "UPDATE" if !NO_UPDATE.contains(&before) => Some(Action::Update),
        "DELETE" | "TRUNCATE" => Some(Action::Delete),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::DatabaseBackend::{MySql, Postgres, Sqlite};

    use super::*;

    fn found(sql: &str, backend: DbBackend) -> Vec<String> {
        let targets = of(sql, backend).into_iter();
        targets
            .map(|target| format!("{} {}", target.action, target.table))
            .collect()
    }

    #[test]
    fn the_tables_of_writes_are_found() {
        for (sql, expected) in [
            (
                r#"INSERT INTO "Cake" ("a") VALUES ('UPDATE pie')"#,
                "CREATE cake",
            ),
            (
                r#"INSERT INTO "cake" ("a") VALUES (1) ON CONFLICT ("a") DO UPDATE SET "b" = 1"#,
                "CREATE cake",
            ),
            (
                r#"UPDATE "shop"."cake" SET "a" = 1 RETURNING "a""#,
                "UPDATE cake",
            ),
            ("update only cake set a = 1", "UPDATE cake"),
            ("DELETE FROM cake", "DELETE cake"),
            (
                "WITH gone AS (DELETE FROM cake RETURNING id) SELECT * FROM gone",
                "DELETE cake",
            ),
            ("TRUNCATE TABLE cake", "DELETE cake"),
        ] {
            assert_eq!(found(sql, Postgres), [expected], "{sql}");
        }
        let upsert = "INSERT IGNORE INTO `cake` (`a`) VALUES (1) ON DUPLICATE KEY UPDATE `a` = 2";
        assert_eq!(found(upsert, MySql), ["CREATE cake"]);
        assert_eq!(
            found("INSERT OR REPLACE INTO [cake] VALUES (1)", Sqlite),
            ["CREATE cake"]
        );
        let two = r#"UPDATE "cake" SET "a" = "a" WHERE 0; DELETE FROM "pie""#;
        assert_eq!(found(two, Sqlite), ["UPDATE cake", "DELETE pie"]);
    }

    #[test]
    fn reads_and_locks_are_none() {
        for sql in [
            r#"SELECT "update" FROM "cake" FOR UPDATE"#,
            "SELECT * FROM cake FOR NO KEY UPDATE",
            "SELECT 'DELETE FROM cake' -- DELETE FROM cake",
        ] {
            assert_eq!(found(sql, Postgres), [""; 0], "{sql}");
        }
    }

    #[test]
    fn a_statement_that_returns_rows_is_told() {
        let update = r#"UPDATE "cake" SET "a" = 1"#;
        assert!(!of(update, Postgres)[0].returns);
        assert!(of(&format!("{update} RETURNING a"), Postgres)[0].returns);
    }
}
