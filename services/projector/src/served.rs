//! A view as the follower and the answers share it: the rows that answer, and how far they have come.
//! A query that asks for a position waits here.

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

/// The longest wait of a query for its position.
const PATIENCE: Duration = Duration::from_secs(5);

/// Queries over many rows that are answered at once, each on a thread of its own. With 64 threads on two
/// processors the slowest answers took twice as long.
const READERS: usize = 4;

pub(crate) struct ServedView {
    pub(crate) view: &'static dyn View,
    /// One permit for each query over many rows.
    pub(crate) readers: Semaphore,
    time_zone: chrono_tz::Tz,
    store: RwLock<Option<Arc<Store>>>,
    progress: watch::Sender<Progress>,
}

#[derive(Debug, Clone, Default)]
struct Progress {
    position: u64,
    /// The length of the log as last heard; none before the first answer of the broker.
    log_position: Option<u64>,
    behind_since: Option<Instant>,
    stopped: Option<String>,
    rebuild: Option<RebuildProgress>,
}

impl Progress {
    fn is_behind(&self) -> bool {
        self.log_position.is_some_and(|end| self.position < end)
    }

    fn is_caught_up(&self) -> bool {
        self.log_position.is_some() && !self.is_behind()
    }

    fn update_behind(&mut self) {
        self.behind_since = if self.is_behind() {
            self.behind_since.or_else(|| Some(Instant::now()))
        } else {
            None
        };
    }
}

impl ServedView {
    pub(crate) fn new(view: &'static dyn View, time_zone: chrono_tz::Tz) -> Self {
        Self {
            view,
            readers: Semaphore::new(READERS),
            time_zone,
            store: RwLock::new(None),
            progress: watch::Sender::new(Progress::default()),
        }
    }

    /// The civil date in the time zone of the office.
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
            progress.update_behind();
        });
        self.measure();
    }

    /// Reports the position of the rows that answer.
    pub(crate) fn reached(&self, position: u64) {
        self.progress.send_modify(|progress| {
            progress.position = position;
            progress.update_behind();
        });
        self.measure();
    }

    /// Reports the length of the log.
    pub(crate) fn saw_log(&self, position: u64) {
        self.progress.send_modify(|progress| {
            progress.log_position = progress.log_position.max(Some(position));
            progress.update_behind();
        });
        self.measure();
    }

    /// Stops answers. The reason is logged once here and stands in every answer.
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

    /// The position of the rows that answer; 0 while the view is stopped.
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

    /// The known length of the log; 0 before the first answer of the broker.
    pub(crate) fn log_position(&self) -> u64 {
        self.progress.borrow().log_position.unwrap_or(0)
    }

    /// Whether the rows hold everything that the log is known to hold.
    pub(crate) fn is_caught_up(&self) -> bool {
        self.progress.borrow().is_caught_up()
    }

    /// Waits until the view is caught up or has stopped.
    pub(crate) async fn caught_up(&self) {
        let mut progress = self.progress.subscribe();
        // The sender is a part of this view, so the wait does not fail.
        let _ = progress
            .wait_for(|now| now.stopped.is_some() || now.is_caught_up())
            .await;
    }

    /// The rows to answer from, once they have come to `min_position`.
    ///
    /// # Errors
    /// The view has stopped, or the position was not reached in time.
    pub(crate) async fn rows_at(&self, min_position: u64) -> Result<Arc<Store>, RequestProblem> {
        let mut progress = self.progress.subscribe();
        let is_there = |now: &Progress| {
            now.stopped.is_some() || (now.position >= min_position && self.store().is_some())
        };
        // The state after the wait decides, also when the time is over.
        let _ = tokio::time::timeout(PATIENCE, progress.wait_for(is_there)).await;
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

    /// Goal: the date is the office's own at every hour of the day. Method: two offices 26 hours apart, so
    /// that UTC has the date of one of them at most.
    #[test]
    fn rule_38_today_is_the_date_where_the_office_is() {
        for time_zone in [Pacific::Kiritimati, Etc::GMTPlus12] {
            let date = || chrono::Utc::now().with_timezone(&time_zone).date_naive();
            let before = date();
            let today = ServedView::new(VIEWS[0], time_zone).today();
            assert!((before..=date()).contains(&today), "{time_zone}: {today}");
        }
    }
}
