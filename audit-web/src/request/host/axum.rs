use std::net::SocketAddr;

use axum::extract::{ConnectInfo, connect_info::MockConnectInfo};
use http::Extensions;

/// The path in the router that matched.
pub(crate) use axum::extract::MatchedPath as Matched;

pub(crate) fn matched(extensions: &Extensions) -> Option<Matched> {
    extensions.get::<Matched>().cloned()
}

pub(super) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    let connected = extensions.get::<ConnectInfo<SocketAddr>>();
    connected.map(|peer| peer.0).or_else(|| {
        // What axum's own extractor takes in tests without sockets.
        let mock = extensions.get::<MockConnectInfo<SocketAddr>>();
        mock.map(|peer| peer.0)
    })
}
