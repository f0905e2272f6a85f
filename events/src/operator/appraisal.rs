//! Topic `appraisal`: the monthly appraisal (penilaian prestasi pekerjaan) by the PPK.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OperatorDecision, OperatorState, Sources, contract::Contract, signature};
use crate::{
    Rejection,
    date::{CivilDate, Month},
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::{ActorId, ContractId, OperatorId},
    kinds::OfficerRole,
    package::policy::{AppraisalPolicy, Category},
    personal::{Personal, Remark, payload},
    secret::TenantKey,
    text::Note,
};

mod admits;
mod facts;
mod scores;
mod state;

pub use scores::Scores;
pub use state::{AppraisalState, AppraisalSummary, Assessment};

crate::topic::topic! {
    /// A month was appraised by the ppk.
    Submitted = "operator.appraisal.submitted.v1",
    /// The appraisal of a month was corrected.
    Corrected = "operator.appraisal.corrected.v1",
    /// A month was left out of the mean.
    Waived = "operator.appraisal.waived.v1",
}

/// A month was appraised by the ppk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Submitted {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The month appraised, `YYYY-MM`.
    pub month: Month,
    /// The score of each indicator, by its code: `{"attendance":4,"quality":3}`.
    pub scores: Scores,
    /// The sum of the scores.
    pub total: u32,
    /// The category, `good` or `poor`.
    pub category: Category,
    /// The day of the signature, `YYYY-MM-DD`.
    pub signed_on: NaiveDate,
    /// Whether the signature was late (rule 28).
    pub late: bool,
    /// A note, sealed under the person's key. Absent where none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::personal::Sealed>)]
    pub personal: Option<Personal<Remark>>,
}

/// The sealed part of a corrected appraisal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppraisalCorrection {
    /// The reason of the correction, a free text.
    pub reason: String,
    /// A note on the month, a free text.
    pub note: Option<String>,
}

/// The appraisal of a month was corrected. The old one stays in the record (rule 30).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Corrected {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The month appraised, `YYYY-MM`.
    pub month: Month,
    /// 1 for a month that was waived, else one more than the revision before.
    pub revision: u32,
    /// The score of each indicator, by its code: `{"attendance":4,"quality":3}`.
    pub scores: Scores,
    /// The sum of the scores.
    pub total: u32,
    /// The category, `good` or `poor`.
    pub category: Category,
    /// The day of the correction's signature, `YYYY-MM-DD`.
    pub signed_on: NaiveDate,
    /// Whether the month was signed late (rule 28). Later scores leave a month that was in time so.
    pub late: bool,
    /// The reason and the note, sealed under the person's key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<AppraisalCorrection>,
}

/// A month was left out of the mean (rule 31).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Waived {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The month left out, `YYYY-MM`.
    pub month: Month,
    /// The reason, sealed under the person's key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

payload!(Submitted.personal?);
payload!(Corrected.personal, Waived.personal);

/// Submits the appraisal of a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Submit {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The month to appraise, `YYYY-MM`.
    pub month: Month,
    /// The score of each indicator, by its code: `{"attendance":4,"quality":3}`.
    pub scores: BTreeMap<String, i64>,
    /// The day of the signature, `YYYY-MM-DD`, not after today. Left out, it is today.
    pub signed_on: Option<CivilDate>,
    /// A note on the month, 1 to 2000 characters.
    pub note: Option<Note>,
}

/// Corrects the appraisal of a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Correct {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The month to correct, `YYYY-MM`.
    pub month: Month,
    /// The score of each indicator, by its code: `{"attendance":4,"quality":3}`.
    pub scores: BTreeMap<String, i64>,
    /// The day of the signature, `YYYY-MM-DD`, not after today. Left out, it is today.
    pub signed_on: Option<CivilDate>,
    /// A note on the month, 1 to 2000 characters.
    pub note: Option<Note>,
    /// The reason of the correction, 1 to 2000 characters.
    pub reason: Note,
}

/// Leaves a month out of the mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Waive {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The month to leave out, `YYYY-MM`.
    pub month: Month,
    /// The reason, 1 to 2000 characters.
    pub reason: Note,
}

impl Event {
    /// The contract and the month of the event.
    pub fn of(&self) -> (ContractId, Month) {
        match self {
            Self::Submitted(submitted) => (submitted.contract_id, submitted.month),
            Self::Corrected(corrected) => (corrected.contract_id, corrected.month),
            Self::Waived(waived) => (waived.contract_id, waived.month),
        }
    }
}

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

    fn reads(&self, state: &OperatorState) -> Reads {
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

    fn reads(&self, state: &OperatorState) -> Reads {
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

    fn reads(&self, state: &OperatorState) -> Reads {
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

#[cfg(test)]
mod specs;
