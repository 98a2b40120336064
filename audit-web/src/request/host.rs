//! What the host framework left in the extensions of a request.

#[cfg(feature = "axum")]
#[path = "host/axum.rs"]
mod framework;
#[cfg(not(feature = "axum"))]
#[path = "host/plain.rs"]
mod framework;

#[cfg(feature = "tonic")]
#[path = "host/tonic.rs"]
mod calls;
#[cfg(not(feature = "tonic"))]
#[path = "host/no_tonic.rs"]
mod calls;

use std::net::{IpAddr, SocketAddr};

use http::Extensions;

pub(crate) use framework::{Matched, matched};

/// The other end of the socket.
pub(crate) fn peer(extensions: &Extensions) -> Option<IpAddr> {
    framework::peer(extensions)
        .or_else(|| calls::peer(extensions))
        .or_else(|| extensions.get::<SocketAddr>().copied())
        .map(|peer| peer.ip())
}
