//! The ranking of a year at the position of the reader. Only people with events since the last answer are
//! placed anew.

use std::collections::{BTreeSet, HashMap};

use jejak_events::{
    ids::{OperatorId, PackageId, StreamId},
    package::policy::Eligibility,
};

use super::{
    rows::{CONTRACTS, ELIGIBILITY, EvaluatedContract, RankedParticulars},
    year::EvaluatedYear,
};
use crate::{
    cache::CachedRanking,
    error::{ProjectionError, QueryError},
    person,
    rank::RankKey,
    ranking::{RankedPlace, Ranking},
    reader::Reader,
};

/// The most people that an answer without waiting places anew: some 2 ms.
const FEW: usize = 100;

/// Passes the ranking of a year, at the reader's position, to `read`.
///
/// # Errors
/// [`QueryError::TakesLonger`] where the reader must not wait and many people are to be placed.
pub(super) fn with<R>(
    reader: &Reader<'_>,
    year: i32,
    read: impl FnOnce(&Ranking) -> R,
) -> Result<R, QueryError> {
    let mut rankings = reader
        .rankings
        .lock(reader.may_wait)
        .ok_or(QueryError::TakesLonger)?;
    let changed = rankings
        .get(&year)
        .and_then(|cached| changed(reader, cached));
    if !reader.may_wait && changed.as_ref().is_none_or(|changed| changed.len() > FEW) {
        return Err(QueryError::TakesLonger);
    }
    // Taken out, so that a ranking that fails half-way is not found again.
    let cached = match (rankings.remove(&year), changed) {
        (Some(mut cached), Some(changed)) => {
            for operator_id in changed {
                place(reader, year, &mut cached, operator_id)?;
            }
            cached.position = reader.position;
            cached
        }
        _ => rank_all(reader, year)?,
    };
    let done = read(&cached.ranking);
    rankings.insert(year, cached);
    Ok(done)
}

/// The people with events between the position of the ranking and the reader's, in either order.
/// None when anyone may have moved, or when ranking all people is less work.
fn changed(reader: &Reader<'_>, cached: &CachedRanking) -> Option<Vec<OperatorId>> {
    let from = cached.position.min(reader.position);
    let to = cached.position.max(reader.position);
    let streams = reader.rankings.changed(from, to)?;
    people(streams).filter(|changed| changed.len() <= cached.ranking.people())
}

/// The people among streams; none with a package or calendar, since its event may move anyone. A citizen number
/// moves nobody.
fn people(streams: BTreeSet<StreamId>) -> Option<Vec<OperatorId>> {
    let id = |stream| match stream {
        StreamId::Operator(id) => Some(Some(id)),
        StreamId::Nik(_) => None,
        StreamId::Package(_) | StreamId::Calendar(_) => Some(None),
    };
    streams.into_iter().filter_map(id).collect()
}

fn rank_all(reader: &Reader<'_>, year: i32) -> Result<CachedRanking, ProjectionError> {
    let mut cached = CachedRanking {
        position: reader.position,
        ..CachedRanking::default()
    };
    for row in CONTRACTS.scan(reader, &format!("{year}/"), None)? {
        place(reader, year, &mut cached, person::id(&row?.0)?)?;
    }
    Ok(cached)
}

/// Places a person's contracts of the year.
fn place(
    reader: &Reader<'_>,
    year: i32,
    cached: &mut CachedRanking,
    operator_id: OperatorId,
) -> Result<(), ProjectionError> {
    let evaluated = EvaluatedYear::get(reader, &person::key(operator_id), year)?;
    let particulars = match &evaluated {
        Some(evaluated) => evaluated.particulars(reader, operator_id)?,
        None => None,
    };
    let mut places = Vec::new();
    for contract in evaluated.iter().flat_map(EvaluatedYear::standing) {
        let eligibility = eligibility(reader, &mut cached.eligibility, &contract.package_id)?;
        let key = rank_key(particulars.as_ref(), contract, eligibility);
        places.push(RankedPlace {
            key,
            operator_id,
            contract_id: contract.contract_id,
            package_id: contract.package_id.clone(),
        });
    }
    cached.ranking.replace(operator_id, places);
    Ok(())
}

fn eligibility<'a>(
    reader: &Reader<'_>,
    known: &'a mut HashMap<PackageId, Option<Eligibility>>,
    package_id: &PackageId,
) -> Result<Option<&'a Eligibility>, ProjectionError> {
    if !known.contains_key(package_id) {
        let read = ELIGIBILITY.get(reader, package_id.as_str())?;
        known.insert(package_id.clone(), read);
    }
    Ok(known.get(package_id).and_then(Option::as_ref))
}

fn rank_key(
    particulars: Option<&RankedParticulars>,
    contract: &EvaluatedContract,
    eligibility: Option<&Eligibility>,
) -> RankKey {
    let preferred = eligibility
        .zip(particulars)
        .is_some_and(|(package, person)| package.prefers(&person.domicile_code));
    let outcome = contract.outcome();
    RankKey::new(
        (outcome.months > 0).then_some(outcome.category),
        outcome.total,
        outcome.months,
        preferred,
        particulars.map(|person| person.name.as_str()),
    )
}
