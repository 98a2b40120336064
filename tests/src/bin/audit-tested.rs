//! The command line of the suite: that of audit-migration, which knows the suite's entities.

use std::process::ExitCode;

use audit_tests as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    audit_migration::cli::run().await
}
