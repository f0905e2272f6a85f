//! The facts that events of holidays state.

use uuid::Uuid;

use super::Event;
use crate::{
    calendar::CalendarState,
    facts::{EffectiveDays, EventFacts, Remarks, on},
    ids::ContractId,
};

impl EventFacts for Event {
    type StreamId = i32;
    type State = CalendarState;
    const CREATES: Option<&'static str> = None;

    fn effective_days(&self, _: &CalendarState) -> Option<EffectiveDays> {
        on(self.date())
    }

    fn contract_id(&self, _: &CalendarState) -> Option<ContractId> {
        match self {
            Self::Declared(_) | Self::Revoked(_) => None,
        }
    }

    fn remarks(&self) -> Remarks<'_> {
        match self {
            Self::Declared(_) | Self::Revoked(_) => Remarks::default(),
        }
    }

    fn created_id(&self, _: &i32) -> Option<Uuid> {
        match self {
            Self::Declared(_) | Self::Revoked(_) => None,
        }
    }
}
