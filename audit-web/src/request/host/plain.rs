use std::net::SocketAddr;

use http::Extensions;

/// The path in the router that matched: nobody says so without a framework.
#[derive(Clone, Debug)]
pub(crate) enum Matched {}

impl Matched {
    pub(crate) fn as_str(&self) -> &str {
        match *self {}
    }
}

pub(crate) fn matched(_: &Extensions) -> Option<Matched> {
    None
}

pub(super) fn peer(_: &Extensions) -> Option<SocketAddr> {
    None
}
