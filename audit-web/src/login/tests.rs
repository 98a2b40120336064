use std::{future::pending, sync::Arc, time::Duration};

use audit_migration::Migrator;
use audit_sea_orm::{
    Actor, AuditConfig, AuditContext, AuditFutureExt as _, GeoPlace, entity::login_attempt::Status,
    prelude::*,
};
use axum::{
    Router,
    body::Body,
    routing::{get, post},
};
use axum_login::{
    AuthUser, AuthnBackend, AuthzBackend, UserId, tower_sessions::SessionManagerLayer,
};
use http::{Request, StatusCode, header};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, EntityTrait, QueryOrder};
use sea_orm_migration::MigratorTrait;
use tokio::sync::Notify;
use tower::ServiceExt;
use tower_sessions::MemoryStore;

use super::*;

mod attempts;
mod logouts;

#[derive(Clone, Debug)]
struct User {
    id: i32,
    name: String,
}

impl AuthUser for User {
    type Id = i32;

    fn id(&self) -> i32 {
        self.id
    }

    fn session_auth_hash(&self) -> &[u8] {
        self.name.as_bytes()
    }
}

struct Credentials {
    username: String,
    password: String,
}

/// Knows Ada (1) and Bob (2), whose password is `right`.
#[derive(Clone, Debug, Default)]
struct Backend {
    is_reached: Arc<Notify>,
}

#[derive(Debug, thiserror::Error)]
enum BackendError {
    #[error("s3cret")]
    Broken,
    #[error("locked")]
    Locked,
}

fn user(name: &str) -> Option<User> {
    let id = ["ada", "bob"].iter().position(|known| *known == name)?;
    Some(User {
        id: i32::try_from(id).unwrap() + 1,
        name: name.to_owned(),
    })
}

impl AuthnBackend for Backend {
    type User = User;
    type Credentials = Credentials;
    type Error = BackendError;

    async fn authenticate(&self, typed: Credentials) -> Result<Option<User>, BackendError> {
        match typed.username.as_str() {
            "broken" => return Err(BackendError::Broken),
            "locked" => return Err(BackendError::Locked),
            "slow" => {
                self.is_reached.notify_one();
                pending::<()>().await;
            }
            "banned" => {
                Refusal::blocked("banned for life").note();
                return Ok(None);
            }
            _ => {}
        }
        let Some(user) = user(&typed.username) else {
            Refusal::failed("unknown user").note();
            return Ok(None);
        };
        Ok((typed.password == "right").then_some(user))
    }

    async fn get_user(&self, id: &UserId<Self>) -> Result<Option<User>, BackendError> {
        Ok(["ada", "bob"]
            .into_iter()
            .filter_map(user)
            .find(|user| user.id == *id))
    }
}

impl AuthzBackend for Backend {
    type Permission = &'static str;

    async fn has_perm(&self, user: &User, permission: &'static str) -> Result<bool, BackendError> {
        Ok(user.id == 1 && permission == "bake")
    }
}

type AuthSession = axum_login::AuthSession<AuditedBackend<Backend>>;

async fn database() -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).sqlx_logging(false);
    let db = Database::connect(options).await.unwrap();
    Migrator::up(&db, None).await.unwrap();
    db
}

fn audited(db: &DatabaseConnection) -> AuditedBackend<Backend> {
    AuditedBackend::new(Backend::default(), db.clone(), |typed: &Credentials| {
        typed.username.clone()
    })
    .actor(|user: &User| Actor::new(user.id).with_name(&user.name))
    .refusal(|error| match error {
        BackendError::Locked => Refusal::blocked("locked"),
        BackendError::Broken => Refusal::failed("out of order"),
    })
}

fn typed(username: &str, password: &str) -> Credentials {
    Credentials {
        username: username.to_owned(),
        password: password.to_owned(),
    }
}

async fn attempts(db: &DatabaseConnection) -> Vec<login_attempt::Model> {
    login_attempt::Entity::find()
        .order_by_asc(login_attempt::Column::Id)
        .all(db)
        .await
        .unwrap()
}

async fn records(db: &DatabaseConnection) -> Vec<audit_log::Model> {
    audit_log::Entity::find()
        .order_by_asc(audit_log::Column::Id)
        .all(db)
        .await
        .unwrap()
}

/// Each record as its action, whom it names, and who acted.
async fn story(db: &DatabaseConnection) -> Vec<(String, String, Option<String>)> {
    let records = records(db).await.into_iter();
    records
        .map(|record| {
            (
                record.action,
                record.object_repr.unwrap_or_default(),
                record.actor_id,
            )
        })
        .collect()
}

fn told(action: &str, name: &str, actor: Option<&str>) -> (String, String, Option<String>) {
    (
        action.to_owned(),
        name.to_owned(),
        actor.map(ToOwned::to_owned),
    )
}

/// Asks until there is an answer: for what a task does that nobody can await.
#[expect(clippy::future_not_send, reason = "a test awaits it on its own thread")]
async fn eventually<T>(ask: impl AsyncFn() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    // Far more than a loaded machine needs: it ends a test whose task is never going to do it.
    let patience = Duration::from_secs(60);
    tokio::time::timeout(patience, asking)
        .await
        .expect("it happened")
}
