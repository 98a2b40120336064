//! The trail's own pages, behind the shop's login.

use audit_sea_orm::Actor;
use audit_web::admin::{Access, AuditAdmin};
use axum::{Router, http::request::Parts};
use sea_orm::DatabaseConnection;

use crate::login::Session;

/// Who may delete rows of the trail; every baker may read it.
const OWNER: &str = "ada";

pub fn pages(db: DatabaseConnection) -> Router {
    let admin = AuditAdmin::new(db).title("The bakery's trail");
    admin.authorize(access).into_router()
}

async fn access(request: Parts) -> Access {
    let session = request.extensions.get::<Session>();
    let Some(user) = session.and_then(|session| session.user.as_ref()) else {
        return Access::Redirect("/login".to_owned());
    };
    let actor = Actor::new(user.id).with_name(&user.name);
    if user.username == OWNER {
        Access::Superuser(actor)
    } else {
        Access::Viewer(actor)
    }
}
