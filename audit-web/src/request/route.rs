use std::fmt;

use http::{Method, request::Parts, uri::PathAndQuery};

use super::host::{self, Matched};

/// What a request asks for: its method and the route that matched, else its path; never the query string.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) method: Method,
    matched: Option<Matched>,
    path: Option<PathAndQuery>,
}

impl Route {
    pub(crate) fn of(parts: &Parts) -> Self {
        let matched = host::matched(&parts.extensions);
        let path = match matched {
            Some(_) => None,
            None => parts.uri.path_and_query().cloned(),
        };
        Self {
            method: parts.method.clone(),
            matched,
            path,
        }
    }

    /// Whether it is a route of the application's own, as far as the framework says.
    pub(crate) fn is_matched(&self) -> bool {
        self.matched.is_some()
    }

    pub(crate) fn path(&self) -> &str {
        match (&self.matched, &self.path) {
            (Some(matched), _) => matched.as_str(),
            (None, Some(path)) => path.path(),
            // `OPTIONS *`, `CONNECT`.
            (None, None) => "",
        }
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
