//! Who is there. The login itself knows nothing of the trail; `AuditedBackend` around it does.

use std::fmt;

use audit_sea_orm::{entity::login_attempt::Status, prelude::*, text};
use audit_web::login::{AuditedBackend, Refusal};
use axum::{
    Form,
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use axum_login::{AuthUser, AuthnBackend, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, EntityTrait, PaginatorTrait, QueryFilter};
use serde::Deserialize;

use crate::{
    entity::baker,
    error::AppResult,
    pages::{self, Answer},
    password,
};

/// After so many failures in so many minutes nobody may try that name again from that address.
const MAX_FAILURES: u64 = 5;
const MINUTES: i64 = 15;

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
    pub db: DatabaseConnection,
}

impl Backend {
    /// This backend, with a trail.
    pub fn audited(self) -> AuditedBackend<Self> {
        let db = self.db.clone();
        AuditedBackend::new(self, db, |typed: &Credentials| typed.username.clone())
            .actor(|user: &User| Actor::new(user.id).with_name(&user.name))
    }

    /// Asks the trail itself how often that name failed of late, from the same address.
    async fn is_locked(&self, username: &str) -> Result<bool, DbErr> {
        use login_attempt::Column;
        let ip = AuditContext::current().ip.map(|ip| ip.to_string());
        let failures = login_attempt::Entity::find()
            .filter(Column::Username.eq(text::line(username, 150).into_owned()))
            .filter(ip.map_or_else(
                || Column::IpAddress.is_null(),
                |ip| Column::IpAddress.eq(ip),
            ))
            .filter(Column::Status.eq(Status::Failed))
            .filter(Column::OccurredAt.gt(minutes_ago(MINUTES)))
            .count(&self.db)
            .await?;
        Ok(failures >= MAX_FAILURES)
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

#[expect(
    clippy::disallowed_methods,
    reason = "the clock of the trail is for what is written into it"
)]
fn minutes_ago(minutes: i64) -> DateTime<Utc> {
    Utc::now() - TimeDelta::minutes(minutes)
}

impl AuthnBackend for Backend {
    type User = User;
    type Credentials = Credentials;
    type Error = DbErr;

    async fn authenticate(&self, typed: Credentials) -> Result<Option<User>, DbErr> {
        if self.is_locked(&typed.username).await? {
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
