use super::*;

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
    let before = audit_sea_orm::lost_records();
    assert_eq!(ada.send("POST", "/logout", "").await.0, StatusCode::OK);
    // Other tests of this process may lose records too.
    assert!(audit_sea_orm::lost_records() > before);
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
