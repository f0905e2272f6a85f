//! The facts that events of packages state.

use uuid::Uuid;

use super::{PackageState, officer, slot, terms};
use crate::{
    facts::{EffectiveDays, EventFacts, Remarks, during, on},
    ids::{ContractId, PackageId},
};

impl EventFacts for terms::Event {
    type StreamId = PackageId;
    type State = PackageState;
    const CREATES: Option<&'static str> = None;

    fn effective_days(&self, _: &PackageState) -> Option<EffectiveDays> {
        let terms = match self {
            Self::Published(published) => &published.terms,
            Self::Amended(amended) => &amended.terms,
        };
        during(&terms.period)
    }

    fn contract_id(&self, _: &PackageState) -> Option<ContractId> {
        match self {
            Self::Published(_) | Self::Amended(_) => None,
        }
    }

    fn remarks(&self) -> Remarks<'_> {
        match self {
            Self::Published(_) => Remarks::default(),
            Self::Amended(amended) => Remarks::reason(&amended.personal),
        }
    }

    fn created_id(&self, _: &PackageId) -> Option<Uuid> {
        match self {
            Self::Published(_) | Self::Amended(_) => None,
        }
    }
}

impl EventFacts for officer::Event {
    type StreamId = PackageId;
    type State = PackageState;
    const CREATES: Option<&'static str> = None;

    fn effective_days(&self, _: &PackageState) -> Option<EffectiveDays> {
        match self {
            Self::Assigned(assigned) => Some((assigned.from, assigned.to)),
            Self::Released(released) => on(released.on),
        }
    }

    fn contract_id(&self, _: &PackageState) -> Option<ContractId> {
        match self {
            Self::Assigned(_) | Self::Released(_) => None,
        }
    }

    fn remarks(&self) -> Remarks<'_> {
        match self {
            Self::Assigned(assigned) => Remarks::of(&assigned.personal, |_| Remarks::default()),
            Self::Released(_) => Remarks::default(),
        }
    }

    fn created_id(&self, _: &PackageId) -> Option<Uuid> {
        match self {
            Self::Assigned(_) | Self::Released(_) => None,
        }
    }
}

impl EventFacts for slot::Event {
    type StreamId = PackageId;
    type State = PackageState;
    const CREATES: Option<&'static str> = None;

    fn effective_days(&self, _: &PackageState) -> Option<EffectiveDays> {
        match self {
            Self::Reserved(_) | Self::Adjusted(_) | Self::Released(_) => None,
        }
    }

    fn contract_id(&self, _: &PackageState) -> Option<ContractId> {
        Some(Self::contract_id(self))
    }

    fn remarks(&self) -> Remarks<'_> {
        match self {
            Self::Reserved(_) | Self::Adjusted(_) | Self::Released(_) => Remarks::default(),
        }
    }

    fn created_id(&self, _: &PackageId) -> Option<Uuid> {
        match self {
            Self::Reserved(_) | Self::Adjusted(_) | Self::Released(_) => None,
        }
    }
}
