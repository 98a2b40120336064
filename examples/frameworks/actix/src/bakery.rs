//! The handlers. None of them knows of the trail.

use actix_web::{
    Error, HttpResponse,
    error::{ErrorInternalServerError, ErrorServiceUnavailable},
    post,
    web::{Bytes, Data, Path, ServiceConfig},
};
use audit_sea_orm::prelude::*;
use futures_util::{StreamExt, stream};
use sea_orm::{DatabaseConnection, DbErr, Set};

use crate::cake;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(bake)
        .service(burn)
        .service(topple)
        .service(bake_three);
}

/// Writes a cake.
#[post("/cakes/{name}")]
async fn bake(db: Data<DatabaseConnection>, name: Path<String>) -> Result<String, Error> {
    write(&db, name.into_inner()).await
}

/// Writes a cake, then fails.
#[post("/cakes/{name}/burn")]
async fn burn(db: Data<DatabaseConnection>, name: Path<String>) -> Result<String, Error> {
    write(&db, name.into_inner()).await?;
    Err(ErrorInternalServerError("the oven is on fire"))
}

/// Writes a cake, then panics.
#[post("/cakes/{name}/topple")]
async fn topple(db: Data<DatabaseConnection>, name: Path<String>) -> Result<String, Error> {
    write(&db, name.into_inner()).await?;
    panic!("the shelf gave way")
}

/// Writes each cake when it is sent.
#[post("/cakes/{name}/three")]
async fn bake_three(db: Data<DatabaseConnection>, name: Path<String>) -> HttpResponse {
    // Runs after this function has ended, when the client reads: still in the request's context.
    let cakes = stream::iter(1..=3).then(move |number| {
        let db = db.clone();
        let name = format!("{name} {number}");
        async move { write(&db, name).await.map(Bytes::from) }
    });
    HttpResponse::Ok().streaming(cakes)
}

async fn write(db: &DatabaseConnection, name: String) -> Result<String, Error> {
    let cake = cake::ActiveModel {
        name: Set(name),
        ..Default::default()
    };
    let cake = cake.audited_insert(db).await.map_err(unavailable)?;
    Ok(format!("{} {}\n", cake.id, cake.name))
}

fn unavailable(error: DbErr) -> Error {
    // What the database says is for the log, not for clients.
    eprintln!("a cake is lost: {error}");
    ErrorServiceUnavailable("try again later")
}
