//! The configuration that is in force, and scopes of one.

use std::sync::Arc;

use super::{Scope, config, enter};
use crate::{AuditConfig, ConfigError};

impl AuditConfig {
    /// Runs a future with this configuration in force.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        enter(Scope::with_config(self), future).await
    }

    /// The configuration in force here: the scope's, the installed one, or the environment's.
    ///
    /// # Errors
    /// What [`from_env`](Self::from_env) reports, each time, until the process is started anew.
    pub fn current() -> Result<Arc<Self>, ConfigError> {
        config().map_or_else(Self::of_process, Ok)
    }
}
