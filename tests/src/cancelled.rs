//! Drops futures at each point at which they wait, one after another, counted and not by luck.

use std::{
    future::poll_fn,
    task::{Poll, ready},
};

/// A point at which a future waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// How often it waited before.
    pub waits: usize,
    /// Whether what it waits for is there already, but unread.
    pub is_answered: bool,
}

impl Point {
    /// The first.
    #[must_use]
    pub const fn first() -> Self {
        Self {
            waits: 0,
            is_answered: false,
        }
    }

    /// One that no future comes to.
    #[must_use]
    pub const fn never() -> Self {
        Self {
            waits: usize::MAX,
            is_answered: false,
        }
    }

    /// The next.
    #[must_use]
    pub const fn next(self) -> Self {
        Self {
            waits: if self.is_answered {
                self.waits + 1
            } else {
                self.waits
            },
            is_answered: !self.is_answered,
        }
    }

    /// Runs a future up to this point and drops it there; what it gives, where it ends before.
    pub async fn cut<F: Future>(self, future: F) -> Option<F::Output> {
        let mut future = Some(Box::pin(future));
        let mut waited = 0;
        let output = poll_fn(|context| {
            if waited > self.waits {
                // Woken: the answer is there.
                return Poll::Ready(None);
            }
            let Some(running) = future.as_mut() else {
                return Poll::Ready(None);
            };
            match running.as_mut().poll(context) {
                Poll::Pending if waited == self.waits && !self.is_answered => Poll::Ready(None),
                Poll::Pending => {
                    waited += 1;
                    Poll::Pending
                }
                polled @ Poll::Ready(_) => Poll::Ready(Some(ready!(polled))),
            }
        })
        .await;
        drop(future);
        output
    }
}

/// The points of a future, one after another, up to the first two at which it comes to its end.
#[derive(Debug, Default)]
pub struct Points {
    next: Option<Point>,
    ended: usize,
    most: Option<usize>,
}

impl Points {
    /// No more than so many waits, of what then waits for the same again and again.
    #[must_use]
    pub fn up_to(waits: usize) -> Self {
        Self {
            most: Some(waits),
            ..Self::default()
        }
    }

    /// The next point; `None` where the future has no more.
    ///
    /// # Panics
    /// Where there is no end to them.
    pub fn step(&mut self) -> Option<Point> {
        let point = self.next.map_or(Point::first(), Point::next);
        assert!(point.waits < 500, "it never ends");
        self.next = Some(point);
        let is_last = self.most.is_some_and(|most| point.waits > most);
        (self.ended < 2 && !is_last).then_some(point)
    }

    /// Whether the future came to its end at the last point.
    pub fn saw_end(&mut self, ended: bool) {
        self.ended = if ended { self.ended + 1 } else { 0 };
    }
}
