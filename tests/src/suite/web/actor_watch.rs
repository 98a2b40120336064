//! The warning of a layer that finds nobody.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use audit_sea_orm::prelude::*;
use audit_web::AuditLayer;
use axum::{
    Extension, Router,
    body::Body,
    extract,
    http::{Request, request::Parts},
    middleware::{Next, from_fn},
    routing::get,
};
use tower::ServiceExt;
use tracing::{
    Dispatch, Event, Level, Subscriber,
    field::{Field, Visit},
    instrument::WithSubscriber,
};
use tracing_subscriber::{
    layer::{Context, SubscriberExt},
    registry,
};

use super::reporter;
use crate::{Outcome, Test};

/// The warnings of this library.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn dispatch(&self) -> Dispatch {
        Dispatch::new(registry().with(self.clone()))
    }
}

impl<S: Subscriber> tracing_subscriber::Layer<S> for Warnings {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if *metadata.level() == Level::WARN && metadata.target().starts_with("audit_web") {
            event.record(&mut Message(self));
        }
    }
}

struct Message<'w>(&'w Warnings);

impl Visit for Message<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            let mut warnings = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
            warnings.push(format!("{value:?}"));
        }
    }
}

/// Whom the authentication found.
#[derive(Clone)]
struct User(&'static str);

/// An authentication that finds everybody.
async fn authenticate(mut request: extract::Request, next: Next) -> axum::response::Response {
    request.extensions_mut().insert(User("ada"));
    next.run(request).await
}

/// A layer that looks for whom the authentication found.
fn layer(t: &Test) -> AuditLayer {
    AuditLayer::new(reporter(t))
        .resolve_actor(|parts: &Parts| Some(Actor::new(parts.extensions.get::<User>()?.0)))
}

/// So many requests to a router, of which each has a new copy of the layer's service.
async fn ask(router: &Router, warnings: &Warnings, requests: usize) -> Result<(), Infallible> {
    for _ in 0..requests {
        let request = Request::new(Body::empty());
        let answer = router.clone().oneshot(request);
        let answer = answer.with_subscriber(warnings.dispatch()).await?;
        assert!(answer.status().is_success());
    }
    Ok(())
}

/// A layer outside the authentication warns once, at its thousandth request; one inside never does, nor one that finds
/// somebody once.
pub async fn a_layer_that_finds_nobody_says_so_once(t: &mut Test) -> Outcome {
    let warnings = Warnings::default();
    let routes = || Router::new().route("/", get(async || ()));
    let outside = routes().layer(from_fn(authenticate)).layer(layer(t));
    ask(&outside, &warnings, 999).await?;
    assert_eq!(warnings.take(), [""; 0]);
    ask(&outside, &warnings, 1).await?;
    let told = warnings.take();
    let expected = "audit: `resolve_actor` found nobody in the first 1000 requests; does the authentication's layer stand \
                    inside `AuditLayer`?";
    assert_eq!(told, [expected]);
    ask(&outside, &warnings, 2_000).await?;
    assert_eq!(warnings.take(), [""; 0]);

    let inside = routes().layer(layer(t)).layer(from_fn(authenticate));
    ask(&inside, &warnings, 1_100).await?;
    let without = routes().layer(AuditLayer::new(reporter(t)));
    ask(&without, &warnings, 1_100).await?;
    assert_eq!(warnings.take(), [""; 0]);
    Ok(())
}

/// One whose actor only an extractor learns, after many requests of nobody, is not outside.
pub async fn an_actor_that_comes_late_is_somebody(t: &mut Test) -> Outcome {
    let warnings = Warnings::default();
    let late = async |known: Option<Extension<User>>| {
        if let Some(Extension(User(name))) = known {
            AuditContext::set_actor(Actor::new(name));
        }
    };
    let router = Router::new()
        .route("/", get(late))
        .layer(from_fn(authenticate))
        .layer(layer(t));
    ask(&router, &warnings, 1_100).await?;
    assert_eq!(warnings.take(), [""; 0]);
    Ok(())
}
