//! Topic `facility`: badges, uniforms and access that a person gets for the work and gives back (KAK 7).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OperatorDecision, OperatorState, Sources};
use crate::{
    Rejection,
    date::{CivilDate, Period},
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::{ContractId, OperatorId},
    personal::{Personal, Remark, payload},
    secret::TenantKey,
    text::{Note, Text},
};

mod admits;
mod facts;
mod state;

pub use state::{FacilitiesState, Facility, FacilityReturn};

crate::topic::topic! {
    /// A facility was handed out.
    Issued = "operator.facility.issued.v1",
    /// A facility was given back.
    Returned = "operator.facility.returned.v1",
}

uuid_id! {
    /// The id of a facility handed out once to one person, a UUID.
    FacilityId, "facility_id"
}

/// The kinds of facilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FacilityKind {
    /// Akses: to a room, a network or a system.
    Access,
    /// Tanda pengenal: a badge with the person's name.
    Badge,
    /// Seragam: a uniform.
    Uniform,
    /// Lainnya: anything else.
    Other,
}

/// The sealed part of an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuedDetails {
    /// The name or number of the facility, such as `Kartu akses 017`.
    pub label: String,
}

/// A facility was handed out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Issued {
    /// The id of the facility, a UUID.
    pub facility_id: FacilityId,
    /// The contract that the facility serves.
    pub contract_id: ContractId,
    /// The kind, such as `badge`.
    pub kind: FacilityKind,
    /// The day it was handed out, `YYYY-MM-DD`.
    pub on: NaiveDate,
    /// The label, sealed under the person's key: it may hold a name.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<IssuedDetails>,
}

/// A facility was given back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Returned {
    /// The id of the facility, a UUID.
    pub facility_id: FacilityId,
    /// The day it was given back, `YYYY-MM-DD`.
    pub on: NaiveDate,
    /// A note, sealed. Absent where none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::personal::Sealed>)]
    pub personal: Option<Personal<Remark>>,
}

payload!(Issued.personal);
payload!(Returned.personal?);

/// Hands a facility out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Issue {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The contract that the facility serves.
    pub contract_id: ContractId,
    /// The kind, such as `badge`.
    pub kind: FacilityKind,
    /// The name or number of the facility, such as `Kartu akses 017`, 1 to 2000 characters.
    pub label: Text,
    /// The day it was handed out, `YYYY-MM-DD`: a day of the contract, not after today.
    pub on: CivilDate,
}

/// Takes a facility back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Return {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the facility, a UUID.
    pub facility_id: FacilityId,
    /// The day it was given back, `YYYY-MM-DD`: not before it was handed out, not after today.
    pub on: CivilDate,
    /// A note on its condition, 1 to 2000 characters.
    pub note: Option<Note>,
}

impl CommandBody for Issue {
    const NAME: &'static str = "issue-facility";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState, _: &TenantKey) -> Reads {
        Reads::package(state.package_of(self.contract_id))
    }

    /// Rule 47: inside the contract. The same label on the same day is the same facility.
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        _: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let (contract_id, on) = (self.contract_id, self.on.day());
        state.profile(self.operator_id)?;
        let contract = state.contract(self.operator_id, contract_id)?;
        if !contract.stands() {
            return Err(Rejection::ContractClosed { contract_id });
        }
        let period = contract.period();
        if !period.contains(on) {
            let Period { start, end } = period;
            return Err(Rejection::ContractNotInForce { on, start, end });
        }
        not_in_future(on, context.today)?;
        let issued = Issued {
            facility_id: FacilityId(context.new_id("facility", self.operator_id)),
            contract_id,
            kind: self.kind,
            on,
            personal: Personal::Open(IssuedDetails {
                label: self.label.to_string(),
            }),
        };
        let facility = Facility::issued(&issued);
        let mut all = state.facilities.all.values();
        if all.any(|held| held.is_same_issue(&facility)) {
            return Ok(OperatorDecision::default());
        }
        Ok(OperatorDecision::event(Event::from(issued)))
    }
}

impl CommandBody for Return {
    const NAME: &'static str = "return-facility";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState, _: &TenantKey) -> Reads {
        let held = state.facilities.all.get(&self.facility_id);
        Reads::package(held.and_then(|held| state.package_of(held.contract_id)))
    }

    /// Rule 47: once. A contract that has ended does not keep a facility from coming back.
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        _: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let on = self.on.day();
        state.profile(self.operator_id)?;
        let held = state.facilities.all.get(&self.facility_id);
        let held = held.ok_or(Rejection::FacilityUnknown)?;
        if let Some(earlier) = &held.returned {
            let note = self.note.as_deref();
            if earlier.on == on && earlier.note.as_deref() == note {
                return Ok(OperatorDecision::default());
            }
            return Err(Rejection::FacilityAlreadyReturned { on: earlier.on });
        }
        if on < held.issued_on {
            let issued_on = held.issued_on;
            return Err(Rejection::FacilityNotYetIssued { on, issued_on });
        }
        not_in_future(on, context.today)?;
        Ok(OperatorDecision::event(Event::from(Returned {
            facility_id: self.facility_id,
            on,
            personal: self.note.as_deref().map(Remark::open),
        })))
    }
}

fn not_in_future(on: NaiveDate, today: NaiveDate) -> Result<(), Rejection> {
    if on > today {
        return Err(Rejection::FactInFuture { on, today });
    }
    Ok(())
}

#[cfg(test)]
mod specs;
