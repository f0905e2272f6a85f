//! The state of evaluations: the stage of each contract's evaluation.

use chrono::NaiveDate;
use litemap::LiteMap;
use serde::{Deserialize, Serialize};

use super::{EvaluationResult, Event, Finalized, Notice, Proposed, Reopened};
use crate::{
    Rejection,
    ids::{ContractId, OfficerId},
    operator::{
        appraisal,
        contract::{self, PriorEvaluation},
    },
    personal::Personal,
};

/// A proposal that waits for the PPK.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The proposing officer, a pseudonym of the NIP.
    pub officer_id: OfficerId,
    /// The day of the signature.
    pub signed_on: NaiveDate,
    /// The result of the contract's months.
    pub result: EvaluationResult,
    /// The note, if the sealed part was opened. Decisions compare it; no stored form has it.
    #[serde(skip)]
    pub note: Option<String>,
}

/// The stages of an evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EvaluationStage {
    /// There is no proposal, or a correction withdrew it.
    Provisional,
    /// An officer proposed this result.
    Proposed(Proposal),
    /// The ppk made this result final.
    Final(EvaluationResult),
}

/// The evaluation of one contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The stage reached so far.
    pub stage: EvaluationStage,
    /// The number of times it was final, 0 before the first time.
    pub revision: u32,
    /// The notice to the PPK, while the evaluation is final and poor.
    pub notice: Option<Notice>,
}

impl Evaluation {
    /// The evaluation of a contract before its first proposal.
    const NONE: Self = Self {
        stage: EvaluationStage::Provisional,
        revision: 0,
        notice: None,
    };
}

/// All evaluations of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluationState {
    by_contract: LiteMap<ContractId, Evaluation>,
}

impl FromIterator<(ContractId, Evaluation)> for EvaluationState {
    fn from_iter<I: IntoIterator<Item = (ContractId, Evaluation)>>(evaluations: I) -> Self {
        Self {
            by_contract: evaluations.into_iter().collect(),
        }
    }
}

impl EvaluationState {
    /// The evaluation of a contract.
    pub fn get(&self, contract_id: ContractId) -> Evaluation {
        self.by_contract
            .get(&contract_id)
            .cloned()
            .unwrap_or(Evaluation::NONE)
    }

    /// Refuses any change while the evaluation is final (rule 30).
    ///
    /// # Errors
    /// `evaluation.final`.
    pub fn require_open(&self, contract_id: ContractId) -> Result<(), Rejection> {
        match self.get(contract_id) {
            Evaluation {
                stage: EvaluationStage::Final(_),
                revision,
                ..
            } => Err(Rejection::EvaluationFinal {
                contract_id,
                revision,
            }),
            _ => Ok(()),
        }
    }

    /// The evaluation next year's selection considers: the final one of the contract that began last
    /// (rule 9).
    pub fn last_final(&self, contracts: &contract::ContractsState) -> Option<PriorEvaluation> {
        let finals =
            self.by_contract
                .iter()
                .filter_map(|(id, evaluation)| match evaluation.stage {
                    EvaluationStage::Final(result) => {
                        Some((contracts.all.get(id)?, evaluation.revision, result))
                    }
                    _ => None,
                });
        let (contract, revision, result) =
            finals.max_by_key(|(contract, ..)| contract.terms.start)?;
        Some(PriorEvaluation {
            contract_id: contract.terms.contract_id,
            fiscal_year: contract.terms.fiscal_year,
            revision,
            months: result.months,
            total: result.total,
            category: result.category,
        })
    }

    fn entry(&mut self, contract_id: ContractId) -> &mut Evaluation {
        self.by_contract
            .entry(contract_id)
            .or_insert(Evaluation::NONE)
    }

    /// Takes in an event, in order.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::Proposed(Proposed {
                contract_id,
                officer_id,
                signed_on,
                result,
                personal,
            }) => {
                let note = personal
                    .as_ref()
                    .and_then(Personal::known)
                    .map(|remark| remark.text.clone());
                let proposal = Proposal {
                    officer_id: *officer_id,
                    signed_on: *signed_on,
                    result: *result,
                    note,
                };
                self.entry(*contract_id).stage = EvaluationStage::Proposed(proposal);
            }
            Event::Finalized(Finalized {
                contract_id,
                revision,
                result,
                notice,
                ..
            }) => {
                let stage = EvaluationStage::Final(*result);
                *self.entry(*contract_id) = Evaluation {
                    stage,
                    revision: *revision,
                    notice: *notice,
                };
            }
            Event::Reopened(Reopened { contract_id, .. }) => {
                let evaluation = self.entry(*contract_id);
                (evaluation.stage, evaluation.notice) = (EvaluationStage::Provisional, None);
            }
        }
    }

    /// A change to a month withdraws the proposal that rests on it.
    pub fn revisit(&mut self, event: &appraisal::Event) {
        self.withdraw(event.of().0);
    }

    /// A change to the contract's days withdraws it too.
    pub fn reconsider(&mut self, event: &contract::Event) {
        match event {
            contract::Event::Amended(amended) => self.withdraw(amended.contract_id),
            contract::Event::Terminated(terminated) => self.withdraw(terminated.contract_id),
            contract::Event::Voided(voided) => self.withdraw(voided.contract_id),
            contract::Event::Hired(_) | contract::Event::Warned(_) => {}
        }
    }

    fn withdraw(&mut self, contract_id: ContractId) {
        if let Some(evaluation) = self.by_contract.get_mut(&contract_id)
            && matches!(evaluation.stage, EvaluationStage::Proposed(_))
        {
            evaluation.stage = EvaluationStage::Provisional;
        }
    }
}
