//! An audit trail in one sitting: real data, edited by several people, and what the trail tells of it.
//!
//! Run it with `cargo run -p quickstart`, and then once more: the database stays.

mod airport;
mod edits;
mod events;
mod import;
mod migrator;
mod people;
mod story;
mod tables;
mod trail;

use std::{env, error::Error, path::Path};

use audit_sea_orm::prelude::*;
use sea_orm::{Database, DatabaseConnection, EntityTrait, PaginatorTrait};

use crate::{migrator::Migrator, story::Story};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result {
    let path = env::temp_dir().join("audit-quickstart.sqlite");
    let db = Database::connect(format!("sqlite://{}?mode=rwc", path.display())).await?;
    // One migrator, the application's own: it creates the tables of the trail too.
    audit_migration::up::<Migrator>(&db).await?;

    write(&db).await?;
    read(&db).await?;
    say_goodbye(&path);
    Ok(())
}

/// Loads the data, and lets people work on it.
async fn write(db: &DatabaseConnection) -> Result {
    let is_new = airport::Entity::find().count(db).await? == 0;
    if is_new {
        println!("A new database: the day begins with the import.\n");
    } else {
        println!(
            "The database is there from an earlier run. Nothing is imported again, and the same day"
        );
        println!("is worked once more: an update that changes nothing writes no record.\n");
    }

    let mut story = Story::begin(db).await?;
    if is_new {
        import::import(db).await?;
        story
            .tell("The import job loads 3,376 airports in one transaction, and reports the import.")
            .await?;
    }
    people::nightly_check(db, &mut story).await?;
    people::amelia(db, &mut story).await?;
    people::bruno(db, &mut story).await?;
    people::chioma(db, &mut story).await?;
    people::dmitri(db, &mut story).await
}

/// Asks the trail what happened.
async fn read(db: &DatabaseConnection) -> Result {
    let guam = edits::find(db, "GUM").await?;
    let history = trail::history(db, &guam).await?;
    println!("\nAll that happened to the airport of Guam:");
    println!("{}", tables::history(&history));

    println!("\nThe busiest actors:");
    let actors = trail::busiest_actors(db).await?;
    println!("{}", tables::actors(&actors));

    println!("\nThe newest events beside the records:");
    let events = trail::newest_events(db).await?;
    println!("{}", tables::events(&events));

    println!("\nThe last 30 days, of everyone and of one actor:");
    let month = SummaryQuery::last_days(30);
    let everyone = month.load(db).await?;
    let bruno = month.actor("23").load(db).await?;
    println!("{}", tables::summary(&everyone, &bruno));
    Ok(())
}

fn say_goodbye(path: &Path) {
    println!(
        "\nThe database stays, and the next run goes on with it. Delete the file to begin anew:"
    );
    println!("  {}", path.display());
    println!("Open it with any program that reads SQLite, and try:");
    println!(
        "  SELECT object_repr, old_values, new_values FROM audit_log WHERE actor_name = 'Bruno';"
    );
    println!("  SELECT reason, count(*) FROM audit_log WHERE action = 'UPDATE' GROUP BY reason;");
}
