//! Makes and checks the audit log, and answers questions about it: see `audit_migration::cli`.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    audit_migration::cli::run().await
}
