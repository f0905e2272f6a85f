//! The facts that events of leave state.

use uuid::Uuid;

use super::Event;
use crate::{
    facts::{EffectiveDays, EventFacts, Remarks, on},
    ids::{ContractId, OperatorId},
    operator::OperatorState,
};

impl EventFacts for Event {
    type StreamId = OperatorId;
    type State = OperatorState;
    const CREATES: Option<&'static str> = Some("leave_id");

    fn effective_days(&self, before: &OperatorState) -> Option<EffectiveDays> {
        match self {
            Self::Recorded(recorded) => Some((recorded.from, Some(recorded.to))),
            Self::Cancelled(cancelled) => {
                let entry = before.leave.entries.get(&cancelled.leave_id);
                Some((cancelled.from, entry.map(|entry| entry.granted.end)))
            }
            Self::Absent(absent) => on(absent.on),
        }
    }

    fn contract_id(&self, before: &OperatorState) -> Option<ContractId> {
        match self {
            Self::Recorded(recorded) => Some(recorded.contract_id),
            Self::Cancelled(cancelled) => {
                let entry = before.leave.entries.get(&cancelled.leave_id);
                entry.map(|entry| entry.contract_id)
            }
            Self::Absent(absent) => Some(absent.contract_id),
        }
    }

    fn remarks(&self) -> Remarks<'_> {
        match self {
            Self::Recorded(recorded) => match &recorded.personal {
                Some(part) => {
                    Remarks::of(part, |part| Remarks::with_reason(part.reason.as_deref()))
                }
                None => Remarks::default(),
            },
            Self::Cancelled(cancelled) => Remarks::reason(&cancelled.personal),
            Self::Absent(absent) => Remarks::reason(&absent.personal),
        }
    }

    fn created_id(&self, _: &OperatorId) -> Option<Uuid> {
        match self {
            Self::Recorded(recorded) => Some(recorded.leave_id.0),
            Self::Cancelled(_) | Self::Absent(_) => None,
        }
    }
}
