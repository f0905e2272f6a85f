//! A person's leave as the rows hold it, and the answers' parts that follow from it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate};
use jejak_events::{
    calendar::{Calendar, holiday::HolidayKind},
    date::{Month, Period},
    ids::{ContractId, LeaveId, OperatorId, PackageId},
    operator::{
        contract,
        leave::{self, LeaveState},
    },
    personal::Owner,
};

use super::{
    rows::{EntitledPerson, LEAVE, LeaveRecording, PEOPLE, RECORDINGS},
    shape::{AbsentDay, BalanceItem, DayOff, EntryItem, FreeDay, LeaveStatus, ServedDays},
};
use crate::{error::ProjectionError, person, reader::Reader};

/// A person with the leave of some years.
pub(super) struct PersonLeave {
    pub(super) person: EntitledPerson,
    pub(super) leave: LeaveState,
    /// Empty where an answer shows no single leave.
    pub(super) recordings: BTreeMap<LeaveId, LeaveRecording>,
}

impl PersonLeave {
    /// A person with the leave of a year, or of all years with a contract; none when not registered.
    pub(super) fn get(
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

    pub(super) fn name(
        &self,
        reader: &Reader<'_>,
        operator_id: OperatorId,
    ) -> Result<Option<String>, ProjectionError> {
        reader.open(Owner::Operator(operator_id), self.person.name.as_ref())
    }

    /// The balance of a year, without the person's name.
    pub(super) fn balance(
        &self,
        operator_id: OperatorId,
        year: i32,
        calendar: &Calendar,
    ) -> Option<BalanceItem> {
        let balance = self.leave.balance(year, &self.person.contracts, calendar)?;
        let absences = self.absences().filter(|day| day.on.year() == year);
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
            absences: u32::try_from(absences.count()).unwrap_or(u32::MAX),
        })
    }

    pub(super) fn entry(
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
            free_dates: free_dates(entry, &charged_dates, calendar),
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

    /// The days missed under contracts that stand, in order (rule 25).
    pub(super) fn absences(&self) -> impl Iterator<Item = AbsentDay> + '_ {
        let days = self.leave.absences.iter();
        let standing = days.filter(|(_, contract_id)| self.stands(**contract_id));
        standing.map(|(on, contract_id)| AbsentDay {
            on: *on,
            contract_id: *contract_id,
        })
    }

    /// The days of a month under each contract, in a package or in any, earliest first.
    pub(super) fn served(&self, month: Month, package: Option<&PackageId>) -> Vec<ServedDays> {
        let is_asked = |of: &PackageId| package.is_none_or(|package| package == of);
        let contracts = self.person.contracts.standing();
        let served = contracts.filter_map(|(contract_id, contract)| {
            let package_id = &contract.terms.package_id;
            let days = contract.period().intersection(&month.period())?;
            is_asked(package_id).then(|| ServedDays {
                contract_id,
                package_id: package_id.clone(),
                from: days.start,
                to: days.end,
            })
        });
        let mut served: Vec<_> = served.collect();
        served.sort_by_key(|days| days.from);
        served
    }

    fn stands(&self, contract_id: ContractId) -> bool {
        self.person
            .contracts
            .all
            .get(&contract_id)
            .is_some_and(contract::Contract::stands)
    }

    /// Whether the person has a contract of the year in the package that is not voided.
    pub(super) fn engaged(&self, year: i32, package: &PackageId) -> bool {
        let of =
            |terms: &contract::Hired| terms.fiscal_year == year && terms.package_id == *package;
        self.person
            .contracts
            .standing()
            .any(|(_, contract)| of(&contract.terms))
    }
}

/// The days inside a charged leave that are not charged, each with its cause (rule 17).
fn free_dates(
    entry: &leave::LeaveEntry,
    charged: &[NaiveDate],
    calendar: &Calendar,
) -> Vec<FreeDay> {
    let days = entry.recorded().filter(|_| entry.kind.is_charged());
    let days = days.into_iter().flat_map(Period::days);
    let free = days.filter(|day| !charged.contains(day));
    free.map(|on| {
        let declared = |kind| calendar.get(on, kind).map(|day| day.name.clone());
        let holiday =
            declared(HolidayKind::PublicHoliday).map(|name| (DayOff::PublicHoliday, name));
        let joint_leave =
            || declared(HolidayKind::JointLeave).map(|name| (DayOff::JointLeave, name));
        let (cause, name) = match holiday.or_else(joint_leave) {
            Some((cause, name)) => (cause, Some(name)),
            None => (DayOff::Weekend, None),
        };
        FreeDay { on, cause, name }
    })
    .collect()
}
