use audit_sea_orm::{Action, AuditTransactionExt, entity::system_event};
use axum::response::Redirect;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{admitted::Submitted, failure::Failure, listed::Listed, params::link};

/// Marks the chosen events resolved, and records it; those that are resolved already stay as they are.
pub(super) async fn resolve(submitted: Submitted) -> Result<Redirect, Failure> {
    let ids = submitted.ids()?;
    let viewer = &submitted.visit.viewer;
    let transaction = submitted.visit.shared.db.begin_write().await?;
    let open = system_event::Entity::find()
        .filter(system_event::Column::Id.is_in(ids))
        .filter(system_event::Column::Resolved.eq(false))
        .filter(viewer.sees::<system_event::Entity>())
        .all(&transaction)
        .await?;
    for event in &open {
        event
            .mark_resolved(&viewer.actor.to_string(), &transaction)
            .await?;
        viewer
            .event(Action::Update)
            .on_object(system_event::Entity::TABLE, event.id.to_string())
            .repr(system_event::Entity::name(event))
            .change("resolved", false, true)
            .record(&transaction)
            .await?;
    }
    transaction.commit().await?;
    let count = open.len().to_string();
    Ok(Redirect::to(&link(
        "../events",
        &[("resolved-now", &count)],
    )))
}
