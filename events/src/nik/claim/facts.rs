//! The facts that events of claims state.

use uuid::Uuid;

use super::Event;
use crate::{
    facts::{EffectiveDays, EventFacts, Remarks},
    ids::{ContractId, NikDigest},
    nik::NikState,
};

impl EventFacts for Event {
    type StreamId = NikDigest;
    type State = NikState;
    const CREATES: Option<&'static str> = None;

    fn effective_days(&self, _: &NikState) -> Option<EffectiveDays> {
        match self {
            Self::Taken(_) | Self::Released(_) => None,
        }
    }

    fn contract_id(&self, _: &NikState) -> Option<ContractId> {
        match self {
            Self::Taken(_) | Self::Released(_) => None,
        }
    }

    fn remarks(&self) -> Remarks<'_> {
        match self {
            Self::Taken(_) | Self::Released(_) => Remarks::default(),
        }
    }

    fn created_id(&self, _: &NikDigest) -> Option<Uuid> {
        match self {
            Self::Taken(_) | Self::Released(_) => None,
        }
    }
}
