use std::{
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll},
};

use audit_sea_orm::SharedContext;
use bytes::Buf;
use http::{Method, Response, StatusCode, header::CONTENT_LENGTH};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::{in_flight::InFlight, panic};

pin_project! {
    /// The body of an answer, produced in the context of its request.
    ///
    /// Its frames, size and end are those of the body inside. Dropped before its end, it reports the request as aborted.
    #[derive(Debug)]
    pub struct AuditBody<B> {
        #[pin]
        inner: Option<B>,
        context: Option<SharedContext>,
        request: Option<InFlight>,
        // How many bytes the server still sends, where it is known: it polls no further than that.
        left: Option<u64>,
    }

    impl<B> PinnedDrop for AuditBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            match this.context.take() {
                // What the body holds may write a record when it goes.
                Some(context) => context.scope_sync(|| this.inner.set(None)),
                None => this.inner.set(None),
            }
        }
    }
}

impl<B> AuditBody<B> {
    /// No body, and nothing to watch.
    pub(super) fn empty() -> Self {
        Self::of(None)
    }

    /// A body that a layer outside watches.
    pub(super) fn unwatched(inner: B) -> Self {
        Self::of(Some(inner))
    }

    fn of(inner: Option<B>) -> Self {
        Self {
            inner,
            context: None,
            request: None,
            left: None,
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
        body.left = left;
        if is_over {
            request.close();
        } else {
            body.context = Some(request.context().clone());
            body.request = Some(request);
        }
        Response::from_parts(parts, body)
    }
}

/// Whether HTTP has no body in such an answer, so that the server drops it unread.
fn is_not_sent(method: &Method, status: StatusCode) -> bool {
    *method == Method::HEAD
        || (*method == Method::CONNECT && status.is_success())
        || status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
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
        let polled = match this.context {
            Some(context) => {
                let context = context.clone();
                panic::catch(|| context.scope_sync(|| inner.as_mut().poll_frame(cx)))
            }
            None => Ok((inner.as_mut().poll_frame(cx), None)),
        };
        let (polled, _) = polled.unwrap_or_else(|mut panic| {
            if let Some(request) = this.request.take() {
                request.panicked(&mut panic);
            }
            // The answer has begun: only the end of the connection can tell the client.
            resume_unwind(panic.payload)
        });
        let is_over = match &polled {
            Poll::Pending => false,
            Poll::Ready(None) => true,
            Poll::Ready(Some(Ok(frame))) => {
                let sent = frame.data_ref().map_or(0, Buf::remaining);
                let sent = u64::try_from(sent).unwrap_or(u64::MAX);
                *this.left = this.left.map(|left| left.saturating_sub(sent));
                if let (Some(trailers), Some(request)) = (frame.trailers_ref(), &this.request) {
                    request.told(trailers);
                }
                *this.left == Some(0) || inner.is_end_stream()
            }
            Poll::Ready(Some(Err(_))) => {
                if let Some(request) = this.request.take() {
                    request.body_failed();
                }
                true
            }
        };
        if is_over && let Some(request) = this.request.take() {
            request.close();
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
