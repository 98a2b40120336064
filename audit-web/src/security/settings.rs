use super::{PROBE_PATHS, SCANNERS, probes::Probes, scanners::Scanners};
use crate::{ClientAddress, EventReporter};

/// What is looked for, and where it is reported.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) reporter: EventReporter,
    pub(crate) client_address: ClientAddress,
    pub(crate) probes: Probes,
    pub(crate) scanners: Scanners,
}

impl Settings {
    pub(crate) fn new(reporter: EventReporter) -> Self {
        Self {
            reporter,
            client_address: ClientAddress::peer(),
            probes: Probes::new(PROBE_PATHS),
            scanners: Scanners::new(SCANNERS),
        }
    }
}
