//! Records what a handler showed.

use audit_sea_orm::{AuditEvent, Audited, SharedContext};
use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, IntoResponseParts, Response, ResponseParts},
};
use sea_orm::{EntityTrait, ModelTrait};

use crate::request::Views;

/// An extractor by which a handler says which objects its answer shows.
///
/// Each is recorded as a `VIEW` if the answer is a success, by the [`AuditLayer`](crate::AuditLayer) around the
/// handler and before the answer is sent: nothing is shown that the trail does not know. Where the record cannot be
/// written the client gets an empty answer with status 500 instead, or, under
/// [`OnFailure::Log`](audit_sea_orm::OnFailure::Log), the answer all the same. Skip lists hold.
///
/// # Errors
/// Without an `AuditLayer` around the route, which would lose the views, the extractor rejects the request with status 500.
///
/// # Example
/// ```
/// # mod cake {
/// #     use sea_orm::entity::prelude::*;
/// #     #[derive(Clone, Debug, PartialEq, serde::Serialize, DeriveEntityModel, audit_sea_orm::Audited)]
/// #     #[sea_orm(table_name = "cake")]
/// #     pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub name: String }
/// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// #     pub enum Relation {}
/// # }
/// use audit_web::ViewRecorder;
/// use axum::{Json, extract::{Path, State}, http::StatusCode, response::IntoResponse};
/// use sea_orm::{DatabaseConnection, EntityTrait};
///
/// async fn show(
///     views: ViewRecorder,
///     State(db): State<DatabaseConnection>,
///     Path(id): Path<i32>,
/// ) -> Result<impl IntoResponse, StatusCode> {
///     let cake = cake::Entity::find_by_id(id).one(&db).await;
///     let cake = cake.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?.ok_or(StatusCode::NOT_FOUND)?;
///     Ok((views.of(&cake), Json(cake)))
/// }
/// # let router: axum::Router<DatabaseConnection> = axum::Router::new().route("/cakes/{id}", axum::routing::get(show));
/// ```
#[derive(Debug)]
pub struct ViewRecorder {
    // Made by the extractor alone, which knows that there is a layer.
    _layer: (),
}

/// Objects that an answer shows; a part of the answer, such as `(viewed, Json(cake))`.
#[derive(Clone, Debug)]
#[must_use = "views are recorded as a part of the answer"]
pub struct Viewed {
    events: Vec<AuditEvent>,
}

/// There is no [`AuditLayer`](crate::AuditLayer) around the route.
#[derive(Clone, Copy, Debug)]
pub struct NoAuditLayer;

impl ViewRecorder {
    /// Says that the answer shows an object.
    pub fn of<M>(&self, model: &M) -> Viewed
    where
        M: ModelTrait,
        M::Entity: Audited + EntityTrait<Model = M>,
    {
        Viewed { events: Vec::new() }.and(model)
    }

    /// Says that the answer shows all of these objects; one record for each.
    pub fn all<'m, M>(&self, models: impl IntoIterator<Item = &'m M>) -> Viewed
    where
        M: ModelTrait + 'm,
        M::Entity: Audited + EntityTrait<Model = M>,
    {
        Viewed {
            events: models.into_iter().map(AuditEvent::view).collect(),
        }
    }
}

impl Viewed {
    /// Says that the answer also shows this object.
    pub fn and<M>(mut self, model: &M) -> Self
    where
        M: ModelTrait,
        M::Entity: Audited + EntityTrait<Model = M>,
    {
        self.events.push(AuditEvent::view(model));
        self
    }
}

impl<S: Sync> FromRequestParts<S> for ViewRecorder {
    type Rejection = NoAuditLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NoAuditLayer> {
        let layer = parts.extensions.get::<SharedContext>();
        layer.map(|_| Self { _layer: () }).ok_or(NoAuditLayer)
    }
}

impl IntoResponseParts for Viewed {
    type Error = std::convert::Infallible;

    fn into_response_parts(
        self,
        mut response: ResponseParts,
    ) -> Result<ResponseParts, Self::Error> {
        let views = response.extensions_mut().get_or_insert_default::<Views>();
        views.0.extend(self.events);
        Ok(response)
    }
}

impl IntoResponse for NoAuditLayer {
    fn into_response(self) -> Response {
        tracing::error!("a ViewRecorder needs an AuditLayer around its route");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

impl std::fmt::Display for NoAuditLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("there is no `AuditLayer` around this route: add it with `Router::layer`")
    }
}

impl std::error::Error for NoAuditLayer {}
