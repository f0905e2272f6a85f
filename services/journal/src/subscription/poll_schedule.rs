//! The moments at which a reader at the end of the log looks for more.
//!
//! A live message says that an event may be stored soon. A look that does not find it is repeated
//! after growing pauses. Live messages may be lost, so an idle reader looks now and then, too.

use std::time::Duration;

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// The first pause after a look that did not find the event of a live message.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
/// The longest such pause. The event was refused, or its message was lost.
const LAST_PAUSE: Duration = Duration::from_millis(128);
/// The pause after a look that found events.
const AFTER_EVENTS: Duration = Duration::from_millis(250);
/// The pause of an idle reader.
const IDLE: Duration = Duration::from_secs(1);

/// The next look of a reader.
pub(super) struct PollSchedule {
    /// The count of live messages.
    wakes: watch::Receiver<u64>,
    /// The count at the last look.
    counted: u64,
    /// Events that are looked for: their live messages came, and they were not found yet.
    owed: u64,
    pause: Duration,
    at: Instant,
}

impl PollSchedule {
    /// The first look is due at once. It looks for one event: a caller may know of one that a
    /// replica does not hold yet.
    pub(super) fn new(mut wakes: watch::Receiver<u64>) -> Self {
        let counted = *wakes.borrow_and_update();
        Self {
            counted,
            wakes,
            owed: 1,
            pause: FIRST_PAUSE,
            at: Instant::now(),
        }
    }

    /// Waits until the next look is due.
    pub(super) async fn wait(&mut self) {
        tokio::select! {
            // A dropped wait comes back at once.
            Ok(()) = self.wakes.changed() => self.again_in(Duration::ZERO),
            () = sleep_until(self.at) => {}
        }
    }

    /// Begins a look. It finds the events of live messages up to now, if they are stored.
    pub(super) fn begin(&mut self) {
        let count = *self.wakes.borrow_and_update();
        if count != self.counted {
            self.owed += count - self.counted;
            self.counted = count;
            self.pause = FIRST_PAUSE;
        }
    }

    /// Ends a look that found so many new events, with more of them to read or not.
    pub(super) fn end(&mut self, found: u64, has_more: bool) {
        self.owed = self.owed.saturating_sub(found);
        let pause = if found > 0 && has_more {
            Duration::ZERO
        } else if self.owed > 0 && self.pause <= LAST_PAUSE {
            self.pause *= 2;
            self.pause / 2
        } else {
            self.owed = 0;
            self.pause = FIRST_PAUSE;
            if found > 0 { AFTER_EVENTS } else { IDLE }
        };
        self.again_in(pause);
    }

    /// Sets the time of the next look.
    pub(super) fn again_in(&mut self, pause: Duration) {
        self.at = Instant::now() + pause;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pause until the next look, if no live message comes.
    async fn pause(looks: &mut PollSchedule) -> Duration {
        let began = Instant::now();
        looks.wait().await;
        began.elapsed()
    }

    /// PollSchedule that found the first event.
    async fn after_one(counted: watch::Receiver<u64>) -> PollSchedule {
        let mut looks = PollSchedule::new(counted);
        assert_eq!(pause(&mut looks).await, Duration::ZERO);
        looks.begin();
        looks.end(1, false);
        looks
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_reader_looks_once_a_second() {
        let (_wakes, counted) = watch::channel(0);
        let mut looks = after_one(counted).await;
        for _ in 0..3 {
            looks.begin();
            looks.end(0, false);
            assert_eq!(pause(&mut looks).await, IDLE);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_is_not_stored_yet_is_looked_for_with_growing_pauses() {
        let (wakes, counted) = watch::channel(0);
        let mut looks = after_one(counted).await;
        wakes.send_modify(|count| *count += 1);
        assert_eq!(pause(&mut looks).await, Duration::ZERO);
        for exponent in 0..8 {
            looks.begin();
            looks.end(0, false);
            assert_eq!(pause(&mut looks).await, FIRST_PAUSE * 2_u32.pow(exponent));
        }
        looks.begin();
        looks.end(0, false);
        assert_eq!(pause(&mut looks).await, IDLE);
    }

    #[tokio::test(start_paused = true)]
    async fn events_that_were_found_are_not_looked_for_again() {
        let (wakes, counted) = watch::channel(0);
        let mut looks = after_one(counted).await;
        wakes.send_modify(|count| *count += 2);
        looks.begin();
        looks.end(2, false);
        assert_eq!(pause(&mut looks).await, AFTER_EVENTS);
    }

    /// Goal: a reader goes on without live messages. Method: their counter is gone.
    #[tokio::test(start_paused = true)]
    async fn a_lost_counter_leaves_the_looks_of_an_idle_reader() {
        let (wakes, counted) = watch::channel(0);
        drop(wakes);
        let mut looks = after_one(counted).await;
        looks.begin();
        looks.end(0, false);
        assert_eq!(pause(&mut looks).await, IDLE);
    }
}
