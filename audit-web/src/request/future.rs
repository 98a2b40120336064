use std::{
    fmt,
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll, ready},
};

use audit_sea_orm::task::Scoped;
use http::{Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;
use sea_orm::DbErr;

use super::{
    AuditBody, OnPanic, grpc,
    in_flight::InFlight,
    panic::Panic,
    views::{self, Views},
};

pin_project! {
    /// The answer to a request, made by [`AuditService`](super::AuditService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, B> {
        #[pin]
        state: State<F, B>,
        request: Option<InFlight>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, B> {
        Running {
            #[pin]
            future: Scoped<F>,
        },
        // A layer outside watches the request.
        Passing {
            #[pin]
            future: F,
        },
        Panicked {
            panic: Option<Panic>,
        },
        Recording {
            views: RecordViews,
            answer: Option<Response<B>>,
        },
        Ended,
    }
}

// Boxed, as only answers that show an audited object come here.
type RecordViews = Pin<Box<dyn Future<Output = Result<(), DbErr>> + Send>>;

/// What the service made of the request.
enum Outcome<B, E> {
    Answer(Response<B>),
    Error(E),
    Panic(Panic),
    ViewNotRecorded(DbErr),
}

impl<F, B> ResponseFuture<F, B> {
    pub(super) fn running(future: Scoped<F>, request: InFlight) -> Self {
        Self {
            state: State::Running { future },
            request: Some(request),
        }
    }

    pub(super) fn passing(future: F) -> Self {
        Self {
            state: State::Passing { future },
            request: None,
        }
    }

    pub(super) fn panicked(panic: Panic, request: InFlight) -> Self {
        let panic = Some(panic);
        Self {
            state: State::Panicked { panic },
            request: Some(request),
        }
    }
}

impl<F, B, E> Future for ResponseFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<AuditBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let StateProjection::Passing { future } = this.state.as_mut().project() {
            let answer = ready!(future.poll(cx));
            return Poll::Ready(answer.map(|answer| answer.map(AuditBody::unwatched)));
        }
        loop {
            let outcome = ready!(this.state.as_mut().poll_outcome(cx, this.request));
            let request = this.request.take().expect("polled after it ended");
            match outcome.with_views() {
                Ok((views, answer)) => {
                    let views = Box::pin(views::record(views, &request));
                    let answer = Some(answer);
                    *this.request = Some(request);
                    this.state.set(State::Recording { views, answer });
                }
                Err(outcome) => {
                    // What the handler holds goes first, then the request ends.
                    this.state.set(State::Ended);
                    return Poll::Ready(outcome.settle(request));
                }
            }
        }
    }
}

impl<F, B, E> State<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    fn poll_outcome(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        request: &mut Option<InFlight>,
    ) -> Poll<Outcome<B, E>> {
        Poll::Ready(match self.project() {
            StateProjection::Running { future } => {
                let request = request.as_mut().expect("polled after it ended");
                match ready!(request.poll(future, cx)) {
                    Ok(Ok(answer)) => Outcome::Answer(answer),
                    Ok(Err(error)) => Outcome::Error(error),
                    Err(panic) => Outcome::Panic(panic),
                }
            }
            StateProjection::Panicked { panic } => {
                Outcome::Panic(panic.take().expect("polled after it ended"))
            }
            StateProjection::Recording { views, answer } => match ready!(views.as_mut().poll(cx)) {
                Ok(()) => Outcome::Answer(answer.take().expect("polled after it ended")),
                Err(error) => Outcome::ViewNotRecorded(error),
            },
            StateProjection::Passing { .. } | StateProjection::Ended => {
                panic!("polled after it ended")
            }
        })
    }
}

impl<B, E> Outcome<B, E> {
    /// An answer with views that are still to be recorded; `Err` is any other outcome.
    fn with_views(self) -> Result<(Views, Response<B>), Self> {
        let Self::Answer(mut answer) = self else {
            return Err(self);
        };
        match views::take(&mut answer) {
            Some(views) => Ok((views, answer)),
            None => Err(Self::Answer(answer)),
        }
    }
}

impl<B: Body, E> Outcome<B, E> {
    /// Reports what is worth an event, and gives the client its answer.
    fn settle(self, mut request: InFlight) -> Result<Response<AuditBody<B>>, E> {
        let id = request.id_header();
        let mut answer = match self {
            Self::Answer(answer) => {
                request.answered(answer.status(), None);
                if answer.status().is_success() {
                    request.told(answer.headers());
                }
                AuditBody::watch(answer, request)
            }
            Self::Error(error) => {
                request.failed();
                return Err(error);
            }
            Self::Panic(mut panic) => {
                let (on_panic, is_grpc) = (request.on_panic(), request.is_grpc());
                request.panicked(&mut panic);
                match on_panic {
                    OnPanic::Respond => server_error(is_grpc),
                    OnPanic::Rethrow => resume_unwind(panic.payload),
                }
            }
            Self::ViewNotRecorded(error) => {
                let is_grpc = request.is_grpc();
                request.view_failed(&error);
                server_error(is_grpc)
            }
        };
        if let Some((name, value)) = id {
            answer.headers_mut().insert(name, value);
        }
        Ok(answer)
    }
}

fn server_error<B>(is_grpc: bool) -> Response<AuditBody<B>> {
    if is_grpc {
        return grpc::internal_error(AuditBody::empty());
    }
    let mut response = Response::new(AuditBody::empty());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

impl<F, B> fmt::Debug for ResponseFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}
