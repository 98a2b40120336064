//! Logins and logouts of [axum-login](axum_login), recorded by themselves.
//!
//! Wrap the backend in [`AuditedBackend`], and build the layer from it:
//!
//! - every call of `authenticate` leaves a [`LoginAttempt`](audit_sea_orm::LoginAttempt): success, failure, or
//!   blocked, with address, user agent and, with a [`GeoLocator`](audit_sea_orm::GeoLocator), country and city;
//! - `logout`, or anything else that takes the user out of the session, leaves a `LOGOUT` record;
//! - a logged-in user's requests have that user as the actor of their
//!   [`AuditContext`](audit_sea_orm::AuditContext).
//!
//! Handlers stay as they are: [`AuditedBackend`] dereferences to the backend it wraps, and the alias of the
//! session is the one line that changes.
//!
//! Put `AuditLayer` around all of it: the address and user agent of an attempt come from the context that it
//! opens.
//!
//! # Example
//! ```no_run
//! # use audit_sea_orm::Actor;
//! # use axum::{Router, routing::post};
//! # use axum_login::{AuthUser, AuthnBackend, UserId, tower_sessions::{SessionManagerLayer, SessionStore}};
//! # use sea_orm::DatabaseConnection;
//! # #[derive(Clone, Debug)]
//! # struct User { id: i32, name: String, hash: String }
//! # impl AuthUser for User {
//! #     type Id = i32;
//! #     fn id(&self) -> i32 { self.id }
//! #     fn session_auth_hash(&self) -> &[u8] { self.hash.as_bytes() }
//! # }
//! # struct Credentials { username: String, password: String }
//! # #[derive(Clone)]
//! # struct Backend { db: DatabaseConnection }
//! # impl AuthnBackend for Backend {
//! #     type User = User;
//! #     type Credentials = Credentials;
//! #     type Error = sea_orm::DbErr;
//! #     async fn authenticate(&self, _: Credentials) -> Result<Option<User>, Self::Error> { Ok(None) }
//! #     async fn get_user(&self, _: &UserId<Self>) -> Result<Option<User>, Self::Error> { Ok(None) }
//! # }
//! use audit_web::login::AuditedBackend;
//!
//! type AuthSession = axum_login::AuthSession<AuditedBackend<Backend>>;
//!
//! fn app<S>(db: DatabaseConnection, sessions: SessionManagerLayer<S>) -> Router
//! where
//!     S: SessionStore + Clone,
//! {
//!     let backend = Backend { db: db.clone() };
//!     let backend = AuditedBackend::new(backend, db, |typed: &Credentials| typed.username.clone())
//!         .actor(|user: &User| Actor::new(user.id).with_name(&user.name));
//!     Router::new()
//!         .route("/logout", post(|mut auth: AuthSession| async move { auth.logout().await.map(drop).ok(); }))
//!         .layer(backend.into_layer(sessions))
//!     // .layer(AuditLayer::new(…))
//! }
//! ```
//!
//! # Without axum-login
//! One line in the handler does the same:
//! [`LoginAttempt::success(name).record(&db)`](audit_sea_orm::LoginAttempt), its sisters `failed`, `blocked`
//! and `logout`, and [`AuditContext::set_actor`](audit_sea_orm::AuditContext::set_actor).

mod attempt;
mod backend;
mod layer;
mod refusal;
mod watch;

pub use backend::{AuditedBackend, AuditedBackendError};
pub use layer::{AuditLogin, AuditLoginLayer, AuditedLogin};
pub use refusal::Refusal;

#[cfg(test)]
mod tests;
