//! The rows of the view `packages`.

use jejak_events::{
    operator::{contract, evaluation::EvaluationState, identity::Profile},
    package::{officer, slot::Slot, terms},
};
use serde::{Deserialize, Serialize};

use crate::{cell::PersonalCell, rows::Rows};

/// A package, under the package's id.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Package {
    pub(super) terms: terms::TermsState,
    pub(super) officers: officer::OfficersState,
    /// The NIP and name of each assignment, in the same order; none once erased.
    pub(super) particulars: Vec<Option<PersonalCell<officer::Officer>>>,
}

/// A person in the register, under the person's id.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Candidate {
    /// The particulars; none once erased.
    pub(super) profile: Option<PersonalCell<Profile>>,
    pub(super) contracts: contract::ContractsState,
    /// Final evaluations. A hire considers no others (rule 9).
    pub(super) evaluations: EvaluationState,
}

pub(super) const PACKAGES: Rows<Package> = Rows::new("packages");
/// Slots under `<package>/<contract>`, so that a hire does not rewrite those before it.
pub(super) const SLOTS: Rows<Slot> = Rows::new("slots");
pub(super) const PEOPLE: Rows<Candidate> = Rows::new("people");
