//! Answers of the view `facilities`.

use jejak_events::{
    ids::{OperatorId, PackageId},
    operator::facility::FacilityId,
    personal::Owner,
};

use super::{
    rows::{FACILITIES, HeldFacility, Holder, PEOPLE},
    shape::{FacilitiesParams, FacilityItem, FacilityStatus},
};
use crate::{
    error::{ProjectionError, QueryError},
    page, person,
    reader::Reader,
};

pub(super) fn list(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let FacilitiesParams {
        status,
        package,
        operator,
        limit,
        cursor,
    } = page::params(params)?;
    let (limit, after) = (page::limit(limit)?, page::after(cursor.as_deref())?);
    let is_listed = |held: FacilityStatus, package_id: &PackageId| {
        status.is_none_or(|status| held == status)
            && package.as_ref().is_none_or(|package| package_id == package)
    };
    let prefix = operator.map_or_else(String::new, |id| format!("{}/", person::key(id)));
    let rows = FACILITIES.scan(reader, &prefix, after.as_deref())?;
    let items = rows.map(|row| {
        let (rest, facility) = row?;
        let item = item(reader, &format!("{prefix}{rest}"), facility, is_listed)?;
        Ok(item.map(|item| (rest, item)))
    });
    reader.list(limit, items.filter_map(Result::transpose))
}

/// The item of a row, with the particulars of its person; none for one that is not listed.
fn item(
    reader: &Reader<'_>,
    key: &str,
    facility: HeldFacility,
    is_listed: impl Fn(FacilityStatus, &PackageId) -> bool,
) -> Result<Option<FacilityItem>, ProjectionError> {
    let damaged = || ProjectionError::Damaged(format!("{key} is not the key of a facility"));
    let (person, facility_id) = key.split_once('/').ok_or_else(damaged)?;
    let facility_id: FacilityId = facility_id.parse().map_err(|_| damaged())?;
    let operator_id: OperatorId = person::id(person)?;
    let Holder { name, packages, .. } = PEOPLE.get(reader, person)?.ok_or_else(damaged)?;
    let package_id: &PackageId = packages.get(&facility.contract_id).ok_or_else(damaged)?;
    let status = match facility.returned_on {
        Some(_) => FacilityStatus::Returned,
        None => FacilityStatus::Out,
    };
    if !is_listed(status, package_id) {
        return Ok(None);
    }
    let owner = Owner::Operator(operator_id);
    Ok(Some(FacilityItem {
        facility_id,
        operator_id,
        operator_name: reader.open(owner, name.as_ref())?,
        contract_id: facility.contract_id,
        package_id: package_id.clone(),
        kind: facility.kind,
        label: reader.open(owner, facility.label.as_ref())?,
        issued_on: facility.issued_on,
        status,
        returned_on: facility.returned_on,
        note: reader.open(owner, facility.note.as_ref())?,
    }))
}
