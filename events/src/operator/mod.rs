//! Stream `operator`: everything about one person, in one boundary, so that overlapping contracts,
//! the yearly pool of leave and one appraisal a month are each one guard away.

use chrono::NaiveDate;

use crate::{
    RecordedEvent, Rejection,
    commands::CommandLog,
    ids::{ContractId, OperatorId},
};

pub mod appraisal;
pub mod contract;
pub mod evaluation;
pub mod identity;
pub mod leave;

crate::event::stream!(Operator {
    Identity::identity,
    Contract::contract,
    Leave::leave,
    Appraisal::appraisal,
    Evaluation::evaluation,
});

/// What is known of a person.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OperatorState {
    /// Who it is.
    pub identity: identity::IdentityState,
    /// Engagements.
    pub contracts: contract::ContractsState,
    /// Leave and absences.
    pub leave: leave::LeaveState,
    /// Months appraised or waived.
    pub appraisals: appraisal::AppraisalState,
    /// Evaluations by contract.
    pub evaluations: evaluation::EvaluationState,
    /// Commands that belong to this stream.
    pub commands: CommandLog,
}

impl OperatorState {
    /// Takes in a recorded event, in order.
    pub fn evolve(&mut self, recorded: &RecordedEvent) {
        if let crate::Event::Operator(event) = &recorded.event {
            self.apply(event);
            self.commands.note(recorded);
        }
    }

    /// Takes in a fact.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Identity(event) => self.identity.evolve(event),
            Event::Contract(event) => {
                self.contracts.evolve(event);
                self.evaluations.reconsider(event);
            }
            Event::Leave(event) => self.leave.evolve(event),
            Event::Appraisal(event) => {
                self.appraisals.evolve(event);
                self.evaluations.revisit(event);
            }
            Event::Evaluation(event) => self.evaluations.evolve(event),
        }
    }

    /// The person, registered and not erased.
    ///
    /// # Errors
    /// `operator.unknown`, `operator.erased`.
    pub fn profile(&self, operator_id: OperatorId) -> Result<identity::Profile, Rejection> {
        match &self.identity {
            identity::IdentityState::Unknown => Err(Rejection::OperatorUnknown { operator_id }),
            identity::IdentityState::Erased => Err(Rejection::OperatorErased { operator_id }),
            identity::IdentityState::Registered(packed) => Ok(packed.profile()),
        }
    }

    /// A contract of this person.
    ///
    /// # Errors
    /// `operator.unknown`, `contract.unknown`.
    pub fn contract(
        &self,
        operator_id: OperatorId,
        contract_id: ContractId,
    ) -> Result<&contract::Contract, Rejection> {
        if self.identity == identity::IdentityState::Unknown {
            return Err(Rejection::OperatorUnknown { operator_id });
        }
        self.contracts
            .all
            .get(&contract_id)
            .ok_or(Rejection::ContractUnknown { contract_id })
    }
}

/// The day a paper was signed: as given, or today; never after today (rules 26, 32, 33).
pub(crate) fn signature(
    signed_on: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<NaiveDate, Rejection> {
    let signed_on = signed_on.unwrap_or(today);
    if signed_on > today {
        Err(Rejection::SignatureInFuture { signed_on, today })
    } else {
        Ok(signed_on)
    }
}
