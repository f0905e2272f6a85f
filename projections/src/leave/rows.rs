//! The rows of the view `leave`.

use jejak_events::operator::{contract, leave};
use serde::{Deserialize, Serialize};

use crate::{
    cell::PersonalCell,
    rows::{Postcard, Rows},
};

/// A person with the contracts that grant leave, under the person's id.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct EntitledPerson {
    /// The person's name; none once erased.
    pub(super) name: Option<PersonalCell<String>>,
    pub(super) contracts: contract::ContractsState,
}

pub(super) const PEOPLE: Rows<EntitledPerson> = Rows::new("people");
/// Leave and absences under `<year>/<person>`, for each year with a contract. A contract and the leave
/// under it lie in one year (rules 7 and 15).
pub(super) const LEAVE: Rows<leave::LeaveState, Postcard> = Rows::new("leave");
