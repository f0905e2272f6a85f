//! The auditor's status: the last checkpoint, the length of the log, and the
//! reason why nothing is signed.
//!
//! The follower and the comparison write it; requests and metrics read it.

mod witnesses;

use std::time::{Duration, Instant};

use jejak_bus::health::{AuditFailure, AuditHealth};
use jejak_journal::JournalError;
use tokio::sync::watch;

pub(crate) use witnesses::WitnessNews;
use witnesses::WitnessStatuses;

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
    witnesses: WitnessStatuses,
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

    /// Notes what is known of a witness now. Logs each change once.
    pub(crate) fn witness(&self, name: &str, news: WitnessNews) {
        self.change(|state| state.witnesses.note(name, news));
    }

    /// Notes the line of a cosignature, and the text that it is over.
    pub(crate) fn cosigned(&self, name: &str, text: Vec<u8>, line: Vec<u8>) {
        self.change(|state| state.witnesses.cosigned(name, text, line));
    }

    /// Waits until more than this position is signed.
    pub(crate) async fn signed_beyond(&self, position: u64) {
        let mut states = self.state.subscribe();
        // The sender is this status itself, so it is there.
        let _ = states.wait_for(|state| state.position > position).await;
    }

    /// Waits for the first news of a witness.
    pub(crate) async fn heard_of(&self, witness: &str) {
        let mut states = self.state.subscribe();
        let _ = states
            .wait_for(|state| state.witnesses.has_news_of(witness))
            .await;
    }

    /// Waits until each witness that can be reached has the last checkpoint.
    pub(crate) async fn all_sent(&self) {
        let mut states = self.state.subscribe();
        let _ = states
            .wait_for(|state| state.witnesses.have(state.position))
            .await;
    }

    /// The last checkpoint with its cosignatures, and its size. `None` before the tree is opened.
    pub(crate) fn checkpoint(&self) -> Option<(Vec<u8>, u64)> {
        let state = self.state.borrow();
        let shown = state.witnesses.with_cosignatures(&state.checkpoint);
        (!state.checkpoint.is_empty()).then_some((shown, state.position))
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
            witnesses: self.witnesses.health(),
        }
    }
}

fn measure(health: &AuditHealth) {
    let gauge = |events: u64| u32::try_from(events).map_or(f64::from(u32::MAX), f64::from);
    let flag = |is: bool| f64::from(u8::from(is));
    metrics::gauge!("jejak_audit_position").set(gauge(health.position));
    metrics::gauge!("jejak_audit_lag_events").set(gauge(health.log_position - health.position));
    metrics::gauge!("jejak_audit_compared_position").set(gauge(health.compared_position));
    for witness in &health.witnesses {
        let name = witness.name.clone();
        metrics::gauge!("jejak_witness_position", "witness" => name.clone())
            .set(gauge(witness.position));
        metrics::gauge!("jejak_witness_away", "witness" => name.clone())
            .set(flag(witness.away.is_some()));
        metrics::gauge!("jejak_witness_contradicts", "witness" => name)
            .set(flag(witness.contradicts.is_some()));
    }
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
mod tests;
