//! The application, with what auditing adds to it: its connections, its migrator, and a layer.

use std::path::Path;

use audit_migration::Captured;
use audit_sea_orm::prelude::*;
use audit_web::{AuditLayer, EventReporter, OnPanic};
use axum::{Router, http::request::Parts};
use loco_rs::{
    Result,
    app::{AppContext, Hooks},
    bgworker::{BackgroundWorker, Queue},
    boot::{BootResult, StartMode, create_app},
    config::Config,
    controller::{
        AppRoutes,
        middleware::{MiddlewareLayer, default_middleware_stack, request_id::LocoRequestId},
    },
    environment::Environment,
    task::Tasks,
};
use sea_orm::{ConnectOptions, Database};
use serde_json::json;

use crate::{bakery, migration::Migrator};

/// The migrator, also for `cli::main::<App, Migrations>()`. It installs the triggers after the migrations, and `db reset` and
/// `dangerously_recreate` are errors with it: they would drop the trail.
pub type Migrations = Captured<Migrator>;

pub struct App;

#[async_trait::async_trait]
impl Hooks for App {
    fn app_name() -> &'static str {
        env!("CARGO_CRATE_NAME")
    }

    async fn boot(
        mode: StartMode,
        environment: &Environment,
        config: Config,
    ) -> Result<BootResult> {
        create_app::<Self, Migrations>(mode, environment, config).await
    }

    /// Replaces the connections that loco has made by ones that tell triggers who acts.
    async fn after_context(mut ctx: AppContext) -> Result<AppContext> {
        let config = &ctx.config.database;
        let mut options = ConnectOptions::new(&config.uri);
        options
            .max_connections(config.max_connections)
            .sqlx_logging(config.enable_logging);
        let options = options
            .propagate_audit_context()
            .map_err(sea_orm::DbErr::from)?;
        ctx.db = Database::connect(options).await?;
        ctx.shared_store.insert(EventReporter::new(&ctx.db));
        Ok(ctx)
    }

    fn middlewares(ctx: &AppContext) -> Vec<Box<dyn MiddlewareLayer>> {
        let mut stack = default_middleware_stack(ctx);
        // The first is the innermost: inside of loco's request id, and of what answers panics and timeouts.
        if let Some(reporter) = ctx.shared_store.get::<EventReporter>() {
            stack.insert(0, Box::new(Audit(reporter)));
        }
        stack
    }

    fn routes(_: &AppContext) -> AppRoutes {
        AppRoutes::empty().add_route(bakery::routes())
    }

    async fn connect_workers(ctx: &AppContext, queue: &Queue) -> Result<()> {
        queue.register(bakery::Delivery::build(ctx)).await
    }

    fn register_tasks(_: &mut Tasks) {}

    async fn truncate(_: &AppContext) -> Result<()> {
        Ok(())
    }

    async fn seed(_: &AppContext, _: &Path) -> Result<()> {
        Ok(())
    }

    /// loco calls it when the signal comes. The events of the last answers need a `serve` with `audit_web::Shutdown`.
    async fn on_shutdown(ctx: &AppContext) {
        if let Some(reporter) = ctx.shared_store.get::<EventReporter>() {
            reporter.flush().await;
        }
    }
}

struct Audit(EventReporter);

impl MiddlewareLayer for Audit {
    fn name(&self) -> &'static str {
        "audit"
    }

    fn config(&self) -> serde_json::Result<serde_json::Value> {
        Ok(json!({}))
    }

    fn apply(&self, app: Router<AppContext>) -> Result<Router<AppContext>> {
        let id = |parts: &Parts| Some(parts.extensions.get::<LocoRequestId>()?.get().to_owned());
        let audit = AuditLayer::new(&self.0).request_id(id);
        // loco answers panics, in its own words.
        Ok(app.layer(audit.on_panic(OnPanic::Rethrow)))
    }
}
