//! A program that the suite starts, to kill it or to give it an environment of its own.
//!
//! `child edit URL` writes to pies until it is killed, saying `written` after every few writes; `child capture URL` does
//! so to tarts, through an audited connection. `child year URL CHANGES` writes to Sakila, after so many of its changes,
//! saying `written` after every write. `child once URL` writes one pie, with the configuration of its
//! environment.

use std::{env, error::Error, io::Write};

use audit_tests::{
    entity::pie,
    load::{unless_dropped, write_pie, write_tart},
    random::Random,
    suite::year,
};
use sea_orm::{ActiveModelTrait, ConnectOptions, Database, DatabaseConnection, Set};

/// As many writers as fit a small pool.
const WRITERS: u64 = 4;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (task, url) = (arguments.next(), arguments.next().ok_or("which database?")?);
    let mut options = ConnectOptions::new(url);
    options.max_connections(8).sqlx_logging(false);
    let db = Database::connect(options).await?;
    match task.as_deref() {
        Some("edit") => edit(&db, false).await,
        Some("capture") => edit(&db, true).await,
        Some("year") => {
            let changes = arguments.next().ok_or("after how many changes?")?;
            year::write_on(&db, changes.parse()?, || say("written")).await;
        }
        Some("once") => {
            let pie = pie::ActiveModel {
                id: Set(1),
                price: Set(1),
                stock: Set(1),
            };
            pie.insert(&db).await?;
        }
        _ => return Err("`edit`, `capture`, `year` or `once`?".into()),
    }
    Ok(())
}

async fn edit(db: &DatabaseConnection, through_triggers: bool) {
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let (db, seed) = (db.clone(), u64::from(std::process::id()) * WRITERS + writer);
        writers.spawn(async move {
            let (mut random, mut drops) = (Random::new(seed), Random::new(seed));
            loop {
                for _ in 0..10 {
                    let price = i32::try_from(random.below(1_000_000)).unwrap_or_default();
                    let _outcome = if through_triggers {
                        let write = write_tart(&db, &mut random, price);
                        unless_dropped(&db, &mut drops, write).await
                    } else {
                        let write = write_pie(&db, &mut random, price);
                        unless_dropped(&db, &mut drops, write).await
                    };
                }
                say("written");
            }
        });
    }
    while writers.join_next().await.is_some() {}
}

fn say(word: &str) {
    // OK to ignore: who listened has gone, and a kill follows.
    let _said = writeln!(std::io::stdout(), "{word}");
}
