//! The state of appraisals: each month of each contract as it stands.

use chrono::NaiveDate;
use litemap::LiteMap;

use super::{Corrected, Event, Scores, Submitted};
use crate::{
    date::Month,
    ids::ContractId,
    package::policy::Category,
    personal::{Personal, Remark},
};

/// The appraisal of a month with its last correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assessment {
    /// The month has an appraisal, in its last revision.
    Appraised {
        /// The score of each indicator.
        scores: Scores,
        /// The sum of the scores.
        total: u32,
        /// The category of the total.
        category: Category,
        /// The day of the last signature, of the submission or of a correction.
        signed_on: NaiveDate,
        /// Whether the month was signed late.
        late: bool,
        /// 1 when submitted, one more with each correction.
        revision: u32,
        /// The note, if the sealed part was opened. Decisions compare it.
        note: Option<Box<Remark>>,
    },
    /// The month is left out of the mean.
    Waived,
}

/// All months of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppraisalState {
    months: LiteMap<(ContractId, Month), Assessment>,
}

impl FromIterator<(ContractId, Month, Assessment)> for AppraisalState {
    fn from_iter<I: IntoIterator<Item = (ContractId, Month, Assessment)>>(months: I) -> Self {
        let months = months.into_iter();
        Self {
            months: months
                .map(|(id, month, held)| ((id, month), held))
                .collect(),
        }
    }
}

/// The sum of the months of a contract.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppraisalSummary {
    /// The number of months appraised.
    pub assessed: u32,
    /// The number of months in which the contract has a day.
    pub expected: u32,
    /// The sum of the monthly totals.
    pub total: u32,
    /// The months without appraisal and without waiver.
    pub missing: Vec<Month>,
    /// The months left out of the mean.
    pub waived: Vec<Month>,
    /// The day of the latest signature under an appraisal.
    pub last_signed: Option<NaiveDate>,
}

impl AppraisalState {
    /// The appraisal or waiver of a month, if there is one.
    pub fn get(&self, contract_id: ContractId, month: Month) -> Option<&Assessment> {
        self.months.get(&(contract_id, month))
    }

    /// The months of a contract that were appraised or waived, in order.
    pub fn months_of(&self, contract_id: ContractId) -> impl Iterator<Item = (Month, &Assessment)> {
        let months = self.months.iter();
        months
            .filter(move |((id, _), _)| *id == contract_id)
            .map(|((_, month), held)| (*month, held))
    }

    /// The months of a contract that were appraised, in order. Waivers do not count (rules 12 to 14).
    pub fn appraised_of(&self, contract_id: ContractId) -> impl Iterator<Item = Month> {
        let appraised =
            |assessment: &Assessment| matches!(assessment, Assessment::Appraised { .. });
        self.months_of(contract_id)
            .filter(move |(_, held)| appraised(held))
            .map(|(month, _)| month)
    }

    /// Adds up the months of a contract over a period (rules 31, 32 and 35).
    pub fn tally(&self, contract_id: ContractId, period: crate::date::Period) -> AppraisalSummary {
        let mut tally = AppraisalSummary::default();
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

    /// Takes in an event, in order.
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
        self.months.insert((contract_id, month), assessment);
    }
}
