//! Decisions about evaluations: propose, finalize, reopen.

use chrono::NaiveDate;

use super::{
    Evaluation, EvaluationResult, EvaluationStage, Event, Finalize, Finalized, Notice, Proposal,
    Propose, Proposed, Reopen, Reopened,
};
use crate::{
    Rejection,
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::OperatorId,
    kinds::OfficerRole,
    operator::{OperatorDecision, OperatorState, Sources, signature},
    package::policy::Category,
    personal::Remark,
    secret::TenantKey,
};

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

    fn reads(&self, state: &OperatorState, _: &TenantKey) -> Reads {
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

    fn reads(&self, state: &OperatorState, _: &TenantKey) -> Reads {
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

    fn reads(&self, state: &OperatorState, _: &TenantKey) -> Reads {
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
