//! Topic `evaluation`: the cumulative evaluation at the end of an engagement.
//!
//! The PPTK proposes it and the PPK finalizes it. The selection of the next year considers it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OperatorDecision, OperatorState, Sources, signature};
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
mod facts;
mod state;

pub use state::{Evaluation, EvaluationStage, EvaluationState, Proposal};

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
pub struct EvaluationResult {
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
    pub result: EvaluationResult,
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
    pub result: EvaluationResult,
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

only_objects!(EvaluationResult, Notice);

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
        let result = EvaluationResult {
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
        if state.evaluations.get(contract_id).stage == EvaluationStage::Proposed(proposal) {
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
            EvaluationStage::Final(_) => {
                return Err(Rejection::EvaluationFinal {
                    contract_id,
                    revision: evaluation.revision,
                });
            }
            EvaluationStage::Provisional => {
                return Err(Rejection::EvaluationNotProposed { contract_id });
            }
            EvaluationStage::Proposed(proposal) => proposal,
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
                stage: EvaluationStage::Final(_),
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
