//! The schema search path of PostgreSQL, which SeaORM sets in the one `after_connect` that a pool has.

use sea_orm::ConnectOptions;

use crate::{Error, Result};

/// What SeaORM 2.0.4 has a new connection of these options execute, as in `sqlx_postgres.rs`.
pub(super) fn statement(options: &ConnectOptions) -> Result<Option<String>> {
    let Some(path) = path(options)? else {
        return Ok(None);
    };
    let schemas: Vec<_> = if path.starts_with('"') {
        vec![path]
    } else {
        path.split(',').map(quoted).collect()
    };
    Ok(Some(format!("SET search_path = {}", schemas.join(","))))
}

fn quoted(schema: &str) -> String {
    if schema.starts_with('"') {
        schema.to_owned()
    } else {
        format!("\"{schema}\"")
    }
}

/// SeaORM has a setter and no getter, but shows the path to `Debug`. What is read there is proven by setting it.
fn path(options: &ConnectOptions) -> Result<Option<String>> {
    const PROBE: &str = "audit_probe";
    let with = |path: &str| {
        let mut options = options.clone();
        options.set_schema_search_path(path);
        shown(&options)
    };
    let (text, probe) = (shown(options), with(PROBE));
    let unread = || Error::Propagation {
        why: "the schema search path cannot be kept: set it in the URL, `?options=-csearch_path%3D…`",
    };
    if read(&probe).as_deref() != Some(PROBE) {
        return Err(unread());
    }
    match read(&text) {
        Some(path) if with(&path) != text => Err(unread()),
        path => Ok(path),
    }
}

fn shown(options: &ConnectOptions) -> String {
    format!("{options:?}")
}

/// The path in what `Debug` shows.
fn read(text: &str) -> Option<String> {
    let (_, rest) = text.rsplit_once("schema_search_path: Some(\"")?;
    let mut path = String::new();
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '"' => return Some(path),
            '\\' => path.push(characters.next()?),
            character => path.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> ConnectOptions {
        ConnectOptions::new("postgres://u:schema_search_path: Some(\"x\")@h/d")
    }

    #[test]
    fn no_path_is_none() {
        assert_eq!(statement(&options()).expect("none"), None);
    }

    #[test]
    fn a_path_is_what_sea_orm_sends() {
        for (path, sent) in [
            ("shop", r#"SET search_path = "shop""#),
            ("shop,public", r#"SET search_path = "shop","public""#),
            (r#""a b", public"#, r#"SET search_path = "a b", public"#),
            (r#"a\b"#, r#"SET search_path = "a\b""#),
        ] {
            let mut options = options();
            options.set_schema_search_path(path);
            let statement = statement(&options).expect("a path");
            assert_eq!(statement.as_deref(), Some(sent));
        }
    }

    #[test]
    fn a_path_that_cannot_be_read_is_an_error() {
        let mut options = options();
        options.set_application_name("schema_search_path: Some(\"x\")");
        options.set_schema_search_path("shop\u{1}");
        assert!(statement(&options).is_err());
    }
}
