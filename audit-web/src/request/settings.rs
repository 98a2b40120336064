use std::{fmt, mem, net::IpAddr, sync::Arc, time::Duration};

use audit_sea_orm::{Actor, AuditContext, SharedContext, text};
use http::HeaderName;
use serde_json::Value;

use super::{
    Incoming, OnPanic, Route,
    actor_watch::ActorWatch,
    incoming::origin,
    panic::{self, Panic},
    request_id::request_id,
};
use crate::{ClientAddress, EventReporter};

/// Finds something out about a request, which `R` is in the framework.
pub(crate) type Resolve<R, T> = Arc<dyn Fn(&R) -> Option<T> + Send + Sync>;

/// How a layer around requests is set up.
#[derive(Clone)]
pub(crate) struct Settings<R> {
    /// Shared with each request on its way.
    pub(crate) reporting: Arc<Reporting>,
    pub(crate) client_address: ClientAddress,
    pub(crate) peer: Option<Resolve<R, IpAddr>>,
    pub(crate) actor: Option<Resolve<R, Actor>>,
    pub(crate) on_behalf_of: Option<Resolve<R, Actor>>,
    pub(crate) tenant: Option<Resolve<R, String>>,
    pub(crate) metadata: Option<Resolve<R, Value>>,
    pub(crate) session_id: Option<Resolve<R, String>>,
    pub(crate) request_id: Option<Resolve<R, String>>,
    pub(crate) trusted_id_header: Option<HeaderName>,
}

/// What is reported of requests, and what their answers are besides the handler's.
#[derive(Clone, Debug)]
pub(crate) struct Reporting {
    pub(crate) reporter: EventReporter,
    /// Where an actor is looked for at all.
    pub(super) actor_watch: Option<Arc<ActorWatch>>,
    pub(crate) slow_threshold: Option<Duration>,
    pub(crate) on_panic: OnPanic,
    /// The header of answers that holds the id of their request.
    pub(crate) id_header: Option<HeaderName>,
}

impl<R> Settings<R> {
    pub(crate) fn new(reporter: EventReporter) -> Self {
        Self {
            reporting: Arc::new(Reporting {
                reporter,
                actor_watch: None,
                // What people have long called broken; each application knows better.
                slow_threshold: Some(Duration::from_secs(5)),
                on_panic: OnPanic::Respond,
                id_header: None,
            }),
            client_address: ClientAddress::peer(),
            peer: None,
            actor: None,
            on_behalf_of: None,
            tenant: None,
            metadata: None,
            session_id: None,
            request_id: None,
            trusted_id_header: None,
        }
    }

    pub(crate) fn reporting_mut(&mut self) -> &mut Reporting {
        Arc::make_mut(&mut self.reporting)
    }

    pub(crate) fn resolve_actor(&mut self, actor: Resolve<R, Actor>) {
        self.actor = Some(actor);
        self.reporting_mut().actor_watch = Some(Arc::default());
    }
}

impl<R: Incoming> Settings<R> {
    /// The context of a request, and the first panic of what the application resolves it with: the rest of it is known
    /// all the same.
    pub(crate) fn context(&self, request: &R, route: &Route) -> (AuditContext, Option<Panic>) {
        let mut asked = Asked::of(request);
        let peer = match &self.peer {
            Some(_) => asked.resolve(self.peer.as_ref()),
            None => request.peer(),
        };
        let resolved_id = asked.resolve(self.request_id.as_ref());
        let request_id = request_id(resolved_id, self.trusted_id_header.as_ref(), request);
        let context = AuditContext::new().request_id(request_id);
        let mut context = origin(context, request, peer, &self.client_address);
        self.identify(&mut context, route, &mut asked);
        (context, asked.panic)
    }

    /// Adds to the context of a layer outside what this one knows of the same request.
    pub(crate) fn join(&self, outer: &SharedContext, request: &R, route: &Route) -> Option<Panic> {
        let mut asked = Asked::of(request);
        let mut known = AuditContext::new();
        self.identify(&mut known, route, &mut asked);
        outer.update(|context| *context = known.or(mem::take(context)));
        asked.panic
    }

    /// What a layer deeper inside may know better: who, for whom, of which tenant, in which session, on which route.
    fn identify(&self, context: &mut AuditContext, route: &Route, asked: &mut Asked<'_, R>) {
        let cut = |id: String| text::line(&id, 128).into_owned();
        context.module = Some(route.module());
        context.actor = asked.resolve(self.actor.as_ref());
        context.on_behalf_of = asked.resolve(self.on_behalf_of.as_ref());
        context.tenant_id = asked.resolve(self.tenant.as_ref()).map(cut);
        context.session_id = asked.resolve(self.session_id.as_ref()).map(cut);
        context.metadata = asked.resolve(self.metadata.as_ref());
    }
}

/// What the application was asked for about a request.
struct Asked<'r, R> {
    request: &'r R,
    panic: Option<Panic>,
}

impl<'r, R> Asked<'r, R> {
    fn of(request: &'r R) -> Self {
        Self {
            request,
            panic: None,
        }
    }

    fn resolve<T>(&mut self, resolve: Option<&Resolve<R, T>>) -> Option<T> {
        let resolve = resolve?;
        match panic::catch(|| resolve(self.request)) {
            Ok((resolved, _)) => resolved,
            Err(panic) => {
                self.panic.get_or_insert(panic);
                None
            }
        }
    }
}

impl<R> fmt::Debug for Settings<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("reporting", &self.reporting)
            .field("client_address", &self.client_address)
            .field("trusted_id_header", &self.trusted_id_header)
            .finish_non_exhaustive()
    }
}
