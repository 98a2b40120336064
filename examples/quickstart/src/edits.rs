//! What people change in the airports. Nothing here knows who does it: the context around it does.

use audit_sea_orm::prelude::*;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DatabaseConnection, DbErr, EntityTrait,
    IntoActiveModel, QueryFilter, Set,
};

use crate::airport::{self, Column};

pub async fn find(db: &DatabaseConnection, iata: &str) -> Result<airport::Model, DbErr> {
    let airport = airport::Entity::find_by_id(iata).one(db).await?;
    airport.ok_or_else(|| DbErr::RecordNotFound(format!("no airport {iata}")))
}

/// One row: `audited_update` writes the change and its record in one transaction.
pub async fn mistype_latitude(db: &DatabaseConnection) -> Result<(), DbErr> {
    let mut guam = find(db, "GUM").await?.into_active_model();
    guam.latitude = Set(31.48345);
    guam.audited_update(db).await?;
    Ok(())
}

/// The way back: the last record that has the column knows what it was before.
pub async fn undo_latitude(db: &DatabaseConnection) -> Result<(), DbErr> {
    let guam = find(db, "GUM").await?;
    let last_change = audit_log::Entity::for_object(&guam)
        .changed("latitude")
        .newest_first()
        .one(db)
        .await?;
    let before = last_change
        .and_then(|record| record.changes().get("latitude")?.old.clone())
        .and_then(|old| old.as_f64());

    if let Some(latitude) = before {
        let mut guam = guam.into_active_model();
        guam.latitude = Set(latitude);
        guam.audited_update(db).await?;
    }
    Ok(())
}

/// Several rows, all or none: ordinary updates on one transaction.
pub async fn correct_hemispheres(db: &DatabaseConnection) -> Result<(), DbErr> {
    let transaction = db.begin_write().await?;
    // Guam and the Northern Marianas lie east of Greenwich.
    let marianas = Condition::all()
        .add(Column::State.is_in(["GU", "CQ"]))
        .add(Column::Longitude.lt(0));
    for airport in all(&transaction, marianas).await? {
        let longitude = Set(-airport.longitude);
        let mut airport = airport.into_active_model();
        airport.longitude = longitude;
        airport.update(&transaction).await?;
    }
    // American Samoa lies south of the equator.
    let samoa = Condition::all()
        .add(Column::State.eq("AS"))
        .add(Column::Latitude.gt(0));
    for airport in all(&transaction, samoa).await? {
        let latitude = Set(-airport.latitude);
        let mut airport = airport.into_active_model();
        airport.latitude = latitude;
        airport.update(&transaction).await?;
    }
    transaction.commit().await
}

async fn all(
    db: &impl sea_orm::ConnectionTrait,
    condition: Condition,
) -> Result<Vec<airport::Model>, DbErr> {
    airport::Entity::find().filter(condition).all(db).await
}

pub async fn rename(db: &DatabaseConnection) -> Result<(), DbErr> {
    let names = [
        ("GUM", "Antonio B. Won Pat International"),
        ("HNL", "Daniel K. Inouye International"),
        ("LAS", "Harry Reid International"),
        ("LIT", "Bill and Hillary Clinton National"),
        ("SDF", "Louisville Muhammad Ali International"),
    ];
    for (iata, name) in names {
        let mut airport = find(db, iata).await?.into_active_model();
        airport.name = Set(name.to_owned());
        airport.audited_update(db).await?;
    }
    Ok(())
}

pub async fn fill_in_cities(db: &DatabaseConnection) -> Result<(), DbErr> {
    let cities = [
        ("CLD", "Carlsbad", "CA"),
        ("HHH", "Hilton Head Island", "SC"),
        ("MIB", "Minot", "ND"),
        ("MQT", "Gwinn", "MI"),
        ("RCA", "Rapid City", "SD"),
        ("RDR", "Grand Forks", "ND"),
        ("SCE", "State College", "PA"),
        ("SKA", "Spokane", "WA"),
    ];
    for (iata, city, state) in cities {
        let mut airport = find(db, iata).await?.into_active_model();
        airport.city = Set(Some(city.to_owned()));
        airport.state = Set(Some(state.to_owned()));
        airport.audited_update(db).await?;
    }
    Ok(())
}

/// `contact_phone` is masked: its record tells that it changed, and keeps the number to itself.
pub async fn update_contact(db: &DatabaseConnection) -> Result<(), DbErr> {
    let mut guam = find(db, "GUM").await?.into_active_model();
    guam.city = Set(Some("Hagåtña".to_owned()));
    guam.contact_phone = Set(Some("+1 671 555 0123".to_owned()));
    guam.audited_update(db).await?;
    Ok(())
}

/// `page_views` is skipped: to change it alone writes no record.
pub async fn count_page_view(db: &DatabaseConnection) -> Result<(), DbErr> {
    let guam = find(db, "GUM").await?;
    let page_views = Set(guam.page_views + 1);
    let mut guam = guam.into_active_model();
    guam.page_views = page_views;
    guam.audited_update(db).await?;
    Ok(())
}

pub async fn delete_foreign(db: &DatabaseConnection) -> Result<(), DbErr> {
    for airport in all(db, Column::Country.eq("Thailand").into()).await? {
        airport.into_active_model().audited_delete(db).await?;
    }
    Ok(())
}
