//! Stream `nik`: the holder of one citizen number (rule 44). Its id is a keyed digest of the NIK.

use crate::{
    command_log::CommandLog,
    ids::{NikDigest, OperatorId},
};

pub mod claim;

crate::topic::stream!("nik", NikState, NikDigest; Claim::claim);

/// The state of a citizen number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NikState {
    /// The holder, as claims say it.
    pub claim: claim::ClaimState,
    /// The commands that belong to this stream.
    pub commands: CommandLog,
}

impl NikState {
    /// Takes in an event, in order.
    pub fn apply(&mut self, event: &Event) {
        let Event::Claim(event) = event;
        self.claim.evolve(event);
    }

    /// Checks that a stored event can follow the events of this state.
    ///
    /// # Errors
    /// The rule that is broken, in English.
    pub fn admits(&self, event: &Event, nik: &NikDigest) -> Result<(), String> {
        let Event::Claim(event) = event;
        self.claim.admits(event, nik)
    }

    /// The person who holds the number. A number without a claim is held by [`NikDigest::first_operator`] where
    /// that person was registered before claims existed, and not erased.
    pub fn holder(&self, nik: &NikDigest, first_is_registered: bool) -> Option<OperatorId> {
        match self.claim.changes {
            0 => first_is_registered.then(|| nik.first_operator()),
            _ => self.claim.holder,
        }
    }
}
