//! The end of a server, with everything that was reported in the trail.

use std::{fmt, future::Future, io, pin::pin, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout_at},
};

use crate::EventReporter;

/// Ends a server when it is asked to: requests get time to end, and events are written, within a deadline.
///
/// systemd, Docker and Kubernetes ask by SIGTERM and kill soon after; a terminal asks by SIGINT (Ctrl+C). A server that
/// waits for Ctrl+C alone, or for a client that reads slowly, is killed with its events unwritten.
///
/// - At the first signal the server takes no new connections, and what waits in the [`EventReporter`] is written
///   while the last requests end.
/// - When three quarters of the [deadline](Self::deadline) are over the server is dropped, whoever is still reading. Its
///   connections end with the process. Each request of an [`AuditLayer`](crate::AuditLayer) that was running then is
///   [reported](EventReporter::report_unfinished) as cut off, though in the moments until the process ends one may get its answer.
/// - In what is left these and the events of the last requests are written. What is not written when the deadline ends, as
///   where the database is away, is traced at level `ERROR`.
/// - At a second signal all of it ends at once.
///
/// # Example
/// ```no_run
/// use audit_web::{AuditLayer, EventReporter, Shutdown};
/// use axum::Router;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let db = sea_orm::Database::connect("sqlite::memory:").await?;
/// let reporter = EventReporter::new(&db);
/// let app: Router = Router::new().layer(AuditLayer::new(&reporter));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
///
/// let shutdown = Shutdown::on_signals()?;
/// let server = axum::serve(listener, app).with_graceful_shutdown(shutdown.requested());
/// shutdown.graceful(server, &reporter).await?;
/// # Ok(())
/// # }
/// ```
/// Other servers take the same two: tonic's `serve_with_shutdown(address, shutdown.requested())`, actix's `run()` with
/// `shutdown_signal(shutdown.requested())`.
#[derive(Clone)]
#[must_use]
pub struct Shutdown {
    asked: watch::Receiver<Asked>,
    deadline: Duration,
}

#[derive(Clone, Copy, Debug)]
enum Asked {
    NotYet,
    Since(Instant),
    Again,
}

/// Docker kills ten seconds after it asked, sooner than others.
const DEADLINE: Duration = Duration::from_secs(9);

impl Shutdown {
    /// Asked by SIGTERM or SIGINT; where there is no SIGTERM, as on Windows, by Ctrl+C. The signals end the process no
    /// more.
    ///
    /// # Errors
    /// Where the system takes no handler of a signal.
    ///
    /// # Panics
    /// Outside a tokio runtime with its IO driver enabled.
    pub fn on_signals() -> io::Result<Self> {
        let mut signals = Signals::new()?;
        let (ask, asked) = watch::channel(Asked::NotYet);
        tokio::spawn(async move {
            signals.next().await;
            ask.send_replace(Asked::Since(Instant::now()));
            signals.next().await;
            ask.send_replace(Asked::Again);
        });
        Ok(Self {
            asked,
            deadline: DEADLINE,
        })
    }

    /// Asked by a future that ends: a framework's own signal, or a test's.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn when(ends: impl Future<Output = ()> + Send + 'static) -> Self {
        let (ask, asked) = watch::channel(Asked::NotYet);
        tokio::spawn(async move {
            ends.await;
            ask.send_replace(Asked::Since(Instant::now()));
            // So that nobody takes its end for a second signal.
            ask.closed().await;
        });
        Self {
            asked,
            deadline: DEADLINE,
        }
    }

    /// Sets how long the end may take, from the first signal on. Default: 9 seconds, as Docker kills after ten; systemd
    /// does after 90, Kubernetes after 30.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Ends when the server is asked to end: for the server's own graceful shutdown.
    pub fn requested(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let mut asked = self.asked.clone();
        async move {
            asked_since(&mut asked).await;
        }
    }

    /// Serves until the server ended, by itself or as it was asked, and then until what was reported is written, within
    /// the deadline.
    ///
    /// # Errors
    /// The server's own. One that had to be cut off is no error, but a warning that is traced.
    pub async fn graceful<S, E>(self, server: S, reporter: &EventReporter) -> Result<(), E>
    where
        S: IntoFuture<Output = Result<(), E>>,
    {
        let ended = {
            let server = pin!(server.into_future());
            tokio::select! {
                result = server => result,
                () = self.too_long(reporter) => {
                    reporter.report_unfinished();
                    tracing::warn!("audit: the server was cut off, as requests did not end in time");
                    Ok(())
                }
            }
        };
        // A server that ended by itself has the whole time for its events.
        let began = self.began().unwrap_or_else(Instant::now);
        let mut asked = self.asked.clone();
        let is_flushed = tokio::select! {
            flushed = timeout_at(began + self.deadline, reporter.flush()) => flushed.is_ok(),
            () = asked_again(&mut asked) => false,
        };
        if !is_flushed {
            tracing::error!("audit: the server ended before all events were written");
        }
        ended
    }

    /// Ends when the server has had its time; what was reported until it was asked is written meanwhile.
    async fn too_long(&self, reporter: &EventReporter) {
        let mut asked = self.asked.clone();
        let began = asked_since(&mut asked).await;
        let flushing = async {
            reporter.flush().await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = sleep_until(began + self.deadline * 3 / 4) => {}
            () = asked_again(&mut asked) => {}
            () = flushing => {}
        }
    }

    fn began(&self) -> Option<Instant> {
        match *self.asked.borrow() {
            Asked::Since(began) => Some(began),
            Asked::NotYet | Asked::Again => None,
        }
    }
}

/// When it was asked; where nobody can ask any more it never is.
async fn asked_since(asked: &mut watch::Receiver<Asked>) -> Instant {
    let is_asked = |asked: &Asked| !matches!(asked, Asked::NotYet);
    let now = asked.wait_for(is_asked).await.map(|asked| *asked);
    match now {
        Ok(Asked::Since(began)) => began,
        Ok(_) => Instant::now(),
        Err(_) => std::future::pending().await,
    }
}

async fn asked_again(asked: &mut watch::Receiver<Asked>) {
    let is_again = |asked: &Asked| matches!(asked, Asked::Again);
    if asked.wait_for(is_again).await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shutdown")
            .field("asked", &*self.asked.borrow())
            .field("deadline", &self.deadline)
            .finish()
    }
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "as where there are other signals")]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        // OK to wait for ever where signals cannot be had.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
