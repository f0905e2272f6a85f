//! The rules of evaluations, checked on stored events. The auditor calls this; decisions do not.

use super::{EvaluationStage, Event, Finalized, Proposed};
use crate::operator::OperatorState;

impl OperatorState {
    /// Rules 32 and 33: months, proposal and final result follow each other.
    pub(in crate::operator) fn admits_evaluation(&self, event: &Event) -> Result<(), String> {
        match event {
            Event::Proposed(proposed) => self.admits_proposed(proposed),
            Event::Finalized(finalized) => self.admits_finalized(finalized),
            Event::Reopened(reopened) => match self.evaluations.get(reopened.contract_id).stage {
                EvaluationStage::Final(_) => Ok(()),
                EvaluationStage::Provisional | EvaluationStage::Proposed(_) => {
                    Err("the evaluation that is reopened is not final (rule 33)".to_owned())
                }
            },
        }
    }

    fn admits_proposed(&self, proposed: &Proposed) -> Result<(), String> {
        let contract = self.admitted_contract(proposed.contract_id)?;
        if self.evaluations.require_open(proposed.contract_id).is_err() {
            return Err("the evaluation is final already (rule 33)".to_owned());
        }
        let tally = self
            .appraisals
            .tally(proposed.contract_id, contract.period());
        let result = &proposed.result;
        let adds_up = (result.months, result.total) == (tally.assessed, tally.total);
        if tally.missing.is_empty() && adds_up {
            Ok(())
        } else {
            Err("the proposed result is not what the months add up to (rule 32)".to_owned())
        }
    }

    fn admits_finalized(&self, finalized: &Finalized) -> Result<(), String> {
        let evaluation = self.evaluations.get(finalized.contract_id);
        let proposed = match evaluation.stage {
            EvaluationStage::Proposed(proposal) => proposal.result == finalized.result,
            EvaluationStage::Provisional | EvaluationStage::Final(_) => false,
        };
        if proposed && finalized.revision == evaluation.revision + 1 {
            Ok(())
        } else {
            Err("the final result was not proposed (rule 33)".to_owned())
        }
    }
}
