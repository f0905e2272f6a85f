//! Each event by itself: its form, its subject, its position and its id.
//!
//! The check decodes and opens events for the checks that come after it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jejak_events::{
    RecordedEvent,
    envelope::{self, event_id},
    ids::{CommandId, StreamId, TenantId},
};
use jejak_journal::{JournalError, Keyring, LogEntry};
use jejak_projections::EventMark;
use tokio::{runtime::Handle, sync::mpsc};
use uuid::Uuid;

use super::{
    batch::{DecodedBatch, StoredBatch, Unreadable, VerifyBatch, missing},
    check::{CheckResult, FirstFault},
    input::{CheckedHistory, VerifyInput},
};

/// Decodes, checks and opens every event, and hands it to the later checks.
pub(super) fn check(
    input: &VerifyInput,
    mut batches: mpsc::Receiver<StoredBatch>,
    later_checks: Vec<mpsc::Sender<DecodedBatch>>,
) -> CheckResult {
    let mut checker = EventChecker::new(input.history.tenant().clone());
    let mut first = FirstFault::default();
    let mut events = 0_u64;
    let hand_on = |batch: DecodedBatch| {
        for check in &later_checks {
            // A send fails only after that check panicked; its handle reports it.
            let _ = check.blocking_send(batch.clone());
        }
    };
    while let Some(batch) = batches.blocking_recv() {
        let stored = match batch {
            VerifyBatch::Missing { from, to } => {
                first.note(|| missing(from, to));
                hand_on(VerifyBatch::Missing { from, to });
                continue;
            }
            // Stored events were not read before this check.
            VerifyBatch::Unreadable { .. } | VerifyBatch::InQuarantine { .. } => continue,
            VerifyBatch::Events(stored) => stored,
        };
        let mut decoded = Vec::with_capacity(stored.len());
        for event in stored.iter() {
            let position = event.stored.position;
            match read(&mut checker, input, event) {
                Ok(None) => {
                    let mark = EventMark::of_bytes(&event.stored.payload);
                    hand_on(VerifyBatch::Events(Arc::new(std::mem::take(&mut decoded))));
                    hand_on(VerifyBatch::InQuarantine { position, mark });
                }
                Ok(Some(DecodedEvent { recorded, fault })) => {
                    if let Some(fault) = fault {
                        first.note(|| format!("position {position}: {fault}"));
                    }
                    events += 1;
                    decoded.push(recorded);
                }
                Err((reason, fault)) => {
                    first.note(|| format!("position {position}: {fault}"));
                    hand_on(VerifyBatch::Events(Arc::new(std::mem::take(&mut decoded))));
                    hand_on(VerifyBatch::Unreadable { position, reason });
                }
            }
        }
        hand_on(VerifyBatch::Events(Arc::new(decoded)));
    }
    let passed = || {
        let unopened = match input.office {
            Some(_) => "; each sealed actor is the one of its pseudonym",
            None => "; their sealed parts and actors were not opened",
        };
        match input.history {
            CheckedHistory::Log(_) => format!(
                "{events} events are well-formed, under their subjects, without a gap, each once{unopened}"
            ),
            CheckedHistory::Copy(_) => format!(
                "{events} events are well-formed, without a gap, each once{unopened}; a tree has no subjects"
            ),
        }
    };
    CheckResult::new("events", first.or_passed(passed))
}

/// Decodes an event, checks it, and opens its sealed part if the office's keys are there. `None` for
/// a message in quarantine.
fn read(
    checker: &mut EventChecker,
    input: &VerifyInput,
    event: &LogEntry,
) -> Result<Option<DecodedEvent>, (Unreadable, String)> {
    let recorded = match input.history.event(event) {
        Ok(Some(recorded)) => recorded,
        Ok(None) => return Ok(None),
        Err(JournalError::NoEvent { reason, .. }) => return Err((Unreadable::NoEvent, reason)),
        Err(error) => return Err((Unreadable::NoEvent, error.to_string())),
    };
    let decoded = checker.check(event, recorded);
    let Some(office) = &input.office else {
        return Ok(Some(decoded));
    };
    let mut decoded =
        open(&office.keyring, decoded).map_err(|fault| (Unreadable::Sealed, fault))?;
    let actor = actor_fault(&office.keyring, &decoded.recorded);
    decoded.fault = decoded.fault.or(actor);
    Ok(Some(decoded))
}

/// The fault of an event whose sealed actor does not open, or is another one than its pseudonym says.
fn actor_fault(keyring: &Keyring, recorded: &RecordedEvent) -> Option<String> {
    let opened = Handle::current().block_on(keyring.open_actor(&recorded.envelope));
    let error = opened.err()?;
    Some(format!("its actor cannot be told: {error}"))
}

/// A decoded event, and the fault it has all the same.
struct DecodedEvent {
    recorded: RecordedEvent,
    fault: Option<String>,
}

fn open(keyring: &Keyring, mut decoded: DecodedEvent) -> Result<DecodedEvent, String> {
    let opened = match decoded.recorded.open(|owner| keyring.get(owner)) {
        Ok(()) => Ok(()),
        // The key may have been made after all keys were loaded.
        Err(_) => Handle::current().block_on(keyring.open(&mut decoded.recorded)),
    };
    match opened {
        Ok(()) => Ok(decoded),
        Err(error) => Err(format!("its sealed part does not open: {error}")),
    }
}

/// Checks events in order, and remembers the earlier ones.
struct EventChecker {
    tenant: TenantId,
    ids: HashSet<Uuid>,
    /// The last command of each stream, and the number of its events before the last.
    commands: HashMap<StreamId, (CommandId, usize)>,
}

impl EventChecker {
    fn new(tenant: TenantId) -> Self {
        Self {
            tenant,
            ids: HashSet::new(),
            commands: HashMap::new(),
        }
    }

    /// Checks an event that stands under its subject.
    fn check(&mut self, event: &LogEntry, recorded: RecordedEvent) -> DecodedEvent {
        let fault = self.fault(event, &recorded);
        DecodedEvent { fault, recorded }
    }

    fn fault(&mut self, stored: &LogEntry, recorded: &RecordedEvent) -> Option<String> {
        let envelope = &recorded.envelope;
        if !holds_only(&stored.stored.payload, recorded) {
            return Some("it holds other fields than its type has".to_owned());
        }
        let expected = self.expected_id(&envelope.stream, &envelope.command_id);
        if envelope.id != expected {
            return Some(format!(
                "its id is {}, and that of its command is {expected}",
                envelope.id
            ));
        }
        if !self.ids.insert(envelope.id) {
            return Some(format!(
                "its id {} stands at an earlier position too",
                envelope.id
            ));
        }
        None
    }

    /// The id of the next event of a command. Events of one command stand together, so a second
    /// command with the same id gets the same first event id.
    fn expected_id(&mut self, stream: &StreamId, command: &CommandId) -> Uuid {
        let n = match self.commands.get_mut(stream) {
            Some((last, n)) if last == command => {
                *n += 1;
                *n
            }
            _ => {
                self.commands.insert(stream.clone(), (command.clone(), 0));
                0
            }
        };
        event_id(&self.tenant, stream, command, n)
    }
}

/// Whether the stored bytes hold the fields of the event and no others. The order of
/// members does not matter. An event of an older version is encoded as a newer one; its
/// decoding has refused unknown fields already.
fn holds_only(payload: &[u8], recorded: &RecordedEvent) -> bool {
    let Ok(again) = envelope::encode(&recorded.envelope, &recorded.event) else {
        return false;
    };
    if again.get().as_bytes() == payload {
        return true;
    }
    let members = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).ok();
    match (members(again.get().as_bytes()), members(payload)) {
        (Some(again), Some(stored)) => again["type"] != stored["type"] || again == stored,
        _ => false,
    }
}
