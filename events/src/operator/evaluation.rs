//! Topic `evaluation`: the cumulative evaluation at the end of an engagement.
//!
//! The PPTK proposes it and the PPK finalizes it. The selection of the next year considers it.

use chrono::NaiveDate;
use litemap::LiteMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    OperatorDecision, OperatorState, Sources, appraisal,
    contract::{self, PriorEvaluation},
    signature,
};
use crate::{
    Rejection,
    date::CivilDate,
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::{ContractId, OfficerId, OperatorId},
    kinds::OfficerRole,
    object::only_objects,
    package::policy::Category,
    personal::{Personal, Remark, payload},
    secret::TenantKey,
    text::Note,
};

mod admits;

crate::topic::topic! {
    /// The PPTK proposed an evaluation.
    Proposed = "operator.evaluation.proposed.v1",
    /// The PPK made an evaluation final.
    Finalized = "operator.evaluation.finalized.v1",
    /// The PPK reopened a final evaluation.
    Reopened = "operator.evaluation.reopened.v1",
}

/// The result of all months of a contract. The mean divides by the months assessed, never by 12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Outcome {
    /// The number of months assessed.
    pub months: u32,
    /// The number of months in which the contract has a day.
    pub expected: u32,
    /// The sum of the monthly totals.
    pub total: u32,
    /// The category, `good` or `poor`.
    pub category: Category,
}

/// A mean as it is shown: rounded half-up to two places, without trailing zeros. No months have no mean.
pub fn mean(total: u32, months: u32) -> Option<String> {
    let (total, months) = (u64::from(total), u64::from(months));
    let hundredths = (total * 200 + months).checked_div(months * 2)?;
    let (whole, part) = (hundredths / 100, hundredths % 100);
    Some(match (part, part % 10) {
        (0, _) => whole.to_string(),
        (_, 0) => format!("{whole}.{}", part / 10),
        _ => format!("{whole}.{part:02}"),
    })
}

/// The PPTK proposed an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proposed {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The proposing officer, a pseudonym of the NIP.
    pub officer_id: OfficerId,
    /// The day of the signature, `YYYY-MM-DD`.
    pub signed_on: NaiveDate,
    /// The result of the contract's months.
    pub result: Outcome,
    /// A note, sealed under the person's key. Absent where none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::personal::Sealed>)]
    pub personal: Option<Personal<Remark>>,
}

/// The PPK made an evaluation final.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Finalized {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// 1 the first time, and one more after each reopening.
    pub revision: u32,
    /// The finalizing officer, a pseudonym of the NIP.
    pub officer_id: OfficerId,
    /// The day of the signature, `YYYY-MM-DD`.
    pub signed_on: NaiveDate,
    /// The result of the contract's months.
    pub result: Outcome,
    /// The notice of a poor result to the PPK (rule 34). It ends no contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// A note, sealed under the person's key. Absent where none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::personal::Sealed>)]
    pub personal: Option<Personal<Remark>>,
}

/// The notice of a poor evaluation (rule 34).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Notice {
    /// The PPK assigned on the day of the final signature, a pseudonym of the NIP.
    pub officer_id: OfficerId,
}

only_objects!(Outcome, Notice);

/// The PPK reopened a final evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reopened {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The revision that is no longer final, 1 or more.
    pub revision: u32,
    /// The reopening officer, a pseudonym of the NIP.
    pub officer_id: OfficerId,
    /// The reason, sealed under the person's key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

payload!(Proposed.personal?, Finalized.personal?);
payload!(Reopened.personal);

/// Proposes the evaluation of a contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Propose {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The day of the signature, `YYYY-MM-DD`, not after today. Left out, it is today.
    pub signed_on: Option<CivilDate>,
    /// A note, 1 to 2000 characters.
    pub note: Option<Note>,
}

/// Makes a proposed evaluation final.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Finalize {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The day of the signature, `YYYY-MM-DD`, not after today. Left out, it is today.
    pub signed_on: Option<CivilDate>,
    /// A note, 1 to 2000 characters.
    pub note: Option<Note>,
}

/// Opens a final evaluation again, for a correction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reopen {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The reason, 1 to 2000 characters.
    pub reason: Note,
}

/// A proposal that waits for the PPK.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The proposing officer, a pseudonym of the NIP.
    pub officer_id: OfficerId,
    /// The day of the signature.
    pub signed_on: NaiveDate,
    /// The result of the contract's months.
    pub result: Outcome,
    /// The note, if the sealed part was opened. Decisions compare it; no stored form has it.
    #[serde(skip)]
    pub note: Option<String>,
}

/// The stages of an evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// There is no proposal, or a correction withdrew it.
    Provisional,
    /// An officer proposed this result.
    Proposed(Proposal),
    /// The ppk made this result final.
    Final(Outcome),
}

/// The evaluation of one contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The stage reached so far.
    pub stage: Stage,
    /// The number of times it was final, 0 before the first time.
    pub revision: u32,
    /// The notice to the PPK, while the evaluation is final and poor.
    pub notice: Option<Notice>,
}

impl Evaluation {
    /// The evaluation of a contract before its first proposal.
    const NONE: Self = Self {
        stage: Stage::Provisional,
        revision: 0,
        notice: None,
    };
}

impl Event {
    /// The contract it is about.
    pub fn contract_id(&self) -> ContractId {
        match self {
            Self::Proposed(proposed) => proposed.contract_id,
            Self::Finalized(finalized) => finalized.contract_id,
            Self::Reopened(reopened) => reopened.contract_id,
        }
    }
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
                stage: Stage::Final(_),
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
                    Stage::Final(result) => {
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
                self.entry(*contract_id).stage = Stage::Proposed(proposal);
            }
            Event::Finalized(Finalized {
                contract_id,
                revision,
                result,
                notice,
                ..
            }) => {
                let stage = Stage::Final(*result);
                *self.entry(*contract_id) = Evaluation {
                    stage,
                    revision: *revision,
                    notice: *notice,
                };
            }
            Event::Reopened(Reopened { contract_id, .. }) => {
                let evaluation = self.entry(*contract_id);
                (evaluation.stage, evaluation.notice) = (Stage::Provisional, None);
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
            && matches!(evaluation.stage, Stage::Proposed(_))
        {
            evaluation.stage = Stage::Provisional;
        }
    }
}

/// Rules 32, 33 and 35: a signature is not older than the paper it rests on.
fn require_not_before(earliest: Option<NaiveDate>, signed_on: NaiveDate) -> Result<(), Rejection> {
    match earliest {
        Some(earliest) if signed_on < earliest => Err(Rejection::EvaluationSignedBefore {
            signed_on,
            earliest,
        }),
        _ => Ok(()),
    }
}

impl CommandBody for Propose {
    const NAME: &'static str = "propose-evaluation";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState) -> Reads {
        Reads::package(state.package_of(self.contract_id))
    }

    /// Rule 32. It rests on the appraisals, so it is not signed before the last of them.
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        sources: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let contract_id = self.contract_id;
        let contract = state.contract(self.operator_id, contract_id)?;
        let signed_on = signature(self.signed_on, context.today)?;
        let officer_id =
            sources
                .package
                .require(context.actor.officer(), OfficerRole::Pptk, signed_on)?;
        if !contract.stands() {
            return Err(Rejection::ContractClosed { contract_id });
        }
        state.evaluations.require_open(contract_id)?;
        let tally = state.appraisals.tally(contract_id, contract.period());
        if !tally.missing.is_empty() {
            return Err(Rejection::EvaluationMonthsMissing {
                months: tally.missing,
            });
        }
        if tally.assessed == 0 {
            return Err(Rejection::EvaluationNothingAssessed {
                waived: tally.waived,
            });
        }
        let category = contract
            .terms
            .appraisal
            .category(tally.total, tally.assessed);
        let result = Outcome {
            months: tally.assessed,
            expected: tally.expected,
            total: tally.total,
            category,
        };
        require_not_before(tally.last_signed, signed_on)?;
        let proposal = Proposal {
            officer_id,
            signed_on,
            result,
            note: self.note.clone().map(String::from),
        };
        if state.evaluations.get(contract_id).stage == Stage::Proposed(proposal) {
            return Ok(OperatorDecision::default());
        }
        let personal = self.note.as_deref().map(Remark::open);
        Ok(OperatorDecision::event(Event::from(Proposed {
            contract_id,
            officer_id,
            signed_on,
            result,
            personal,
        })))
    }
}

impl CommandBody for Finalize {
    const NAME: &'static str = "finalize-evaluation";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState) -> Reads {
        Reads::package(state.package_of(self.contract_id))
    }

    /// Makes a proposed evaluation final (rules 33 and 34).
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        sources: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let contract_id = self.contract_id;
        let contract = state.contract(self.operator_id, contract_id)?;
        let signed_on = signature(self.signed_on, context.today)?;
        let officer_id =
            sources
                .package
                .require(context.actor.officer(), OfficerRole::Ppk, signed_on)?;
        let evaluation = state.evaluations.get(contract_id);
        let Proposal {
            officer_id: proposer,
            signed_on: proposed_on,
            result,
            ..
        } = match evaluation.stage {
            Stage::Final(_) => {
                return Err(Rejection::EvaluationFinal {
                    contract_id,
                    revision: evaluation.revision,
                });
            }
            Stage::Provisional => return Err(Rejection::EvaluationNotProposed { contract_id }),
            Stage::Proposed(proposal) => proposal,
        };
        if contract.terms.evaluation.different_signers && proposer == officer_id {
            return Err(Rejection::EvaluationSameSigner { contract_id });
        }
        require_not_before(Some(proposed_on), signed_on)?;
        let (revision, personal) = (
            evaluation.revision + 1,
            self.note.as_deref().map(Remark::open),
        );
        let told = sources.package.officers.holder(OfficerRole::Ppk, signed_on);
        let told = told.filter(|_| result.category == Category::Poor);
        let notice = told.map(|officer_id| Notice { officer_id });
        Ok(OperatorDecision::event(Event::from(Finalized {
            contract_id,
            revision,
            officer_id,
            signed_on,
            result,
            notice,
            personal,
        })))
    }
}

impl CommandBody for Reopen {
    const NAME: &'static str = "reopen-evaluation";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState) -> Reads {
        Reads::package(state.package_of(self.contract_id))
    }

    /// Opens a final evaluation again (rule 33). Hires keep the result that they cited.
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        sources: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let contract_id = self.contract_id;
        state.contract(self.operator_id, contract_id)?;
        let officer_id =
            sources
                .package
                .require(context.actor.officer(), OfficerRole::Ppk, context.today)?;
        match state.evaluations.get(contract_id) {
            Evaluation {
                stage: Stage::Final(_),
                revision,
                ..
            } => Ok(OperatorDecision::event(Event::from(Reopened {
                contract_id,
                revision,
                officer_id,
                personal: Remark::open(&self.reason),
            }))),
            _ => Err(Rejection::EvaluationNotFinal { contract_id }),
        }
    }
}

#[cfg(test)]
mod specs;
