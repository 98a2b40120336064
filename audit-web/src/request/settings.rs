use std::{borrow::Cow, fmt, mem, net::IpAddr, sync::Arc, time::Duration};

use audit_sea_orm::{Actor, AuditContext, SharedContext, text};
use http::{HeaderMap, HeaderName, header::USER_AGENT, request::Parts};
use serde_json::Value;

use super::{
    OnPanic, ResolveActor, Route,
    actor_watch::ActorWatch,
    host,
    panic::{self, Panic},
    request_id::request_id,
};
use crate::{ClientAddress, EventReporter};

type ResolveText = dyn Fn(&Parts) -> Option<String> + Send + Sync;
type ResolveOnBehalfOf = dyn Fn(&Parts) -> Option<Actor> + Send + Sync;
type ResolveMetadata = dyn Fn(&Parts) -> Option<Value> + Send + Sync;
type ResolvePeer = dyn Fn(&Parts) -> Option<IpAddr> + Send + Sync;

/// How an [`AuditLayer`](super::AuditLayer) is set up.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(super) reporter: EventReporter,
    pub(super) client_address: ClientAddress,
    pub(super) peer: Option<Arc<ResolvePeer>>,
    pub(super) actor: Arc<dyn ResolveActor>,
    /// Where an actor is looked for at all.
    pub(super) actor_watch: Option<Arc<ActorWatch>>,
    pub(super) on_behalf_of: Option<Arc<ResolveOnBehalfOf>>,
    pub(super) tenant: Option<Arc<ResolveText>>,
    pub(super) metadata: Option<Arc<ResolveMetadata>>,
    pub(super) session_id: Option<Arc<ResolveText>>,
    pub(super) request_id: Option<Arc<ResolveText>>,
    pub(super) trusted_id_header: Option<HeaderName>,
    pub(super) slow_threshold: Option<Duration>,
    pub(super) on_panic: OnPanic,
}

impl Settings {
    /// The context of a request, and the first panic of what the application resolves it with: the rest of it is known
    /// all the same.
    pub(super) fn context(&self, parts: &Parts, route: &Route) -> (AuditContext, Option<Panic>) {
        let mut asked = Asked::default();
        let peer = match &self.peer {
            Some(peer) => asked.resolve(|| peer(parts)),
            None => host::peer(&parts.extensions),
        };
        let resolved_id = self.request_id.as_ref();
        let resolved_id = resolved_id.and_then(|id| asked.resolve(|| id(parts)));
        let request_id = request_id(resolved_id, self.trusted_id_header.as_ref(), parts);
        let mut context = AuditContext::new().request_id(request_id);
        context.ip = self.client_address.resolve(peer, &parts.headers);
        context.user_agent =
            user_agent(&parts.headers).map(|agent| text::line(&agent, 512).into_owned());
        self.identify(&mut context, parts, route, &mut asked);
        (context, asked.panic)
    }

    /// Adds to the context of a layer outside what this one knows of the same request.
    pub(super) fn join(
        &self,
        outer: &SharedContext,
        parts: &Parts,
        route: &Route,
    ) -> Option<Panic> {
        let mut asked = Asked::default();
        let mut known = AuditContext::new();
        self.identify(&mut known, parts, route, &mut asked);
        outer.update(|context| *context = known.or(mem::take(context)));
        asked.panic
    }

    /// What a layer deeper inside may know better: who, for whom, of which tenant, in which session, on which route.
    fn identify(
        &self,
        context: &mut AuditContext,
        parts: &Parts,
        route: &Route,
        asked: &mut Asked,
    ) {
        context.module = Some(text::line(&route.to_string(), 255).into_owned());
        context.actor = asked.resolve(|| self.actor.resolve_actor(parts));
        let on_behalf_of = self.on_behalf_of.as_ref();
        context.on_behalf_of = on_behalf_of.and_then(|actor| asked.resolve(|| actor(parts)));
        let tenant = self.tenant.as_ref();
        let tenant = tenant.and_then(|tenant| asked.resolve(|| tenant(parts)));
        context.tenant_id = tenant.map(|id| text::line(&id, 128).into_owned());
        let session_id = self.session_id.as_ref();
        let session_id = session_id.and_then(|id| asked.resolve(|| id(parts)));
        context.session_id = session_id.map(|id| text::line(&id, 128).into_owned());
        let metadata = self.metadata.as_ref();
        context.metadata = metadata.and_then(|metadata| asked.resolve(|| metadata(parts)));
    }
}

/// What the application was asked for.
#[derive(Default)]
struct Asked {
    panic: Option<Panic>,
}

impl Asked {
    fn resolve<R>(&mut self, resolve: impl FnOnce() -> Option<R>) -> Option<R> {
        match panic::catch(resolve) {
            Ok((resolved, _)) => resolved,
            Err(panic) => {
                self.panic.get_or_insert(panic);
                None
            }
        }
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
