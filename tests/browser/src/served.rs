//! The admin over a real socket, for each kind of person.

use std::future::ready;

use audit_sea_orm::Actor;
use audit_tests::{http::Server, site};
use audit_web::admin::Access;
use axum::{Router, http::request::Parts};
use sea_orm::DatabaseConnection;

/// `/ada` is the admin of a superuser, `/vera` a viewer's, `/eve` that of somebody who may not see it.
pub fn router(db: &DatabaseConnection) -> Router {
    let ada = Actor::new("ada").with_name("Ada Lovelace");
    Router::new()
        .nest("/ada", admin(db, Access::Superuser(ada)))
        .nest("/vera", admin(db, Access::Viewer(Actor::new("vera"))))
        .nest("/eve", admin(db, Access::Denied))
}

/// The admin, and what everybody may do there.
pub fn admin(db: &DatabaseConnection, access: Access) -> Router {
    let authorize = move |_: Parts| ready(access.clone());
    site::admin(db).authorize(authorize).into_router()
}

/// Serves a router, and tells its address.
pub async fn serve(router: Router) -> crate::Result<(Server, String)> {
    let server = Server::start(router).await?;
    let address = format!("http://{}", server.address);
    Ok((server, address))
}
