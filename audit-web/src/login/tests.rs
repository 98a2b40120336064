use std::{future::pending, sync::Arc};

use audit_migration::Migrator;
use audit_sea_orm::{
    Actor, AuditConfig, AuditContext, FutureExt as _, Place, entity::login_attempt::Status,
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

#[tokio::test]
async fn every_attempt_is_recorded_with_what_came_of_it() {
    let db = database().await;
    let backend = audited(&db);
    assert_eq!(
        backend
            .authenticate(typed("ada", "right"))
            .await
            .unwrap()
            .unwrap()
            .id,
        1
    );
    for (name, password) in [("ada", "wrong"), ("eve", "any"), ("banned", "any")] {
        assert!(
            backend
                .authenticate(typed(name, password))
                .await
                .unwrap()
                .is_none()
        );
    }
    for name in ["broken", "locked"] {
        let error = backend.authenticate(typed(name, "any")).await.unwrap_err();
        assert!(matches!(error, AuditedBackendError::Backend(_)));
    }

    let attempts: Vec<_> = attempts(&db)
        .await
        .into_iter()
        .map(|attempt| (attempt.username, attempt.status, attempt.failure_reason))
        .collect();
    let expected = [
        ("ada", Status::Success, None),
        ("ada", Status::Failed, Some("wrong credentials")),
        ("eve", Status::Failed, Some("unknown user")),
        ("banned", Status::Blocked, Some("banned for life")),
        ("broken", Status::Failed, Some("out of order")),
        ("locked", Status::Blocked, Some("locked")),
    ];
    assert_eq!(
        attempts,
        expected.map(|(name, status, reason)| {
            (name.to_owned(), status, reason.map(ToOwned::to_owned))
        })
    );
    assert_eq!(
        story(&db).await[..2],
        [
            told("LOGIN", "ada", Some("1")),
            told("LOGIN_FAILED", "ada", None)
        ]
    );
}

#[tokio::test]
async fn an_error_is_not_quoted_unless_asked() {
    let db = database().await;
    let backend = AuditedBackend::new(Backend::default(), db.clone(), |typed: &Credentials| {
        typed.username.clone()
    });
    backend
        .authenticate(typed("broken", "any"))
        .await
        .unwrap_err();
    let reason = attempts(&db).await.remove(0).failure_reason;
    assert_eq!(reason.as_deref(), Some("the backend reported an error"));
}

#[tokio::test]
async fn any_name_a_stranger_types_is_recorded_clean_and_cut() {
    let db = database().await;
    let backend = audited(&db);
    let long = "x".repeat(1_000_000);
    for (name, recorded) in [
        ("", String::new()),
        (long.as_str(), "x".repeat(150)),
        ("a\0d\na\u{202E}", "a\u{FFFD}d\u{FFFD}a\u{FFFD}".to_owned()),
        (
            "'; DROP TABLE audit_log; --",
            "'; DROP TABLE audit_log; --".to_owned(),
        ),
        (&"🦀".repeat(200), "🦀".repeat(150)),
    ] {
        assert!(
            backend
                .authenticate(typed(name, "any"))
                .await
                .unwrap()
                .is_none()
        );
        assert_eq!(attempts(&db).await.pop().unwrap().username, recorded);
    }
}

#[tokio::test]
async fn address_and_place_stand_in_the_attempt() {
    let db = database().await;
    let backend = audited(&db).locator(|ip: std::net::IpAddr| {
        ip.is_ipv4().then(|| Place {
            country: Some("Austria".to_owned()),
            city: Some("Wien".to_owned()),
        })
    });
    let context = AuditContext::new().ip([192, 0, 2, 7]).user_agent("browser");
    let after = context
        .scope(async {
            backend.authenticate(typed("ada", "right")).await.unwrap();
            AuditContext::current().actor
        })
        .await;
    assert_eq!(
        after,
        Some(Actor::new(1).with_name("ada")),
        "who is in acts from then on"
    );

    let attempt = attempts(&db).await.remove(0);
    assert_eq!(attempt.ip_address.as_deref(), Some("192.0.2.7"));
    assert_eq!(attempt.user_agent.as_deref(), Some("browser"));
    assert_eq!(
        (attempt.country.as_deref(), attempt.city.as_deref()),
        (Some("Austria"), Some("Wien"))
    );
}

#[tokio::test]
async fn nobody_is_let_in_whose_login_cannot_be_recorded() {
    let db = database().await;
    let backend = audited(&db);
    db.execute_unprepared("DROP TABLE audit_login_attempt")
        .await
        .unwrap();
    let refused = backend
        .authenticate(typed("ada", "right"))
        .await
        .unwrap_err();
    assert!(matches!(refused, AuditedBackendError::Audit(_)));
    let broken = backend
        .authenticate(typed("broken", "right"))
        .await
        .unwrap_err();
    assert!(matches!(
        broken,
        AuditedBackendError::Backend(BackendError::Broken)
    ));

    let config = AuditConfig::new().on_failure(OnFailure::Log);
    let let_in = config
        .scope(backend.authenticate(typed("ada", "right")))
        .await;
    assert!(let_in.unwrap().is_some());
}

#[tokio::test]
async fn an_attempt_that_is_abandoned_is_recorded() {
    let db = database().await;
    let backend = audited(&db);
    let context = AuditContext::new().request_id("r1");
    let attempt = tokio::spawn({
        let backend = backend.clone();
        async move { drop(backend.authenticate(typed("slow", "right")).await) }
            .with_audit_context(context)
    });
    backend.is_reached.notified().await;
    attempt.abort();
    attempt.await.unwrap_err();

    let attempt = eventually(async || attempts(&db).await.pop()).await;
    assert_eq!(
        attempt.failure_reason.as_deref(),
        Some("abandoned before it ended")
    );
    assert_eq!(records(&db).await[0].request_id.as_deref(), Some("r1"));
}

#[tokio::test]
async fn permissions_are_those_of_the_backend() {
    let backend = audited(&database().await);
    let (ada, bob) = (user("ada").unwrap(), user("bob").unwrap());
    assert!(backend.has_perm(&ada, "bake").await.unwrap());
    assert!(!backend.has_perm(&bob, "bake").await.unwrap());
    assert!(backend.get_all_permissions(&ada).await.unwrap().is_empty());
}

/// Asks until there is an answer: for what a task does that nobody can await.
async fn eventually<T>(ask: impl AsyncFn() -> Option<T>) -> T {
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        tokio::task::yield_now().await;
    }
}

async fn log_in(mut auth: AuthSession, name: String) {
    let user = auth
        .authenticate(typed(&name, "right"))
        .await
        .unwrap()
        .unwrap();
    auth.login(&user).await.unwrap();
}

async fn whoami() -> String {
    let context = AuditContext::current();
    format!(
        "{:?} {}",
        context.actor.map(|actor| actor.to_string()),
        context.session_id.unwrap_or_default()
    )
}

async fn log_out(mut auth: AuthSession) {
    auth.logout().await.unwrap();
}

async fn log_out_and_panic(auth: AuthSession) {
    log_out(auth).await;
    panic!("expected by the test");
}

async fn log_out_and_hang(auth: AuthSession) {
    log_out(auth.clone()).await;
    auth.backend.is_reached.notify_one();
    pending::<()>().await;
}

fn routes() -> Router {
    Router::new()
        .route("/login", post(log_in))
        .route("/whoami", get(whoami))
        .route("/logout", post(log_out))
        .route("/panic", post(log_out_and_panic))
        .route("/hang", post(log_out_and_hang))
        .route(
            "/flush",
            post(|session: tower_sessions::Session| async move { session.flush().await.unwrap() }),
        )
}

fn sessions() -> SessionManagerLayer<MemoryStore> {
    SessionManagerLayer::new(MemoryStore::default())
}

/// A browser: it keeps the session's cookie.
struct Browser {
    app: Router,
    cookie: String,
}

impl Browser {
    async fn logged_in(app: &Router, name: &str) -> Self {
        let mut browser = Self {
            app: app.clone(),
            cookie: String::new(),
        };
        assert_eq!(browser.send("POST", "/login", name).await.0, StatusCode::OK);
        browser
    }

    fn request(&self, method: &str, path: &str, body: &str) -> Request<Body> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, &self.cookie);
        request.body(Body::from(body.to_owned())).unwrap()
    }

    async fn send(&mut self, method: &str, path: &str, body: &str) -> (StatusCode, String) {
        let request = self.request(method, path, body);
        let response = self.app.clone().oneshot(request).await.unwrap();
        if let Some(cookie) = response.headers().get(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
            cookie.clone_into(&mut self.cookie);
        }
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 10_000)
            .await
            .unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }
}

async fn shop() -> (DatabaseConnection, Router) {
    let db = database().await;
    let app = routes().layer(audited(&db).into_layer(sessions()));
    (db, app)
}

#[tokio::test]
async fn a_logout_is_recorded_once_and_only_when_it_happens() {
    let (db, app) = shop().await;
    let mut ada = Browser::logged_in(&app, "ada").await;
    ada.send("GET", "/whoami", "").await;
    assert_eq!(story(&db).await, [told("LOGIN", "ada", Some("1"))]);
    ada.send("POST", "/logout", "").await;
    ada.send("POST", "/logout", "").await;
    assert_eq!(story(&db).await[1..], [told("LOGOUT", "ada", Some("1"))]);
}

#[tokio::test]
async fn a_session_that_is_emptied_is_a_logout() {
    let (db, app) = shop().await;
    let mut ada = Browser::logged_in(&app, "ada").await;
    ada.send("POST", "/flush", "").await;
    assert_eq!(story(&db).await[1..], [told("LOGOUT", "ada", Some("1"))]);
}

#[tokio::test]
async fn who_is_exchanged_for_another_is_logged_out() {
    let (db, app) = shop().await;
    let mut browser = Browser::logged_in(&app, "ada").await;
    browser.send("POST", "/login", "bob").await;
    assert_eq!(
        story(&db).await[1..],
        [
            told("LOGIN", "bob", Some("2")),
            told("LOGOUT", "ada", Some("1"))
        ]
    );
}

#[tokio::test]
async fn a_logout_is_recorded_though_the_handler_panics() {
    let (db, app) = shop().await;
    let ada = Browser::logged_in(&app, "ada").await;
    let panicking = tokio::spawn(app.clone().oneshot(ada.request("POST", "/panic", "")));
    assert!(panicking.await.unwrap_err().is_panic());
    eventually(async || (records(&db).await.len() == 2).then_some(())).await;
    assert_eq!(story(&db).await[1..], [told("LOGOUT", "ada", Some("1"))]);
}

#[tokio::test]
async fn a_logout_is_recorded_though_the_client_goes_away() {
    let db = database().await;
    let backend = audited(&db);
    let reached = Arc::clone(&backend.is_reached);
    let app = routes().layer(backend.into_layer(sessions()));
    let bob = Browser::logged_in(&app, "bob").await;
    let hanging = tokio::spawn(app.clone().oneshot(bob.request("POST", "/hang", "")));
    reached.notified().await;
    hanging.abort();
    eventually(async || (records(&db).await.len() == 2).then_some(())).await;
    assert_eq!(story(&db).await[1..], [told("LOGOUT", "bob", Some("2"))]);
}

#[tokio::test]
async fn the_user_is_the_actor_of_the_request_with_or_without_a_context_around() {
    let (_db, app) = shop().await;
    let mut ada = Browser::logged_in(&app, "ada").await;
    let (_, bare) = ada.send("GET", "/whoami", "").await;
    let context = AuditContext::new().ip([192, 0, 2, 7]);
    let (actor, (_, scoped)) = context
        .scope(async {
            let answer = ada.send("GET", "/whoami", "").await;
            (AuditContext::current().actor, answer)
        })
        .await;
    assert_eq!(
        actor,
        Some(Actor::new(1).with_name("ada")),
        "the layer outside learns it too"
    );
    assert_eq!(bare, scoped);

    let digest = bare.strip_prefix("Some(\"ada\") ").expect("Ada acts");
    assert_eq!(digest.len(), 32);
    let id = ada.cookie.split_once('=').unwrap().1;
    assert!(!digest.contains(id), "the session's id must not be told");
    let mut stranger = Browser {
        app,
        cookie: String::new(),
    };
    assert_eq!(stranger.send("GET", "/whoami", "").await.1, "None ");
}

#[tokio::test]
async fn a_logout_that_cannot_be_recorded_is_counted_and_the_user_is_out() {
    let (db, app) = shop().await;
    let mut ada = Browser::logged_in(&app, "ada").await;
    db.execute_unprepared("DROP TABLE audit_log").await.unwrap();
    let before = audit_sea_orm::failures();
    assert_eq!(ada.send("POST", "/logout", "").await.0, StatusCode::OK);
    // Other tests of this process may lose records too.
    assert!(audit_sea_orm::failures() > before);
    assert_eq!(ada.send("GET", "/whoami", "").await.1, "None ");
}

#[tokio::test]
async fn a_session_under_another_key_is_watched_too() {
    for layer in [
        AuditLoginLayer::<Backend>::new(),
        AuditLoginLayer::new().data_key("mine"),
    ] {
        let db = database().await;
        let auth = axum_login::AuthManagerLayerBuilder::new(audited(&db), sessions());
        let auth = auth.with_data_key("mine").build();
        let app = routes().layer(layer).layer(auth);
        let mut ada = Browser::logged_in(&app, "ada").await;
        ada.send("GET", "/whoami", "").await;
        ada.send("POST", "/logout", "").await;
        assert_eq!(story(&db).await[1..], [told("LOGOUT", "ada", Some("1"))]);
    }
}
