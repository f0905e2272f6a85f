//! Answers of the view `packages`.

use std::collections::BTreeSet;

use jejak_events::{
    ids::{OperatorId, PackageId},
    kinds::ItemKind,
    operator::identity::Profile,
    package::{officer, slot, terms::Terms},
    personal::Owner,
};

use super::{
    rows::{Candidate, PACKAGES, PEOPLE, Package, SLOTS},
    shape::{
        Budget, CandidateItem, CandidatesParams, OfficerItem, PackageItem, PackageParams,
        PackagesParams, Quota,
    },
};
use crate::{
    error::{ProjectionError, QueryError},
    page, person,
    rank::{PriorEvaluationItem, RankKey},
    reader::Reader,
};

impl Package {
    /// None before terms were published.
    fn item(
        self,
        reader: &Reader<'_>,
        package_id: PackageId,
        slots: &slot::SlotsState,
    ) -> Result<Option<PackageItem>, ProjectionError> {
        let Some(terms) = self.terms.current else {
            return Ok(None);
        };
        let (filled, committed) = (slots.filled(), slots.committed());
        let officers = self.officers.assignments.into_iter().zip(self.particulars);
        let served = officers.filter(|(held, _)| held.is_served());
        let officers = served.map(|(held, officer)| {
            let owner = Owner::Officer(held.officer_id);
            let (nip, name) = reader
                .open(owner, officer.as_ref())?
                .map(|officer: officer::Officer| (officer.nip, officer.name))
                .unzip();
            let officer::Assignment {
                officer_id,
                role,
                from,
                to,
                acting,
                decree,
                ..
            } = held;
            Ok(OfficerItem {
                officer_id,
                nip,
                name,
                role,
                from,
                to,
                acting,
                decree,
            })
        });
        Ok(Some(PackageItem {
            package_id,
            title: terms.title.clone(),
            agency: terms.agency.clone(),
            fiscal_year: terms.fiscal_year,
            terms_version: self.terms.version,
            officers: officers.collect::<Result<_, ProjectionError>>()?,
            quota: Quota {
                total: terms.quota,
                filled,
                free: terms.quota.saturating_sub(filled),
            },
            budget: Budget {
                ceiling: terms.budget_ceiling,
                committed,
                free: terms.budget_ceiling - committed,
            },
            terms,
        }))
    }
}

impl Candidate {
    /// None for an erased person.
    fn item(
        &self,
        reader: &Reader<'_>,
        operator_id: OperatorId,
        terms: &Terms,
        engaged: bool,
    ) -> Result<Option<CandidateItem>, ProjectionError> {
        let profile = reader.open(Owner::Operator(operator_id), self.profile.as_ref())?;
        let Some(profile): Option<Profile> = profile else {
            return Ok(None);
        };
        let violations = terms.eligibility.violations(&profile, terms.period.start);
        Ok(Some(CandidateItem {
            rank: 0,
            operator_id,
            name: profile.full_name.to_string(),
            eligible: violations.is_empty(),
            violations,
            prior_evaluation: self
                .evaluations
                .last_final(&self.contracts)
                .as_ref()
                .map(PriorEvaluationItem::from),
            preferred_domicile: terms.eligibility.prefers(&profile.domicile_code),
            engaged,
        }))
    }
}

impl CandidateItem {
    fn rank_key(&self) -> RankKey {
        let prior = self.prior_evaluation.as_ref();
        let category = prior.map(|prior| prior.category);
        let (total, months) = prior.map_or((0, 0), |prior| (prior.total, prior.months));
        RankKey::new(
            category,
            total,
            months,
            self.preferred_domicile,
            Some(&self.name),
        )
    }
}

fn parse(key: &str) -> Result<PackageId, ProjectionError> {
    key.parse()
        .map_err(|_| ProjectionError::Damaged(format!("{key} is not the key of a package")))
}

pub(super) fn list(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let PackagesParams { limit, cursor } = page::params(params)?;
    let (limit, after) = (page::limit(limit)?, page::after(cursor.as_deref())?);
    let items = PACKAGES.scan(reader, "", after.as_deref())?.map(|row| {
        let (key, package) = row?;
        let package_id = parse(&key)?;
        let slots = slots(reader, &package_id)?;
        let item = package.item(reader, package_id, &slots)?;
        Ok(item.map(|item| (key, item)))
    });
    reader.list(limit, items.filter_map(Result::transpose))
}

fn slots(reader: &Reader<'_>, package_id: &PackageId) -> Result<slot::SlotsState, ProjectionError> {
    let prefix = format!("{package_id}/");
    let rows = SLOTS.scan(reader, &prefix, None)?.map(|row| {
        let (key, slot) = row?;
        let damaged = |_| ProjectionError::Damaged(format!("{key} is not the key of a contract"));
        Ok((key.parse().map_err(damaged)?, slot))
    });
    Ok(slot::SlotsState {
        slots: rows.collect::<Result<_, ProjectionError>>()?,
    })
}

fn package(reader: &Reader<'_>, package_id: &PackageId) -> Result<Package, QueryError> {
    let package = PACKAGES.get(reader, package_id.as_str())?;
    package.ok_or_else(|| QueryError::unknown(ItemKind::Package, format!("packages/{package_id}")))
}

pub(super) fn get(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let PackageParams { package_id } = page::params(params)?;
    let unknown = QueryError::unknown(ItemKind::Package, format!("packages/{package_id}"));
    let slots = slots(reader, &package_id)?;
    reader.one(
        package(reader, &package_id)?
            .item(reader, package_id, &slots)?
            .ok_or(unknown)?,
    )
}

pub(super) fn candidates(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let CandidatesParams {
        package_id,
        limit,
        cursor,
    } = page::params(params)?;
    let limit = page::limit(limit)?;
    let package = package(reader, &package_id)?;
    let unknown = || QueryError::unknown(ItemKind::Package, format!("packages/{package_id}"));
    let terms = package.terms.current.ok_or_else(unknown)?;
    let slots = slots(reader, &package_id)?;
    let open = slots.slots.values().filter(|slot| slot.open);
    let engaged: BTreeSet<_> = open.map(|slot| slot.operator_id).collect();
    let mut candidates = Vec::new();
    for row in PEOPLE.scan(reader, "", None)? {
        let (key, candidate) = row?;
        let operator_id = person::id(&key)?;
        let engaged = engaged.contains(&operator_id);
        candidates.extend(candidate.item(reader, operator_id, &terms, engaged)?);
    }
    candidates.sort_by_cached_key(|item| (item.rank_key(), item.operator_id));
    let ranked = candidates
        .into_iter()
        .zip(1..)
        .map(|(item, rank)| CandidateItem { rank, ..item });
    reader.ranked(limit, cursor.as_deref(), ranked.collect())
}
