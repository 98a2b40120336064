use std::sync::Arc;

use audit_sea_orm::{AuditContext, SharedContext, entity::system_event::EventType, text};

use super::settings::Settings;
use crate::{
    reporter::Report,
    request::{Incoming, Route, origin, user_agent},
};

/// In the extensions of a request that a layer outside looks at: one inside reports nothing a second time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched;

/// What an event about a request needs.
#[derive(Debug)]
pub(crate) struct Visit {
    settings: Arc<Settings>,
    route: Route,
    context: SharedContext,
}

impl Visit {
    pub(crate) fn of(settings: &Arc<Settings>, request: &impl Incoming) -> Self {
        // That of an `AuditLayer` outside, else one of the address alone.
        let context = request.extension::<SharedContext>();
        let context = context.unwrap_or_else(|| {
            let current = AuditContext::current();
            let peer = request.peer();
            SharedContext::new(origin(current, request, peer, &settings.client_address))
        });
        Self {
            settings: Arc::clone(settings),
            route: request.route(),
            context,
        }
    }

    /// Whether the request is for a route of the application's own.
    pub(crate) fn is_matched(&self) -> bool {
        self.route.is_matched()
    }

    /// Reports the request if a scanner sends it.
    pub(crate) fn look_for_scanner(&self, request: &impl Incoming) {
        if let Some(agent) = user_agent(request)
            && let Some(scanner) = self.settings.scanners.find(&agent)
        {
            self.report("scanner", scanner, &agent);
        }
    }

    /// Reports the request, which nobody answered, if its path is probed for.
    pub(crate) fn not_found(&self) {
        if let Some(probe) = self.settings.probes.find(self.route.path()) {
            let agent = self.context.get().user_agent;
            self.report("probe", probe, agent.as_deref().unwrap_or("unknown"));
        }
    }

    fn report(&self, kind: &'static str, name: &str, agent: &str) {
        let title = format!("{kind}: {}", text::line(name, 200));
        let mut report = Report::new(EventType::Security, title, &self.context);
        report.code = Some(kind.into());
        report.per_client = true;
        let request = self.route.to_string();
        let (request, agent) = (text::line(&request, 500), text::line(agent, 512));
        report.description = Some(format!("{request}, by {agent}"));
        self.settings.reporter.report(report);
    }
}
