use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

use audit_core::Scoped;
use tokio::runtime::Handle;

use crate::task::carry;

/// Runs a future to its end though the caller may go away: if it is dropped on the way, a task goes on with it, and does
/// with the output what `abandoned` says.
///
/// Not in a task from the start, which would cost each transaction two changes of threads. Outside tokio there is no task
/// to shield it with, and it is dropped as it is.
pub(crate) fn shielded<F, A>(future: F, abandoned: fn(F::Output) -> A) -> Shielded<Scoped<F>, A>
where
    F: Future<Output: Send> + Send + 'static,
    A: Future<Output = ()> + Send + 'static,
{
    Shielded {
        future: Some(Box::pin(carry(future))),
        runtime: None,
        abandoned,
    }
}

/// Begins a future at once, and lets a task go on with it where it has to wait. Its first step comes before whatever
/// the caller does next, so that it has its place in the queue of a lock.
pub fn finished_in_a_task(future: impl Future<Output = ()> + Send + 'static) {
    if Handle::try_current().is_err() {
        return;
    }
    let mut shielded = shielded(future, |()| async {});
    // OK to ignore: what has not ended goes on where it is dropped.
    let _polled = Pin::new(&mut shielded).poll(&mut Context::from_waker(Waker::noop()));
}

/// A future that a task takes over where it is dropped half done.
pub(crate) struct Shielded<F, A>
where
    F: Future<Output: Send> + Send + 'static,
    A: Future<Output = ()> + Send + 'static,
{
    future: Option<Pin<Box<F>>>,
    /// Where a task can go on with it, once it runs.
    runtime: Option<Handle>,
    abandoned: fn(F::Output) -> A,
}

impl<F, A> Future for Shielded<F, A>
where
    F: Future<Output: Send> + Send + 'static,
    A: Future<Output = ()> + Send + 'static,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        if self.runtime.is_none() {
            self.runtime = Handle::try_current().ok();
        }
        // Taken out, so that one that panics is not gone on with.
        let mut future = self
            .future
            .take()
            .expect("a future is not polled after its end");
        let polled = future.as_mut().poll(context);
        if polled.is_pending() {
            self.future = Some(future);
        }
        polled
    }
}

impl<F, A> Drop for Shielded<F, A>
where
    F: Future<Output: Send> + Send + 'static,
    A: Future<Output = ()> + Send + 'static,
{
    fn drop(&mut self) {
        if let (Some(future), Some(runtime)) = (self.future.take(), &self.runtime) {
            let abandoned = self.abandoned;
            runtime.spawn(async move { abandoned(future.await).await });
        }
    }
}
