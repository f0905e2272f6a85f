//! Each event by itself: it is one of ours, stored under its subject, at a position without a gap, with an id
//! that follows from its command and is the only one. Decodes for the checks that come after it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jejak_events::{
    RecordedEvent,
    envelope::{self, event_id},
    ids::{CommandId, StreamId, TenantId},
};
use jejak_journal::{Keyring, LogEntry, topic};
use tokio::{runtime::Handle, sync::mpsc};
use uuid::Uuid;

use super::{Check, First, Opened, Part, Stored, Subject, Unread, missing};

/// Decodes and checks every event, and hands it on, opened. What cannot be read is handed on as that.
pub(super) fn check(
    subject: &Subject,
    mut parts: mpsc::Receiver<Stored>,
    onward: Vec<mpsc::Sender<Opened>>,
) -> Check {
    let mut form = Form::new(subject.journal.tenant().clone());
    let mut first = First::default();
    let mut events = 0_u64;
    let hand_on = |part: Opened| {
        for check in &onward {
            // A check that has ended by a fault says so itself.
            let _ = check.blocking_send(part.clone());
        }
    };
    while let Some(part) = parts.blocking_recv() {
        let stored = match part {
            Part::Missing { from, to } => {
                first.note(|| missing(from, to));
                hand_on(Part::Missing { from, to });
                continue;
            }
            // Nobody has tried to read it before.
            Part::Unread { .. } => continue,
            Part::Events(stored) => stored,
        };
        let mut opened = Vec::with_capacity(stored.len());
        for event in stored.iter() {
            let position = event.stored.position;
            let read = form
                .check(event)
                .map_err(|fault| (Unread::NoEvent, fault))
                .and_then(|read| match &subject.office {
                    Some(office) => {
                        open(&office.keyring, read).map_err(|fault| (Unread::Sealed, fault))
                    }
                    None => Ok(read),
                });
            match read {
                Ok(Read { recorded, fault }) => {
                    if let Some(fault) = fault {
                        first.note(|| format!("position {position}: {fault}"));
                    }
                    events += 1;
                    opened.push(recorded);
                }
                Err((why, fault)) => {
                    first.note(|| format!("position {position}: {fault}"));
                    hand_on(Part::Events(Arc::new(std::mem::take(&mut opened))));
                    hand_on(Part::Unread { position, why });
                }
            }
        }
        hand_on(Part::Events(Arc::new(opened)));
    }
    Check::new(
        "events",
        first.found(|| {
            let unopened =
                if subject.office.is_some() { "" } else { "; what is sealed in them was not opened" };
            format!(
                "{events} events are well-formed, under their subjects, without a gap, each once{unopened}"
            )
        }),
    )
}

/// An event that could be read, and what is wrong with it all the same.
struct Read {
    recorded: RecordedEvent,
    fault: Option<String>,
}

fn open(keyring: &Keyring, mut read: Read) -> Result<Read, String> {
    let opened = match read.recorded.open(|owner| keyring.get(owner)) {
        Ok(()) => Ok(()),
        // A key that was made since they were loaded.
        Err(_) => Handle::current().block_on(keyring.open(&mut read.recorded)),
    };
    match opened {
        Ok(()) => Ok(read),
        Err(error) => Err(format!("its sealed part does not open: {error}")),
    }
}

/// What is remembered of the events before.
struct Form {
    tenant: TenantId,
    ids: HashSet<Uuid>,
    /// The last command of each stream, and how many events of it there were.
    commands: HashMap<StreamId, (CommandId, usize)>,
}

impl Form {
    fn new(tenant: TenantId) -> Self {
        Self {
            tenant,
            ids: HashSet::new(),
            commands: HashMap::new(),
        }
    }

    fn check(&mut self, event: &LogEntry) -> Result<Read, String> {
        let payload = &event.stored.payload;
        let recorded =
            envelope::decode(event.stored.position, payload).map_err(|error| error.to_string())?;
        let fault = self.fault(event, &recorded);
        Ok(Read { fault, recorded })
    }

    fn fault(&mut self, event: &LogEntry, recorded: &RecordedEvent) -> Option<String> {
        let RecordedEvent {
            envelope,
            event: fact,
            ..
        } = recorded;
        if envelope.tenant != self.tenant {
            return Some(format!(
                "it is of the office {}, not {}",
                envelope.tenant, self.tenant
            ));
        }
        let subject = topic(&self.tenant, &envelope.stream, fact.topic());
        if event.subject.as_str() != subject {
            return Some(format!(
                "it is stored under {}, and says it belongs under {subject}",
                event.subject
            ));
        }
        if !holds_only(&event.stored.payload, recorded) {
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

    /// The events of one command stand together, so that another with the same id has the same first id.
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

/// Whether an event, written again, is what is stored. The order of members is no difference, and one of an
/// older version is written as a newer one: reading it has refused what its version does not have.
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
