//! Runs the suite on PostgreSQL.

use std::process::ExitCode;

use audit_tests::{Backend, runner};

fn main() -> ExitCode {
    runner::main(Backend::Postgres)
}
