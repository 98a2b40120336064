use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Response, StatusCode};
use pin_project_lite::pin_project;

use super::visit::Visit;

pin_project! {
    /// The answer to a request, made by [`SecurityAuditService`](super::SecurityAuditService).
    #[must_use = "futures do nothing unless polled"]
    pub struct SecurityResponseFuture<F> {
        #[pin]
        future: F,
        // None where the route is the application's own.
        visit: Option<Visit>,
    }
}

impl<F> SecurityResponseFuture<F> {
    pub(super) fn new(future: F, visit: Option<Visit>) -> Self {
        Self { future, visit }
    }
}

impl<F, B, E> Future for SecurityResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.future.poll(cx));
        if let (Some(visit), Ok(response)) = (this.visit.take(), &answer)
            && response.status() == StatusCode::NOT_FOUND
        {
            visit.not_found();
        }
        Poll::Ready(answer)
    }
}

impl<F> fmt::Debug for SecurityResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecurityResponseFuture")
            .field("visit", &self.visit)
            .finish_non_exhaustive()
    }
}
