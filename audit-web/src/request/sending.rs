use std::any::Any;

use audit_sea_orm::SharedContext;
use http::{HeaderMap, Method, StatusCode};

use super::{OnPanic, in_flight::InFlight, panic};

/// What a body that is on its way belongs to. Dropped before its end, it reports the request as aborted.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    context: Option<SharedContext>,
    request: Option<InFlight>,
    // How many bytes the server still sends, where it is known: it polls no further than that.
    left: Option<u64>,
}

impl Sending {
    /// A body that is still to come, with its length where that is known.
    pub(crate) fn of(request: InFlight, length: Option<u64>) -> Self {
        Self {
            context: Some(request.context().clone()),
            request: Some(request),
            left: length,
        }
    }

    /// A body of which nothing is reported any more, produced in its request's context.
    #[cfg(feature = "actix")]
    pub(crate) fn after(request: InFlight) -> Self {
        let context = Some(request.context().clone());
        request.close();
        Self {
            context,
            ..Self::default()
        }
    }

    /// Polls the body in the context of its request. `Err` is a panic, which is reported.
    pub(crate) fn poll<R>(&mut self, poll: impl FnOnce() -> R) -> Result<R, Panicked> {
        let Some(context) = &self.context else {
            return Ok(poll());
        };
        let mut panic = match panic::catch(|| context.scope_sync(poll)) {
            Ok((polled, _)) => return Ok(polled),
            Err(panic) => panic,
        };
        let request = self.request.take();
        let is_told = request
            .as_ref()
            .is_some_and(|request| request.is_grpc() && request.on_panic() == OnPanic::Respond);
        if let Some(request) = request {
            request.panicked(&mut panic);
        }
        Err(if is_told {
            Panicked::ByTrailers
        } else {
            Panicked::WithConnection(panic.payload)
        })
    }

    /// So many bytes are sent. Says whether these were the last.
    pub(crate) fn sent(&mut self, bytes: usize) -> bool {
        let sent = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.left = self.left.map(|left| left.saturating_sub(sent));
        self.left == Some(0)
    }

    /// Trailers came.
    pub(super) fn told(&self, trailers: &HeaderMap) {
        if let Some(request) = &self.request {
            request.told(trailers);
        }
    }

    /// The body gave an error. Some frameworks know what it said.
    pub(crate) fn failed(&mut self, said: Option<&str>) {
        if let Some(request) = self.request.take() {
            request.body_failed(said);
        }
    }

    /// The body ended as it should.
    pub(crate) fn ended(&mut self) {
        if let Some(request) = self.request.take() {
            request.close();
        }
    }

    /// Drops a body in its context, as what it holds may write a record when it goes.
    pub(crate) fn drop_body(&mut self, drop: impl FnOnce()) {
        match self.context.take() {
            Some(context) => context.scope_sync(drop),
            None => drop(),
        }
    }
}

/// How an answer ends whose body panicked.
pub(crate) enum Panicked {
    /// gRPC says at the end what became of a call.
    ByTrailers,
    /// Only the end of the connection can tell the client, so the panic goes on.
    WithConnection(Box<dyn Any + Send>),
}

/// Whether HTTP has no body in such an answer, so that the server drops it unread.
pub(crate) fn is_not_sent(method: &Method, status: StatusCode) -> bool {
    *method == Method::HEAD
        || (*method == Method::CONNECT && status.is_success())
        || status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}
