use std::fmt;

use audit_sea_orm::text;
use http::{Method, request::Parts, uri::PathAndQuery};

use super::host::{self, Matched};

/// What a request asks for: its method and the route that matched, else its path; never the query string.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) method: Method,
    target: Target,
}

#[derive(Clone, Debug)]
enum Target {
    Matched(Matched),
    Asked(PathAndQuery),
    /// As a framework says it that has types of its own.
    #[cfg(feature = "actix")]
    Text {
        path: Box<str>,
        is_matched: bool,
    },
    /// `OPTIONS *`, `CONNECT`.
    Nothing,
}

impl Route {
    pub(super) fn of(parts: &Parts) -> Self {
        let asked = || parts.uri.path_and_query().cloned();
        let target = match host::matched(&parts.extensions) {
            Some(matched) => Target::Matched(matched),
            None => asked().map_or(Target::Nothing, Target::Asked),
        };
        Self {
            method: parts.method.clone(),
            target,
        }
    }

    #[cfg(feature = "actix")]
    pub(crate) fn matched(method: Method, pattern: String) -> Self {
        let target = Target::Text {
            path: pattern.into(),
            is_matched: true,
        };
        Self { method, target }
    }

    #[cfg(feature = "actix")]
    pub(crate) fn asked(method: Method, path: &str) -> Self {
        let target = Target::Text {
            path: path.into(),
            is_matched: false,
        };
        Self { method, target }
    }

    /// Whether it is a route of the application's own, as far as the framework says.
    pub(crate) fn is_matched(&self) -> bool {
        match &self.target {
            Target::Matched(_) => true,
            #[cfg(feature = "actix")]
            Target::Text { is_matched, .. } => *is_matched,
            Target::Asked(_) | Target::Nothing => false,
        }
    }

    pub(crate) fn path(&self) -> &str {
        match &self.target {
            Target::Matched(matched) => matched.as_str(),
            Target::Asked(path) => path.path(),
            #[cfg(feature = "actix")]
            Target::Text { path, .. } => path,
            Target::Nothing => "",
        }
    }

    /// The text that is the context's module.
    pub(crate) fn module(&self) -> String {
        text::line(&self.to_string(), 255).into_owned()
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, .. } = self;
        // A stranger can send a method or a path of any length.
        let method = method.as_str();
        let (method, path) = (cut(method, 32), cut(self.path(), 400));
        write!(f, "{method} {path}")
    }
}

/// The first bytes of a text that is ASCII, as methods are and paths nearly are.
fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
