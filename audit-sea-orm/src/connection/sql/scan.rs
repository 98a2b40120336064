//! Reads a text as far as is needed to tell words from what stands in quotes and comments.

use std::ops::ControlFlow;

use sea_orm::DbBackend;

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
        /// Whether a parenthesis follows.
        calls: bool,
    },
    /// Between two names.
    Dot,
    Semicolon,
    Comment,
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
        } else if let Some(length) = quoted(rest, is_escape_string(bytes, at), backend)? {
            at += length;
            let text = rest[..length].get(1..length - 1).unwrap_or_default();
            let is_name = matches!(rest.as_bytes()[0], b'"' | b'`' | b'[');
            let calls = is_name && calls(&sql[at..], backend);
            is_name.then_some(Token::Quoted { text, calls })
        } else if is_word_byte(bytes[at]) {
            // A `$` inside a name belongs to it, and begins no quotes.
            let length = rest
                .bytes()
                .take_while(|byte| is_word_byte(*byte) || *byte == b'$')
                .count();
            at += length;
            let calls = calls(&sql[at..], backend);
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
                b'.' if names(&sql[at..]) => Some(Token::Dot),
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

/// Whether the quote at that place begins an `E'…'`: an `e` that is a word by itself stands before it.
fn is_escape_string(bytes: &[u8], at: usize) -> bool {
    let before = |places: usize| at.checked_sub(places).map(|place| bytes[place]);
    matches!(before(1), Some(b'e' | b'E'))
        && before(2).is_none_or(|byte| !is_word_byte(byte) && byte != b'$')
}

/// Whether a parenthesis follows, perhaps after comments.
fn calls(mut rest: &str, backend: DbBackend) -> bool {
    loop {
        rest = rest.trim_start();
        match comment(rest, backend) {
            Some(Some(length)) => rest = &rest[length..],
            Some(None) => return rest.starts_with('('),
            // The whole text cannot be told then.
            None => return false,
        }
    }
}

/// Whether a name follows a dot: `*` is none, nor is there one behind `1.`.
fn names(rest: &str) -> bool {
    let first = rest.trim_start().bytes().next();
    first.is_some_and(|byte| is_word_byte(byte) || matches!(byte, b'"' | b'`' | b'['))
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
    if backend == DbBackend::Postgres {
        return nested_comment(rest).map(Some);
    }
    Some(Some(rest[2..].find("*/")? + 4))
}

/// The length of a comment that may hold others, as PostgreSQL's may.
fn nested_comment(rest: &str) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match rest.as_bytes().get(at..at + 2)? {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// The length of the quoted text that begins here. The outer `None`: it has no end.
#[expect(
    clippy::option_option,
    reason = "no quotes, and quotes without an end, differ"
)]
fn quoted(rest: &str, is_escape_string: bool, backend: DbBackend) -> Option<Option<usize>> {
    let is_mysql = backend == DbBackend::MySql;
    let quote = rest.as_bytes()[0];
    let escapes = match quote {
        b'\'' => is_mysql || is_escape_string,
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
