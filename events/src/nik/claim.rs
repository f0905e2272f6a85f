//! Topic `claim`: a person takes a citizen number, and gives it back when it was wrong or the person is erased.
//! Other topics decide these events: registering, correcting a NIK and erasing.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ids::OperatorId, personal::payload};

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

/// The state of one holding of a citizen number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClaimState {
    /// Nobody claimed it. A person registered before claims existed may hold it.
    #[default]
    Unclaimed,
    /// This person holds it.
    Held(OperatorId),
    /// It is over. Whoever is registered next begins another holding.
    Released,
}

impl ClaimState {
    /// Takes in an event.
    pub fn evolve(&mut self, event: &Event) {
        *self = match event {
            Event::Taken(taken) => Self::Held(taken.operator_id),
            Event::Released(_) => Self::Released,
        };
    }

    /// Checks that a stored event can follow the events of this state (rule 44).
    pub(super) fn admits(&self, event: &Event) -> Result<(), String> {
        match (event, self) {
            (Event::Taken(_), Self::Unclaimed) => Ok(()),
            (Event::Taken(_), Self::Held(holder)) => {
                Err(format!("operator/{holder} holds the NIK (rule 44)"))
            }
            // A person registered before claims existed has none.
            (Event::Released(_), Self::Unclaimed) => Ok(()),
            (Event::Released(released), Self::Held(holder)) if released.operator_id == *holder => {
                Ok(())
            }
            (Event::Released(released), Self::Held(_)) => Err(format!(
                "operator/{} does not hold the NIK (rule 44)",
                released.operator_id
            )),
            (Event::Taken(_) | Event::Released(_), Self::Released) => {
                Err("the holding of the NIK is over (rule 44)".to_owned())
            }
        }
    }
}
