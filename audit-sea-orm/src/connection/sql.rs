//! What can be told of a statement by its text.

use std::ops::ControlFlow;

use sea_orm::DbBackend;

/// What a statement does, as far as its text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Plainly nothing but reading.
    Read,
    /// It may write rows.
    Write,
    /// Neither: it defines, configures, or controls a transaction itself.
    Other,
}

/// The words that may write rows, wherever they stand.
const WRITES: [&str; 11] = [
    "CALL", "COPY", "DELETE", "DO", "EXECUTE", "INSERT", "LOAD", "MERGE", "REPLACE", "TRUNCATE",
    "UPDATE",
];

/// The words a statement begins with that controls transactions or the session: it is sent as it is.
const CONTROLS: [&str; 9] = [
    "ABORT",
    "BEGIN",
    "COMMIT",
    "END",
    "RELEASE",
    "ROLLBACK",
    "SAVEPOINT",
    "SET",
    "START",
];

/// The words a query begins with.
const QUERIES: [&str; 4] = ["SELECT", "TABLE", "VALUES", "WITH"];

/// What may stand before a parenthesis in a plain read: functions and words that surely write nothing.
const HARMLESS: [&str; 36] = [
    "ABS",
    "ALL",
    "AND",
    "ANY",
    "AS",
    "AVG",
    "BY",
    "CAST",
    "COALESCE",
    "CONCAT",
    "COUNT",
    "DISTINCT",
    "EXISTS",
    "EXTRACT",
    "FILTER",
    "FROM",
    "IN",
    "JOIN",
    "LENGTH",
    "LOWER",
    "MAX",
    "MIN",
    "NOT",
    "NULLIF",
    "ON",
    "OR",
    "OVER",
    "ROUND",
    "ROW_NUMBER",
    "SELECT",
    "SUM",
    "TRIM",
    "UNION",
    "UPPER",
    "VALUES",
    "WHERE",
];

/// A word outside quotes and comments, as in `SELECT`, or a sign.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Token<'s> {
    Word {
        text: &'s str,
        /// How many parentheses are open.
        depth: usize,
        /// Whether a parenthesis follows.
        calls: bool,
    },
    /// An identifier in quotes, without them.
    Quoted {
        text: &'s str,
    },
    Dot,
    Semicolon,
    Comment,
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// What a statement does. What cannot be told is taken for a write.
pub(super) fn kind(sql: &str, backend: DbBackend) -> Kind {
    let (mut first, mut writes, mut calls_unknown) = (None, false, false);
    let read = scan(sql, backend, |token| {
        let Token::Word { text, calls, .. } = token else {
            return ControlFlow::Continue(());
        };
        first.get_or_insert(text);
        writes |= is_one_of(text, &WRITES);
        calls_unknown |= calls && !is_one_of(text, &HARMLESS);
        ControlFlow::Continue(())
    });
    let Some(first) = first else {
        return Kind::Other;
    };
    let is_query = is_one_of(first, &QUERIES);
    if is_one_of(first, &CONTROLS) {
        Kind::Other
    } else if read.is_none() || writes || (is_query && calls_unknown) {
        Kind::Write
    } else if is_query {
        Kind::Read
    } else {
        Kind::Other
    }
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

/// Whether a text is one SQL statement, without comments.
pub(super) fn is_single(sql: &str, backend: DbBackend) -> bool {
    let mut single = true;
    let read = scan(sql, backend, |token| match token {
        Token::Word { .. } | Token::Quoted { .. } | Token::Dot => ControlFlow::Continue(()),
        Token::Semicolon | Token::Comment => {
            single = false;
            ControlFlow::Break(())
        }
    });
    single && read.is_some()
}

/// Shows what stands outside quotes; `None` where the text ends inside something, or has what only the server
/// can read.
pub(crate) fn scan<'s>(
    sql: &'s str,
    backend: DbBackend,
    mut see: impl FnMut(Token<'s>) -> ControlFlow<()>,
) -> Option<()> {
    let bytes = sql.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        let rest = &sql[at..];
        let token = if let Some(length) = comment(rest, backend)? {
            at += length;
            Some(Token::Comment)
        } else if let Some(length) = quoted(rest, previous(bytes, at), backend)? {
            at += length;
            let text = rest[..length].get(1..length - 1).unwrap_or_default();
            let is_name = matches!(rest.as_bytes()[0], b'"' | b'`' | b'[');
            is_name.then_some(Token::Quoted { text })
        } else if is_word_byte(bytes[at]) {
            let length = rest.bytes().take_while(|byte| is_word_byte(*byte)).count();
            at += length;
            let calls = sql[at..].trim_start().starts_with('(');
            let text = &rest[..length];
            Some(Token::Word { text, depth, calls })
        } else {
            let byte = bytes[at];
            at += 1;
            match byte {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            match byte {
                b';' => Some(Token::Semicolon),
                b'.' => Some(Token::Dot),
                _ => None,
            }
        };
        if token.is_some_and(|token| see(token).is_break()) {
            return Some(());
        }
    }
    Some(())
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn previous(bytes: &[u8], at: usize) -> Option<u8> {
    at.checked_sub(1).map(|before| bytes[before])
}

/// The length of the comment that begins here. The outer `None`: it has no end, or the server executes it.
#[expect(
    clippy::option_option,
    reason = "no comment, and none that can be read, differ"
)]
fn comment(rest: &str, backend: DbBackend) -> Option<Option<usize>> {
    let is_mysql = backend == DbBackend::MySql;
    let dashes = rest.starts_with("--")
        // `5--3` is a subtraction there.
        && (!is_mysql || rest[2..].starts_with(|c: char| c.is_whitespace() || c.is_control()));
    if dashes || (is_mysql && rest.starts_with('#')) {
        return Some(Some(rest.find('\n').unwrap_or(rest.len())));
    }
    if !rest.starts_with("/*") {
        return Some(None);
    }
    if is_mysql && (rest.starts_with("/*!") || rest.starts_with("/*M!")) {
        return None;
    }
    let end = rest[2..].find("*/")? + 4;
    // PostgreSQL's comments nest: one that does is left to the server.
    (!rest[2..end].contains("/*")).then_some(Some(end))
}

/// The length of the quoted text that begins here. The outer `None`: it has no end.
#[expect(
    clippy::option_option,
    reason = "no quotes, and quotes without an end, differ"
)]
fn quoted(rest: &str, before: Option<u8>, backend: DbBackend) -> Option<Option<usize>> {
    let is_mysql = backend == DbBackend::MySql;
    let quote = rest.as_bytes()[0];
    let escapes = match quote {
        // `E'…'`; a word that ends in `e` before a quote is none that SQL has.
        b'\'' => is_mysql || matches!(before, Some(b'e' | b'E')),
        b'"' => is_mysql,
        b'`' => false,
        b'[' if backend == DbBackend::Sqlite => return Some(Some(rest.find(']')? + 1)),
        b'$' if backend == DbBackend::Postgres => return dollar_quoted(rest),
        _ => return Some(None),
    };
    let mut bytes = rest.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        if byte == b'\\' && escapes {
            bytes.next();
        } else if byte == quote {
            // A doubled quote begins the next quoted text at once, which comes to the same.
            return Some(Some(at + 1));
        }
    }
    None
}

#[expect(clippy::option_option, reason = "as `quoted`")]
fn dollar_quoted(rest: &str) -> Option<Option<usize>> {
    let tag = rest[1..]
        .bytes()
        .take_while(|byte| is_word_byte(*byte))
        .count();
    let is_parameter = rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    if is_parameter || rest.as_bytes().get(tag + 1) != Some(&b'$') {
        return Some(None);
    }
    let tag = &rest[..tag + 2];
    let end = rest[tag.len()..].find(tag)?;
    Some(Some(end + 2 * tag.len()))
}

#[cfg(test)]
mod tests;
