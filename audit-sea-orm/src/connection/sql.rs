//! What can be told of a statement by its text.

mod functions;
mod kind;
mod scan;

use std::ops::ControlFlow;

use sea_orm::DbBackend;

pub(super) use kind::{Kind, kind};
pub(crate) use scan::{Token, scan};

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether a statement may undo a part of the transaction it runs in.
pub(super) fn rolls_back(sql: &str, backend: DbBackend) -> bool {
    let mut found = false;
    let read = scan(sql, backend, |token| match token {
        Token::Word { text, .. } if text.eq_ignore_ascii_case("ROLLBACK") => {
            found = true;
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    found || read.is_none()
}

/// Whether a statement runs a procedure, which may commit and roll back as long as nobody has begun a transaction
/// around it.
pub(super) fn may_end_transactions(sql: &str, backend: DbBackend) -> bool {
    let mut found = false;
    let _rest = scan(sql, backend, |token| {
        if let Token::Word { text, .. } = token {
            let is = |word: &str| text.eq_ignore_ascii_case(word);
            found = match backend {
                DbBackend::Postgres => is("CALL") || is("DO"),
                DbBackend::MySql => is("CALL") || is("EXECUTE"),
                _ => false,
            };
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    found
}

/// A PostgreSQL `INSERT`, `UPDATE` or `DELETE` that sets the context, bound as the parameter of that number, by
/// its own `RETURNING` list: PostgreSQL evaluates it with the first row, and fires `AFTER` triggers at the end of
/// the statement. `None` where the text is not plainly a single such statement.
///
/// The sub-select is evaluated once. It comes last in the list, and gives a boolean, so that thousands of rows do
/// not each carry the context back.
pub(super) fn with_context(sql: &str, parameter: usize) -> Option<String> {
    let (mut is_first, mut fits, mut returns) = (true, true, false);
    scan(sql, DbBackend::Postgres, |token| {
        match token {
            Token::Word { text, depth, .. } => {
                fits &= !is_first || is_one_of(text, &["INSERT", "UPDATE", "DELETE"]);
                is_first = false;
                returns |= depth == 0 && text.eq_ignore_ascii_case("RETURNING");
            }
            Token::Semicolon | Token::Comment => fits = false,
            Token::Quoted { .. } | Token::Dot => {}
        }
        if fits {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    let before = if returns { "," } else { " RETURNING" };
    (fits && !is_first).then(|| {
        format!(
            "{sql}{before} (SELECT set_config('audit.context', ${parameter}, true) IS NULL) AS \"audit_context\""
        )
    })
}

#[cfg(test)]
mod tests;
