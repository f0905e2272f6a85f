//! The facts that events of evaluations state.

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
    const CREATES: Option<&'static str> = None;

    fn effective_days(&self, _: &OperatorState) -> Option<EffectiveDays> {
        match self {
            Self::Proposed(proposed) => on(proposed.signed_on),
            Self::Finalized(finalized) => on(finalized.signed_on),
            Self::Reopened(_) => None,
        }
    }

    fn contract_id(&self, _: &OperatorState) -> Option<ContractId> {
        Some(Self::contract_id(self))
    }

    fn remarks(&self) -> Remarks<'_> {
        match self {
            Self::Proposed(proposed) => Remarks::note(proposed.personal.as_ref()),
            Self::Finalized(finalized) => Remarks::note(finalized.personal.as_ref()),
            Self::Reopened(reopened) => Remarks::reason(&reopened.personal),
        }
    }

    fn created_id(&self, _: &OperatorId) -> Option<Uuid> {
        match self {
            Self::Proposed(_) | Self::Finalized(_) | Self::Reopened(_) => None,
        }
    }
}
