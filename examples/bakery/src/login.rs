//! Who is there. The login itself knows nothing of the trail; `AuditedBackend` around it does.

use std::fmt;

use audit_sea_orm::prelude::*;
use audit_web::{
    EventReporter,
    login::{AuditedBackend, Refusal},
};
use axum::{
    Form,
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use axum_login::{AuthUser, AuthnBackend, UserId};
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter};
use serde::Deserialize;

use crate::{
    entity::baker,
    error::AppResult,
    lockout::Lockout,
    pages::{self, Answer},
    password,
};

pub type Session = axum_login::AuthSession<AuditedBackend<Backend>>;

/// Somebody who is logged in.
#[derive(Clone)]
pub struct User {
    pub id: i32,
    pub username: String,
    pub name: String,
    password_hash: String,
}

/// Without the hash: axum-login traces the user at level `DEBUG`.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl From<baker::Model> for User {
    fn from(baker: baker::Model) -> Self {
        Self {
            id: baker.id,
            username: baker.username,
            name: baker.name,
            password_hash: baker.password_hash,
        }
    }
}

impl AuthUser for User {
    type Id = i32;

    fn id(&self) -> i32 {
        self.id
    }

    // A new password ends the sessions of the old one.
    fn session_auth_hash(&self) -> &[u8] {
        self.password_hash.as_bytes()
    }
}

/// What is typed into the login page.
#[derive(Deserialize)]
pub struct Credentials {
    pub username: String,
    pub password: String,
}

/// Looks bakers up.
#[derive(Clone, Debug)]
pub struct Backend {
    db: DatabaseConnection,
    lockout: Lockout,
}

impl Backend {
    pub fn new(db: DatabaseConnection) -> Self {
        Self {
            db,
            lockout: Lockout::default(),
        }
    }

    /// This backend, with a trail.
    pub fn audited(self, reporter: &EventReporter) -> AuditedBackend<Self> {
        AuditedBackend::new(self, reporter, |typed: &Credentials| typed.username.clone())
            .actor(|user: &User| Actor::new(user.id).with_name(&user.name))
    }

    async fn find(&self, username: &str) -> Result<Option<baker::Model>, DbErr> {
        // A name that cannot be one is not worth a question, which PostgreSQL would refuse for a NUL.
        if username.chars().any(char::is_control) {
            return Ok(None);
        }
        let baker = baker::Entity::find().filter(baker::Column::Username.eq(username));
        baker.one(&self.db).await
    }
}

impl AuthnBackend for Backend {
    type User = User;
    type Credentials = Credentials;
    type Error = DbErr;

    async fn authenticate(&self, typed: Credentials) -> Result<Option<User>, DbErr> {
        let ip = AuditContext::current().ip;
        if self.lockout.is_locked(&typed.username, ip) {
            // The trail learns why; the stranger does not.
            Refusal::blocked("too many failures").note();
            return Ok(None);
        }
        let baker = self.find(&typed.username).await?;
        let hash = baker.as_ref().map(|baker| baker.password_hash.clone());
        let reason = if hash.is_some() {
            "wrong password"
        } else {
            "unknown user"
        };
        if password::matches(typed.password, hash).await {
            return Ok(baker.map(User::from));
        }
        self.lockout.note_failure(&typed.username, ip);
        Refusal::failed(reason).note();
        Ok(None)
    }

    async fn get_user(&self, id: &UserId<Self>) -> Result<Option<User>, DbErr> {
        let baker = baker::Entity::find_by_id(*id).one(&self.db).await?;
        Ok(baker.map(User::from))
    }
}

/// Handlers that take it are for those who are logged in; others are sent to the login page.
impl<S: Send + Sync> FromRequestParts<S> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let session = parts.extensions.get::<Session>();
        let user = session.and_then(|session| session.user.clone());
        user.ok_or_else(|| Redirect::to("/login").into_response())
    }
}

pub async fn page() -> AppResult<Response> {
    pages::Login {
        user: None,
        error: None,
    }
    .answer(StatusCode::OK)
}

pub async fn log_in(mut session: Session, Form(typed): Form<Credentials>) -> AppResult<Response> {
    let Some(user) = session.authenticate(typed).await? else {
        let error = Some("This name and password do not belong together.");
        return pages::Login { user: None, error }.answer(StatusCode::UNAUTHORIZED);
    };
    session.login(&user).await?;
    Ok(Redirect::to("/cakes").into_response())
}

pub async fn log_out(mut session: Session) -> AppResult<Redirect> {
    session.logout().await?;
    Ok(Redirect::to("/login"))
}
