//! The service. Only its interceptor knows of the trail.

use std::pin::Pin;

use audit_sea_orm::prelude::*;
use sea_orm::{DatabaseConnection, DbErr, Set};
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status};

use crate::{
    cake,
    proto::{Batch, Cake, Order, bakery_server::Bakery},
};

pub struct Ovens {
    pub db: DatabaseConnection,
}

#[tonic::async_trait]
impl Bakery for Ovens {
    async fn bake(&self, order: Request<Order>) -> Result<Response<Cake>, Status> {
        let cake = bake(&self.db, order.into_inner().name).await?;
        Ok(Response::new(cake))
    }

    async fn burn(&self, order: Request<Order>) -> Result<Response<Cake>, Status> {
        self.bake(order).await?;
        Err(Status::internal("the oven is on fire"))
    }

    async fn topple(&self, order: Request<Order>) -> Result<Response<Cake>, Status> {
        self.bake(order).await?;
        panic!("the shelf gave way")
    }

    type BakeManyStream = Pin<Box<dyn Stream<Item = Result<Cake, Status>> + Send>>;

    async fn bake_many(
        &self,
        batch: Request<Batch>,
    ) -> Result<Response<Self::BakeManyStream>, Status> {
        let db = self.db.clone();
        // Runs after this function has ended, when the client reads: still in the call's context.
        let cakes = tokio_stream::iter(batch.into_inner().names).then(move |name| {
            let db = db.clone();
            async move { bake(&db, name).await }
        });
        Ok(Response::new(Box::pin(cakes)))
    }
}

async fn bake(db: &DatabaseConnection, name: String) -> Result<Cake, Status> {
    if name == "a cake too many" {
        panic!("the oven is full");
    }
    let cake = cake::ActiveModel {
        name: Set(name),
        ..Default::default()
    };
    let cake = cake.audited_insert(db).await.map_err(unavailable)?;
    Ok(Cake {
        id: cake.id,
        name: cake.name,
    })
}

fn unavailable(error: DbErr) -> Status {
    // What the database says is for the log, not for clients.
    eprintln!("a cake is lost: {error}");
    Status::unavailable("try again later")
}

/// Names who calls, and whose data it is. Stands for an interceptor that verifies a token.
pub fn authenticate(request: Request<()>) -> Result<Request<()>, Status> {
    let token = request.metadata().get("authorization");
    if token.is_none_or(|token| token != "Bearer ada-of-acme") {
        return Err(Status::unauthenticated("who calls?"));
    }
    // The layer around the service has opened the context, so from here on its events know Ada too.
    AuditContext::set_actor(Actor::new(7).with_name("Ada"));
    AuditContext::set_tenant_id("acme");
    Ok(request)
}
