use std::{borrow::Cow, fmt, net::IpAddr, sync::Arc, time::Duration};

use audit_sea_orm::{AuditContext, text};
use http::{HeaderMap, HeaderName, header::USER_AGENT, request::Parts};

use super::{OnPanic, ResolveActor, Route, host, request_id::request_id};
use crate::{ClientAddress, EventReporter};

type ResolveText = dyn Fn(&Parts) -> Option<String> + Send + Sync;
type ResolvePeer = dyn Fn(&Parts) -> Option<IpAddr> + Send + Sync;

/// How an [`AuditLayer`](super::AuditLayer) is set up.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(super) reporter: EventReporter,
    pub(super) client_address: ClientAddress,
    pub(super) peer: Option<Arc<ResolvePeer>>,
    pub(super) actor: Arc<dyn ResolveActor>,
    pub(super) session_id: Option<Arc<ResolveText>>,
    pub(super) request_id: Option<Arc<ResolveText>>,
    pub(super) trusted_id_header: Option<HeaderName>,
    pub(super) slow_threshold: Option<Duration>,
    pub(super) on_panic: OnPanic,
}

impl Settings {
    /// The context of a request.
    pub(super) fn context(&self, parts: &Parts, route: &Route) -> AuditContext {
        let peer = match &self.peer {
            Some(peer) => peer(parts),
            None => host::peer(&parts.extensions),
        };
        let session_id = self.session_id.as_ref().and_then(|id| id(parts));
        let resolved_id = self.request_id.as_ref().and_then(|id| id(parts));
        let request_id = request_id(resolved_id, self.trusted_id_header.as_ref(), parts);
        let mut context = AuditContext::new()
            .request_id(request_id)
            .module(text::line(&route.to_string(), 255).into_owned());
        context.actor = self.actor.resolve_actor(parts);
        context.ip = self.client_address.resolve(peer, &parts.headers);
        context.user_agent =
            user_agent(&parts.headers).map(|agent| text::line(&agent, 512).into_owned());
        context.session_id = session_id.map(|id| text::line(&id, 128).into_owned());
        context
    }
}

pub(crate) fn user_agent(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let value = headers.get(USER_AGENT)?;
    Some(String::from_utf8_lossy(value.as_bytes()))
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("reporter", &self.reporter)
            .field("client_address", &self.client_address)
            .field("trusted_id_header", &self.trusted_id_header)
            .field("slow_threshold", &self.slow_threshold)
            .field("on_panic", &self.on_panic)
            .finish_non_exhaustive()
    }
}
