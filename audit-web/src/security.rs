//! The layer that recognises probes and scanners.
