//! Runs the suite on PostgreSQL 18.

use std::process::ExitCode;

use audit_tests::{Target, runner};

fn main() -> ExitCode {
    runner::main(Target::POSTGRES_18)
}
