//! What the layers read of a request, whichever framework it belongs to.

use std::net::IpAddr;

use audit_sea_orm::{AuditContext, SharedContext, text};
use http::{header::USER_AGENT, request::Parts};

use super::{Route, host};
use crate::client_address::{ClientAddress, Headers};

/// A request that no handler has taken yet.
pub(crate) trait Incoming: Headers {
    /// The other end of the socket.
    fn peer(&self) -> Option<IpAddr>;

    fn route(&self) -> Route;

    /// What somebody outside left with the request.
    fn extension<T: Clone + Send + Sync + 'static>(&self) -> Option<T>;
}

impl Headers for Parts {
    fn lines<'r>(&'r self, name: &'r str) -> impl DoubleEndedIterator<Item = &'r [u8]> {
        self.headers.lines(name)
    }
}

impl Incoming for Parts {
    fn peer(&self) -> Option<IpAddr> {
        host::peer(&self.extensions)
    }

    fn route(&self) -> Route {
        Route::of(self)
    }

    fn extension<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        self.extensions.get::<T>().cloned()
    }
}

/// In the extensions of a request that a layer outside watches, with its context: one inside adds what it knows, and
/// reports nothing a second time.
#[derive(Clone, Debug)]
pub(crate) struct Watched(pub(crate) SharedContext);

/// The text of a user agent as it is recorded.
pub(crate) fn user_agent(request: &impl Incoming) -> Option<String> {
    let value = request.lines(USER_AGENT.as_str()).next()?;
    let text = String::from_utf8_lossy(value);
    Some(text::line(&text, 512).into_owned())
}

/// A context that says where a request comes from.
pub(crate) fn origin(
    mut context: AuditContext,
    request: &impl Incoming,
    peer: Option<IpAddr>,
    policy: &ClientAddress,
) -> AuditContext {
    context.ip = policy.of(peer, request);
    context.user_agent = user_agent(request);
    context
}
