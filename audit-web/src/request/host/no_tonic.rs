use std::net::SocketAddr;

use http::Extensions;

pub(super) fn peer(_: &Extensions) -> Option<SocketAddr> {
    None
}
