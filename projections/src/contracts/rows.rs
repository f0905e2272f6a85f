//! The rows of the view `contracts`.

use std::collections::BTreeMap;

use jejak_events::{
    ids::{ContractId, OperatorId},
    money::Rupiah,
    operator::{contract, identity::Profile},
};
use serde::{Deserialize, Serialize};

use crate::{
    cell::PersonalCell,
    rows::{Postcard, Rows},
};

/// A person in the register, under the person's id.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct RegisteredPerson {
    /// The full name; none once erased.
    pub(super) name: Option<PersonalCell<String>>,
    pub(super) contracts: contract::ContractsState,
    /// The money earned under each terminated contract.
    pub(super) earned: BTreeMap<ContractId, Rupiah>,
    /// The number of each contract, and the reason for a hire in spite of a poor evaluation. They are personal, so
    /// erasure clears them.
    pub(super) particulars: BTreeMap<ContractId, PersonalCell<contract::HireParticulars>>,
}

/// The title of each package, as last amended.
pub(super) const TITLES: Rows<String> = Rows::new("titles");
pub(super) const PEOPLE: Rows<RegisteredPerson> = Rows::new("people");
/// The particulars of a person, under the person's id; no row once erased. They stand apart from the person, since
/// contracts show the name alone.
pub(super) const PROFILES: Rows<PersonalCell<Profile>, Postcard> = Rows::new("profiles");
/// The person first hired under a contract id. Old logs may hold one id for two people. The second
/// person has a row under `<contract>/<person>`.
pub(super) const CONTRACTS: Rows<OperatorId> = Rows::new("contracts");
/// The person of each contract, under `<package>/<contract>`.
pub(super) const PACKAGES: Rows<OperatorId> = Rows::new("packages");
