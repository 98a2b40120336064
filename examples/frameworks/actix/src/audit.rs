//! The middleware: what `AuditLayer` of audit-web does for frameworks that are built on tower.

use std::{any::Any, panic::AssertUnwindSafe};

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::ErrorInternalServerError,
    http::{StatusCode, header},
    middleware::Next,
    web::Data,
};
use audit_sea_orm::{SharedContext, prelude::*};
use futures_util::FutureExt as _;
use sea_orm::DatabaseConnection;
use uuid::Uuid;

/// Puts a context around each request, and reports panics and 5xx answers.
pub async fn audit(
    db: Data<DatabaseConnection>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let context = context_of(&request);
    let route = context.module.clone().unwrap_or_default();
    // Shared, so that the events know the actor too whom a handler or an extractor sets.
    let context = SharedContext::new(context);
    // For what actix polls after the handler, such as a streaming body.
    request.extensions_mut().insert(context.clone());

    // Without this actix closes the connection, and nobody learns of the panic.
    let called = AssertUnwindSafe(context.scope(next.call(request)));
    let (answer, event) = match called.catch_unwind().await {
        Ok(answer) => {
            let event = failure(status_of(&answer), &route);
            (answer, event)
        }
        Err(panic) => {
            let title = format!("{route} panicked: {}", message_of(&*panic));
            let answer = Err(ErrorInternalServerError("internal server error"));
            (answer, Some(SystemEvent::error(title).code("panic")))
        }
    };
    if let Some(event) = event {
        let written = context.scope(event.without_source().record(db.get_ref()));
        // The client gets its answer whether or not the event could be written.
        if let Err(lost) = written.await {
            eprintln!("an event is lost: {lost}");
        }
    }
    answer
}

fn context_of(request: &ServiceRequest) -> AuditContext {
    // Not the path: each id in it would be a module of its own.
    let route = request.match_pattern();
    let route = route.as_deref().unwrap_or(request.path());
    // A gateway in front gives each request its id. Without one, believe no client: take a new id.
    let id = header_of(request, "x-request-id").unwrap_or_else(|| Uuid::now_v7().to_string());
    let mut context = AuditContext::new()
        .module(format!("{} {route}", request.method()))
        .request_id(id);
    context.ip = request.peer_addr().map(|peer| peer.ip());
    context.user_agent = header_of(request, header::USER_AGENT);
    // Stands for a token that is verified.
    if header_of(request, header::AUTHORIZATION).as_deref() == Some("Bearer ada-of-acme") {
        context = context
            .actor(Actor::new(7).with_name("Ada"))
            .tenant_id("acme");
    }
    context
}

fn header_of(request: &ServiceRequest, name: impl header::AsHeaderName) -> Option<String> {
    let value = request.headers().get(name)?;
    Some(value.to_str().ok()?.to_owned())
}

fn status_of<B>(answer: &Result<ServiceResponse<B>, Error>) -> StatusCode {
    match answer {
        Ok(answer) => answer.status(),
        // Of a middleware inside; those of handlers are answers by now.
        Err(error) => error.as_response_error().status_code(),
    }
}

fn failure(status: StatusCode, route: &str) -> Option<SystemEvent> {
    let code = status.as_u16();
    let failed = status.is_server_error();
    failed.then(|| SystemEvent::error(format!("{route} answered {code}")).code(code.to_string()))
}

fn message_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
