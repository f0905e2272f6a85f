//! The facts that events of facilities state.

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
    const CREATES: Option<&'static str> = Some("facility_id");

    fn effective_days(&self, _: &OperatorState) -> Option<EffectiveDays> {
        match self {
            Self::Issued(issued) => on(issued.on),
            Self::Returned(returned) => on(returned.on),
        }
    }

    fn contract_id(&self, before: &OperatorState) -> Option<ContractId> {
        match self {
            Self::Issued(issued) => Some(issued.contract_id),
            Self::Returned(returned) => {
                let held = before.facilities.all.get(&returned.facility_id);
                held.map(|held| held.contract_id)
            }
        }
    }

    fn remarks(&self) -> Remarks<'_> {
        match self {
            Self::Issued(issued) => Remarks::of(&issued.personal, |_| Remarks::default()),
            Self::Returned(returned) => Remarks::note(returned.personal.as_ref()),
        }
    }

    fn created_id(&self, _: &OperatorId) -> Option<Uuid> {
        match self {
            Self::Issued(issued) => Some(issued.facility_id.0),
            Self::Returned(_) => None,
        }
    }
}
