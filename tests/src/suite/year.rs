//! A year in the life of an application: Sakila, the video rental shop, with every table captured.
//!
//! [`sakila_lives_through_a_year`] is the story, from top to bottom. The application's own files lie beside it, as they
//! would in an application: its `migrations`; in `old` and `new` its entities, before and after the ten changes of
//! the year, as sea-orm-cli 2.0.4 generates them on PostgreSQL:
//!
//! ```sh
//! sea-orm-cli generate entity --output-dir new --with-prelude none --impl-active-model-behavior=false \
//!     --model-extra-derives audit_sea_orm::Audited --model-extra-attributes \
//!     'audited(capture = "triggers", skip("fulltext", "special_features", "location"))'
//! ```
//!
//! What is skipped are the columns that it marks with `ignore`, as SeaORM has no type for a `tsvector`, a `SET` and a
//! `GEOMETRY`. Two fields are put in by hand: `special_features` of `film` and `location` of `address` are those that it makes on
//! MariaDB. On PostgreSQL the one is an array, which no other database has, and the other is not there; one set of entities
//! is to read all three: of two entities with one table in one program, triggers record one.

#[allow(
    elided_lifetimes_in_paths,
    reason = "async_trait needs the signature as the trait has it"
)]
mod migrations;

mod drifts;
#[allow(missing_docs, reason = "sea-orm-cli writes none")]
pub mod new;
#[allow(missing_docs, reason = "sea-orm-cli writes none")]
pub mod old;
mod rebuilt;
mod seed;
mod tables;
mod traffic;

use std::process::Stdio;

use audit_sea_orm::{capture::check_entities, prelude::*};
use sea_orm::{DatabaseConnection, DbBackend, IsolationLevel, TransactionTrait};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::{Backend, Outcome, Test, backend::Isolated, backup, child, random::scaled, test};
use drifts::drifts;
use migrations::Release;
use traffic::Traffic;

pub use traffic::write_on;

/// How often each release does all its writes after each change, in a long run.
const ROUNDS: usize = 10;

/// From an empty database through ten changes of its schema, each made while the old and the new release write; through a
/// kill and a restored backup. After each the triggers are as they should be, and the trail alone rebuilds every table.
pub async fn sakila_lives_through_a_year(t: &mut Test) -> Outcome {
    // The application is made: its tables, its entities, their triggers. From the first row on the trail knows all.
    let mut app = Application::create::<0>(t).await?;
    let owner = AuditContext::new().actor(Actor::new("owner"));
    seed::sow(&app.db.audited_as(owner)).await?;
    app.is_well().await?;

    // A column is added: the old release writes on as if nothing were.
    app.deploy::<1>().await?;
    // A column is renamed: where it stood, the old release has to go first, here and in what follows.
    app.deploy::<2>().await?;
    // A column is dropped.
    app.deploy::<3>().await?;
    // A column gets another type.
    app.deploy::<4>().await?;
    // A table is added.
    app.deploy::<5>().await?;

    // Somebody kills a program while it writes. No change is without its record, and no record without its change.
    app.kill_a_writer().await?;

    // A table is split into two.
    app.deploy::<6>().await?;
    // A table is renamed.
    app.deploy::<7>().await?;

    // The server burns. What the backup brought back goes on as the application.
    app.restore().await?;

    // A unique key is added.
    app.deploy::<8>().await?;
    // A foreign key is changed.
    app.deploy::<9>().await?;
    // A primary key gets another type.
    app.deploy::<10>().await?;
    app.close().await?;

    // A new developer has none of that history: all migrations run at once, into an empty database.
    let fresh = Application::create::<10>(t).await?;
    fresh.is_well().await?;
    fresh.close().await
}

/// The application's database, and how far its schema is.
struct Application {
    backend: Backend,
    isolated: Isolated,
    db: DatabaseConnection,
    /// How many of the ten changes it has.
    changes: usize,
}

impl Application {
    /// Of an empty database makes the application's, with so many of the changes.
    async fn create<const CHANGES: usize>(t: &Test) -> Result<Self, Error> {
        let isolated = t.isolated.beside(&name("sakila")).await?;
        let db = isolated.connect(3).await?;
        let mut app = Self {
            backend: t.backend,
            isolated,
            db,
            changes: 0,
        };
        app.migrate::<CHANGES>().await?;
        Ok(app)
    }

    /// What a deployment runs before it starts the new release.
    async fn migrate<const CHANGES: usize>(&mut self) -> Outcome {
        // A program of its own, as each release is: what a program has prepared on its connections may not outlive a
        // change of type.
        let program = self.isolated.connect(3).await?;
        let up = audit_migration::up::<Release<CHANGES>>(&program).await;
        up.map_err(|error| format!("change {CHANGES}: {error}"))?;
        self.changes = CHANGES;
        let before = std::mem::replace(&mut self.db, program);
        Ok(before.close().await?)
    }

    /// Deploys a release with one change more: migrates while the old and the new release write what the change leaves
    /// alone, then lets both write all that they can.
    async fn deploy<const CHANGES: usize>(&mut self) -> Outcome {
        let pool = self.isolated.connect(2).await?;
        let traffic = Traffic::start(&pool, self.changes, CHANGES);
        self.migrate::<CHANGES>().await?;
        traffic.stop().await?;
        pool.close().await?;

        let pool = self.isolated.connect(2).await?;
        traffic::write_all(&pool, CHANGES, scaled(ROUNDS)).await?;
        pool.close().await?;
        self.is_well().await
    }

    /// `check` finds nothing wrong, and each table is, row by row, what its records tell.
    async fn is_well(&self) -> Outcome {
        let known = tables::known(self.changes);
        let entities: Vec<_> = known.iter().map(|known| known.entity).collect();
        let report = check_entities(&self.db, &entities).await?;
        assert_eq!(report.trail, [], "{report}");
        assert_eq!(drifts(&report), [], "after {} changes", self.changes);
        let is_sqlite = self.db.get_database_backend() == DbBackend::Sqlite;
        let level = (!is_sqlite).then_some(IsolationLevel::RepeatableRead);
        let moment = self.db.begin_with_config(level, None).await?;
        let records = test::records(&moment).await?;
        let rebuilt = rebuilt::rebuilt(&records, self.changes)?;
        let mut different = Vec::new();
        for known in known {
            let none = tables::Rows::new();
            let rows = rebuilt.get(&known.table).unwrap_or(&none);
            different.extend((known.compare)(&moment, rows).await?);
        }
        moment.commit().await?;
        assert_eq!(different, [""; 0], "after {} changes", self.changes);
        Ok(())
    }

    /// Starts a program with writers of both releases, lets it write a while, and kills it.
    async fn kill_a_writer(&self) -> Outcome {
        let mut child = child::program("child")
            .args(["year", &self.isolated.url, &self.changes.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let said = child.stdout.take().ok_or("it has an output")?;
        let mut lines = BufReader::new(said).lines();
        for _ in 0..30 + scaled(500) {
            let line = lines.next_line().await?;
            line.ok_or("it writes until it is killed")?;
        }
        child.kill().await?;
        self.is_well().await
    }

    /// Makes a backup, restores it into another database, and goes on there; where the programs for that are not installed,
    /// it goes on where it is.
    async fn restore(&mut self) -> Outcome {
        let copy = self.isolated.beside(&name("restored")).await?;
        if !backup::restore(self.backend, &self.isolated, &copy).await? {
            return Ok(copy.remove().await?);
        }
        let restored = copy.connect(3).await?;
        let burnt = std::mem::replace(&mut self.db, restored);
        burnt.close().await?;
        std::mem::replace(&mut self.isolated, copy).remove().await?;
        self.is_well().await
    }

    async fn close(self) -> Outcome {
        self.db.close().await?;
        Ok(self.isolated.remove().await?)
    }
}

type Error = Box<dyn std::error::Error + Send + Sync>;

/// The name of a database, which no other run has at the same time.
fn name(of: &str) -> String {
    format!("audit_{}_{of}", std::process::id())
}
