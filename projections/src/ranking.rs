//! The evaluations of a year in order, the best first. A change of one person moves that person alone.

use std::{collections::HashMap, sync::Arc};

use indexset::BTreeSet as RankedSet;
use jejak_events::ids::{ContractId, OperatorId, PackageId};

use crate::rank::RankKey;

/// The place of one evaluation. The best place is the least.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RankedPlace {
    pub(crate) key: RankKey,
    pub(crate) operator_id: OperatorId,
    pub(crate) contract_id: ContractId,
    pub(crate) package_id: PackageId,
}

/// All evaluations of a year.
#[derive(Default)]
pub(crate) struct Ranking {
    places: RankedSet<Arc<RankedPlace>>,
    by_operator: HashMap<OperatorId, Vec<Arc<RankedPlace>>>,
}

impl Ranking {
    /// Puts a person's evaluations of the year in place of those known before.
    pub(crate) fn replace(&mut self, operator_id: OperatorId, places: Vec<RankedPlace>) {
        for place in self.by_operator.remove(&operator_id).unwrap_or_default() {
            self.places.remove(&place);
        }
        let places: Vec<_> = places.into_iter().map(Arc::new).collect();
        for place in &places {
            self.places.insert(place.clone());
        }
        if !places.is_empty() {
            self.by_operator.insert(operator_id, places);
        }
    }

    /// The number of people with a place.
    pub(crate) fn people(&self) -> usize {
        self.by_operator.len()
    }

    /// The places, best first; only those of a package where one is given.
    pub(crate) fn places<'a>(
        &'a self,
        package: Option<&'a PackageId>,
    ) -> impl Iterator<Item = &'a Arc<RankedPlace>> {
        self.places
            .iter()
            .filter(move |place| package.is_none_or(|package| place.package_id == *package))
    }

    /// The rank of a contract's evaluation, from 1 for the best; none where there is no such place.
    pub(crate) fn rank(&self, operator_id: OperatorId, contract_id: ContractId) -> Option<u32> {
        let place = self
            .by_operator
            .get(&operator_id)?
            .iter()
            .find(|place| place.contract_id == contract_id)?;
        u32::try_from(self.places.rank(place) + 1).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::iter::repeat_with;

    use jejak_events::package::policy::Category;

    use super::*;

    /// Goal: a place is the one that sorting gives, also among many.
    /// Method: totals of people change, more people than a node of the ranked set holds.
    #[test]
    fn everyone_has_the_place_that_sorting_gives() {
        const PEOPLE: u64 = 3_000;
        let mut ranking = Ranking::default();
        // A linear congruential generator: the order of its numbers is far from sorted.
        let mut number = 1_u64;
        let mut numbers = repeat_with(|| {
            number = number
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            number >> 40
        });
        let mut next = || numbers.next().unwrap();
        for n in 0..2 * PEOPLE {
            let person = if n < PEOPLE { n } else { next() % PEOPLE };
            let operator_id: OperatorId = format!("00000000-0000-8000-8000-{person:012}")
                .parse()
                .unwrap();
            let contract_id: ContractId = format!("00000000-0000-4000-8000-{person:012}")
                .parse()
                .unwrap();
            let total = u32::try_from(next() % 1_000).unwrap();
            let place = RankedPlace {
                key: RankKey::new(Some(Category::Good), total, 12, false, None),
                operator_id,
                contract_id,
                package_id: "package".parse().unwrap(),
            };
            ranking.replace(operator_id, vec![place]);
        }
        let mut sorted: Vec<_> = ranking.by_operator.values().flatten().cloned().collect();
        sorted.sort();
        assert!(ranking.places(None).eq(&sorted));
        for (place, rank) in sorted.iter().zip(1..) {
            assert_eq!(
                ranking.rank(place.operator_id, place.contract_id),
                Some(rank)
            );
        }
        assert_eq!(sorted.len() as u64, PEOPLE);
    }
}
