//! The answer to a command, as it travels from the commands service to the caller.

use jejak_events::{
    Event, RecordedEvent,
    ids::{ContractId, LeaveId, OperatorId, StreamId},
    operator::{self, contract, identity, leave},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The answer to a command.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CommandAnswer {
    /// The command's id, as the caller chose it.
    pub command_id: String,
    /// Position of the command's last event. Without an event it is the position of the state it
    /// was decided on.
    pub position: u64,
    /// Whether this repeats the answer to an earlier request.
    pub replayed: bool,
    /// The ids that the command made.
    #[serde(flatten)]
    pub created: CreatedIds,
    /// The stored events, in order.
    pub events: Vec<Box<RawValue>>,
}

/// The ids that a command made. A repeated answer holds the same ids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedIds {
    /// The id of a newly registered person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator_id: Option<OperatorId>,
    /// The id of a new contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract_id: Option<ContractId>,
    /// The id of a newly recorded leave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leave_id: Option<LeaveId>,
}

impl CreatedIds {
    /// The ids that the events of one command made.
    pub fn of<'e>(events: impl IntoIterator<Item = &'e RecordedEvent>) -> Self {
        let mut created = Self::default();
        for RecordedEvent {
            envelope, event, ..
        } in events
        {
            let (StreamId::Operator(operator_id), Event::Operator(event)) =
                (&envelope.stream, event)
            else {
                continue;
            };
            if let operator::Event::Identity(identity::Event::Registered(_)) = event {
                created.operator_id = Some(*operator_id);
            }
            if let operator::Event::Contract(contract::Event::Hired(hired)) = event {
                created.contract_id = Some(hired.contract_id);
            }
            if let operator::Event::Leave(leave::Event::Recorded(recorded)) = event {
                created.leave_id = Some(recorded.leave_id);
            }
        }
        created
    }
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
        assert_eq!(read.created.contract_id, contract_id.parse().ok());
        assert_eq!(read.created.leave_id, None);
        assert_eq!(serde_json::to_value(&read).unwrap(), answer);
    }
}
