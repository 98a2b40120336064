//! A bakery's web shop: cakes, orders, and a trail of everything that happens to them.
//!
//! [`open`] makes the database ready, [`app`] is the application. What concerns the trail stands in few places:
//!
//! | where | what |
//! |---|---|
//! | `entity/*.rs` | the derive of `Audited` |
//! | `migrator.rs` | the trail's migrations among the shop's |
//! | [`app`] | the layers: who and from where, logins and logouts |
//! | `export.rs`, `cakes::show` | what no hook can see: an export, a view |
//! | `trail.rs` | the admin at `/audit`, and who may see it |
//! | `main.rs` | errors that are logged, as system events |
//!
//! Applications on loco and actix-web do as the documentation of `audit-web` shows: loco adds the same layers to its
//! router, actix-web wraps the middleware of the feature `actix`.

mod cakes;
mod entity;
mod error;
mod export;
mod faults;
mod lockout;
mod login;
mod migrator;
mod orders;
mod pages;
mod password;
mod seed;
mod trail;

use audit_web::{AuditLayer, EventReporter, SecurityAuditLayer};
use axum::{
    Router,
    response::Redirect,
    routing::{get, post},
};
use axum_login::tower_sessions::{MemoryStore, SessionManagerLayer};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr, sqlx::sqlite::SqliteJournalMode,
};
use sea_orm_migration::MigratorTrait;

pub use seed::ACCOUNTS;

/// Connects, migrates, and fills the shop if it is empty.
pub async fn open(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options.sqlx_logging(false);
    // On SQLite, readers and the writer then do not wait for each other.
    options.map_sqlx_sqlite_opts(|options| options.journal_mode(SqliteJournalMode::Wal));
    let db = Database::connect(options).await?;
    migrator::Migrator::up(&db, None).await?;
    seed::seed(&db).await?;
    Ok(db)
}

/// The application. Layers are listed from the inside out.
pub fn app(db: DatabaseConnection, reporter: &EventReporter) -> Router {
    let backend = login::Backend::new(db.clone());
    // Strict cookies keep other sites from sending forms in a baker's name. A shop on the internet is served by
    // HTTPS, and leaves `with_secure` alone.
    let sessions = SessionManagerLayer::new(MemoryStore::default()).with_secure(false);
    shop()
        .nest_service("/audit", trail::pages(db.clone()))
        .with_state(db)
        // Who: logins, logouts, and the actor of everything that a baker does.
        .layer(backend.audited(reporter).into_layer(sessions))
        .layer(SecurityAuditLayer::new(reporter))
        // From where: address, user agent, request id; and what goes wrong.
        .layer(AuditLayer::new(reporter))
}

fn shop() -> Router<DatabaseConnection> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/cakes") }))
        .route("/style.css", get(pages::style))
        .route("/login", get(login::page).post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/cakes", get(cakes::list).post(cakes::create))
        .route("/cakes/new", get(cakes::new))
        .route("/cakes/{id}", get(cakes::show).post(cakes::edit))
        .route("/cakes/{id}/delete", post(cakes::delete))
        .route("/orders", get(orders::list).post(orders::create))
        .route("/orders.csv", get(export::orders))
        .route("/orders/new", get(orders::new))
        .route("/orders/{id}", get(orders::show))
        .route("/orders/{id}/deliver", post(orders::deliver))
        .route("/orders/{id}/delete", post(orders::delete))
        .route("/faults", get(faults::page))
        .route("/faults/error", post(faults::fail))
        .route("/faults/panic", post(faults::panic))
        .route("/faults/dawdle", post(faults::dawdle))
        .fallback(|| async { error::AppError::NotFound })
}
