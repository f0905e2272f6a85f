//! Answers of the view `work`.

use chrono::Datelike;
use jejak_events::personal::Owner;

use super::{
    due::PersonOnDay,
    rows::{CONTRACTS, PEOPLE},
    shape::{WorkItem, WorkParams},
};
use crate::{error::QueryError, holidays, page, person, reader::Reader};

pub(super) fn list(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let WorkParams {
        on,
        kind,
        package,
        operator,
        limit,
        cursor,
    } = page::params(params)?;
    let limit = page::limit(limit)?;
    let on = on.unwrap_or(reader.today);
    let (calendar, _) = holidays::of_year(reader, on.year())?;
    let prefix = operator.map_or_else(String::new, person::key);
    let mut items: Vec<WorkItem> = Vec::new();
    for row in PEOPLE.scan(reader, &prefix, None)? {
        let (rest, row) = row?;
        let key = format!("{prefix}{rest}");
        let operator_id = person::id(&key)?;
        let seen = PersonOnDay {
            operator_id,
            person: &row,
            on,
        };
        let mut work = seen.work();
        if seen.may_be_overdrawn() {
            let contracts = CONTRACTS.get(reader, &key)?.unwrap_or_default();
            work.extend(seen.overdrawn(&contracts, &calendar));
        }
        work.retain(|item| {
            kind.is_none_or(|kind| item.kind == kind)
                && package
                    .as_ref()
                    .is_none_or(|package| item.package_id == *package)
        });
        if work.is_empty() {
            continue;
        }
        let name: Option<String> = reader.open(Owner::Operator(operator_id), row.name.as_ref())?;
        items.extend(work.into_iter().map(|item| WorkItem {
            operator_name: name.clone(),
            ..item
        }));
    }
    items.sort_by(|a, b| order(a).cmp(&order(b)));
    reader.ranked(limit, cursor.as_deref(), items)
}

/// The most pressing kind first, and of one kind what is due first.
fn order(item: &WorkItem) -> impl Ord + '_ {
    (
        item.kind,
        item.due.is_none(),
        item.due,
        item.since,
        item.operator_name.as_deref(),
        item.operator_id,
        (item.contract_id, item.month, item.facility_id, item.level),
    )
}
