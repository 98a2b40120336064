//! What the layers cost a request that writes nothing: an empty handler of axum with and without them.
//!
//! `cargo bench -p audit-web --features axum --bench request`. Ends in a line with the difference in nanoseconds and the
//! ratio; the layers may add 5 µs.

use std::{
    hint::black_box,
    net::SocketAddr,
    time::{Duration, Instant},
};

use audit_sea_orm::Actor;
use audit_web::{AuditLayer, ClientAddress, EventReporter, SecurityAuditLayer};
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Request, request::Parts},
    routing::get,
};
use criterion::Criterion;
use sea_orm::Database;
use tokio::runtime::Runtime;
use tower::{Service, ServiceExt};

/// The most that the layers may add.
const BAR: Duration = Duration::from_micros(5);

fn router() -> Router {
    Router::new().route("/cakes/{id}", get(async || ()))
}

fn layered(router: Router, reporter: &EventReporter) -> Router {
    let trusted = ["127.0.0.0/8".parse().expect("a network")];
    let audit = AuditLayer::new(reporter)
        .client_address(ClientAddress::trusting(trusted))
        .resolve_actor(|parts: &Parts| {
            Some(Actor::new(parts.headers.get("x-user")?.to_str().ok()?))
        });
    router.layer(SecurityAuditLayer::new(reporter)).layer(audit)
}

/// What a browser behind a proxy sends.
fn request() -> Request<Body> {
    let peer = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4711)));
    let request = Request::get("/cakes/42?page=1")
        .header("host", "example.org")
        .header(
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        )
        .header(
            "accept",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        )
        .header("x-forwarded-for", "203.0.113.7")
        .header("x-user", "42")
        .extension(peer);
    request.body(Body::empty()).expect("a request")
}

/// The request's whole way: answered, and its body dropped.
async fn serve(service: &mut Router) {
    let ready = <Router as ServiceExt<Request<Body>>>::ready(service).await;
    let answer = ready.expect("a router is ready").call(request()).await;
    drop(black_box(answer));
}

/// The mean time of one request, over one run of the benchmark.
fn mean(runtime: &Runtime, service: &Router, requests: u32) -> Duration {
    let mut service = service.clone();
    runtime.block_on(async {
        let started = Instant::now();
        for _ in 0..requests {
            serve(&mut service).await;
        }
        started.elapsed() / requests
    })
}

#[expect(clippy::print_stdout, reason = "a benchmark's report")]
fn report(runtime: &Runtime, plain: &Router, layered: &Router) {
    // Turns about, and the best of each: what the machine does beside adds to some runs and to no best.
    let rounds = (0..30).map(|_| (mean(runtime, plain, 20_000), mean(runtime, layered, 20_000)));
    let best = rounds.reduce(|best, round| (best.0.min(round.0), best.1.min(round.1)));
    let (plain, layered) = best.expect("there are rounds");
    let added = layered.saturating_sub(plain);
    let ratio = layered.as_secs_f64() / plain.as_secs_f64();
    println!(
        "empty handler: {} ns, with both layers: {} ns ({ratio:.2} times); they add {} ns of at most {} ns",
        plain.as_nanos(),
        layered.as_nanos(),
        added.as_nanos(),
        BAR.as_nanos(),
    );
}

fn main() {
    let runtime = Runtime::new().expect("a runtime");
    let db = runtime.block_on(Database::connect("sqlite::memory:"));
    let reporter = EventReporter::new(db.expect("a database in memory"));
    let (plain, layered) = (router(), layered(router(), &reporter));

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("request");
    for (name, service) in [("empty handler", &plain), ("with the layers", &layered)] {
        let mut service = service.clone();
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|requests| {
                runtime.block_on(async {
                    let started = Instant::now();
                    for _ in 0..requests {
                        serve(&mut service).await;
                    }
                    started.elapsed()
                })
            });
        });
    }
    group.finish();
    report(&runtime, &plain, &layered);
}
