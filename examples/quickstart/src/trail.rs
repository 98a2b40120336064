//! Questions to the trail: ordinary SeaORM queries.

use audit_sea_orm::prelude::*;
use sea_orm::{
    ColumnTrait, DatabaseConnection, DbErr, EntityTrait, FromQueryResult, QueryOrder, QuerySelect,
    prelude::DateTimeUtc,
};

use crate::airport;

/// All that happened to one object. The prelude has more such questions: `by_actor`, `changed`, `between`.
pub async fn history(
    db: &DatabaseConnection,
    airport: &airport::Model,
) -> Result<Vec<audit_log::Model>, DbErr> {
    audit_log::Entity::for_object(airport)
        .oldest_first()
        .all(db)
        .await
}

/// An actor, and what the trail has of them.
#[derive(FromQueryResult)]
pub struct BusyActor {
    pub actor_id: Option<String>,
    pub actor_name: Option<String>,
    pub records: i64,
    pub last_seen: DateTimeUtc,
}

pub async fn busiest_actors(db: &DatabaseConnection) -> Result<Vec<BusyActor>, DbErr> {
    use audit_log::Column;
    audit_log::Entity::find()
        .select_only()
        .columns([Column::ActorId, Column::ActorName])
        .column_as(Column::Id.count(), "records")
        .column_as(Column::OccurredAt.max(), "last_seen")
        .group_by(Column::ActorId)
        .group_by(Column::ActorName)
        .order_by_desc(Column::Id.count())
        .into_model()
        .all(db)
        .await
}

/// The newest rows of the other three tables of the trail.
pub struct Events {
    pub attempts: Vec<login_attempt::Model>,
    pub exports: Vec<data_export::Model>,
    pub system: Vec<system_event::Model>,
}

pub async fn newest_events(db: &DatabaseConnection) -> Result<Events, DbErr> {
    let attempts = login_attempt::Entity::find().newest_first();
    let exports = data_export::Entity::find().newest_first();
    let system = system_event::Entity::find().newest_first();
    Ok(Events {
        attempts: attempts.page(db, 2).await?.rows,
        exports: exports.page(db, 2).await?.rows,
        system: system.page(db, 2).await?.rows,
    })
}
