//! The bakery, served.

use std::net::SocketAddr;

use audit_sea_orm::prelude::*;
use audit_web::{EventReporter, trace::AuditTraceLayer};
use axum::{
    extract::Request,
    middleware::{self, Next},
};
use sea_orm::{DatabaseConnection, EntityTrait, QueryOrder};
use tokio::net::TcpListener;
use tracing::{Dispatch, instrument::WithSubscriber};
use tracing_subscriber::layer::SubscriberExt;

use super::client::Client;
use crate::{Test, test::records};

/// The bakery, open at an address, with what its trail holds beyond the seed.
#[expect(missing_debug_implementations, reason = "a reporter has none")]
pub struct Shop {
    /// Its database.
    pub db: DatabaseConnection,
    reporter: EventReporter,
    /// Where it is.
    pub address: SocketAddr,
    pub(super) seeded: usize,
}

impl Shop {
    /// Opens it in the database of a test.
    pub async fn open(t: &Test) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let db = bakery::open(&t.isolated.url).await?;
        let reporter = EventReporter::new(db.clone());
        // What `main` sets for the process holds here for this shop's requests.
        let subscriber = tracing_subscriber::registry().with(AuditTraceLayer::new(&reporter));
        let dispatch = Dispatch::new(subscriber);
        let app = bakery::app(db.clone(), &reporter).layer(middleware::from_fn(
            move |request: Request, next: Next| next.run(request).with_subscriber(dispatch.clone()),
        ));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, app).await });
        let seeded = records(&db).await?.len();
        Ok(Self {
            db,
            reporter,
            address,
            seeded,
        })
    }

    pub(super) fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// The records since the shop opened.
    pub async fn records(&self) -> Result<Vec<audit_log::Model>, sea_orm::DbErr> {
        Ok(records(&self.db).await?.split_off(self.seeded))
    }

    pub(super) async fn attempts(&self) -> Result<Vec<login_attempt::Model>, sea_orm::DbErr> {
        let attempts = login_attempt::Entity::find().order_by_asc(login_attempt::Column::Id);
        attempts.all(&self.db).await
    }

    /// Every system event.
    pub async fn events(&self) -> Result<Vec<system_event::Model>, sea_orm::DbErr> {
        self.reporter.flush().await;
        let events = system_event::Entity::find().order_by_asc(system_event::Column::Id);
        events.all(&self.db).await
    }
}
