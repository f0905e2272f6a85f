//! What the follower and the answers share: the rows that answer now, and how far they have come.
//! Waiting is on positions.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use chrono::NaiveDate;
use jejak_bus::{
    RequestProblem,
    health::{RebuildProgress, ViewHealth},
};
use jejak_projections::{Store, View};
use tokio::sync::{Semaphore, watch};

/// How long a question waits for its position.
const PATIENCE: Duration = Duration::from_secs(5);

/// Questions that read many rows answered at once, each on a thread of its own. More would only take turns on the
/// processors, while whoever asked first waits longer.
const READERS: usize = 4;

pub(crate) struct Desk {
    pub(crate) view: &'static dyn View,
    /// One permit for each question that reads many rows.
    pub(crate) readers: Semaphore,
    time_zone: chrono_tz::Tz,
    store: RwLock<Option<Arc<Store>>>,
    progress: watch::Sender<Progress>,
}

#[derive(Debug, Clone, Default)]
struct Progress {
    position: u64,
    /// As far as is known; none until the broker said so.
    log_position: Option<u64>,
    behind_since: Option<Instant>,
    stopped: Option<String>,
    rebuild: Option<RebuildProgress>,
}

impl Progress {
    fn behind(&self) -> bool {
        self.log_position.is_some_and(|end| self.position < end)
    }

    fn settle(&mut self) {
        self.behind_since = if self.behind() {
            self.behind_since.or_else(|| Some(Instant::now()))
        } else {
            None
        };
    }
}

impl Desk {
    pub(crate) fn new(view: &'static dyn View, time_zone: chrono_tz::Tz) -> Self {
        let progress = watch::Sender::new(Progress::default());
        let readers = Semaphore::new(READERS);
        Self {
            view,
            readers,
            time_zone,
            store: RwLock::new(None),
            progress,
        }
    }

    /// The civil date where the office is.
    pub(crate) fn today(&self) -> NaiveDate {
        chrono::Utc::now()
            .with_timezone(&self.time_zone)
            .date_naive()
    }

    /// The rows that answer now, if there are any.
    pub(crate) fn store(&self) -> Option<Arc<Store>> {
        self.store
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Lets these rows answer from now on.
    pub(crate) fn install(&self, store: Arc<Store>, position: u64) {
        *self.store.write().unwrap_or_else(PoisonError::into_inner) = Some(store);
        self.progress.send_modify(|progress| {
            progress.position = position;
            progress.stopped = None;
            progress.settle();
        });
        self.measure();
    }

    pub(crate) fn reached(&self, position: u64) {
        self.progress.send_modify(|progress| {
            progress.position = position;
            progress.settle();
        });
        self.measure();
    }

    pub(crate) fn saw_log(&self, position: u64) {
        self.progress.send_modify(|progress| {
            progress.log_position = progress.log_position.max(Some(position));
            progress.settle();
        });
        self.measure();
    }

    /// The view goes no further. Said once here, and in every answer.
    pub(crate) fn stop(&self, reason: String) {
        let position = self.position();
        tracing::error!(view = self.view.name(), position, %reason, "the view has stopped");
        self.progress
            .send_modify(|progress| progress.stopped = Some(reason));
        self.measure();
    }

    /// Lets go of the rows, so that their file can be opened anew.
    pub(crate) fn withdraw(&self) {
        *self.store.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn set_rebuild(&self, rebuild: RebuildProgress) {
        self.progress
            .send_modify(|progress| progress.rebuild = Some(rebuild));
    }

    pub(crate) fn position(&self) -> u64 {
        self.progress.borrow().position
    }

    /// The position answers are given at; 0 while none are given.
    pub(crate) fn answers_at(&self) -> u64 {
        let progress = self.progress.borrow();
        if progress.stopped.is_some() {
            0
        } else {
            progress.position
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.progress.borrow().stopped.is_some()
    }

    /// How far the log is known to go.
    pub(crate) fn log_position(&self) -> u64 {
        self.progress.borrow().log_position.unwrap_or(0)
    }

    /// Whether everything the log is known to hold is applied.
    pub(crate) fn is_caught_up(&self) -> bool {
        let progress = self.progress.borrow();
        progress.log_position.is_some() && !progress.behind()
    }

    /// Waits until everything the log is known to hold is applied, or the view has stopped.
    pub(crate) async fn caught_up(&self) {
        let mut progress = self.progress.subscribe();
        let there =
            |now: &Progress| now.stopped.is_some() || (now.log_position.is_some() && !now.behind());
        // The sender is part of this desk, so it cannot be gone.
        let _ = progress.wait_for(there).await;
    }

    /// The rows to answer from, once they have come to `min_position`.
    pub(crate) async fn rows_at(&self, min_position: u64) -> Result<Arc<Store>, RequestProblem> {
        let mut progress = self.progress.subscribe();
        let there = |now: &Progress| {
            now.stopped.is_some() || (now.position >= min_position && self.store().is_some())
        };
        // Out of time or not, what holds now decides.
        let _ = tokio::time::timeout(PATIENCE, progress.wait_for(there)).await;
        let Progress {
            position, stopped, ..
        } = self.progress.borrow().clone();
        let view = self.view.name().to_owned();
        match (stopped, self.store()) {
            (Some(reason), _) => Err(RequestProblem::ViewStopped {
                view,
                position,
                reason,
            }),
            (None, Some(store)) if position >= min_position => Ok(store),
            (None, _) => {
                let lag = min_position.saturating_sub(position);
                Err(RequestProblem::ViewBehind {
                    view,
                    position,
                    min_position,
                    lag,
                })
            }
        }
    }

    pub(crate) fn health(&self) -> ViewHealth {
        let progress = self.progress.borrow().clone();
        let behind = progress
            .behind_since
            .map_or(Duration::ZERO, |since| since.elapsed());
        ViewHealth {
            view: self.view.name().to_owned(),
            version: self.view.version(),
            position: progress.position,
            log_position: progress.log_position.unwrap_or(0).max(progress.position),
            behind_ms: u64::try_from(behind.as_millis()).unwrap_or(u64::MAX),
            stopped: progress.stopped,
            rebuild: progress.rebuild,
        }
    }

    fn measure(&self) {
        let health = self.health();
        let name = self.view.name();
        let gauge = |events: u64| u32::try_from(events).map_or(f64::from(u32::MAX), f64::from);
        metrics::gauge!("jejak_view_position", "view" => name).set(gauge(health.position));
        metrics::gauge!("jejak_view_lag_events", "view" => name)
            .set(gauge(health.log_position - health.position));
        metrics::gauge!("jejak_view_stopped", "view" => name)
            .set(f64::from(u8::from(health.stopped.is_some())));
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::{Etc, Pacific};
    use jejak_projections::VIEWS;

    use super::*;

    /// Goal: the date is the office's own, at whatever hour this runs. Method: two offices 26 hours apart,
    /// so that UTC has the date of one of them at most.
    #[test]
    fn rule_38_today_is_the_date_where_the_office_is() {
        for time_zone in [Pacific::Kiritimati, Etc::GMTPlus12] {
            let date = || chrono::Utc::now().with_timezone(&time_zone).date_naive();
            let before = date();
            let today = Desk::new(VIEWS[0], time_zone).today();
            assert!((before..=date()).contains(&today), "{time_zone}: {today}");
        }
    }
}
