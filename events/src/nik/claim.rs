//! Topic `claim`: a person takes a citizen number, and gives it back when it was wrong or the person is erased.
//! Other topics decide these events: registering, correcting a NIK and erasing.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{NikDigest, OperatorId},
    personal::payload,
};

mod facts;

crate::topic::topic! {
    /// A person holds this citizen number from now on.
    Taken = "nik.claim.taken.v1",
    /// The person no longer holds it. It is free.
    Released = "nik.claim.released.v1",
}

/// A person holds this citizen number from now on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// The holder, a UUID.
    pub operator_id: OperatorId,
}

/// A person no longer holds this citizen number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// The holder until now, a UUID.
    pub operator_id: OperatorId,
}

payload!(Taken, Released);

/// The holder of a citizen number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClaimState {
    /// The holder; none where the number is free, or was never claimed.
    pub holder: Option<OperatorId>,
    /// The number of events so far. The id of the next person registered under the number follows from it.
    pub changes: u64,
}

impl ClaimState {
    /// Takes in an event.
    pub fn evolve(&mut self, event: &Event) {
        self.changes += 1;
        self.holder = match event {
            Event::Taken(taken) => Some(taken.operator_id),
            Event::Released(_) => None,
        };
    }

    /// Checks that a stored event can follow the events of this state (rule 44).
    pub(super) fn admits(&self, event: &Event, nik: &NikDigest) -> Result<(), String> {
        match event {
            Event::Taken(_) => match self.holder {
                None => Ok(()),
                Some(holder) => Err(format!("operator/{holder} holds the NIK (rule 44)")),
            },
            Event::Released(released) if self.is_held_by(released.operator_id, nik) => Ok(()),
            Event::Released(released) => Err(format!(
                "operator/{} does not hold the NIK (rule 44)",
                released.operator_id
            )),
        }
    }

    /// Whether the person holds the number. A person registered before claims existed does so without a claim.
    pub(crate) fn is_held_by(&self, operator_id: OperatorId, nik: &NikDigest) -> bool {
        self.holder == Some(operator_id)
            || (self.changes == 0 && nik.first_operator() == operator_id)
    }
}
