//! What a person did under each contract: how its evaluation stands, and the months it follows from. Months are
//! kept packed, so that an event puts one in between the others without reading them.

use std::ops::Range;

use chrono::NaiveDate;
use jejak_events::{
    date::Month,
    ids::{ContractId, OfficerId},
    operator::{
        appraisal::{self, Assessment, Scores},
        evaluation::{self, Evaluation, Notice, Outcome, Proposal, Stage},
    },
    package::policy::Category,
};
use uuid::Uuid;

use crate::packed::{self, Left, Pack};

/// Of all contracts of a person, in order of their ids.
#[derive(Default)]
pub(crate) struct Deeds {
    of: Vec<OfContract>,
}

/// Of one contract.
struct OfContract {
    contract_id: ContractId,
    evaluation: Evaluation,
    /// Lists of indicators that months are scored by: one, but for contracts under changed terms. Packed.
    lists: Vec<u8>,
    /// In order, each with its number of bytes. Packed.
    months: Vec<u8>,
}

impl Deeds {
    fn find(&self, contract_id: ContractId) -> Result<usize, usize> {
        self.of
            .binary_search_by_key(&contract_id, |of| of.contract_id)
    }

    fn get(&self, contract_id: ContractId) -> Option<&OfContract> {
        self.find(contract_id).ok().map(|at| &self.of[at])
    }

    fn entry(&mut self, contract_id: ContractId) -> &mut OfContract {
        let at = self.find(contract_id).unwrap_or_else(|at| {
            let evaluation = evaluation::EvaluationState::default().get(contract_id);
            let of = OfContract {
                contract_id,
                evaluation,
                lists: vec![],
                months: vec![],
            };
            self.of.insert(at, of);
            at
        });
        &mut self.of[at]
    }

    /// How the evaluation of a contract stands.
    pub(crate) fn evaluation(&self, contract_id: ContractId) -> Evaluation {
        let held = self.get(contract_id).map(|of| of.evaluation.clone());
        held.unwrap_or_else(|| evaluation::EvaluationState::default().get(contract_id))
    }

    /// All evaluations.
    pub(crate) fn evaluations(&self) -> evaluation::EvaluationState {
        self.of
            .iter()
            .map(|of| (of.contract_id, of.evaluation.clone()))
            .collect()
    }

    /// Changes the evaluation of a contract; whether it is another then.
    pub(crate) fn change_evaluation(
        &mut self,
        contract_id: ContractId,
        change: impl FnOnce(&mut evaluation::EvaluationState),
    ) -> bool {
        let held = self.evaluation(contract_id);
        let mut state: evaluation::EvaluationState =
            [(contract_id, held.clone())].into_iter().collect();
        change(&mut state);
        let changed = state.get(contract_id);
        let is_another = changed != held;
        if is_another {
            self.entry(contract_id).evaluation = changed;
        }
        is_another
    }

    /// Takes in what was said of a month.
    pub(crate) fn change_month(&mut self, event: &appraisal::Event) {
        let (contract_id, month) = event.of();
        let mut said = appraisal::AppraisalState::default();
        said.evolve(event);
        if let Some(assessment) = said.get(contract_id, month) {
            self.entry(contract_id).put(month, assessment);
        }
    }

    /// The months of a contract as the rules add them up, without their scores; none where they cannot be read.
    pub(crate) fn summed(&self, contract_id: ContractId) -> Option<appraisal::AppraisalState> {
        let months = self
            .get(contract_id)
            .into_iter()
            .flat_map(|of| of.months(|_, _| Some(Scores::default())));
        let months =
            months.map(|month| month.map(|(month, assessment)| (contract_id, month, assessment)));
        months
            .collect::<Option<Vec<_>>>()
            .map(appraisal::AppraisalState::from)
    }

    /// The months of a contract, in order; none where they cannot be read.
    pub(crate) fn months(&self, contract_id: ContractId) -> Option<Vec<(Month, Assessment)>> {
        let Some(of) = self.get(contract_id) else {
            return Some(vec![]);
        };
        let mut lists = Vec::new();
        let mut left = Left::of(&of.lists);
        while let Some(list) = left.bytes() {
            let names = names(list).map(|name| Some((String::from_utf8(name.to_vec()).ok()?, 0)));
            lists.push(names.collect::<Option<Scores>>()?);
        }
        of.months(|list, points| lists.get(list)?.with_points(points))
            .collect()
    }
}

impl OfContract {
    fn put(&mut self, month: Month, assessment: &Assessment) {
        let mut packed = Vec::with_capacity(32);
        month.first().pack(&mut packed);
        match assessment {
            Assessment::Waived => false.pack(&mut packed),
            // Notes are personal, and no question is answered by them.
            Assessment::Appraised {
                scores,
                total,
                category,
                signed_on,
                late,
                revision,
                note: _,
            } => {
                true.pack(&mut packed);
                total.pack(&mut packed);
                category.pack(&mut packed);
                signed_on.pack(&mut packed);
                late.pack(&mut packed);
                revision.pack(&mut packed);
                packed::number(self.list_of(scores), &mut packed);
                packed.extend(scores.iter().map(|(_, points)| points));
            }
        }
        let mut sized = Vec::with_capacity(packed.len() + 1);
        packed::bytes(&packed, &mut sized);
        self.months.splice(self.place(month), sized);
    }

    /// Where a month stands among the others, or would.
    fn place(&self, month: Month) -> Range<usize> {
        let mut left = Left::of(&self.months);
        let mut start = 0;
        while let Some(held) = left.bytes() {
            let end = self.months.len() - left.len();
            match NaiveDate::unpack(&mut Left::of(held)) {
                Some(first) if first == month.first() => return start..end,
                Some(first) if first > month.first() => break,
                _ => start = end,
            }
        }
        start..start
    }

    /// Which list a month's indicators are; one that is new joins the others.
    fn list_of(&mut self, scores: &Scores) -> usize {
        let (mut left, mut count) = (Left::of(&self.lists), 0);
        while let Some(list) = left.bytes() {
            if names(list).eq(scores.iter().map(|(name, _)| name.as_bytes())) {
                return count;
            }
            count += 1;
        }
        let mut list = Vec::with_capacity(128);
        scores
            .iter()
            .for_each(|(name, _)| packed::bytes(name.as_bytes(), &mut list));
        packed::bytes(&list, &mut self.lists);
        count
    }

    /// The months, in order, with scores made of the number of a list and points; none for what cannot be read.
    fn months(
        &self,
        scores: impl Fn(usize, &[u8]) -> Option<Scores>,
    ) -> impl Iterator<Item = Option<(Month, Assessment)>> {
        let mut left = Left::of(&self.months);
        std::iter::from_fn(move || left.bytes().map(|month| unpack_month(month, &scores)))
    }
}

/// The names in a list of indicators.
fn names(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut left = Left::of(list);
    std::iter::from_fn(move || left.bytes())
}

fn unpack_month(
    month: &[u8],
    scores: impl Fn(usize, &[u8]) -> Option<Scores>,
) -> Option<(Month, Assessment)> {
    let mut left = Left::of(month);
    let month = Month::of(NaiveDate::unpack(&mut left)?);
    if !bool::unpack(&mut left)? {
        return Some((month, Assessment::Waived));
    }
    let (total, category) = (Pack::unpack(&mut left)?, Pack::unpack(&mut left)?);
    let (signed_on, late) = (Pack::unpack(&mut left)?, Pack::unpack(&mut left)?);
    let revision = Pack::unpack(&mut left)?;
    let list = usize::try_from(u32::unpack(&mut left)?).ok()?;
    let scores = scores(list, left.rest())?;
    Some((
        month,
        Assessment::Appraised {
            scores,
            total,
            category,
            signed_on,
            late,
            revision,
            note: None,
        },
    ))
}

impl Pack for Deeds {
    fn pack(&self, out: &mut Vec<u8>) {
        for of in &self.of {
            of.contract_id.0.pack(out);
            of.evaluation.pack(out);
            packed::bytes(&of.lists, out);
            packed::bytes(&of.months, out);
        }
    }

    fn unpack(left: &mut Left<'_>) -> Option<Self> {
        let mut of = Vec::new();
        while !left.is_empty() {
            let contract_id = ContractId(Pack::unpack(left)?);
            let evaluation = Pack::unpack(left)?;
            let (lists, months) = (left.bytes()?, left.bytes()?);
            if !(packed::is_whole(lists) && packed::is_whole(months)) {
                return None;
            }
            let (lists, months) = (lists.to_vec(), months.to_vec());
            of.push(OfContract {
                contract_id,
                evaluation,
                lists,
                months,
            });
        }
        Some(Self { of })
    }
}

impl Pack for Evaluation {
    fn pack(&self, out: &mut Vec<u8>) {
        match &self.stage {
            Stage::Provisional => 0_u8.pack(out),
            Stage::Proposed(Proposal {
                officer_id,
                signed_on,
                result,
                note: _,
            }) => {
                1_u8.pack(out);
                officer_id.0.pack(out);
                signed_on.pack(out);
                result.pack(out);
            }
            Stage::Final(result) => {
                2_u8.pack(out);
                result.pack(out);
            }
        }
        self.revision.pack(out);
        self.notice.map(|notice| notice.officer_id.0).pack(out);
    }

    fn unpack(left: &mut Left<'_>) -> Option<Self> {
        let stage = match u8::unpack(left)? {
            0 => Stage::Provisional,
            1 => Stage::Proposed(Proposal {
                officer_id: OfficerId(Pack::unpack(left)?),
                signed_on: Pack::unpack(left)?,
                result: Pack::unpack(left)?,
                note: None,
            }),
            2 => Stage::Final(Pack::unpack(left)?),
            _ => return None,
        };
        let revision = Pack::unpack(left)?;
        let notice = Option::<Uuid>::unpack(left)?.map(|id| Notice {
            officer_id: OfficerId(id),
        });
        Some(Self {
            stage,
            revision,
            notice,
        })
    }
}

impl Pack for Outcome {
    fn pack(&self, out: &mut Vec<u8>) {
        self.months.pack(out);
        self.expected.pack(out);
        self.total.pack(out);
        self.category.pack(out);
    }

    fn unpack(left: &mut Left<'_>) -> Option<Self> {
        let (months, expected) = (Pack::unpack(left)?, Pack::unpack(left)?);
        Some(Self {
            months,
            expected,
            total: Pack::unpack(left)?,
            category: Pack::unpack(left)?,
        })
    }
}

impl Pack for Category {
    fn pack(&self, out: &mut Vec<u8>) {
        (*self == Self::Good).pack(out);
    }

    fn unpack(left: &mut Left<'_>) -> Option<Self> {
        Some(if bool::unpack(left)? {
            Self::Good
        } else {
            Self::Poor
        })
    }
}

#[cfg(test)]
mod tests;
