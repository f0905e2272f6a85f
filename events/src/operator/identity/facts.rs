//! The facts that events of identity state.

use uuid::Uuid;

use super::{Corrected, Event, NikCorrected};
use crate::{
    facts::{EffectiveDays, EventFacts, Remarks},
    ids::{ContractId, OperatorId},
    operator::OperatorState,
};

impl EventFacts for Event {
    type StreamId = OperatorId;
    type State = OperatorState;
    const CREATES: Option<&'static str> = Some("operator_id");

    fn effective_days(&self, _: &OperatorState) -> Option<EffectiveDays> {
        match self {
            Self::Registered(_) | Self::Corrected(_) | Self::NikCorrected(_) | Self::Erased(_) => {
                None
            }
        }
    }

    fn contract_id(&self, _: &OperatorState) -> Option<ContractId> {
        match self {
            Self::Registered(_) | Self::Corrected(_) | Self::NikCorrected(_) | Self::Erased(_) => {
                None
            }
        }
    }

    fn remarks(&self) -> Remarks<'_> {
        match self {
            Self::Registered(registered) => {
                Remarks::of(&registered.personal, |_| Remarks::default())
            }
            Self::Corrected(Corrected { personal })
            | Self::NikCorrected(NikCorrected { personal }) => {
                Remarks::of(personal, |correction| {
                    Remarks::with_reason(Some(&correction.reason))
                })
            }
            Self::Erased(erased) => Remarks::of(&erased.personal, |erasure| {
                Remarks::with_reason(Some(&erasure.reason))
            }),
        }
    }

    fn created_id(&self, stream: &OperatorId) -> Option<Uuid> {
        match self {
            Self::Registered(_) => Some(stream.0),
            Self::Corrected(_) | Self::NikCorrected(_) | Self::Erased(_) => None,
        }
    }
}
