//! What no hook can see, and the application therefore reports: logins, views, exports, and its own troubles.

use std::{env, fs};

use audit_sea_orm::prelude::*;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use crate::{
    Result,
    airport::{self, Column},
    edits,
};

pub async fn fail_to_log_in(db: &DatabaseConnection) -> Result {
    LoginAttempt::failed("dmitri")
        .reason("wrong password")
        .ip([192, 0, 2, 31])
        .record(db)
        .await?;
    Ok(())
}

pub async fn log_in(db: &DatabaseConnection) -> Result {
    LoginAttempt::success("dmitri").record(db).await?;
    Ok(())
}

pub async fn view(db: &DatabaseConnection) -> Result {
    let guam = edits::find(db, "GUM").await?;
    AuditEvent::view(&guam).record(db).await?;
    Ok(())
}

pub async fn export(db: &DatabaseConnection) -> Result {
    let hawaii = airport::Entity::find().filter(Column::State.eq("HI"));
    let airports = hawaii.all(db).await?;
    let mut csv = csv::Writer::from_writer(Vec::new());
    for airport in &airports {
        csv.serialize(airport)?;
    }
    let csv = csv.into_inner()?;
    let path = env::temp_dir().join("audit-quickstart-hawaii.csv");
    fs::write(&path, &csv)?;

    DataExport::new("Airports")
        .format("CSV")
        .records(airports.len().try_into()?)
        .bytes(csv.len().try_into()?)
        .filters(json!({ "state": "HI" }))
        .path(path.display().to_string())
        .record(db)
        .await?;
    Ok(())
}

pub async fn report_missing_cities(db: &DatabaseConnection) -> Result {
    let missing = airport::Entity::find()
        .filter(Column::Country.eq("USA"))
        .filter(Column::City.is_null())
        .count(db)
        .await?;
    if missing > 0 {
        SystemEvent::warning(format!("{missing} airports have no city"))
            .code("CITY_MISSING")
            .record(db)
            .await?;
    }
    Ok(())
}

pub async fn resolve_missing_cities(db: &DatabaseConnection, by: &str) -> Result {
    let open = system_event::Entity::find()
        .filter(system_event::Column::ErrorCode.eq("CITY_MISSING"))
        .filter(system_event::Column::Resolved.eq(false));
    for event in open.all(db).await? {
        event.mark_resolved(by, db).await?;
    }
    Ok(())
}
