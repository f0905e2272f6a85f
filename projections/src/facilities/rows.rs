//! The rows of the view `facilities`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use jejak_events::{
    ids::{ContractId, PackageId},
    operator::facility::{FacilityId, FacilityKind},
};
use serde::{Deserialize, Serialize};

use crate::{cell::PersonalCell, rows::Rows};

/// A person who may hold facilities, under the person's id.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Holder {
    /// The person's name; none once erased.
    pub(super) name: Option<PersonalCell<String>>,
    /// The package of each contract.
    pub(super) packages: BTreeMap<ContractId, PackageId>,
    /// The facilities handed out, in order.
    pub(super) facilities: Vec<FacilityId>,
}

/// A facility as it stands, under `<person>/<facility>`.
#[derive(Serialize, Deserialize)]
pub(super) struct HeldFacility {
    /// The contract that it serves.
    pub(super) contract_id: ContractId,
    pub(super) kind: FacilityKind,
    /// Its name or number; none once erased.
    pub(super) label: Option<PersonalCell<String>>,
    pub(super) issued_on: NaiveDate,
    /// The day of its return; none while the person has it.
    pub(super) returned_on: Option<NaiveDate>,
    /// The note of its return; none where there is none, and once erased.
    pub(super) note: Option<PersonalCell<String>>,
}

pub(super) const PEOPLE: Rows<Holder> = Rows::new("people");
/// The facilities under `<person>/<facility>`.
pub(super) const FACILITIES: Rows<HeldFacility> = Rows::new("facilities");

/// The key of a facility.
pub(super) fn key(person: &str, facility_id: FacilityId) -> String {
    format!("{person}/{facility_id}")
}
