//! Runs the suite on SQLite.

use std::process::ExitCode;

use audit_tests::{Backend, runner};

fn main() -> ExitCode {
    runner::main(Backend::Sqlite)
}
