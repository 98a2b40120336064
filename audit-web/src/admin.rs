//! The embedded admin: pages an auditor reads the trail with.
//!
//! [`AuditAdmin`] makes an axum router of lists, details, object histories and a dashboard, with exports and a
//! JSON API of the same. It needs no build step, no network and no JavaScript, and reads with keyset queries that
//! an index serves. It only reads, but for three things: any admitted person marks system events resolved, and one
//! whom the [authoriser](Authorize) calls a [superuser](Access::Superuser) deletes rows, and undoes what a request, a
//! transaction or an actor did. Each is recorded. An undo writes the application's own tables, by the entities that the
//! program registered: see [`audit_sea_orm::undo`].
//!
//! # Example
//! ```no_run
//! use audit_sea_orm::Actor;
//! use audit_web::admin::{Access, AuditAdmin};
//! use axum::{Router, http::request::Parts};
//!
//! # fn user_of(_: &Parts) -> Option<String> { None }
//! # async fn serve(db: sea_orm::DatabaseConnection) -> std::io::Result<()> {
//! let admin = AuditAdmin::new(db).authorize(async |request: Parts| match user_of(&request) {
//!     Some(name) if name == "ada" => Access::Superuser(Actor::new(name)),
//!     Some(name) => Access::Viewer(Actor::new(name)),
//!     None => Access::Redirect("/login".to_owned()),
//! });
//! let app: Router = Router::new().nest_service("/audit", admin.into_router());
//! # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! axum::serve(listener, app).await
//! # }
//! ```
//!
//! # Where it is mounted
//! At any path: every link is relative, so a reverse proxy may add or remove a prefix. `nest_service("/audit", …)`
//! answers `/audit` and `/audit/`, which somebody may type; axum's `nest` answers `/audit` alone. At `/` use `fallback_service` or `merge`. A proxy
//! that rewrites the path leads to `dashboard` below it. The pages are shown in `docs/admin.md`.
//!
//! # What protects it
//! - There is no open default: without an authoriser there is no router. See [`AuditAdmin::authorize`].
//! - A content security policy that allows no script and no inline style, no sniffing, no referrer, no caching.
//! - A tenant's own auditor is limited to that tenant by the authoriser: [`Access::of_tenant`].
//! - A form is accepted only with a token, an HMAC of the actor's id under a key of the process, and never from
//!   another origin: `Sec-Fetch-Site` says so, or `Origin` where a browser does not send that. Several processes
//!   that share the load need one key: see [`AuditAdmin::token_key`].
//! - Cells of a CSV file that a spreadsheet would take for a formula begin with `'`.

mod access;
mod admitted;
mod api;
mod asset;
mod cell;
mod change;
mod chart;
mod columns;
mod count;
mod dashboard;
mod delete;
mod detail;
mod distinct;
mod entry;
mod export;
mod failure;
mod field;
mod filter;
mod hierarchy;
mod history;
mod layout;
mod list;
mod listed;
mod page;
mod params;
mod period;
mod position;
mod prefix;
mod range;
mod ranking;
mod request;
mod resolve;
mod router;
mod scan;
mod search;
mod settings;
mod shared_context;
mod state;
mod timeline;
mod token;
mod undo;
mod value;
mod viewer;

use std::sync::Arc;

use axum::Router;
use sea_orm::DatabaseConnection;

pub use access::{Access, Authorize, Unauthorized};
use settings::Settings;

/// Makes the admin's router.
///
/// See the [module docs](self) for an example and for what protects it.
#[derive(Clone, Debug)]
#[must_use = "the admin is mounted by `into_router`"]
pub struct AuditAdmin<A = Unauthorized> {
    db: DatabaseConnection,
    settings: Settings,
    authorizer: A,
}

impl AuditAdmin {
    /// An admin of the trail in that database. It has no router before [`authorize`](Self::authorize) said who
    /// may see it:
    ///
    /// ```compile_fail,E0599
    /// # async fn f(db: sea_orm::DatabaseConnection) {
    /// let router: axum::Router = audit_web::admin::AuditAdmin::new(db).into_router();
    /// # }
    /// ```
    pub fn new(db: DatabaseConnection) -> Self {
        Self {
            db,
            settings: Settings::new(),
            authorizer: Unauthorized,
        }
    }
}

impl<A> AuditAdmin<A> {
    /// Sets who may see the trail, who may delete of it, and who may undo.
    pub fn authorize<B: Authorize>(self, authorizer: B) -> AuditAdmin<B> {
        AuditAdmin {
            db: self.db,
            settings: self.settings,
            authorizer,
        }
    }

    /// Sets the name at the top of every page. Default: `Audit trail`.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.settings.title = title.into();
        self
    }

    /// Sets how many rows a page lists, from 1 to 500; what is beyond counts as the nearest. Default: 50.
    pub fn page_size(mut self, rows: u64) -> Self {
        self.settings.page_size = rows.clamp(1, 500);
        self
    }

    /// Sets whether looking at the trail is recorded, each page as one `VIEW`. Default: no.
    ///
    /// The records of a view name the page and its filters in `metadata`; a page that cannot be recorded is not
    /// shown.
    pub fn record_views(mut self, recorded: bool) -> Self {
        self.settings.record_views = recorded;
        self
    }

    /// Sets the key of the tokens in forms. Default: a random one of this process.
    ///
    /// Several processes that share the load need the same key, as a form may come from one and go to another.
    pub fn token_key(mut self, key: [u8; 32]) -> Self {
        self.settings.token_key = key;
        self
    }
}

impl<A: Authorize> AuditAdmin<A> {
    /// The router, for any state of the application's.
    pub fn into_router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        let shared = settings::Shared {
            db: self.db,
            settings: self.settings,
        };
        router::router(Arc::new(shared), self.authorizer)
    }
}
