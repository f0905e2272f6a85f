//! Busy polling: while requests come one after another, each soon after the last, their service does not sleep. A
//! processor that sleeps takes longer to be woken than a command to be decided, and a service waits twice for each
//! command: for the broker to store its event, and for whoever gave it to give the next.
//!
//! It is bounded: only a request that comes within [`LONGEST`] of the last keeps the service awake, and no longer than
//! that. A service that has little to do sleeps, and one that has much at once does not need it. See
//! `docs/decisions/0020-one-at-a-time-stays-awake.md`.

use std::{
    convert::Infallible,
    future::{Future, pending},
    thread,
    time::Duration,
};

use tokio::{task::yield_now, time::Instant};

/// A request that comes this soon after the last keeps its service awake, for as long.
const LONGEST: Duration = Duration::from_millis(1);

/// When requests came, and whether the service stays awake for the next.
pub(crate) struct BusyPoll {
    /// Whether there is a second processor, where the broker runs beside this service.
    has_room: bool,
    /// When the last request came.
    last: Option<Instant>,
    /// Whether it came within [`LONGEST`] of the one before.
    came_soon: bool,
}

impl BusyPoll {
    /// For a process that may use so many processors.
    pub(crate) fn new(processors: usize) -> Self {
        Self {
            has_room: processors > 1,
            last: None,
            came_soon: false,
        }
    }

    /// Waits for the next request while so many are in hand: awake where that is no more than one, and the last came
    /// soon.
    pub(crate) async fn wait<T>(&mut self, next: impl Future<Output = T>, in_hand: usize) -> T {
        let is_awake = self.has_room && self.came_soon && in_hand <= 1;
        let until = self.last.filter(|_| is_awake).map(|last| last + LONGEST);
        let awake = async {
            while until.is_some_and(|until| Instant::now() < until) {
                // Whoever else waits for this processor goes first, and then whatever else this thread has to do.
                thread::yield_now();
                yield_now().await;
            }
            pending::<Infallible>().await
        };
        let next = tokio::select! {
            biased;
            next = next => next,
            never = awake => match never {},
        };
        let now = Instant::now();
        self.came_soon = self
            .last
            .replace(now)
            .is_some_and(|last| now - last < LONGEST);
        next
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{poll_fn, ready},
        task::Poll,
    };

    use tokio::time::{advance, timeout};

    use super::*;

    /// Something that comes after a few looks, and wakes nobody.
    async fn unannounced() {
        let mut looks = 0;
        poll_fn(|_| {
            looks += 1;
            if looks < 5 {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
    }

    /// Whether what wakes nobody is found. The clock stands still while anyone is awake.
    async fn finds(
        busy_poll: &mut BusyPoll,
        next: impl Future<Output = ()>,
        in_hand: usize,
    ) -> bool {
        timeout(10 * LONGEST, busy_poll.wait(next, in_hand))
            .await
            .is_ok()
    }

    /// After two requests that came soon after each other.
    async fn after_two(processors: usize) -> BusyPoll {
        let mut busy_poll = BusyPoll::new(processors);
        busy_poll.wait(ready(()), 0).await;
        advance(LONGEST / 2).await;
        busy_poll.wait(ready(()), 1).await;
        busy_poll
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_soon_after_the_last_keeps_the_service_awake() {
        let mut busy_poll = after_two(2).await;
        assert!(
            finds(&mut busy_poll, unannounced(), 1).await,
            "its event is being stored"
        );
        assert!(
            finds(&mut busy_poll, unannounced(), 0).await,
            "it is answered"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_first_request_or_a_late_one_it_sleeps() {
        let mut busy_poll = BusyPoll::new(2);
        assert!(
            !finds(&mut busy_poll, unannounced(), 0).await,
            "nothing has come"
        );
        busy_poll.wait(ready(()), 0).await;
        assert!(
            !finds(&mut busy_poll, unannounced(), 1).await,
            "it is the first"
        );
        let mut busy_poll = after_two(2).await;
        advance(LONGEST).await;
        busy_poll.wait(ready(()), 0).await;
        assert!(!finds(&mut busy_poll, unannounced(), 1).await, "it is late");
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_not_awake_for_longer() {
        let much_later = async {
            advance(LONGEST).await;
            unannounced().await;
        };
        assert!(!finds(&mut after_two(2).await, much_later, 1).await);
        let mut busy_poll = after_two(2).await;
        advance(LONGEST).await;
        assert!(
            !finds(&mut busy_poll, unannounced(), 1).await,
            "from the last request on"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn several_at_once_or_a_single_processor_let_it_sleep() {
        assert!(!finds(&mut after_two(2).await, unannounced(), 2).await);
        assert!(!finds(&mut after_two(1).await, unannounced(), 1).await);
    }
}
