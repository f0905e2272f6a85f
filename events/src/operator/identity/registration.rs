//! A registration: the first event of a person, and the claim of the NIK. Both are appended in one step.

use crate::{
    Rejection,
    decision::{CommandState, DecisionContext},
    ids::{NikDigest, OperatorId},
    nik::{NikState, claim},
    operator::{self, Sources},
};

/// The events of a registration.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    /// The id of the new person.
    pub operator_id: OperatorId,
    /// The first event of the person.
    pub registered: operator::Event,
    /// The claim of the NIK.
    pub claim: claim::Event,
}

impl CommandState for NikState {
    type Id = NikDigest;
    type Readable<'a> = Sources<'a>;
    type Decided = Registration;

    /// Any officer registers a person: no contract is concerned yet.
    fn require_authority(
        &self,
        _: &Registration,
        _: &DecisionContext<'_>,
        _: &Sources<'_>,
    ) -> Result<(), Rejection> {
        Ok(())
    }
}
