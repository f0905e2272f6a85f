//! The one check of a message: whether it holds an event of the office, under the right subject.
//!
//! All readers ask it, so all of them stop at the same message. A message without an event is
//! passed over only where a signed record says so ([`crate::Quarantine`]).

use jejak_events::{
    RecordedEvent,
    envelope::{self, event_id},
    ids::TenantId,
};

use crate::{Journal, JournalError, LogEntry, Quarantine, subject};

/// More events than one command appends to a stream.
const EVENTS_OF_A_COMMAND: usize = 256;

impl Journal {
    /// [`event_or_record`] with the journal's office and records.
    ///
    /// # Errors
    /// As there.
    pub fn event(&self, entry: &LogEntry) -> Result<Option<RecordedEvent>, JournalError> {
        event_or_record(self.tenant(), self.quarantine(), entry)
    }

    /// Passes over a message that is no event for this reason.
    ///
    /// # Errors
    /// [`JournalError::NoEvent`] for a message that is not in quarantine.
    pub fn pass_over(&self, entry: &LogEntry, reason: String) -> Result<(), JournalError> {
        pass_over(self.quarantine(), entry, reason)
    }
}

/// Reads the event of a message. `None` for a message without an event that is in quarantine.
///
/// # Errors
/// [`JournalError::NoEvent`] for any other message without an event.
pub fn event_or_record(
    tenant: &TenantId,
    quarantine: Option<&Quarantine>,
    entry: &LogEntry,
) -> Result<Option<RecordedEvent>, JournalError> {
    match event(tenant, entry) {
        Ok(recorded) => Ok(Some(recorded)),
        Err(reason) => pass_over(quarantine, entry, reason).map(|()| None),
    }
}

fn pass_over(
    quarantine: Option<&Quarantine>,
    entry: &LogEntry,
    reason: String,
) -> Result<(), JournalError> {
    let recorded = match quarantine {
        Some(quarantine) => quarantine.record_of(entry),
        None => Ok(None),
    };
    let reason = match recorded {
        Ok(Some(_)) => return Ok(()),
        Ok(None) => reason,
        Err(error) => format!("{reason}; {error}"),
    };
    let position = entry.stored.position;
    let reason = format!(
        "{reason}; see what it is, then let readers pass over it with `jejak audit quarantine {position} --reason TEXT`"
    );
    Err(JournalError::NoEvent { position, reason })
}

/// Reads the event of a message.
///
/// # Errors
/// The reason why the message is no event of the office, as part of a sentence.
pub fn event(tenant: &TenantId, entry: &LogEntry) -> Result<RecordedEvent, String> {
    let stored = &entry.stored;
    let recorded =
        envelope::decode(stored.position, &stored.payload).map_err(|error| error.to_string())?;
    check_place(tenant, entry, &recorded)?;
    Ok(recorded)
}

/// Checks that a decoded event is one line, is of the office, stands under its subject, and has an id
/// that its command makes.
///
/// # Errors
/// The fault, as part of a sentence.
pub fn check_place(
    tenant: &TenantId,
    entry: &LogEntry,
    recorded: &RecordedEvent,
) -> Result<(), String> {
    let mut bytes = entry.stored.payload.iter();
    if bytes.any(|byte| matches!(byte, b'\n' | b'\r')) {
        return Err("it is more than one line".to_owned());
    }
    let envelope = &recorded.envelope;
    if envelope.tenant != *tenant {
        return Err("it is of another office".to_owned());
    }
    let subject = subject::topic(tenant, &envelope.stream, recorded.event.topic());
    if entry.subject.as_str() != subject {
        return Err("it belongs under another subject than it is stored under".to_owned());
    }
    let id = |n| event_id(tenant, &envelope.stream, &envelope.command_id, n);
    if (0..EVENTS_OF_A_COMMAND).any(|n| id(n) == envelope.id) {
        return Ok(());
    }
    Err(format!(
        "its id is {}, which its command does not make",
        envelope.id
    ))
}

#[cfg(test)]
mod tests {
    use jejak_events::{
        Envelope,
        calendar::holiday::{Declared, Event, HolidayKind},
    };

    use super::*;
    use crate::StoredEvent;

    const SUBJECT: &str = "jejak.pontianak.ev.calendar.2020.holiday";

    fn tenant() -> TenantId {
        "pontianak".parse().unwrap()
    }

    /// The nth event of a command, as it is stored.
    fn stored(nth: usize) -> String {
        let stream = "calendar/2020".parse().unwrap();
        let command_id = "c-1".parse().unwrap();
        let envelope = Envelope {
            id: event_id(&tenant(), &stream, &command_id, nth),
            tenant: tenant(),
            stream,
            time: "2020-10-01T00:00:00Z".parse().unwrap(),
            actor: "account/admin".parse().unwrap(),
            sealed_actor: None,
            command: "declare-holiday".into(),
            command_id,
            command_digest: "0".to_owned(),
            correlation_id: None,
            traceparent: None,
        };
        let declared = Declared {
            date: "2020-10-28".parse().unwrap(),
            kind: HolidayKind::JointLeave,
            name: "Cuti bersama".to_owned(),
            decree: "SKB".to_owned(),
        };
        let event = Event::from(declared).into();
        let stored = envelope::encode(&envelope, &event).unwrap();
        stored.get().to_owned()
    }

    fn check(subject: &str, payload: &str) -> Result<RecordedEvent, String> {
        let entry = LogEntry {
            subject: subject.into(),
            stored: StoredEvent {
                position: 7,
                payload: payload.to_owned().into(),
            },
        };
        event(&tenant(), &entry)
    }

    #[test]
    fn an_event_under_its_subject_is_one() {
        for nth in [0, 1, EVENTS_OF_A_COMMAND - 1] {
            assert_eq!(check(SUBJECT, &stored(nth)).unwrap().position, 7);
        }
    }

    /// Goal: nothing that a reader would take otherwise passes as an event. Method: one event, with
    /// one thing wrong at a time.
    #[test]
    fn a_message_with_one_thing_wrong_is_no_event() {
        let right = stored(0);
        let changed = |from: &str, to: &str| {
            assert!(right.contains(from), "{from}");
            right.replace(from, to)
        };
        for (subject, payload, reason) in [
            (SUBJECT, "garbage".to_owned(), "not one of our CloudEvents"),
            (SUBJECT, String::new(), "not one of our CloudEvents"),
            (SUBJECT, "{}".to_owned(), "not one of our CloudEvents"),
            (SUBJECT, changed(".declared.v1", ".declared.v9"), "v9"),
            (SUBJECT, changed(".holiday.", ".feast."), "no event type"),
            (
                SUBJECT,
                changed("/jejak/pontianak", "/jejak/other"),
                "of another office",
            ),
            (
                SUBJECT,
                changed("calendar/2020", "calendar/2021"),
                "belongs under",
            ),
            (
                SUBJECT,
                changed("c-1", "c-2"),
                "which its command does not make",
            ),
            (
                SUBJECT,
                stored(EVENTS_OF_A_COMMAND),
                "which its command does not make",
            ),
            (SUBJECT, changed("{\"date\"", "{ \n\"date\""), "one line"),
            (SUBJECT, changed("{\"date\"", "{\"x\":1,\"date\""), "column"),
            (
                "jejak.pontianak.ev.calendar.2021.holiday",
                right.clone(),
                "belongs under",
            ),
            (
                "jejak.pontianak.ev.calendar.2020.feast",
                right.clone(),
                "belongs under",
            ),
        ] {
            let error = check(subject, &payload).unwrap_err();
            assert!(error.contains(reason), "{payload}: {error}");
        }
    }

    /// Goal: no reason repeats a value of the message, which may be of a person. Method: the name stands wherever a
    /// message may have a text.
    #[test]
    fn a_reason_names_the_fault_and_no_value() {
        const NAME: &str = "Budi Rahasiawan";
        let right = stored(0);
        let changed = |from: &str| right.replacen(from, NAME, 1);
        let mut payloads = vec![
            NAME.to_owned(),
            format!("\"{NAME}\""),
            format!("{{\"{NAME}\":1}}"),
        ];
        for value in [
            "joint_leave",
            "2020-10-01",
            "2020-12-24",
            "calendar/2020",
            "holiday.declared.v1",
            "holiday",
            "declared",
            "pontianak",
            "application/json",
            "\"date\"",
            "c-1",
        ] {
            let payload = changed(value);
            if payload != right {
                payloads.push(payload);
            }
        }
        assert!(payloads.len() > 9, "{payloads:?}");
        for payload in payloads {
            for subject in [
                SUBJECT,
                "jejak.pontianak.ev.calendar.Budi Rahasiawan.holiday",
            ] {
                if let Err(reason) = check(subject, &payload) {
                    assert!(!reason.contains("Budi"), "{payload}: {reason}");
                }
            }
        }
        let elsewhere = check("jejak.pontianak.ev.calendar.Budi.holiday", &right);
        assert!(!elsewhere.unwrap_err().contains("Budi"));
    }
}
