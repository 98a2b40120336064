//! The import job: a file of airports into the table, by the system itself.

use audit_sea_orm::prelude::*;
use sea_orm::{ActiveModelTrait, DatabaseConnection, Set};
use serde::Deserialize;
use serde_json::json;

use crate::{Result, airport};

/// Airports of the United States; see `data/README.md`.
const AIRPORTS: &str = include_str!("../data/airports.csv");

/// Loads the airports, all of them or none, as the actor `system:import`.
pub async fn import(db: &DatabaseConnection) -> Result {
    let job = AuditContext::new()
        .actor(Actor::system("import"))
        .reason("first import");
    job.scope(insert_all(db)).await
}

async fn insert_all(db: &DatabaseConnection) -> Result {
    let transaction = db.begin_write().await?;
    let mut count = 0_u64;
    for row in csv::Reader::from_reader(AIRPORTS.as_bytes()).deserialize::<Row>() {
        // An ordinary insert: on a transaction its record commits, or rolls back, with it.
        row?.into_active_model().insert(&transaction).await?;
        count += 1;
    }
    // What no hook can know: that these inserts were one import.
    AuditEvent::new(Action::Import)
        .metadata(json!({ "file": "airports.csv", "rows": count }))
        .record(&transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// A line of the file.
#[derive(Deserialize)]
struct Row {
    iata: String,
    name: String,
    city: String,
    state: String,
    country: String,
    latitude: f64,
    longitude: f64,
}

impl Row {
    fn into_active_model(self) -> airport::ActiveModel {
        // The file says `NA` for what it does not know.
        let known = |text: String| (text != "NA").then_some(text);
        airport::ActiveModel {
            iata: Set(self.iata),
            name: Set(self.name),
            city: Set(known(self.city)),
            state: Set(known(self.state)),
            country: Set(self.country),
            latitude: Set(self.latitude),
            longitude: Set(self.longitude),
            contact_phone: Set(None),
            page_views: Set(0),
        }
    }
}
