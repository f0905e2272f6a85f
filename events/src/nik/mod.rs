//! Stream `nik`: one holding of one citizen number (rule 44). Its id is a keyed digest.
//!
//! Each holding has a stream of its own, and only the tenant's key leads from one to the next. So the log does not tell
//! that a person was erased and registered again.

use crate::{command_log::CommandLog, ids::NikDigest};

pub mod claim;

crate::topic::stream!("nik", NikState, NikDigest; Claim::claim);

/// The state of one holding of a citizen number.
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
    pub fn admits(&self, event: &Event) -> Result<(), String> {
        let Event::Claim(event) = event;
        self.claim.admits(event)
    }
}
