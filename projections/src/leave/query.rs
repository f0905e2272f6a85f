//! Answers of the view `leave`. The rules' functions count the days.

use std::collections::{BTreeMap, btree_map::Entry as YearEntry};

use chrono::{Datelike, NaiveDate};
use jejak_events::{
    calendar::{Calendar, DaysOff},
    date::Month,
    ids::OperatorId,
    kinds::ItemKind,
    personal::Owner,
};
use zeroize::Zeroizing;

use super::{
    person_leave::PersonLeave,
    rows::{LEAVE, PEOPLE},
    shape::{
        BalanceItem, BalancesParams, CalendarItem, CalendarParams, EntriesParams, LeaveItem,
        LeaveMonthItem, MonthParams,
    },
};
use crate::{
    error::{ProjectionError, QueryError},
    holidays, page,
    people::{self, NamedPerson},
    person,
    reader::Reader,
    register::Register,
};

pub(super) fn balances(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let BalancesParams {
        year,
        package,
        operator,
        limit,
        cursor,
    } = page::params(params)?;
    let limit = page::limit(limit)?;
    let year = page::year(reader, year)?;
    let (calendar, _) = holidays::of_year(reader, year)?;
    let listed = REGISTER.people(reader, cursor.as_deref(), None)?;
    let is_listed = |id: OperatorId| operator.is_none_or(|operator| operator == id);
    let listed = listed.into_iter().filter(|(_, id)| is_listed(*id));
    let items = listed.map(|(number, operator_id)| {
        let key = person::key(operator_id);
        let Some(leave) = LEAVE.get(reader, &person::year_key(year, &key))? else {
            return Ok(None);
        };
        let person = PersonLeave {
            person: PEOPLE.get(reader, &key)?.unwrap_or_default(),
            leave,
            recordings: BTreeMap::new(),
        };
        let is_listed = package
            .as_ref()
            .is_none_or(|package| person.engaged(year, package));
        if !is_listed {
            return Ok(None);
        }
        let Some(balance) = person.balance(operator_id, year, &calendar) else {
            return Ok(None);
        };
        let balance = BalanceItem {
            operator_name: person.name(reader, operator_id)?,
            ..balance
        };
        Ok(Some((people::key((number, operator_id)), balance)))
    });
    reader.list(limit, items.filter_map(Result::transpose))
}

/// People without a contract in the month are left out.
pub(super) fn month(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let MonthParams {
        month,
        package,
        operator,
        limit,
        cursor,
    } = page::params(params)?;
    let limit = page::limit(limit)?;
    let month = month.unwrap_or(Month::of(reader.today));
    let (calendar, _) = holidays::of_year(reader, month.year())?;
    let listed = REGISTER.people(reader, cursor.as_deref(), None)?;
    let is_listed = |id: OperatorId| operator.is_none_or(|operator| operator == id);
    let listed = listed.into_iter().filter(|(_, id)| is_listed(*id));
    let items = listed.map(|(number, operator_id)| {
        let key = person::key(operator_id);
        // People without a contract of the year have no row, and reading it is cheap.
        if LEAVE
            .get(reader, &person::year_key(month.year(), &key))?
            .is_none()
        {
            return Ok(None);
        }
        let Some(person) = PersonLeave::get(reader, &key, Some(month.year()))? else {
            return Ok(None);
        };
        let contracts = person.served(month, package.as_ref());
        if contracts.is_empty() {
            return Ok(None);
        }
        let mut item = month_item(reader, &person, (operator_id, month), &calendar)?;
        item.contracts = contracts;
        Ok(Some((people::key((number, operator_id)), item)))
    });
    reader.list(limit, items.filter_map(Result::transpose))
}

fn month_item(
    reader: &Reader<'_>,
    person: &PersonLeave,
    (operator_id, month): (OperatorId, Month),
    calendar: &Calendar,
) -> Result<LeaveMonthItem, ProjectionError> {
    let days = month.period();
    let mut entries = Vec::new();
    for (leave_id, entry) in &person.leave.entries {
        if entry.recorded().is_some_and(|held| held.overlaps(&days)) {
            entries.push(person.entry(reader, (operator_id, *leave_id), entry, calendar)?);
        }
    }
    entries.sort_by_key(|entry| (entry.from, entry.leave_id));
    let charged = entries.iter().flat_map(|entry| &entry.charged_dates);
    let charged_days = charged.filter(|day| days.contains(**day)).count();
    let operator_name = person.name(reader, operator_id)?;
    let balance = person.balance(operator_id, month.year(), calendar);
    Ok(LeaveMonthItem {
        operator_id,
        month,
        contracts: vec![],
        balance: balance.map(|balance| BalanceItem {
            operator_name: operator_name.clone(),
            ..balance
        }),
        charged_days: u32::try_from(charged_days).unwrap_or(u32::MAX),
        entries,
        absences: person
            .absences()
            .filter(|day| days.contains(day.on))
            .collect(),
        operator_name,
    })
}

static REGISTER: Register = Register {
    keys: |reader| PEOPLE.keys(reader),
    one: named,
};

/// A person's name. Balances are not searched.
fn named(
    reader: &Reader<'_>,
    operator_id: OperatorId,
) -> Result<Option<NamedPerson>, ProjectionError> {
    let Some(person) = PEOPLE.get(reader, &person::key(operator_id))? else {
        return Ok(None);
    };
    let name: Option<String> = reader.open(Owner::Operator(operator_id), person.name.as_ref())?;
    Ok(Some(name.map(|name| (Zeroizing::new(name), None))))
}

pub(super) fn entries(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let EntriesParams {
        operator_id,
        year: asked,
    } = page::params(params)?;
    let year = page::year(reader, asked)?;
    let person = PersonLeave::get(reader, &person::key(operator_id), asked)?;
    let person = person.ok_or_else(|| {
        QueryError::unknown(ItemKind::Operator, format!("operators/{operator_id}"))
    })?;
    let (calendar_of_year, _) = holidays::of_year(reader, year)?;
    let mut calendars = BTreeMap::from([(year, calendar_of_year)]);
    let mut entries = Vec::new();
    for (leave_id, entry) in &person.leave.entries {
        let of = entry.granted.start.year();
        if asked.is_some_and(|asked| asked != of) {
            continue;
        }
        let calendar = match calendars.entry(of) {
            YearEntry::Occupied(known) => known.into_mut(),
            YearEntry::Vacant(unread) => unread.insert(holidays::of_year(reader, of)?.0),
        };
        let ids = (operator_id, *leave_id);
        entries.push(person.entry(reader, ids, entry, calendar)?);
    }
    entries.sort_by_key(|entry| (entry.from, entry.leave_id));
    let operator_name = person.name(reader, operator_id)?;
    let balance = person.balance(operator_id, year, &calendars[&year]);
    let is_asked = |day: NaiveDate| asked.is_none_or(|asked| asked == day.year());
    let absences = person.absences().filter(|day| is_asked(day.on)).collect();
    reader.one(LeaveItem {
        operator_id,
        balance: balance.map(|balance| BalanceItem {
            operator_name: operator_name.clone(),
            ..balance
        }),
        entries,
        absences,
        operator_name,
    })
}

pub(super) fn calendar(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let CalendarParams { year } = page::params(params)?;
    let year = page::year(reader, Some(year))?;
    let (calendar, holidays) = holidays::of_year(reader, year)?;
    let january =
        NaiveDate::from_ymd_opt(year, 1, 1).expect("years are bounded, and all have a January");
    let months = std::iter::successors(Some(Month::of(january)), |month| Some(month.next()));
    let working_days = months.take(12).map(|month| {
        (
            month,
            calendar.count_working_days(month.period(), DaysOff::HolidaysAndJointLeave),
        )
    });
    reader.one(CalendarItem {
        year,
        holidays,
        working_days: working_days.collect(),
    })
}
