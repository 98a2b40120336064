//! Drops futures before they end, as a client that goes away does.

use std::{
    future::poll_fn,
    task::{Poll, ready},
};

use crate::random::Random;

/// Polls a future up to a random number of times, then drops it; `None` where it had not ended.
///
/// Half of those that are dropped go while their statement is on its way, half when its answer is there and
/// unread.
pub async fn interrupted<F: Future>(
    random: &mut Random,
    most_polls: u64,
    future: F,
) -> Option<F::Output> {
    let mut polls = random.below(most_polls + 1);
    let at_once = random.below(2) == 0;
    let mut future = Box::pin(future);
    poll_fn(move |context| {
        if polls == 0 {
            return Poll::Ready(None);
        }
        polls -= 1;
        match future.as_mut().poll(context) {
            Poll::Pending if polls == 0 && at_once => Poll::Ready(None),
            polled => Poll::Ready(Some(ready!(polled))),
        }
    })
    .await
}
