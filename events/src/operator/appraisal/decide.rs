//! Decisions about monthly appraisals: submit, correct, waive.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{
    AppraisalCorrection, Assessment, Correct, Corrected, Event, Scores, Submit, Submitted, Waive,
    Waived,
};
use crate::{
    Rejection,
    date::Month,
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::{ActorId, ContractId, OperatorId},
    kinds::OfficerRole,
    operator::{OperatorDecision, OperatorState, Sources, contract::Contract, signature},
    package::policy::AppraisalPolicy,
    personal::{Personal, Remark},
    secret::TenantKey,
};

/// Rule 26: signed by the ppk of the day, and not by the person appraised.
fn require_ppk(
    operator_id: OperatorId,
    signed_on: NaiveDate,
    context: &DecisionContext<'_>,
    sources: &Sources<'_>,
) -> Result<(), Rejection> {
    if *context.actor == ActorId::Operator(operator_id) {
        return Err(Rejection::OfficerOwnCase { operator_id });
    }
    sources
        .package
        .require(context.actor.officer(), OfficerRole::Ppk, signed_on)
        .map(|_| ())
}

/// Rule 27: every indicator once, inside the scale.
fn checked(scores: &BTreeMap<String, i64>, policy: &AppraisalPolicy) -> Result<Scores, Rejection> {
    let wanted = policy.indicators();
    let scale = policy.scale_min..=policy.scale_max;
    let in_scale = |score: i64| {
        u8::try_from(score)
            .ok()
            .filter(|score| scale.contains(score))
    };
    let checked: Vec<_> = scores
        .iter()
        .filter_map(|(name, score)| Some((name.as_str(), in_scale(*score)?)))
        .collect();
    if checked.len() == scores.len() && wanted.iter().copied().eq(scores.keys()) {
        return Ok(checked.into_iter().collect());
    }
    let outside = scores
        .iter()
        .filter(|(_, score)| in_scale(**score).is_none());
    let outside_scale = outside.map(|(name, _)| name.clone()).collect();
    let missing = wanted
        .iter()
        .copied()
        .filter(|name| !scores.contains_key(*name))
        .map(str::to_owned)
        .collect();
    let unknown = scores
        .keys()
        .filter(|name| !wanted.contains(&name.as_str()))
        .cloned()
        .collect();
    let AppraisalPolicy {
        scale_min,
        scale_max,
        ..
    } = *policy;
    Err(Rejection::AppraisalInvalidScores {
        missing,
        unknown,
        outside_scale,
        scale_min,
        scale_max,
    })
}

/// Rule 28: a month of a contract that was not annulled, not signed too early.
fn require_ripe(
    contract_id: ContractId,
    contract: &Contract,
    month: Month,
    signed_on: NaiveDate,
) -> Result<(), Rejection> {
    if !contract.stands() {
        return Err(Rejection::ContractClosed { contract_id });
    }
    let period = contract.period();
    let Some(served) = period.intersection(&month.period()) else {
        return Err(Rejection::AppraisalOutsideContract {
            month,
            start: period.start,
            end: period.end,
        });
    };
    let earliest = contract.terms.appraisal.earliest_signature(served.end);
    if signed_on < earliest {
        Err(Rejection::AppraisalTooEarly {
            month,
            earliest,
            signed_on,
        })
    } else {
        Ok(())
    }
}

impl CommandBody for Submit {
    const NAME: &'static str = "submit-monthly-appraisal";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState, _: &TenantKey) -> Reads {
        Reads::package(state.package_of(self.contract_id))
    }

    /// Appraises a month once, signed by the ppk in time (rules 26 to 29).
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        sources: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let Submit {
            operator_id,
            contract_id,
            month,
            ..
        } = *self;
        let contract = state.contract(operator_id, contract_id)?;
        let signed_on = signature(self.signed_on, context.today)?;
        require_ppk(operator_id, signed_on, context, sources)?;
        let policy = &contract.terms.appraisal;
        let scores = checked(&self.scores, policy)?;
        require_ripe(contract_id, contract, month, signed_on)?;
        match state.appraisals.get(contract_id, month) {
            Some(Assessment::Appraised { revision, .. }) => {
                return Err(Rejection::AppraisalAlreadySubmitted {
                    month,
                    revision: *revision,
                });
            }
            Some(Assessment::Waived) => return Err(Rejection::AppraisalMonthWaived { month }),
            None => {}
        }
        state.evaluations.require_open(contract_id)?;
        let total = scores.total();
        let submitted = Submitted {
            contract_id,
            month,
            total,
            category: policy.category(total, 1),
            scores,
            signed_on,
            late: policy.is_late(month, signed_on),
            personal: self.note.as_deref().map(Remark::open),
        };
        Ok(OperatorDecision::event(Event::from(submitted)))
    }
}

impl CommandBody for Correct {
    const NAME: &'static str = "correct-monthly-appraisal";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState, _: &TenantKey) -> Reads {
        Reads::package(state.package_of(self.contract_id))
    }

    /// Rules 30 and 31. A month waived by mistake is corrected by its appraisal.
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        sources: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let Correct {
            operator_id,
            contract_id,
            month,
            ..
        } = *self;
        let contract = state.contract(operator_id, contract_id)?;
        let signed_on = signature(self.signed_on, context.today)?;
        require_ppk(operator_id, signed_on, context, sources)?;
        let policy = &contract.terms.appraisal;
        let new_scores = checked(&self.scores, policy)?;
        require_ripe(contract_id, contract, month, signed_on)?;
        state.evaluations.require_open(contract_id)?;
        let signed_late = policy.is_late(month, signed_on);
        let (late, revision) = match state.appraisals.get(contract_id, month) {
            None => return Err(Rejection::AppraisalUnknown { month }),
            Some(Assessment::Waived) => (signed_late, 1),
            Some(Assessment::Appraised {
                scores,
                signed_on: held,
                late,
                revision,
                note,
                ..
            }) => {
                let same_scores = *scores == new_scores;
                let note = note.as_ref().map(|note| note.text.as_str());
                if same_scores && (*held, note) == (signed_on, self.note.as_deref()) {
                    return Ok(OperatorDecision::default());
                }
                (signed_late && (same_scores || *late), revision + 1)
            }
        };
        let total = new_scores.total();
        let personal = Personal::Open(AppraisalCorrection {
            reason: self.reason.to_string(),
            note: self.note.clone().map(String::from),
        });
        let category = policy.category(total, 1);
        let corrected = Corrected {
            contract_id,
            month,
            revision,
            scores: new_scores,
            total,
            category,
            signed_on,
            late,
            personal,
        };
        Ok(OperatorDecision::event(Event::from(corrected)))
    }
}

impl CommandBody for Waive {
    const NAME: &'static str = "waive-month";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState, _: &TenantKey) -> Reads {
        Reads::package(state.package_of(self.contract_id))
    }

    /// Leaves a month out of the mean (rule 31).
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        sources: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let Waive {
            operator_id,
            contract_id,
            month,
            ..
        } = *self;
        let contract = state.contract(operator_id, contract_id)?;
        require_ppk(operator_id, context.today, context, sources)?;
        require_ripe(contract_id, contract, month, context.today)?;
        state.evaluations.require_open(contract_id)?;
        match state.appraisals.get(contract_id, month) {
            Some(Assessment::Waived) => Ok(OperatorDecision::default()),
            Some(Assessment::Appraised { revision, .. }) => {
                Err(Rejection::AppraisalAlreadySubmitted {
                    month,
                    revision: *revision,
                })
            }
            None => Ok(OperatorDecision::event(Event::from(Waived {
                contract_id,
                month,
                personal: Remark::open(&self.reason),
            }))),
        }
    }
}
