//! What the follower and the answers share: the last checkpoint, how far the log is, and why nothing more
//! is signed.

use std::time::{Duration, Instant};

use jejak_bus::health::AuditHealth;
use tokio::sync::watch;

pub(crate) struct Desk {
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Default)]
struct State {
    checkpoint: Vec<u8>,
    position: u64,
    log_position: u64,
    behind_since: Option<Instant>,
    stopped: Option<String>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { state: watch::Sender::new(State::default()) }
    }

    /// A checkpoint was signed and stored.
    pub(crate) fn signed(&self, checkpoint: Vec<u8>, position: u64) {
        self.change(|state| (state.checkpoint, state.position) = (checkpoint, position));
    }

    pub(crate) fn saw_log(&self, position: u64) {
        self.change(|state| state.log_position = state.log_position.max(position));
    }

    /// Nothing more is signed. Said once here, and in every health.
    pub(crate) fn stop(&self, reason: String) {
        tracing::error!(position = self.state.borrow().position, %reason, "the auditor has stopped signing");
        self.change(|state| state.stopped = Some(reason));
    }

    /// The last checkpoint and its size; none before the tree was opened.
    pub(crate) fn checkpoint(&self) -> Option<(Vec<u8>, u64)> {
        let state = self.state.borrow();
        (!state.checkpoint.is_empty()).then(|| (state.checkpoint.clone(), state.position))
    }

    pub(crate) fn health(&self) -> AuditHealth {
        let state = self.state.borrow();
        let behind = state.behind_since.map_or(Duration::ZERO, |since| since.elapsed());
        AuditHealth {
            position: state.position,
            log_position: state.log_position.max(state.position),
            behind_ms: u64::try_from(behind.as_millis()).unwrap_or(u64::MAX),
            stopped: state.stopped.clone(),
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        self.state.send_modify(|state| {
            change(state);
            let behind = state.position < state.log_position;
            state.behind_since =
                if behind { state.behind_since.or_else(|| Some(Instant::now())) } else { None };
        });
        let AuditHealth { position, log_position, stopped, .. } = self.health();
        let gauge = |events: u64| u32::try_from(events).map_or(f64::from(u32::MAX), f64::from);
        metrics::gauge!("jejak_audit_position").set(gauge(position));
        metrics::gauge!("jejak_audit_lag_events").set(gauge(log_position - position));
        metrics::gauge!("jejak_audit_stopped").set(f64::from(u8::from(stopped.is_some())));
    }
}
