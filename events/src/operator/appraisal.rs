//! Topic `appraisal`: the monthly appraisal (penilaian prestasi pekerjaan) by the ppk.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OperatorDecision, OperatorState, Sources, contract::Contract, signature};
use crate::{
    Rejection,
    date::{Month, civil_date_opt},
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::{ActorId, ContractId, OperatorId},
    kinds::OfficerRole,
    package::policy::{AppraisalPolicy, Category},
    personal::{Personal, Remark, payload},
    secret::TenantKey,
    sorted::SortedMap,
    text::{filled, filled_opt},
};

mod admits;
mod scores;

pub use scores::Scores;

crate::topic::topic! {
    /// A month was appraised.
    Submitted = "operator.appraisal.submitted.v1",
    /// An appraisal was corrected.
    Corrected = "operator.appraisal.corrected.v1",
    /// A month is left out of the mean.
    Waived = "operator.appraisal.waived.v1",
}

/// A month was appraised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Submitted {
    /// The contract.
    pub contract_id: ContractId,
    /// The month.
    pub month: Month,
    /// Score of each indicator.
    #[schema(value_type = BTreeMap<String, u8>)]
    pub scores: Scores,
    /// Their sum.
    pub total: u32,
    /// Good or poor.
    pub category: Category,
    /// The day it was signed.
    pub signed_on: NaiveDate,
    /// Whether it was signed late (rule 28).
    pub late: bool,
    /// A note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::personal::Sealed>)]
    pub personal: Option<Personal<Remark>>,
}

/// Why an appraisal was corrected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// Why.
    pub reason: String,
    /// A note.
    pub note: Option<String>,
}

/// An appraisal was corrected; the old one stays in the record (rule 30).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Corrected {
    /// The contract.
    pub contract_id: ContractId,
    /// The month.
    pub month: Month,
    /// One more than what stood: 2 or more of a month that was appraised, 1 of one that was waived.
    pub revision: u32,
    /// Score of each indicator.
    #[schema(value_type = BTreeMap<String, u8>)]
    pub scores: Scores,
    /// Their sum.
    pub total: u32,
    /// Good or poor.
    pub category: Category,
    /// The day the correction was signed.
    pub signed_on: NaiveDate,
    /// Whether the month was signed late (rule 28). Other scores, signed later, do not make a month late
    /// that was signed in time.
    pub late: bool,
    /// Reason and note.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Correction>,
}

/// A month is left out of the mean (rule 31).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Waived {
    /// The contract.
    pub contract_id: ContractId,
    /// The month.
    pub month: Month,
    /// Why.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

payload!(Submitted.personal?);
payload!(Corrected.personal, Waived.personal);

/// Submit a month's appraisal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Submit {
    /// The person.
    pub operator_id: OperatorId,
    /// The contract.
    pub contract_id: ContractId,
    /// The month.
    pub month: Month,
    /// Score of each indicator.
    pub scores: BTreeMap<String, i64>,
    /// The day it was signed; today if absent.
    #[serde(default, deserialize_with = "civil_date_opt")]
    #[schema(pattern = "^(19|2[01]|2200)")]
    pub signed_on: Option<NaiveDate>,
    /// A note.
    #[serde(default, deserialize_with = "filled_opt")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub note: Option<String>,
}

/// Correct a month's appraisal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Correct {
    /// The person.
    pub operator_id: OperatorId,
    /// The contract.
    pub contract_id: ContractId,
    /// The month.
    pub month: Month,
    /// Score of each indicator.
    pub scores: BTreeMap<String, i64>,
    /// The day it was signed; today if absent.
    #[serde(default, deserialize_with = "civil_date_opt")]
    #[schema(pattern = "^(19|2[01]|2200)")]
    pub signed_on: Option<NaiveDate>,
    /// A note.
    #[serde(default, deserialize_with = "filled_opt")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub note: Option<String>,
    /// Why.
    #[serde(deserialize_with = "filled")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub reason: String,
}

/// Leave a month out of the mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Waive {
    /// The person.
    pub operator_id: OperatorId,
    /// The contract.
    pub contract_id: ContractId,
    /// The month.
    pub month: Month,
    /// Why.
    #[serde(deserialize_with = "filled")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub reason: String,
}

/// A month as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Assessment {
    /// Appraised.
    Appraised {
        /// Score of each indicator.
        scores: Scores,
        /// Their sum.
        total: u32,
        /// Good or poor.
        category: Category,
        /// The day it, or its last correction, was signed.
        signed_on: NaiveDate,
        /// Whether it was signed late.
        late: bool,
        /// 1 when submitted, one more with each correction.
        revision: u32,
        /// The note, while it can be read: decisions compare it, and it is stored with no state.
        #[serde(skip)]
        note: Option<Box<Remark>>,
    },
    /// Waived.
    Waived,
}

impl Event {
    /// The contract and the month it is about.
    pub fn of(&self) -> (ContractId, Month) {
        match self {
            Self::Submitted(submitted) => (submitted.contract_id, submitted.month),
            Self::Corrected(corrected) => (corrected.contract_id, corrected.month),
            Self::Waived(waived) => (waived.contract_id, waived.month),
        }
    }
}

/// All months of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Assessed>", into = "Vec<Assessed>")]
pub struct AppraisalState {
    contracts: SortedMap<ContractId, SortedMap<Month, Assessment>>,
}

/// One month in a stored [`AppraisalState`], since JSON has no keys of two parts.
type Assessed = (ContractId, Month, Assessment);

impl From<Vec<Assessed>> for AppraisalState {
    fn from(months: Vec<Assessed>) -> Self {
        let mut state = Self::default();
        months
            .into_iter()
            .for_each(|(id, month, held)| state.insert(id, month, held));
        state
    }
}

impl From<AppraisalState> for Vec<Assessed> {
    fn from(state: AppraisalState) -> Self {
        let of = |(id, months): (_, SortedMap<_, _>)| {
            months
                .into_iter()
                .map(move |(month, held)| (id, month, held))
        };
        state.contracts.into_iter().flat_map(of).collect()
    }
}

/// What the months of a contract add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Months appraised.
    pub assessed: u32,
    /// Months the contract touches.
    pub expected: u32,
    /// Sum of totals.
    pub total: u32,
    /// Months neither appraised nor waived.
    pub missing: Vec<Month>,
    /// Months waived.
    pub waived: Vec<Month>,
    /// The latest signature under an appraisal.
    pub last_signed: Option<NaiveDate>,
}

impl AppraisalState {
    /// The month of a contract, if anything stands.
    pub fn get(&self, contract_id: ContractId, month: Month) -> Option<&Assessment> {
        self.contracts.get(&contract_id)?.get(&month)
    }

    /// The months of a contract, in order.
    pub fn months_of(&self, contract_id: ContractId) -> impl Iterator<Item = (Month, &Assessment)> {
        let months = self.contracts.get(&contract_id).into_iter().flatten();
        months.map(|(month, held)| (*month, held))
    }

    /// The months of a contract that were appraised; a waiver stands in no one's way (rules 12 to 14).
    pub fn appraised_of(&self, contract_id: ContractId) -> impl Iterator<Item = Month> {
        let appraised =
            |assessment: &Assessment| matches!(assessment, Assessment::Appraised { .. });
        self.months_of(contract_id)
            .filter(move |(_, held)| appraised(held))
            .map(|(month, _)| month)
    }

    /// What a contract's months add up to over its days (rules 31, 32 and 35).
    pub fn tally(&self, contract_id: ContractId, period: crate::date::Period) -> Tally {
        let mut tally = Tally::default();
        for month in period.months() {
            tally.expected += 1;
            match self.get(contract_id, month) {
                Some(Assessment::Appraised {
                    total, signed_on, ..
                }) => {
                    tally.assessed += 1;
                    tally.total += total;
                    tally.last_signed = tally.last_signed.max(Some(*signed_on));
                }
                Some(Assessment::Waived) => tally.waived.push(month),
                None => tally.missing.push(month),
            }
        }
        tally
    }

    fn insert(&mut self, contract_id: ContractId, month: Month, held: Assessment) {
        self.contracts
            .or_insert(contract_id, SortedMap::default())
            .insert(month, held);
    }

    /// Takes in a fact.
    pub fn evolve(&mut self, event: &Event) {
        let assessment = match event.clone() {
            Event::Submitted(Submitted {
                scores,
                total,
                category,
                signed_on,
                late,
                personal,
                ..
            }) => {
                let note = personal
                    .as_ref()
                    .and_then(Personal::known)
                    .cloned()
                    .map(Box::new);
                Assessment::Appraised {
                    scores,
                    total,
                    category,
                    signed_on,
                    late,
                    revision: 1,
                    note,
                }
            }
            Event::Corrected(Corrected {
                revision,
                scores,
                total,
                category,
                signed_on,
                late,
                personal,
                ..
            }) => {
                let note = personal
                    .known()
                    .and_then(|correction| correction.note.clone());
                let note = note.map(|text| Box::new(Remark { text }));
                Assessment::Appraised {
                    scores,
                    total,
                    category,
                    signed_on,
                    late,
                    revision,
                    note,
                }
            }
            Event::Waived(_) => Assessment::Waived,
        };
        let (contract_id, month) = event.of();
        self.insert(contract_id, month, assessment);
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
        return Ok(Scores::of_sorted(&checked));
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
    type State = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState) -> Reads {
        Reads::package(state.package_of(self.contract_id))
    }

    /// Rules 26 to 29.
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
    type State = OperatorState;

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
        let personal = Personal::Open(Correction {
            reason: self.reason.clone(),
            note: self.note.clone(),
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
    type State = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState) -> Reads {
        Reads::package(state.package_of(self.contract_id))
    }

    /// Rule 31.
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
