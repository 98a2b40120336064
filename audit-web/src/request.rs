//! The layer around a request: its context, and what is worth an event.
