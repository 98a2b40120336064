use std::{
    future::poll_fn,
    panic::resume_unwind,
    pin::{Pin, pin},
    sync::Arc,
};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::MessageBody,
    dev::{Service, ServiceRequest, ServiceResponse, forward_ready},
    error::InternalError,
    http::header::{HeaderMap, HeaderName, HeaderValue},
};
use audit_sea_orm::{SharedContext, task::Scoped};

use super::incoming::status;
use crate::{
    AuditBody, OnPanic,
    request::{InFlight, Incoming, Panic, Settings, Watched, catch},
};

/// A service with an audit context around each request, made by [`AuditMiddleware`](super::AuditMiddleware).
#[derive(Debug)]
pub struct AuditService<S> {
    inner: S,
    settings: Arc<Settings<HttpRequest>>,
}

impl<S> AuditService<S> {
    pub(super) fn new(inner: S, settings: Arc<Settings<HttpRequest>>) -> Self {
        Self { inner, settings }
    }
}

type Answer<B> = Result<ServiceResponse<AuditBody<B>>, Error>;

impl<S, B> Service<ServiceRequest> for AuditService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<AuditBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Answer<B>>>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let route = request.request().route();
        if let Some(Watched(outer)) = request.request().extension() {
            if let Some(panic) = self.settings.join(&outer, request.request(), &route) {
                resume_unwind(panic.payload);
            }
            let answer = self.inner.call(request);
            return Box::pin(async move {
                let answer = answer.await?;
                Ok(answer.map_body(|_, body| AuditBody::unwatched(body)))
            });
        }
        let (context, panic) = self.settings.context(request.request(), &route);
        let context = SharedContext::new(context);
        let reporting = Arc::clone(&self.settings.reporting);
        let mut in_flight = InFlight::new(reporting, context.clone(), route);
        if let Some(panic) = panic {
            return Box::pin(async move { panicked(panic, in_flight) });
        }
        request.extensions_mut().insert(context.clone());
        request.extensions_mut().insert(Watched(context.clone()));
        // Many services work in `call` already, not only in the future that it returns.
        let called = catch(|| context.scope_sync(|| self.inner.call(request)));
        match called {
            Ok((future, caught)) => {
                in_flight.keep(caught);
                Box::pin(answer(context.scope(future), in_flight))
            }
            Err(panic) => Box::pin(async move { panicked(panic, in_flight) }),
        }
    }
}

/// Waits for the answer, reports what is worth an event, and gives the client its answer.
async fn answer<F, B>(future: Scoped<F>, mut request: InFlight) -> Answer<B>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    let answer = {
        // What the handler holds goes first, then the request ends.
        let mut future = pin!(future);
        poll_fn(|cx| request.poll(future.as_mut(), cx)).await
    };
    match answer {
        Ok(Ok(answer)) => Ok(watch(answer, request)),
        Ok(Err(error)) => {
            // A middleware inside gave it; actix makes the answer outside of this one.
            let status = status(error.as_response_error().status_code());
            request.answered(status, Some(&error.to_string()));
            request.close();
            Err(error)
        }
        Err(panic) => panicked(panic, request),
    }
}

fn watch<B: MessageBody>(
    mut answer: ServiceResponse<B>,
    mut request: InFlight,
) -> ServiceResponse<AuditBody<B>> {
    if !request.route().is_matched() {
        // Now that actix has routed the request it may know more.
        request.found(answer.request().route());
    }
    let status = status(answer.status());
    let said = answer.response().error().map(ToString::to_string);
    request.answered(status, said.as_deref());
    send_id(&request, answer.headers_mut());
    answer.map_body(|_, body| AuditBody::watch_message(body, status, request))
}

fn panicked<B>(mut panic: Panic, request: InFlight) -> Answer<B> {
    let mut answer = HttpResponse::InternalServerError().finish();
    send_id(&request, answer.headers_mut());
    let on_panic = request.on_panic();
    request.panicked(&mut panic);
    match on_panic {
        OnPanic::Respond => {
            // An error, as an answer of actix's holds its request, which went with the handler.
            Err(InternalError::from_response("the handler panicked", answer).into())
        }
        OnPanic::Rethrow => resume_unwind(panic.payload),
    }
}

fn send_id(request: &InFlight, headers: &mut HeaderMap) {
    if let Some((name, value)) = request.id_header() {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        // OK to leave out: both versions of the `http` crate take the same.
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.insert(name, value);
        }
    }
}
