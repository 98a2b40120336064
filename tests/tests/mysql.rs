//! Runs the suite on MariaDB or MySQL.

use std::process::ExitCode;

use audit_tests::{Backend, runner};

fn main() -> ExitCode {
    runner::main(Backend::MySql)
}
