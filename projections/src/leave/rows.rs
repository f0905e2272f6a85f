//! The rows of the view `leave`.

use std::collections::BTreeMap;

use jejak_events::{
    ids::{ActorId, LeaveId},
    operator::{contract, leave},
};
use serde::{Deserialize, Serialize};

use crate::{
    cell::PersonalCell,
    rows::{Postcard, Rows},
};

/// The giver and the paper of a leave.
#[derive(Serialize, Deserialize)]
pub(super) struct LeaveRecording {
    /// The giver's pseudonym.
    pub(super) by: ActorId,
    /// In milliseconds since 1970: a time in postcard would be text.
    pub(super) at_ms: i64,
    /// The reason and the digest of the evidence; none where neither was given, and once erased.
    pub(super) personal: Option<PersonalCell<leave::LeaveReason>>,
}

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
/// The recording of each leave, under the keys of [`LEAVE`]. Only the answer about one person reads it.
pub(super) const RECORDINGS: Rows<BTreeMap<LeaveId, LeaveRecording>, Postcard> =
    Rows::new("recordings");
