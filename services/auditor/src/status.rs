//! The auditor's status: the last checkpoint, the length of the log, and the
//! reason why nothing is signed.
//!
//! The follower and the comparison write it; requests and metrics read it.

use std::time::{Duration, Instant};

use jejak_bus::health::{AuditFailure, AuditHealth};
use jejak_journal::JournalError;
use tokio::sync::watch;

/// The status, shared by all tasks of the auditor.
pub(crate) struct SharedStatus {
    state: watch::Sender<AuditorStatus>,
}

#[derive(Debug, Clone, Default)]
struct AuditorStatus {
    checkpoint: Vec<u8>,
    position: u64,
    log_position: u64,
    behind_since: Option<Instant>,
    stopped: Option<String>,
    /// The message that is no event. Nothing is signed from there on until it is in quarantine.
    no_event: Option<String>,
    /// Whether the auditor tries the failed step again.
    retrying: bool,
    /// The time since which the broker does not confirm the signed events, and the reason.
    unanswered: Option<(Instant, String)>,
    compared: ComparedRange,
    /// The time since which the full comparison makes no progress, and the reason.
    incomparable: Option<(Instant, String)>,
    /// The comparison is past the obstacle once it reaches this position.
    incomparable_up_to: u64,
}

/// The part of the log that was compared with the tree since the last connection to the broker.
#[derive(Debug, Clone, Copy, Default)]
enum ComparedRange {
    #[default]
    Nothing,
    UpTo(u64),
    /// All events that were signed then. Later ones were followed over the same connection.
    All,
}

impl SharedStatus {
    pub(crate) fn new() -> Self {
        Self {
            state: watch::Sender::new(AuditorStatus::default()),
        }
    }

    /// Notes a stored checkpoint. A retried step has succeeded if the checkpoint is new, or if
    /// nothing is left to sign.
    pub(crate) fn signed(&self, checkpoint: Vec<u8>, position: u64) {
        self.change(|state| {
            let passed = position > state.position || position >= state.log_position;
            (state.checkpoint, state.position) = (checkpoint, position);
            if state.retrying && passed {
                tracing::info!(position, "the auditor signs again");
                (state.stopped, state.retrying) = (None, false);
            }
        });
    }

    pub(crate) fn saw_log(&self, position: u64) {
        self.change(|state| state.log_position = state.log_position.max(position));
    }

    /// Notes that nothing more is signed. Logs it once.
    pub(crate) fn stop(&self, reason: String) {
        tracing::error!(position = self.state.borrow().position, %reason, "the auditor has stopped signing");
        self.change(|state| (state.stopped, state.retrying) = (Some(reason), false));
    }

    /// Notes that nothing is signed until a retry succeeds. Logs it once.
    pub(crate) fn pause(&self, reason: &str) {
        let reason = format!("{reason}; trying again");
        if !self.state.borrow().retrying {
            tracing::warn!(position = self.state.borrow().position, %reason, "the auditor cannot sign");
        }
        self.change(|state| (state.stopped, state.retrying) = (Some(reason), true));
    }

    /// Notes the message that is no event, or that there is none now. Logs each change once.
    pub(crate) fn no_event(&self, error: Option<JournalError>) {
        let reason = error.map(|error| error.to_string());
        if self.state.borrow().no_event == reason {
            return;
        }
        match &reason {
            Some(reason) => tracing::error!(%reason, "the auditor signs nothing from there on"),
            None => tracing::info!("the auditor goes on after a message that is no event"),
        }
        self.change(|state| state.no_event = reason);
    }

    /// Notes that the broker does not confirm the signed events. Logs it once until it does.
    pub(crate) fn unanswered(&self, reason: String) {
        let since = self
            .state
            .borrow()
            .unanswered
            .as_ref()
            .map(|(since, _)| *since);
        if since.is_none() {
            tracing::warn!(%reason, "the broker does not confirm the signed events, asking again");
        }
        self.change(|state| state.unanswered = Some((since.unwrap_or_else(Instant::now), reason)));
    }

    /// Notes that the broker confirms the signed events.
    pub(crate) fn answered(&self) {
        if self.state.borrow().unanswered.is_some() {
            tracing::info!("the broker confirms the signed events again");
            self.change(|state| state.unanswered = None);
        }
    }

    /// Notes that the log was compared up to this position since the
    /// last connection. 0 begins anew.
    pub(crate) fn compared(&self, position: u64) {
        self.change(|state| {
            state.compared = ComparedRange::UpTo(position);
            if position > 0 && position >= state.incomparable_up_to {
                state.incomparable = None;
            }
        });
    }

    /// Notes that all of the log was compared since the last connection.
    pub(crate) fn compared_all(&self) {
        self.change(|state| (state.compared, state.incomparable) = (ComparedRange::All, None));
    }

    /// Notes that the comparison makes no progress. Logs it once until the comparison passes
    /// `up_to`: it may still come nearer to the obstacle.
    pub(crate) fn incomparable(&self, reason: String, up_to: u64) {
        let since = self
            .state
            .borrow()
            .incomparable
            .as_ref()
            .map(|(since, _)| *since);
        if since.is_none() {
            tracing::warn!(%reason, "the full comparison makes no progress, trying again");
        }
        self.change(|state| {
            state.incomparable = Some((since.unwrap_or_else(Instant::now), reason));
            state.incomparable_up_to = up_to;
        });
    }

    /// The last checkpoint and its size. `None` before the tree is opened.
    pub(crate) fn checkpoint(&self) -> Option<(Vec<u8>, u64)> {
        let state = self.state.borrow();
        (!state.checkpoint.is_empty()).then(|| (state.checkpoint.clone(), state.position))
    }

    pub(crate) fn health(&self) -> AuditHealth {
        self.state.borrow().health()
    }

    /// Changes the status and the metrics together.
    fn change(&self, change: impl FnOnce(&mut AuditorStatus)) {
        self.state.send_modify(|state| {
            change(state);
            let behind = state.position < state.log_position;
            state.behind_since = if behind {
                state.behind_since.or_else(|| Some(Instant::now()))
            } else {
                None
            };
            measure(&state.health());
        });
    }
}

impl AuditorStatus {
    fn health(&self) -> AuditHealth {
        let behind = self
            .behind_since
            .map_or(Duration::ZERO, |since| since.elapsed());
        AuditHealth {
            position: self.position,
            log_position: self.log_position.max(self.position),
            behind_ms: millis(behind),
            stopped: self.stopped.clone().or_else(|| self.no_event.clone()),
            compared_position: match self.compared {
                ComparedRange::Nothing => 0,
                ComparedRange::UpTo(position) => position,
                ComparedRange::All => self.position,
            },
            unanswered: obstacle(self.unanswered.as_ref()),
            incomparable: obstacle(self.incomparable.as_ref()),
        }
    }
}

fn measure(health: &AuditHealth) {
    let gauge = |events: u64| u32::try_from(events).map_or(f64::from(u32::MAX), f64::from);
    metrics::gauge!("jejak_audit_position").set(gauge(health.position));
    metrics::gauge!("jejak_audit_lag_events").set(gauge(health.log_position - health.position));
    metrics::gauge!("jejak_audit_compared_position").set(gauge(health.compared_position));
    let flag = |is: bool| f64::from(u8::from(is));
    metrics::gauge!("jejak_audit_stopped").set(flag(health.stopped.is_some()));
    metrics::gauge!("jejak_audit_unanswered").set(flag(health.unanswered.is_some()));
    metrics::gauge!("jejak_audit_incomparable").set(flag(health.incomparable.is_some()));
}

fn obstacle(since: Option<&(Instant, String)>) -> Option<AuditFailure> {
    since.map(|(since, reason)| AuditFailure {
        for_ms: millis(since.elapsed()),
        reason: reason.clone(),
    })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_has_succeeded_once_more_is_signed() {
        let status = SharedStatus::new();
        status.signed(b"a".to_vec(), 3);
        status.saw_log(5);
        status.pause("no room");
        // The tree was opened again.
        status.signed(b"a".to_vec(), 3);
        assert_eq!(status.health().stopped.unwrap(), "no room; trying again");
        status.signed(b"b".to_vec(), 4);
        assert_eq!(status.health().stopped, None);
        status.stop("log and tree part".to_owned());
        status.signed(b"c".to_vec(), 5);
        assert_eq!(status.health().stopped.unwrap(), "log and tree part");
    }

    #[test]
    fn all_is_compared_only_over_the_connection_it_was_compared_over() {
        let status = SharedStatus::new();
        status.signed(b"a".to_vec(), 3);
        assert_eq!(status.health().compared_position, 0);
        status.compared(2);
        status.compared_all();
        status.signed(b"b".to_vec(), 4);
        assert_eq!(status.health().compared_position, 4);
        status.compared(0);
        assert_eq!(status.health().compared_position, 0);
    }

    #[test]
    fn an_obstacle_is_reported_until_the_comparison_passes_it() {
        let status = SharedStatus::new();
        status.compared(0);
        status.incomparable("no tile".to_owned(), 1_000);
        let first = status.health().incomparable.unwrap();
        // A new connection alone compares nothing.
        status.compared(0);
        status.incomparable("still no tile".to_owned(), 900);
        let second = status.health().incomparable.unwrap();
        assert!(second.for_ms >= first.for_ms && second.reason == "still no tile");
        status.compared(765);
        assert!(
            status.health().incomparable.is_some(),
            "it came nearer to it, and no further"
        );
        status.compared(900);
        assert_eq!(status.health().incomparable, None);
        status.incomparable("no answer".to_owned(), 901);
        status.compared_all();
        assert_eq!(status.health().incomparable, None);
    }

    #[test]
    fn a_silent_broker_is_reported_until_it_answers() {
        let status = SharedStatus::new();
        status.unanswered("no leader".to_owned());
        let first = status.health().unanswered.unwrap();
        status.unanswered("timed out".to_owned());
        let second = status.health().unanswered.unwrap();
        assert!(second.for_ms >= first.for_ms && second.reason == "timed out");
        status.answered();
        assert_eq!(status.health().unanswered, None);
    }
}
