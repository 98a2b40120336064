use std::{
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Buf;
use http::{Response, header::CONTENT_LENGTH};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::{
    grpc,
    in_flight::InFlight,
    sending::{Panicked, Sending, is_not_sent},
};

pin_project! {
    /// The body of an answer, produced in the context of its request.
    ///
    /// What it sends, its size and its end are those of the body inside. Dropped before its end, it reports the request as aborted.
    #[derive(Debug)]
    pub struct AuditBody<B> {
        #[pin]
        pub(crate) inner: Option<B>,
        pub(crate) sending: Sending,
    }

    impl<B> PinnedDrop for AuditBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.sending.drop_body(|| this.inner.set(None));
        }
    }
}

impl<B> AuditBody<B> {
    /// No body, and nothing to watch.
    pub(super) fn empty() -> Self {
        Self::of(None)
    }

    /// A body that a layer outside watches.
    pub(crate) fn unwatched(inner: B) -> Self {
        Self::of(Some(inner))
    }

    fn of(inner: Option<B>) -> Self {
        Self {
            inner,
            sending: Sending::default(),
        }
    }
}

impl<B: Body> AuditBody<B> {
    /// The answer with its body watched, where there is one that is still to come.
    pub(super) fn watch(response: Response<B>, request: InFlight) -> Response<Self> {
        let (parts, inner) = response.into_parts();
        let length = parts.headers.get(CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let left = length.or_else(|| inner.size_hint().exact());
        let is_over = inner.is_end_stream()
            || left == Some(0)
            || is_not_sent(&request.route().method, parts.status);
        let mut body = Self::unwatched(inner);
        if is_over {
            request.close();
        } else {
            body.sending = Sending::of(request, left);
        }
        Response::from_parts(parts, body)
    }
}

impl<B: Body> Body for AuditBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(mut inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let polled = match this.sending.poll(|| inner.as_mut().poll_frame(cx)) {
            Ok(polled) => polled,
            Err(Panicked::ByTrailers) => {
                // OK to ignore: that it panicked is reported.
                let _again = this.sending.poll(|| this.inner.set(None));
                return Poll::Ready(Some(Ok(Frame::trailers(grpc::internal_error_trailers()))));
            }
            Err(Panicked::WithConnection(payload)) => resume_unwind(payload),
        };
        match &polled {
            Poll::Pending => {}
            Poll::Ready(None) => this.sending.ended(),
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    this.sending.told(trailers);
                }
                let sent = frame.data_ref().map_or(0, Buf::remaining);
                if this.sending.sent(sent) || inner.is_end_stream() {
                    this.sending.ended();
                }
            }
            Poll::Ready(Some(Err(_))) => this.sending.failed(None),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
