//! The rows of the view `evaluations`. They hold the data of rankings and answers only, so that an
//! appraisal reads and writes one small row of a person and year.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use jejak_events::{
    date::{Month, Period},
    ids::{ActorId, ContractId, PackageId},
    operator::{
        appraisal::{self, AppraisalState, Assessment, Scores},
        contract,
        evaluation::{Evaluation, EvaluationResult, EvaluationStage, EvaluationState},
    },
    package::policy::{AppraisalPolicy, Category, Eligibility},
};
use serde::{Deserialize, Serialize};

use crate::{
    cell::PersonalCell,
    rows::{Postcard, Rows},
};

pub(super) const PEOPLE: Rows<EvaluatedPerson, Postcard> = Rows::new("people");
/// The contracts of a person and year, under `<year>/<person>`.
pub(super) const CONTRACTS: Rows<EvaluatedContracts, Postcard> = Rows::new("contracts");
/// The texts of months, under the keys of [`CONTRACTS`]. Only the answer about one person reads them.
pub(super) const TEXTS: Rows<MonthTexts, Postcard> = Rows::new("texts");
/// The eligibility of a package's current terms: it names the preferred region.
pub(super) const ELIGIBILITY: Rows<Eligibility> = Rows::new("eligibility");

/// A person, under the person's id.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct EvaluatedPerson {
    /// The particulars; none once erased.
    pub(super) particulars: Option<PersonalCell<RankedParticulars>>,
    /// The fiscal year of each contract, in the order of hires.
    pub(super) years: Vec<(ContractId, i32)>,
}

/// The sealed text of each month that has one, by contract and number of the month.
pub(super) type MonthTexts = BTreeMap<(ContractId, u8), PersonalCell<MonthText>>;

/// What was written about a month.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MonthText {
    /// The note of an appraisal.
    pub(super) note: Option<String>,
    /// The reason of the last correction, or of a waiver.
    pub(super) reason: Option<String>,
}

/// The particulars that ranking and answers need, sealed together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RankedParticulars {
    pub(super) name: String,
    pub(super) domicile_code: String,
}

/// A person's contracts of a fiscal year in the order of hires, under `<year>/<person>`. The months of a
/// contract lie in its fiscal year (rule 7).
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct EvaluatedContracts(pub(super) Vec<EvaluatedContract>);

/// A contract with its evaluation and months.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct EvaluatedContract {
    pub(super) contract_id: ContractId,
    pub(super) package_id: PackageId,
    pub(super) fiscal_year: i32,
    /// Up to the termination, if there was one.
    pub(super) period: Period,
    pub(super) is_voided: bool,
    /// The number of issued warnings.
    pub(super) warnings: u32,
    /// The scheme of the contract. Months hold their points in the order of its indicators.
    pub(super) appraisal: AppraisalPolicy,
    pub(super) evaluation: Evaluation,
    /// By number, 1 to 12. A waived month has no appraisal.
    months: BTreeMap<u8, Option<AppraisedMonth>>,
    /// The pseudonyms of all who signed a month. They are few, and a pseudonym is longer than a month.
    signers: Vec<ActorId>,
}

/// A month that was appraised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct AppraisedMonth {
    points: Vec<u8>,
    total: u32,
    category: Category,
    /// In days since 1 January of the year 1: a date in postcard would be text.
    signed_on: i32,
    /// The place of the signer among those of the contract.
    signer: usize,
    late: bool,
    revision: u32,
}

impl EvaluatedContract {
    /// A contract as signed, without a month.
    pub(super) fn new(hired: &contract::Hired) -> Self {
        Self {
            contract_id: hired.contract_id,
            package_id: hired.package_id.clone(),
            fiscal_year: hired.fiscal_year,
            period: Period {
                start: hired.start,
                end: hired.end,
            },
            is_voided: false,
            warnings: 0,
            appraisal: hired.appraisal.clone(),
            evaluation: EvaluationState::default().get(hired.contract_id),
            months: BTreeMap::new(),
            signers: vec![],
        }
    }

    /// Takes in an event of the contract after the hire.
    pub(super) fn change(&mut self, event: &contract::Event) {
        match event {
            contract::Event::Hired(_) => {}
            contract::Event::Amended(amended) => self.period.end = amended.end,
            contract::Event::Terminated(terminated) => self.period.end = terminated.on,
            contract::Event::Voided(_) => self.is_voided = true,
            contract::Event::Warned(_) => self.warnings += 1,
        }
        self.change_evaluation(|evaluations| evaluations.reconsider(event));
    }

    /// Changes the evaluation by a function of the rules.
    pub(super) fn change_evaluation(&mut self, change: impl FnOnce(&mut EvaluationState)) {
        let held = self.evaluation.clone();
        let mut state: EvaluationState = [(self.contract_id, held)].into_iter().collect();
        change(&mut state);
        self.evaluation = state.get(self.contract_id);
    }

    /// Takes in an appraisal, a correction or a waiver. False when its indicators are not the contract's.
    #[must_use]
    pub(super) fn change_month(&mut self, event: &appraisal::Event, signer: ActorId) -> bool {
        let mut state = AppraisalState::default();
        state.evolve(event);
        let (contract_id, month) = event.of();
        let appraised = match state.get(contract_id, month) {
            Some(Assessment::Appraised {
                scores,
                total,
                category,
                signed_on,
                late,
                revision,
                note: _,
            }) => {
                let names = scores.iter().map(|(name, _)| name);
                if !names.eq(self.appraisal.indicators()) {
                    return false;
                }
                Some(AppraisedMonth {
                    points: scores.iter().map(|(_, points)| points).collect(),
                    total: *total,
                    category: *category,
                    signed_on: signed_on.num_days_from_ce(),
                    signer: self.place(signer),
                    late: *late,
                    revision: *revision,
                })
            }
            Some(Assessment::Waived) | None => None,
        };
        self.months.insert(number(month), appraised);
        self.change_evaluation(|evaluations| evaluations.revisit(event));
        true
    }

    /// The place of a signer, from 0.
    fn place(&mut self, signer: ActorId) -> usize {
        let held = self.signers.iter().position(|held| *held == signer);
        held.unwrap_or_else(|| {
            self.signers.push(signer);
            self.signers.len() - 1
        })
    }

    /// The pseudonym of the signer of a month; none for a waived one.
    pub(super) fn signer(&self, month: Month) -> Option<&ActorId> {
        let appraised = self.months.get(&number(month))?.as_ref()?;
        self.signers.get(appraised.signer)
    }

    /// The months in order, each with its scores as `scores` makes them of the points.
    fn assessments(
        &self,
        scores: impl Fn(&[u8]) -> Scores,
    ) -> impl Iterator<Item = (Month, Assessment)> {
        self.months.iter().filter_map(move |(number, appraised)| {
            let first = NaiveDate::from_ymd_opt(self.fiscal_year, (*number).into(), 1)?;
            let assessment = match appraised {
                None => Assessment::Waived,
                Some(month) => Assessment::Appraised {
                    scores: scores(&month.points),
                    total: month.total,
                    category: month.category,
                    signed_on: NaiveDate::from_num_days_from_ce_opt(month.signed_on)?,
                    late: month.late,
                    revision: month.revision,
                    note: None,
                },
            };
            Some((Month::of(first), assessment))
        })
    }

    /// The months in order, with the score of each indicator.
    pub(super) fn months(&self) -> impl Iterator<Item = (Month, Assessment)> {
        let codes = self.appraisal.indicators();
        self.assessments(move |points| codes.iter().copied().zip(points.iter().copied()).collect())
    }

    /// A month that is appraised or waived, with the score of each indicator.
    pub(super) fn month(&self, month: Month) -> Option<Assessment> {
        let mut months = self.months();
        months.find_map(|(held, assessment)| (held == month).then_some(assessment))
    }

    /// The signed result, or else the sum of the months so far by the rules' own functions.
    pub(super) fn outcome(&self) -> EvaluationResult {
        match &self.evaluation.stage {
            EvaluationStage::Proposed(proposal) => proposal.result,
            EvaluationStage::Final(outcome) => *outcome,
            EvaluationStage::Provisional => {
                // The sum takes no scores, so none are made.
                let months = self.assessments(|_| Scores::default());
                let months = months.map(|(month, held)| (self.contract_id, month, held));
                let state: AppraisalState = months.collect();
                let tally = state.tally(self.contract_id, self.period);
                EvaluationResult {
                    months: tally.assessed,
                    expected: tally.expected,
                    total: tally.total,
                    category: self.appraisal.category(tally.total, tally.assessed),
                }
            }
        }
    }
}

/// The number of a month, 1 to 12.
pub(super) fn number(month: Month) -> u8 {
    u8::try_from(month.first().month()).expect("a year has twelve months")
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
