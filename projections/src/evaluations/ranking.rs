//! Where everyone stands in a year. It takes all rows once; from then on only those are placed anew whose
//! streams have had events since.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use indexset::BTreeSet as RankedSet;
use jejak_events::{
    ids::{ContractId, OperatorId, PackageId, StreamId},
    package::policy::Eligibility,
};

use super::{ENGAGED, EvaluationItem, Known, PACKAGES, engaged::Engagement, held};
use crate::{ProjectionError, QueryError, Reader, memo::Busy, person, rank::Standing};

/// People placed anew at once; for more than that who asks should wait elsewhere.
const AT_ONCE: usize = 100;

/// One evaluation's place: the better is the lesser.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    standing: Standing,
    pub(super) operator_id: OperatorId,
    pub(super) contract_id: ContractId,
    pub(super) package_id: PackageId,
}

/// All evaluations of a year, best first.
pub(super) struct Ranking {
    year: i32,
    position: u64,
    places: RankedSet<Arc<Place>>,
    of: HashMap<OperatorId, Vec<Arc<Place>>>,
    /// Whom packages prefer, each read once: with a package's next event everyone is placed anew.
    preferences: HashMap<PackageId, Option<Eligibility>>,
}

/// Does something with the ranking of a year.
pub(super) fn with<R>(
    reader: &Reader<'_>,
    year: i32,
    work: impl FnOnce(&Ranking) -> R,
) -> Result<R, QueryError> {
    let brought = |held: &mut Option<Ranking>| {
        // Taken out, so that one that is half brought up to date is not found again.
        let mut ranking = match held.take() {
            Some(ranking) => ranking,
            None if reader.at_once => return Err(QueryError::TakesLonger),
            None => Ranking::new(reader, year)?,
        };
        let changed = ranking.changed(reader);
        if reader.at_once
            && changed
                .as_ref()
                .is_none_or(|changed| changed.len() > AT_ONCE)
        {
            *held = Some(ranking);
            return Err(QueryError::TakesLonger);
        }
        match changed.filter(|changed| changed.len() <= ranking.of.len()) {
            Some(changed) => ranking.place_anew(reader, changed)?,
            None => ranking = Ranking::new(reader, year)?,
        }
        let done = work(&ranking);
        *held = Some(ranking);
        Ok(done)
    };
    let done = reader
        .memo
        .with(&format!("ranking of {year}"), !reader.at_once, brought);
    done.unwrap_or_else(|Busy| Err(QueryError::TakesLonger))
}

impl Ranking {
    fn new(reader: &Reader<'_>, year: i32) -> Result<Self, QueryError> {
        let (places, of, preferences) = (RankedSet::new(), HashMap::new(), HashMap::new());
        let mut ranking = Self {
            year,
            position: reader.position,
            places,
            of,
            preferences,
        };
        for row in ENGAGED.scan(reader, &format!("{year}/"), None)? {
            ranking.place(reader, person::id(&row?.0)?)?;
        }
        Ok(ranking)
    }

    /// Who may stand elsewhere where the reader is, before or behind; none when that may be anyone.
    fn changed(&self, reader: &Reader<'_>) -> Option<Vec<OperatorId>> {
        let (from, to) = (
            self.position.min(reader.position),
            self.position.max(reader.position),
        );
        reader.memo.changed(from, to).and_then(people)
    }

    fn place_anew(
        &mut self,
        reader: &Reader<'_>,
        changed: Vec<OperatorId>,
    ) -> Result<(), ProjectionError> {
        for operator_id in changed {
            self.place(reader, operator_id)?;
        }
        self.position = reader.position;
        Ok(())
    }

    /// Places a person's contracts of the year.
    fn place(
        &mut self,
        reader: &Reader<'_>,
        operator_id: OperatorId,
    ) -> Result<(), ProjectionError> {
        let of_year = held(reader, &person::key(operator_id), self.year)?.unwrap_or_default();
        let place = |contract: &Engagement| {
            let (contract_id, package_id) = (contract.contract_id, contract.package_id.clone());
            let eligibility = self.preference(reader, &package_id)?;
            let known = eligibility.zip(of_year.known.as_ref());
            let preferred =
                known.is_some_and(|(package, known)| package.prefers(&known.domicile_code));
            let item = of_year.item(operator_id, contract)?;
            let standing = standing(of_year.known.as_ref(), &item, preferred);
            Ok(Arc::new(Place {
                standing,
                operator_id,
                contract_id,
                package_id,
            }))
        };
        let places = of_year
            .engaged
            .contracts
            .iter()
            .map(place)
            .collect::<Result<_, ProjectionError>>()?;
        self.replace(operator_id, places);
        Ok(())
    }

    fn preference(
        &mut self,
        reader: &Reader<'_>,
        package_id: &PackageId,
    ) -> Result<Option<&Eligibility>, ProjectionError> {
        if !self.preferences.contains_key(package_id) {
            self.preferences.insert(
                package_id.clone(),
                PACKAGES.get(reader, package_id.as_str())?,
            );
        }
        Ok(self.preferences.get(package_id).and_then(Option::as_ref))
    }

    fn replace(&mut self, operator_id: OperatorId, places: Vec<Arc<Place>>) {
        for place in self.of.remove(&operator_id).unwrap_or_default() {
            self.places.remove(&place);
        }
        for place in &places {
            self.places.insert(place.clone());
        }
        if !places.is_empty() {
            self.of.insert(operator_id, places);
        }
    }

    /// The places, best first; of one package, if one is named.
    pub(super) fn places<'a>(
        &'a self,
        package: Option<&'a PackageId>,
    ) -> impl Iterator<Item = &'a Arc<Place>> {
        self.places
            .iter()
            .filter(move |place| package.is_none_or(|package| place.package_id == *package))
    }

    /// From 1 for the best; none for who has no place.
    pub(super) fn rank(&self, operator_id: OperatorId, contract_id: ContractId) -> Option<u32> {
        let place = self
            .of
            .get(&operator_id)?
            .iter()
            .find(|place| place.contract_id == contract_id)?;
        u32::try_from(self.places.rank(place) + 1).ok()
    }
}

/// The people among streams; none when there are others, whose events may place anyone anew.
fn people(streams: BTreeSet<StreamId>) -> Option<Vec<OperatorId>> {
    let id = |stream| {
        if let StreamId::Operator(id) = stream {
            Some(id)
        } else {
            None
        }
    };
    streams.into_iter().map(id).collect()
}

fn standing(known: Option<&Known>, item: &EvaluationItem, preferred: bool) -> Standing {
    let name = known.map(|known| known.name.as_str());
    Standing::new(
        item.category,
        item.total,
        item.months_assessed,
        preferred,
        name,
    )
}

#[cfg(test)]
mod tests {
    use std::iter::repeat_with;

    use jejak_events::package::policy::Category;

    use super::*;

    /// Goal: a place is where sorting all of them would put it, also among many. Method: people whose totals change,
    /// more of them than a node of the ranked set holds.
    #[test]
    fn everyone_has_the_place_that_sorting_gives() {
        const PEOPLE: u64 = 3_000;
        let (places, of, preferences) = (RankedSet::new(), HashMap::new(), HashMap::new());
        let mut ranking = Ranking {
            year: 2020,
            position: 0,
            places,
            of,
            preferences,
        };
        // Any numbers do that are far from ordered.
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
            let standing = Standing::new(Some(Category::Good), total, 12, false, None);
            let package_id = "package".parse().unwrap();
            ranking.replace(
                operator_id,
                vec![Arc::new(Place {
                    standing,
                    operator_id,
                    contract_id,
                    package_id,
                })],
            );
        }
        let mut sorted: Vec<_> = ranking.of.values().flatten().cloned().collect();
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
