//! The command line of the shop's audit trail: `cargo run -p bakery --bin bakery-audit -- --help`.

use std::process::ExitCode;

use bakery as _;

#[tokio::main]
async fn main() -> ExitCode {
    audit_migration::cli::run().await
}
