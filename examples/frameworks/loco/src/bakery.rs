//! The controller and its worker, which take SeaORM's plain connection, as all of loco does.

use audit_sea_orm::prelude::*;
use axum::{
    extract::{FromRequestParts, Path, State},
    http::{header::AUTHORIZATION, request::Parts},
    routing::post,
};
use loco_rs::{Error, Result, app::AppContext, bgworker::BackgroundWorker, controller::Routes};
use sea_orm::{ActiveModelTrait, DatabaseConnection, Set};
use serde::{Deserialize, Serialize};

use crate::cake;

pub fn routes() -> Routes {
    Routes::new()
        .prefix("cakes")
        .add("/{name}", post(bake))
        .add("/{name}/burn", post(burn))
        .add("/{name}/topple", post(topple))
        .add("/{name}/deliver", post(deliver))
}

/// Who calls. Stands for an extractor as loco's `auth::JWT`, which verifies a token.
struct CurrentUser;

impl<S: Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let token = parts.headers.get(AUTHORIZATION);
        if token.is_none_or(|token| token != "Bearer ada-of-acme") {
            return Err(Error::Unauthorized("who calls?".to_owned()));
        }
        // The layer has opened the context, so from here on its events know Ada too.
        AuditContext::set_actor(Actor::new(7).with_name("Ada"));
        AuditContext::set_tenant_id("acme");
        Ok(Self)
    }
}

/// Writes a cake.
async fn bake(
    _: CurrentUser,
    State(ctx): State<AppContext>,
    Path(name): Path<String>,
) -> Result<String> {
    write(&ctx.db, name).await
}

/// Writes a cake, then fails.
async fn burn(
    _: CurrentUser,
    State(ctx): State<AppContext>,
    Path(name): Path<String>,
) -> Result<String> {
    write(&ctx.db, name).await?;
    Err(Error::string("the oven is on fire"))
}

/// Writes a cake, then panics.
async fn topple(
    _: CurrentUser,
    State(ctx): State<AppContext>,
    Path(name): Path<String>,
) -> Result<String> {
    write(&ctx.db, name).await?;
    panic!("the shelf gave way")
}

/// Leaves it to a worker to write a cake.
async fn deliver(
    _: CurrentUser,
    State(ctx): State<AppContext>,
    Path(name): Path<String>,
) -> Result<String> {
    let parcel = Parcel {
        name,
        context: AuditContext::current(),
    };
    Delivery::perform_later(&ctx, parcel).await
}

async fn write(db: &DatabaseConnection, name: String) -> Result<String> {
    let cake = cake::ActiveModel {
        name: Set(name),
        ..Default::default()
    };
    Ok(cake.insert(db).await?.name)
}

/// What a worker gets, with who caused it.
#[derive(Serialize, Deserialize)]
pub struct Parcel {
    name: String,
    context: AuditContext,
}

pub struct Delivery {
    db: DatabaseConnection,
}

#[async_trait::async_trait]
impl BackgroundWorker<Parcel> for Delivery {
    fn build(ctx: &AppContext) -> Self {
        Self { db: ctx.db.clone() }
    }

    async fn perform(&self, parcel: Parcel) -> Result<()> {
        let work = write(&self.db, parcel.name);
        // A worker runs in no request, so its context comes with its arguments.
        parcel.context.scope(work).await.map(drop)
    }
}
