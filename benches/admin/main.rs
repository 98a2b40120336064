//! What the pages of the admin take on a trail of a million records, beside one of ten thousand: the router itself,
//! without a socket.
//!
//! ```sh
//! cargo bench -p audit-benches --bench admin              # SQLite, and each server whose URL is set
//! cargo bench -p audit-benches --bench admin -- SQLite    # one of them
//! cargo bench -p audit-benches --bench admin -- --small sqlite:a.sqlite --large sqlite:b.sqlite
//! ```
//!
//! The trails are those of `seed-trail`, written first, or trails that it wrote before. Both sizes take turns, page by
//! page, so that what disturbs the machine disturbs both. SQLite is a file in WAL mode, the servers are as they were
//! set up; the URLs of PostgreSQL and MariaDB are those of the tests.

#[path = "../../tests/src/backend.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is a module of the tests too")]
mod backend;
mod export;
mod page;
#[path = "../../tests/src/random.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is a module of the tests too")]
mod random;
mod report;
#[path = "../../tests/src/seed.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is a module of the tests too")]
mod seed;
mod trail;

use std::{error::Error, time::Duration};

use axum::Router;
use clap::Parser;

use backend::{Backend, Target};
use page::Page;
use report::Measured;
use trail::{PAGE_SIZE, Trail};

/// How often each page is asked for at each size, after as many times as warm it up.
const ROUNDS: usize = 60;
const WARM_UP: usize = 4;

/// Measures the pages of the admin.
#[derive(Parser)]
struct Arguments {
    /// Only databases whose name has this in it.
    #[arg(default_value = "")]
    only: String,
    /// How many records the large trail has; the small one has ten thousand.
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    /// A small trail that is there.
    #[arg(long, requires = "large")]
    small: Option<String>,
    /// A large trail that is there.
    #[arg(long, requires = "small")]
    large: Option<String>,
    /// Passed by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    if let (Some(small), Some(large)) = (&arguments.small, &arguments.large) {
        let trails = [Trail::open(small).await?, Trail::open(large).await?];
        return Ok(report::print(
            "trails that are there",
            &measure(&trails).await?,
        )?);
    }
    let backends = [Backend::Sqlite, Backend::Postgres, Backend::MySql];
    for backend in backends {
        if Target::from(backend).is_configured() && backend.to_string().contains(&arguments.only) {
            let small = Trail::make(backend, 10_000).await?;
            let large = Trail::make(backend, arguments.records).await?;
            let trails = [small, large];
            report::print(&backend.to_string(), &measure(&trails).await?)?;
            export::measure(&trails[1]).await?;
            for trail in trails {
                trail.remove().await?;
            }
        }
    }
    Ok(())
}

async fn measure(trails: &[Trail; 2]) -> Result<Vec<Measured>, Box<dyn Error>> {
    let pages = [page::all(&trails[0]).await?, page::all(&trails[1]).await?];
    let [small, large] = &pages;
    let mut measured = Vec::new();
    for pages in small.iter().zip(large) {
        measured.push(take_turns(trails, pages.into()).await);
    }
    Ok(measured)
}

async fn take_turns(trails: &[Trail; 2], pages: [&Page; 2]) -> Measured {
    let admins = trails.each_ref().map(|trail| trail.admin(PAGE_SIZE));
    let mut rows = [0; 2];
    for at in 0..2 {
        rows[at] = trail::rows(&admins[at], &pages[at].path).await;
    }
    let times = time(&admins, pages).await;
    let alike = match rows {
        [small, large] if small < large => {
            // A page of one row, where the small trail has none.
            let size = small.max(1);
            let admins = trails.each_ref().map(|trail| trail.admin(size));
            Some(time(&admins, pages).await)
        }
        _ => None,
    };
    Measured {
        name: pages[0].name,
        is_list: pages[0].is_list,
        times,
        rows,
        alike,
    }
}

async fn time(admins: &[Router; 2], pages: [&Page; 2]) -> [Vec<Duration>; 2] {
    let mut times: [Vec<Duration>; 2] = Default::default();
    for round in 0..WARM_UP + ROUNDS {
        // Who goes first alternates too.
        for place in 0..2 {
            let at = (round + place) % 2;
            let time = trail::time(&admins[at], &pages[at].path).await;
            if round >= WARM_UP {
                times[at].push(time);
            }
        }
    }
    times
}
