//! Answers of the view `leave`. The rules' functions count the days.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry as YearEntry};

use chrono::{DateTime, Datelike, NaiveDate};
use jejak_events::{
    calendar::{Calendar, DaysOff},
    date::{Month, Period},
    ids::{ContractId, LeaveId, OperatorId, PackageId},
    kinds::ItemKind,
    operator::{
        contract,
        leave::{self, LeaveState},
    },
    personal::Owner,
};
use zeroize::Zeroizing;

use super::{
    rows::{EntitledPerson, LEAVE, LeaveRecording, PEOPLE, RECORDINGS},
    shape::{
        BalanceItem, BalancesParams, CalendarItem, CalendarParams, EntriesParams, EntryItem,
        LeaveItem, LeaveStatus,
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

/// A person with the leave of some years.
struct PersonLeave {
    person: EntitledPerson,
    leave: LeaveState,
    /// Empty where an answer shows no single leave.
    recordings: BTreeMap<LeaveId, LeaveRecording>,
}

impl PersonLeave {
    /// A person with the leave of a year, or of all years with a contract; none when not registered.
    fn get(
        reader: &Reader<'_>,
        key: &str,
        year: Option<i32>,
    ) -> Result<Option<Self>, ProjectionError> {
        let Some(person) = PEOPLE.get(reader, key)? else {
            return Ok(None);
        };
        let years: BTreeSet<i32> = match year {
            Some(year) => [year].into(),
            None => {
                let contracts = person.contracts.all.values();
                contracts
                    .map(|contract| contract.terms.fiscal_year)
                    .collect()
            }
        };
        let mut leave = LeaveState::default();
        let mut recordings = BTreeMap::new();
        for year in years {
            let key = person::year_key(year, key);
            let of_year = LEAVE.get(reader, &key)?.unwrap_or_default();
            if !of_year.entries.is_empty() {
                recordings.extend(RECORDINGS.get(reader, &key)?.unwrap_or_default());
            }
            leave.entries.extend(of_year.entries);
            leave.absences.extend(of_year.absences);
        }
        Ok(Some(Self {
            person,
            leave,
            recordings,
        }))
    }

    fn name(
        &self,
        reader: &Reader<'_>,
        operator_id: OperatorId,
    ) -> Result<Option<String>, ProjectionError> {
        reader.open(Owner::Operator(operator_id), self.person.name.as_ref())
    }

    /// The balance of a year, without the person's name.
    fn balance(
        &self,
        operator_id: OperatorId,
        year: i32,
        calendar: &Calendar,
    ) -> Option<BalanceItem> {
        let balance = self.leave.balance(year, &self.person.contracts, calendar)?;
        let counts = |day: &NaiveDate, of| day.year() == year && self.stands(of);
        let absences = self
            .leave
            .absences
            .iter()
            .filter(|(day, of)| counts(day, **of))
            .count();
        Some(BalanceItem {
            operator_id,
            operator_name: None,
            year,
            entitlement: balance.entitlement,
            annual_used: balance.annual_used,
            special_used: balance.special_used,
            used: balance.used(),
            remaining: balance.remaining(),
            special_remaining: balance.special_remaining(),
            overdrawn: balance.remaining() < 0,
            absences: u32::try_from(absences).unwrap_or(u32::MAX),
        })
    }

    fn entry(
        &self,
        reader: &Reader<'_>,
        (operator_id, leave_id): (OperatorId, LeaveId),
        entry: &leave::LeaveEntry,
        calendar: &Calendar,
    ) -> Result<EntryItem, ProjectionError> {
        let unrecorded = || ProjectionError::Damaged(format!("leave {leave_id} has no recording"));
        let recording = self.recordings.get(&leave_id).ok_or_else(unrecorded)?;
        let owner = Owner::Operator(operator_id);
        let (reason, evidence_sha256) = reader
            .open(owner, recording.personal.as_ref())?
            .map_or((None, None), |part| (part.reason, part.evidence_sha256));
        let own = self.person.contracts.all.get(&entry.contract_id);
        let charged_dates = own
            .map(|contract| entry.charged(&contract.terms.leave, calendar))
            .unwrap_or_default();
        let Period { start, end } = entry.recorded().unwrap_or(entry.granted);
        Ok(EntryItem {
            leave_id,
            contract_id: entry.contract_id,
            kind: entry.kind,
            from: start,
            to: end,
            charged_days: u32::try_from(charged_dates.len()).unwrap_or(u32::MAX),
            charged_dates,
            status: match entry.recorded() {
                Some(_) => LeaveStatus::Recorded,
                None => LeaveStatus::Cancelled,
            },
            reason,
            evidence_sha256,
            recorded_by: recording.by.clone(),
            recorded_at: DateTime::from_timestamp_millis(recording.at_ms).ok_or_else(unrecorded)?,
        })
    }

    fn stands(&self, contract_id: ContractId) -> bool {
        self.person
            .contracts
            .all
            .get(&contract_id)
            .is_some_and(contract::Contract::stands)
    }

    /// Whether the person has a contract of the year in the package that is not voided.
    fn engaged(&self, year: i32, package: &PackageId) -> bool {
        let of =
            |terms: &contract::Hired| terms.fiscal_year == year && terms.package_id == *package;
        self.person
            .contracts
            .standing()
            .any(|(_, contract)| of(&contract.terms))
    }
}

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
    reader.one(LeaveItem {
        operator_id,
        balance: balance.map(|balance| BalanceItem {
            operator_name: operator_name.clone(),
            ..balance
        }),
        entries,
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
