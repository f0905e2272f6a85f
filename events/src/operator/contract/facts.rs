//! The facts that events of contracts state.

use uuid::Uuid;

use super::Event;
use crate::{
    facts::{EffectiveDays, EventFacts, Remarks, during, on},
    ids::{ContractId, OperatorId},
    operator::OperatorState,
};

impl EventFacts for Event {
    type StreamId = OperatorId;
    type State = OperatorState;
    const CREATES: Option<&'static str> = Some("contract_id");

    fn effective_days(&self, before: &OperatorState) -> Option<EffectiveDays> {
        let contract = |id: ContractId| before.contracts.all.get(&id);
        match self {
            Self::Hired(hired) => Some((hired.start, Some(hired.end))),
            Self::Amended(amended) => {
                let contract = contract(amended.contract_id)?;
                Some((contract.terms.start, Some(amended.end)))
            }
            Self::Terminated(terminated) => on(terminated.on),
            Self::Voided(voided) => during(&contract(voided.contract_id)?.period()),
            Self::Warned(warned) => Some((warned.on, Some(warned.until))),
        }
    }

    fn contract_id(&self, _: &OperatorState) -> Option<ContractId> {
        match self {
            Self::Hired(hired) => Some(hired.contract_id),
            Self::Amended(amended) => Some(amended.contract_id),
            Self::Terminated(terminated) => Some(terminated.contract_id),
            Self::Voided(voided) => Some(voided.contract_id),
            Self::Warned(warned) => Some(warned.contract_id),
        }
    }

    fn remarks(&self) -> Remarks<'_> {
        match self {
            Self::Hired(hired) => hired
                .personal
                .as_ref()
                .map_or_else(Remarks::default, |part| {
                    Remarks::of(part, |part| {
                        Remarks::with_reason(part.justification.as_deref())
                    })
                }),
            Self::Amended(amended) => Remarks::reason(&amended.personal),
            Self::Terminated(terminated) => Remarks::reason(&terminated.personal),
            Self::Voided(voided) => Remarks::reason(&voided.personal),
            Self::Warned(warned) => Remarks::reason(&warned.personal),
        }
    }

    fn created_id(&self, _: &OperatorId) -> Option<Uuid> {
        match self {
            Self::Hired(hired) => Some(hired.contract_id.0),
            Self::Amended(_) | Self::Terminated(_) | Self::Voided(_) | Self::Warned(_) => None,
        }
    }
}
