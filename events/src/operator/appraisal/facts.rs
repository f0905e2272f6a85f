//! The facts that events of appraisals state.

use uuid::Uuid;

use super::Event;
use crate::{
    facts::{EffectiveDays, EventFacts, Remarks, during},
    ids::{ContractId, OperatorId},
    operator::OperatorState,
};

impl EventFacts for Event {
    type StreamId = OperatorId;
    type State = OperatorState;
    const CREATES: Option<&'static str> = None;

    fn effective_days(&self, _: &OperatorState) -> Option<EffectiveDays> {
        let month = match self {
            Self::Submitted(submitted) => submitted.month,
            Self::Corrected(corrected) => corrected.month,
            Self::Waived(waived) => waived.month,
        };
        during(&month.period())
    }

    fn contract_id(&self, _: &OperatorState) -> Option<ContractId> {
        Some(self.of().0)
    }

    fn remarks(&self) -> Remarks<'_> {
        match self {
            Self::Submitted(submitted) => Remarks::note(submitted.personal.as_ref()),
            Self::Corrected(corrected) => Remarks::of(&corrected.personal, |correction| Remarks {
                note: correction.note.as_deref(),
                ..Remarks::with_reason(Some(&correction.reason))
            }),
            Self::Waived(waived) => Remarks::reason(&waived.personal),
        }
    }

    fn created_id(&self, _: &OperatorId) -> Option<Uuid> {
        match self {
            Self::Submitted(_) | Self::Corrected(_) | Self::Waived(_) => None,
        }
    }
}
