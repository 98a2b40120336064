//! A trail, and the admin in front of it.

use std::time::{Duration, Instant, SystemTime};

use audit_migration::Migrator;
use audit_sea_orm::Actor;
use audit_web::admin::{Access, AuditAdmin};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
};
use http::{Request, request::Parts};
use http_body_util::BodyExt;
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};
use sea_orm_migration::MigratorTrait;
use tower::ServiceExt;

use crate::{
    backend::{Backend, Isolated},
    seed::{Plan, Sizes},
};

/// The rows of a page, which is what the admin shows by default.
pub(crate) const PAGE_SIZE: u64 = 50;

pub(crate) struct Trail {
    pub(crate) db: DatabaseConnection,
    isolated: Option<Isolated>,
}

impl Trail {
    /// A trail of that many records, in a database of its own.
    pub(crate) async fn make(backend: Backend, records: u64) -> Result<Self, DbErr> {
        let name = format!("audit_bench_{}_{records}", std::process::id());
        let isolated = Isolated::create(backend, &name).await?;
        let db = isolated.connect(1).await?;
        Migrator::up(&db, None).await?;
        let plan = Plan {
            sizes: Sizes::of(records),
            seed: 1,
            until: now().into(),
        };
        let begin = Instant::now();
        plan.write(&db, |_| ()).await?;
        say(&format!(
            "{backend}: {} rows written in {:.0?}",
            plan.sizes.total(),
            begin.elapsed()
        ));
        Ok(Self {
            isolated: Some(isolated),
            ..Self::of(db)
        })
    }

    /// The trail that is there.
    pub(crate) async fn open(url: &str) -> Result<Self, DbErr> {
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        Ok(Self::of(Database::connect(options).await?))
    }

    fn of(db: DatabaseConnection) -> Self {
        Self { db, isolated: None }
    }

    /// The admin in front of it.
    pub(crate) fn admin(&self, page_size: u64) -> Router {
        AuditAdmin::new(self.db.clone())
            .authorize(async |_: Parts| Access::Superuser(Actor::new("ada")))
            .page_size(page_size)
            .into_router()
    }

    pub(crate) async fn remove(self) -> Result<(), DbErr> {
        self.db.close().await?;
        match self.isolated {
            Some(isolated) => isolated.remove().await,
            None => Ok(()),
        }
    }

    /// The body of an answer, of which nothing has been read.
    pub(crate) async fn body(&self, path: &str) -> Body {
        let request = Request::get(format!("/{path}")).body(Body::empty());
        let admin = self.admin(PAGE_SIZE);
        let answer = admin.oneshot(request.expect("a right path")).await;
        answer.unwrap_or_else(|never| match never {}).into_body()
    }

    /// The next piece of a body.
    pub(crate) async fn piece(body: &mut Body) -> Option<Bytes> {
        let frame = body.frame().await?.expect("the export does not fail");
        frame.into_data().ok()
    }
}

/// How long a page takes, its body too.
pub(crate) async fn time(admin: &Router, path: &str) -> Duration {
    let begin = Instant::now();
    let _body = page(admin, path).await;
    begin.elapsed()
}

/// How many rows of a list a page shows.
pub(crate) async fn rows(admin: &Router, path: &str) -> u64 {
    let body = page(admin, path).await;
    let rows = String::from_utf8_lossy(&body)
        .matches("role=\"rowheader\" class=\"time\"")
        .count();
    u64::try_from(rows).unwrap_or_default()
}

async fn page(admin: &Router, path: &str) -> Bytes {
    let request = Request::get(path)
        .body(Body::empty())
        .expect("a right path");
    let answer = admin.clone().oneshot(request).await;
    let answer = answer.unwrap_or_else(|never| match never {});
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await;
    let body = body.expect("the page is read to its end");
    assert!(
        status.is_success(),
        "{path}: {status} {}",
        String::from_utf8_lossy(&body)
    );
    body
}

#[expect(
    clippy::disallowed_methods,
    reason = "the overview shows the days up to now; it stamps no record"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

#[expect(clippy::print_stderr, reason = "a program's output")]
fn say(line: &str) {
    eprintln!("{line}");
}
