//! The answer to a command, as it travels from the commands service to the caller.

use std::collections::BTreeMap;

use jejak_events::operator::leave::LeaveChange;
use jejak_events::{Event, facts::CreatedId, ids::StreamId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// The answer to a command.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CommandAnswer {
    /// The command's id, as the caller chose it.
    pub command_id: String,
    /// Position of the command's last event. Without an event it is the position of the state it
    /// was decided on. None for a dry run.
    pub position: Option<u64>,
    /// Whether this repeats the answer to an earlier request.
    pub replayed: bool,
    /// The ids that the command made.
    #[serde(flatten)]
    pub created: CreatedIds,
    /// The stored events, in order; for a dry run, the events that it would store.
    pub events: Vec<Box<RawValue>>,
    /// The change of charged days that the events would make. Only a dry run says it: afterwards the calendar
    /// may change, so a repeated answer could not say the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leave: Option<LeaveChange>,
}

/// The ids that a command made, by their names, such as `contract_id`. A repeated answer holds the same ids.
pub type CreatedIds = BTreeMap<String, Uuid>;

/// The ids that the events of one command made. Each event comes with its stream.
pub fn created_ids<'e>(events: impl IntoIterator<Item = (&'e StreamId, &'e Event)>) -> CreatedIds {
    let created = |(stream, event): (&StreamId, &Event)| {
        let CreatedId { field, id } = event.created_id(stream)?;
        Some((field.to_owned(), id))
    };
    events.into_iter().filter_map(created).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_has_the_ids_at_its_top_and_reads_back() {
        let contract_id = "00000000-0000-4000-8000-000000000001";
        let answer = json!({
            "command_id": "c-1", "position": 7, "replayed": true, "contract_id": contract_id,
            "events": [{"id": "x"}],
        });
        let read: CommandAnswer = serde_json::from_str(&answer.to_string()).unwrap();
        assert_eq!(
            read.created.get("contract_id"),
            contract_id.parse().ok().as_ref()
        );
        assert_eq!(read.created.len(), 1);
        assert_eq!(serde_json::to_value(&read).unwrap(), answer);
    }
}
