use std::sync::Arc;

use tower_layer::Layer;

use super::{SecurityAuditService, probes::Probes, scanners::Scanners, settings::Settings};
use crate::{ClientAddress, EventReporter};

/// Reports requests that look for holes as SECURITY events; every request is answered as without it.
///
/// Two things are looked for:
/// - **A probing path**: one of the [entries](crate::PROBE_PATHS) is a segment, or several that follow each other, of the
///   path, percent-decoded (twice), letter case ignored, with `*` for any characters within a segment. Only a request that is
///   not the application's own counts: with the feature `axum`, one for which the router found a route (its `MatchedPath` is in the
///   extensions) never does, whatever its answer; put the layer on with `Router::layer`, so that it sees that. Any other
///   counts if its answer has status 404. So a catch-all route such as `/{*path}` hides probes; a `fallback` does not.
/// - **A scanner's user agent**: one of the [names](crate::SCANNERS) is a word of it, or several that follow each other,
///   letter case ignored. Such a request counts on every path.
///
/// The event's context is that of an [`AuditLayer`](crate::AuditLayer) outside; without one it holds the client's
/// address alone. Repetitions are [collapsed](EventReporter) by entry and client.
///
/// One `SecurityAuditLayer` inside another reports nothing: the outer one does.
///
/// # Example
/// ```
/// # use sea_orm::Database;
/// use audit_web::{PROBE_PATHS, SecurityAuditLayer};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), sea_orm::DbErr> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// let layer = SecurityAuditLayer::new(&db)
///     .probe_paths(PROBE_PATHS.iter().chain(&["backup-of-the-shop", "old/*/admin"]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SecurityAuditLayer {
    // Shared, as axum calls `layer` for each route and, where nobody gave the router its state, for each request.
    settings: Arc<Settings>,
}

impl SecurityAuditLayer {
    /// A layer with the default lists, given a database connection or an [`EventReporter`].
    pub fn new(reporter: impl Into<EventReporter>) -> Self {
        Self {
            settings: Arc::new(Settings::new(reporter.into())),
        }
    }

    /// Replaces the list of paths. Default: [`PROBE_PATHS`](crate::PROBE_PATHS).
    pub fn probe_paths(mut self, paths: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.settings_mut().probes = Probes::new(paths);
        self
    }

    /// Replaces the list of user agents. Default: [`SCANNERS`](crate::SCANNERS).
    pub fn scanners(mut self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.settings_mut().scanners = Scanners::new(names);
        self
    }

    /// Sets how the client's address is found where no [`AuditLayer`](crate::AuditLayer) is outside. Default:
    /// [`ClientAddress::peer`].
    pub fn client_address(mut self, policy: ClientAddress) -> Self {
        self.settings_mut().client_address = policy;
        self
    }

    fn settings_mut(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.settings)
    }

    /// What writes the events, for its counters and to flush it.
    pub fn reporter(&self) -> &EventReporter {
        &self.settings.reporter
    }
}

impl<S> Layer<S> for SecurityAuditLayer {
    type Service = SecurityAuditService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        SecurityAuditService::new(inner, Arc::clone(&self.settings))
    }
}
