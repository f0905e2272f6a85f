//! Answers of the view `facilities`.

use jejak_events::{
    ids::{OperatorId, PackageId},
    operator::facility::{Facility, FacilityId},
};

use super::{
    rows::{FACILITIES, Holder, PEOPLE},
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
    let is_listed = |item: &FacilityItem| {
        status.is_none_or(|status| item.status == status)
            && package
                .as_ref()
                .is_none_or(|package| item.package_id == *package)
    };
    let prefix = operator.map_or_else(String::new, |id| format!("{}/", person::key(id)));
    let rows = FACILITIES.scan(reader, &prefix, after.as_deref())?;
    let items = rows.map(|row| {
        let (rest, facility) = row?;
        let item = item(reader, &format!("{prefix}{rest}"), facility)?;
        Ok(Some((rest, item)).filter(|(_, item)| is_listed(item)))
    });
    reader.list(limit, items.filter_map(Result::transpose))
}

/// The item of a row, with the particulars of its person.
fn item(
    reader: &Reader<'_>,
    key: &str,
    facility: Facility,
) -> Result<FacilityItem, ProjectionError> {
    let damaged = || ProjectionError::Damaged(format!("{key} is not the key of a facility"));
    let (person, facility_id) = key.split_once('/').ok_or_else(damaged)?;
    let facility_id: FacilityId = facility_id.parse().map_err(|_| damaged())?;
    let operator_id: OperatorId = person::id(person)?;
    let Holder { name, packages, .. } = PEOPLE.get(reader, person)?.ok_or_else(damaged)?;
    let package_id: &PackageId = packages.get(&facility.contract_id).ok_or_else(damaged)?;
    let (returned_on, note) = facility
        .returned
        .map(|returned| (returned.on, returned.note))
        .unzip();
    Ok(FacilityItem {
        facility_id,
        operator_id,
        operator_name: name,
        contract_id: facility.contract_id,
        package_id: package_id.clone(),
        kind: facility.kind,
        label: facility.label,
        issued_on: facility.issued_on,
        status: match returned_on {
            Some(_) => FacilityStatus::Returned,
            None => FacilityStatus::Out,
        },
        returned_on,
        note: note.flatten(),
    })
}
