//! What the follower and the answers share: the last checkpoint, how far the log is, and why nothing more
//! is signed.

use std::time::{Duration, Instant};

use jejak_bus::health::{AuditFailure, AuditHealth};
use tokio::sync::watch;

pub(crate) struct Desk {
    state: watch::Sender<AuditorStatus>,
}

#[derive(Debug, Clone, Default)]
struct AuditorStatus {
    checkpoint: Vec<u8>,
    position: u64,
    log_position: u64,
    behind_since: Option<Instant>,
    stopped: Option<String>,
    /// Whether it tries again what it stopped at.
    trying: bool,
    /// Since when the broker does not say whether it has what was signed, and why.
    unanswered: Option<(Instant, String)>,
    compared: Compared,
    /// Since when the whole log cannot be compared any further, and why.
    incomparable: Option<(Instant, String)>,
    /// The position at which it is past what it could not compare.
    incomparable_up_to: u64,
}

/// How much of the log was compared with the tree since the last connection to the broker.
#[derive(Debug, Clone, Copy, Default)]
enum Compared {
    #[default]
    Nothing,
    UpTo(u64),
    /// All that was signed then; what was signed since was followed over that connection.
    Whole,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            state: watch::Sender::new(AuditorStatus::default()),
        }
    }

    /// A checkpoint was signed and stored. What was tried again has passed if there is more signed, or nothing
    /// left to sign.
    pub(crate) fn signed(&self, checkpoint: Vec<u8>, position: u64) {
        self.change(|state| {
            let passed = position > state.position || position >= state.log_position;
            (state.checkpoint, state.position) = (checkpoint, position);
            if state.trying && passed {
                tracing::info!(position, "the auditor signs again");
                (state.stopped, state.trying) = (None, false);
            }
        });
    }

    pub(crate) fn saw_log(&self, position: u64) {
        self.change(|state| state.log_position = state.log_position.max(position));
    }

    /// Nothing more is signed. Said once here, and in every health.
    pub(crate) fn stop(&self, reason: String) {
        tracing::error!(position = self.state.borrow().position, %reason, "the auditor has stopped signing");
        self.change(|state| (state.stopped, state.trying) = (Some(reason), false));
    }

    /// Nothing is signed for now, and it is tried again. Said once until it passes, and in every health.
    pub(crate) fn pause(&self, reason: &str) {
        let reason = format!("{reason}; trying again");
        if !self.state.borrow().trying {
            tracing::warn!(position = self.state.borrow().position, %reason, "the auditor cannot sign");
        }
        self.change(|state| (state.stopped, state.trying) = (Some(reason), true));
    }

    /// The broker does not say whether it has what was signed. Said once until it does, and in every health.
    pub(crate) fn unanswered(&self, reason: String) {
        let since = self
            .state
            .borrow()
            .unanswered
            .as_ref()
            .map(|(since, _)| *since);
        if since.is_none() {
            tracing::warn!(%reason, "the broker does not say whether it has what was signed, asking on");
        }
        self.change(|state| state.unanswered = Some((since.unwrap_or_else(Instant::now), reason)));
    }

    /// It does say, or says so again.
    pub(crate) fn answered(&self) {
        if self.state.borrow().unanswered.is_some() {
            tracing::info!("the broker says again whether it has what was signed");
            self.change(|state| state.unanswered = None);
        }
    }

    /// Since the last connection the log was compared with the tree up to this position.
    pub(crate) fn compared(&self, position: u64) {
        self.change(|state| {
            state.compared = Compared::UpTo(position);
            if position > 0 && position >= state.incomparable_up_to {
                state.incomparable = None;
            }
        });
    }

    /// Since the last connection all of it was.
    pub(crate) fn compared_whole(&self) {
        self.change(|state| (state.compared, state.incomparable) = (Compared::Whole, None));
    }

    /// The whole log cannot be compared any further for now. Said once until it is past this position, and in every
    /// health: it may still come a little nearer to what is in the way.
    pub(crate) fn incomparable(&self, reason: String, up_to: u64) {
        let since = self
            .state
            .borrow()
            .incomparable
            .as_ref()
            .map(|(since, _)| *since);
        if since.is_none() {
            tracing::warn!(%reason, "the whole log cannot be compared now, trying again");
        }
        self.change(|state| {
            state.incomparable = Some((since.unwrap_or_else(Instant::now), reason));
            state.incomparable_up_to = up_to;
        });
    }

    /// The last checkpoint and its size; none before the tree was opened.
    pub(crate) fn checkpoint(&self) -> Option<(Vec<u8>, u64)> {
        let state = self.state.borrow();
        (!state.checkpoint.is_empty()).then(|| (state.checkpoint.clone(), state.position))
    }

    pub(crate) fn health(&self) -> AuditHealth {
        self.state.borrow().health()
    }

    /// Whoever sees what changed sees it in the metrics, too.
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
            stopped: self.stopped.clone(),
            compared_position: match self.compared {
                Compared::Nothing => 0,
                Compared::UpTo(position) => position,
                Compared::Whole => self.position,
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
    fn what_is_tried_again_has_passed_once_more_is_signed() {
        let desk = Desk::new();
        desk.signed(b"a".to_vec(), 3);
        desk.saw_log(5);
        desk.pause("no room");
        // The tree was opened again.
        desk.signed(b"a".to_vec(), 3);
        assert_eq!(desk.health().stopped.unwrap(), "no room; trying again");
        desk.signed(b"b".to_vec(), 4);
        assert_eq!(desk.health().stopped, None);
        desk.stop("log and tree part".to_owned());
        desk.signed(b"c".to_vec(), 5);
        assert_eq!(desk.health().stopped.unwrap(), "log and tree part");
    }

    #[test]
    fn all_is_compared_only_over_the_connection_it_was_compared_over() {
        let desk = Desk::new();
        desk.signed(b"a".to_vec(), 3);
        assert_eq!(desk.health().compared_position, 0);
        desk.compared(2);
        desk.compared_whole();
        desk.signed(b"b".to_vec(), 4);
        assert_eq!(desk.health().compared_position, 4);
        desk.compared(0);
        assert_eq!(desk.health().compared_position, 0);
    }

    #[test]
    fn what_cannot_be_compared_is_said_until_the_comparison_goes_on() {
        let desk = Desk::new();
        desk.compared(0);
        desk.incomparable("no tile".to_owned(), 1_000);
        let first = desk.health().incomparable.unwrap();
        // A new connection alone compares nothing.
        desk.compared(0);
        desk.incomparable("still no tile".to_owned(), 900);
        let second = desk.health().incomparable.unwrap();
        assert!(second.for_ms >= first.for_ms && second.reason == "still no tile");
        desk.compared(765);
        assert!(
            desk.health().incomparable.is_some(),
            "it came nearer to it, and no further"
        );
        desk.compared(900);
        assert_eq!(desk.health().incomparable, None);
        desk.incomparable("no answer".to_owned(), 901);
        desk.compared_whole();
        assert_eq!(desk.health().incomparable, None);
    }

    #[test]
    fn a_broker_that_does_not_say_is_said_until_it_does() {
        let desk = Desk::new();
        desk.unanswered("no leader".to_owned());
        let first = desk.health().unanswered.unwrap();
        desk.unanswered("timed out".to_owned());
        let second = desk.health().unanswered.unwrap();
        assert!(second.for_ms >= first.for_ms && second.reason == "timed out");
        desk.answered();
        assert_eq!(desk.health().unanswered, None);
    }
}
