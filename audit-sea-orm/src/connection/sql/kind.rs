//! Whether a statement writes.

use std::ops::ControlFlow;

use sea_orm::DbBackend;

use super::{Token, functions::is_harmless, is_one_of, scan};

/// What a statement does, as far as its text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::connection) enum Kind {
    /// Plainly nothing but reading.
    Read,
    /// It may write rows.
    Write,
    /// Neither: it defines, configures, or controls a transaction itself.
    Other,
}

/// The words that may write rows, where a statement is none that reads.
const WRITES: [&str; 11] = [
    "CALL", "COPY", "DELETE", "DO", "EXECUTE", "INSERT", "LOAD", "MERGE", "REPLACE", "TRUNCATE",
    "UPDATE",
];

/// The words that write rows after `WITH`, where no parenthesis follows: with one, they are functions of MySQL's.
const CHANGES: [&str; 5] = ["DELETE", "INSERT", "MERGE", "REPLACE", "UPDATE"];

/// What stands before an `UPDATE` that only locks.
const LOCKS: [&str; 2] = ["FOR", "KEY"];

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

/// The words of a query, and those of what only shows.
const QUERIES: [&str; 3] = ["SELECT", "TABLE", "VALUES"];
const SHOWS: [&str; 4] = ["DESC", "DESCRIBE", "PRAGMA", "SHOW"];

/// What a statement is, by its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// What writes in it are functions only.
    Query,
    /// A query, or a change, after queries and changes that have a name.
    With,
    /// Executes the statement only where it holds `ANALYZE`.
    Explain,
    Show,
    Control,
    Verb,
}

impl Form {
    fn of(word: &str) -> Self {
        if is_one_of(word, &QUERIES) {
            Self::Query
        } else if word.eq_ignore_ascii_case("WITH") {
            Self::With
        } else if word.eq_ignore_ascii_case("EXPLAIN") {
            Self::Explain
        } else if is_one_of(word, &SHOWS) {
            Self::Show
        } else if is_one_of(word, &CONTROLS) {
            Self::Control
        } else {
            Self::Verb
        }
    }
}

/// What a text does. What cannot be told is taken for a write.
///
/// A read that is taken for a write waits as one does; a write that is taken for a read leaves its records without the
/// context. So a function that may be of the application's own counts as one that writes, but on SQLite, where
/// functions write nothing.
pub(in crate::connection) fn kind(sql: &str, backend: DbBackend) -> Kind {
    let (mut statement, mut kinds, mut is_control) = (None, Vec::new(), None);
    let whole = scan(sql, backend, |token| {
        match token {
            Token::Semicolon => {
                kinds.extend(statement.take().map(|it: Reading<'_>| it.kind(backend)))
            }
            Token::Word { text, .. } if statement.is_none() => {
                let form = Form::of(text);
                is_control.get_or_insert(form == Form::Control);
                statement = Some(Reading::new(form, text));
            }
            token => {
                if let Some(statement) = &mut statement {
                    statement.read(token);
                }
            }
        }
        ControlFlow::Continue(())
    });
    kinds.extend(statement.map(|statement| statement.kind(backend)));
    match is_control {
        Some(false) if whole.is_none() || kinds.contains(&Kind::Write) => Kind::Write,
        Some(false) if kinds.iter().all(|kind| *kind == Kind::Read) => Kind::Read,
        // Nothing, or what is between the text and the server, whatever follows.
        _ => Kind::Other,
    }
}

/// A statement, as far as it was read.
struct Reading<'s> {
    form: Form,
    /// The name or word before.
    before: &'s str,
    /// The schema of the name that follows, after its dot.
    schema: Option<&'s str>,
    /// Whether names of queries come, and not yet what is done with them.
    is_in_header: bool,
    writes: bool,
    changes: bool,
    calls_unknown: bool,
    analyzes: bool,
}

impl<'s> Reading<'s> {
    fn new(form: Form, first: &'s str) -> Self {
        Self {
            form,
            before: first,
            schema: None,
            is_in_header: form == Form::With,
            writes: is_one_of(first, &WRITES),
            changes: false,
            calls_unknown: false,
            analyzes: false,
        }
    }

    fn read(&mut self, token: Token<'s>) {
        match token {
            Token::Word { text, depth, calls } => {
                self.note(text, depth, calls);
                self.calls_unknown |= calls && !self.is_name(depth) && !self.is_known(text);
                self.go_on(text);
            }
            Token::Quoted { text, calls } => {
                // Quotes do not say how deep they stand; a name of a query in them is rare.
                self.calls_unknown |= calls && !self.is_named();
                self.go_on(text);
            }
            Token::Dot => self.schema = Some(self.before),
            Token::Semicolon | Token::Comment => {}
        }
    }

    fn note(&mut self, word: &str, depth: usize, calls: bool) {
        self.writes |= is_one_of(word, &WRITES);
        let locks = word.eq_ignore_ascii_case("UPDATE") && is_one_of(self.before, &LOCKS);
        let changes = !calls && !locks && is_one_of(word, &CHANGES);
        self.changes |= changes;
        self.analyzes |= is_one_of(word, &["ANALYZE", "ANALYSE"]);
        if depth == 0 && (changes || is_one_of(word, &QUERIES)) {
            self.is_in_header = false;
        }
    }

    fn go_on(&mut self, name: &'s str) {
        self.before = name;
        self.schema = None;
    }

    fn is_named(&self) -> bool {
        is_one_of(self.before, &["AS", "RECURSIVE", "WITH"])
    }

    /// Whether what has a parenthesis behind it is the name of a query, of columns, or of a type.
    fn is_name(&self, depth: usize) -> bool {
        self.is_named() || (self.is_in_header && depth == 0)
    }

    fn is_known(&self, function: &str) -> bool {
        match self.schema {
            Some(schema) => schema.eq_ignore_ascii_case("pg_catalog"),
            None => is_harmless(function),
        }
    }

    fn kind(&self, backend: DbBackend) -> Kind {
        let calls_unknown = self.calls_unknown && backend != DbBackend::Sqlite;
        let writes = match self.form {
            Form::Query => calls_unknown,
            Form::With => calls_unknown || self.changes,
            Form::Explain => self.analyzes && (calls_unknown || self.writes),
            Form::Show | Form::Control => false,
            Form::Verb => self.writes,
        };
        match self.form {
            _ if writes => Kind::Write,
            Form::Query | Form::With | Form::Explain | Form::Show => Kind::Read,
            Form::Control | Form::Verb => Kind::Other,
        }
    }
}
