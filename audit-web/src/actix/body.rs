use std::{
    error::Error,
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Bytes,
};

use crate::{
    AuditBody,
    request::{InFlight, Panicked, Sending, is_not_sent},
};

impl<B: MessageBody> AuditBody<B> {
    /// A body that is watched until it is sent.
    pub(super) fn watch_message(inner: B, status: http::StatusCode, request: InFlight) -> Self {
        let length = match inner.size() {
            BodySize::None => Some(0),
            BodySize::Sized(length) => Some(length),
            BodySize::Stream => None,
        };
        let is_over = length == Some(0) || is_not_sent(&request.route().method, status);
        let sending = if is_over {
            // actix polls the body of an upgrade all the same, as that of a websocket.
            Sending::after(request)
        } else {
            Sending::of(request, length)
        };
        Self {
            inner: Some(inner),
            sending,
        }
    }
}

// Without `try_into_bytes`: whoever took the bytes would send them unwatched.
impl<B: MessageBody> MessageBody for AuditBody<B> {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.inner
            .as_ref()
            .map_or(BodySize::None, MessageBody::size)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let mut this = self.project();
        let Some(mut inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let polled = match this.sending.poll(|| inner.as_mut().poll_next(cx)) {
            Ok(polled) => polled.map_err(Into::into),
            // OK to end: a call of gRPC is none of actix's.
            Err(Panicked::ByTrailers) => Poll::Ready(None),
            Err(Panicked::WithConnection(payload)) => resume_unwind(payload),
        };
        match &polled {
            Poll::Pending => {}
            Poll::Ready(None) => this.sending.ended(),
            Poll::Ready(Some(Ok(bytes))) => {
                if this.sending.sent(bytes.len()) {
                    this.sending.ended();
                }
            }
            Poll::Ready(Some(Err(error))) => this.sending.failed(Some(&error.to_string())),
        }
        polled
    }
}
