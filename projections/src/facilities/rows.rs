//! The rows of the view `facilities`.

use std::collections::BTreeMap;

use jejak_events::{
    ids::{ContractId, PackageId},
    operator::facility::{Facility, FacilityId},
};
use serde::{Deserialize, Serialize};

use crate::rows::Rows;

/// A person who may hold facilities, under the person's id.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Holder {
    /// The person's name; none once erased.
    pub(super) name: Option<String>,
    /// The package of each contract.
    pub(super) packages: BTreeMap<ContractId, PackageId>,
    /// The facilities handed out, in order.
    pub(super) facilities: Vec<FacilityId>,
}

pub(super) const PEOPLE: Rows<Holder> = Rows::new("people");
/// The facilities under `<person>/<facility>`.
pub(super) const FACILITIES: Rows<Facility> = Rows::new("facilities");

/// The key of a facility.
pub(super) fn key(person: &str, facility_id: FacilityId) -> String {
    format!("{person}/{facility_id}")
}
