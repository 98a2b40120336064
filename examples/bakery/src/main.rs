//! A bakery's web shop with an audit trail. Run it with `cargo run -p bakery`, and open the address that it prints.

use std::{env, io, net::SocketAddr, process::ExitCode};

use audit_web::{EventReporter, Shutdown, trace::AuditTraceLayer};
use tokio::net::TcpListener;
use tracing_subscriber::{
    Layer, filter::LevelFilter, layer::SubscriberExt, util::SubscriberInitExt,
};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    audit_web::install_panic_hook();
    // One database for the shop and its trail. A second run goes on where the first ended.
    let url = env::var("DATABASE_URL").unwrap_or_else(|_| in_a_file());
    let db = bakery::open(&url)
        .await
        .map_err(|error| format!("{url} cannot be used: {error}"))?;

    // What concerns no single row: errors, panics, slow requests, probes. Written apart from the requests.
    let reporter = EventReporter::new(db.clone());
    trace(&reporter);

    let address = env::var("BAKERY_ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address)
        .await
        .map_err(|error| explain(&address, &error))?;
    greet(listener.local_addr()?, &url);

    // The socket's peer is the address of the record; behind a proxy, name to `AuditLayer` which to trust.
    let app =
        bakery::app(db.clone(), &reporter).into_make_service_with_connect_info::<SocketAddr>();
    // Asked to end, it waits for the last requests and writes every event, but no longer than the deadline.
    let shutdown = Shutdown::on_signals()?;
    let server = axum::serve(listener, app).with_graceful_shutdown(shutdown.requested());
    shutdown.graceful(server, &reporter).await?;
    Ok(())
}

/// Warnings go to the terminal; errors into the trail too, with who and which request.
fn trace(reporter: &EventReporter) {
    let terminal = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let trail = AuditTraceLayer::new(reporter);
    tracing_subscriber::registry()
        .with(terminal.with_filter(LevelFilter::WARN))
        .with(trail.with_filter(LevelFilter::ERROR))
        .init();
}

fn in_a_file() -> String {
    let path = env::temp_dir().join("audit-bakery.sqlite");
    format!("sqlite://{}?mode=rwc", path.display())
}

fn explain(address: &str, error: &io::Error) -> String {
    let hint = match error.kind() {
        io::ErrorKind::AddrInUse => "something listens there already",
        io::ErrorKind::InvalidInput => "an address looks like 127.0.0.1:3000",
        io::ErrorKind::PermissionDenied => "that port is for the system only",
        _ => "it cannot be listened to",
    };
    format!(
        "{address}: {hint} ({error}).\nChoose another with BAKERY_ADDRESS, such as BAKERY_ADDRESS=127.0.0.1:3001."
    )
}

fn greet(address: SocketAddr, url: &str) {
    println!("The bakery is open at http://{address}/\n");
    for (username, name, password) in bakery::ACCOUNTS {
        println!("  {name} logs in as `{username}` with the password `{password}`.");
    }
    // Not the whole URL, which may hold a password.
    let database = url.split('?').next().filter(|_| url.starts_with("sqlite"));
    println!(
        "\nThe trail is at http://{address}/audit, in the database {}.",
        database.unwrap_or("of DATABASE_URL")
    );
    println!("Stop it with Ctrl+C.");
}
