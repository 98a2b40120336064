//! Records what a handler showed.
