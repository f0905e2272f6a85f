//! View `leave`: what is left of each pool, which days were charged, and the calendar they follow
//! from. Days are counted when asked, by the rules' own functions: a decree corrects every balance.

use std::collections::{BTreeMap, btree_map::Entry as Slot};

use chrono::{Datelike, NaiveDate};
use jejak_events::{
    Event, Recorded,
    calendar::{self, Calendar, DaysOff, holiday},
    date::{Month, Period},
    ids::{ContractId, LeaveId, OperatorId, PackageId, StreamId},
    operator::{
        self, contract,
        leave::{self, Entry, Kind},
    },
    package::policy::LeavePolicy,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{ProjectionError, QueryError, Reader, View, Write, page, person, rows::Rows};

/// The view.
pub struct Leave;

#[derive(Default, Serialize, Deserialize)]
struct Person {
    /// None once erased.
    name: Option<String>,
    contracts: contract::State,
    leave: leave::State,
}

const PEOPLE: Rows<Person> = Rows::new("people");
/// Who was ever engaged in a year, under `<year>/<person>`.
const YEARS: Rows<()> = Rows::new("years");
/// Days declared and not revoked, by year, in order.
const CALENDARS: Rows<Vec<holiday::Declared>> = Rows::new("calendars");

impl View for Leave {
    fn name(&self) -> &'static str {
        "leave"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [&'static str] {
        &["calendars", "people", "years"]
    }

    fn queries(&self) -> &'static [&'static str] {
        &["balances", "entries", "calendar"]
    }

    fn apply(&self, write: &Write<'_>, recorded: &Recorded) -> Result<(), ProjectionError> {
        match (&recorded.envelope.stream, &recorded.event) {
            (StreamId::Operator(id), Event::Operator(event)) => apply_person(write, recorded, *id, event),
            (_, Event::Calendar(calendar::Event::Holiday(event))) => declare(write, event),
            (_, Event::Operator(_) | Event::Package(_)) => Ok(()),
        }
    }

    fn query(&self, reader: &Reader<'_>, name: &str, params: &[u8]) -> Result<Vec<u8>, QueryError> {
        match name {
            "balances" => balances(reader, page::params(params)?),
            "entries" => entries(reader, page::params(params)?),
            "calendar" => show_calendar(reader, page::params(params)?),
            _ => Err(QueryError::UnknownQuery),
        }
    }
}

fn apply_person(
    write: &Write<'_>,
    recorded: &Recorded,
    id: OperatorId,
    event: &operator::Event,
) -> Result<(), ProjectionError> {
    let key = person::key(id);
    let held = PEOPLE.held(write, &key)?;
    let row = match event {
        operator::Event::Identity(event) => {
            let name = person::profile(recorded, event)?.map(|profile| profile.full_name.clone());
            Person { name, ..held.unwrap_or_default() }
        }
        operator::Event::Contract(event) => {
            let mut row = person::known(recorded, held)?;
            if let contract::Event::Hired(hired) = event {
                YEARS.put(write, &format!("{}/{key}", hired.fiscal_year), &())?;
            }
            person::evolve_contracts(&mut row.contracts, event);
            row
        }
        operator::Event::Leave(event) => {
            let mut row = person::known(recorded, held)?;
            row.leave.evolve(event);
            row
        }
        operator::Event::Appraisal(_) | operator::Event::Evaluation(_) => return Ok(()),
    };
    PEOPLE.put(write, &key, &row)
}

fn declare(write: &Write<'_>, event: &holiday::Event) -> Result<(), ProjectionError> {
    let (date, kind) = match event {
        holiday::Event::Declared(declared) => (declared.date, declared.kind),
        holiday::Event::Revoked(revoked) => (revoked.date, revoked.kind),
    };
    let year = date.year().to_string();
    let mut days = CALENDARS.held(write, &year)?.unwrap_or_default();
    days.retain(|day| (day.date, day.kind) != (date, kind));
    if let holiday::Event::Declared(declared) = event {
        days.push(declared.clone());
        days.sort_by_key(|day| (day.date, day.kind));
    }
    CALENDARS.put(write, &year, &days)
}

/// Whose balances to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BalancesParams {
    /// The year; this one if absent.
    pub year: Option<i32>,
    /// Only those engaged in this package.
    pub package: Option<PackageId>,
    /// Only this person.
    pub operator: Option<OperatorId>,
    /// How many, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<String>,
}

/// Whose leave to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntriesParams {
    /// The person.
    pub operator_id: OperatorId,
    /// Only the leave of this year, and its balance; if absent, all leave and this year's balance.
    pub year: Option<i32>,
}

/// Which calendar to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarParams {
    /// The year.
    pub year: i32,
}

/// One person's pool of a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BalanceItem {
    /// The person.
    pub operator_id: OperatorId,
    /// His name; null once erased.
    pub operator_name: Option<String>,
    /// The year.
    pub year: i32,
    /// Days granted.
    pub entitlement: u32,
    /// Days charged as annual leave.
    pub annual_used: u32,
    /// Days charged as special leave.
    pub special_used: u32,
    /// Days charged in all.
    pub used: u32,
    /// Days left; below zero where a revoked holiday overdrew the pool.
    pub remaining: i32,
    /// Days left for special leave.
    pub special_remaining: i32,
    /// Whether more was charged than granted.
    pub overdrawn: bool,
    /// Days missed that are no leave.
    pub absences: u32,
}

/// Whether leave stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeaveStatus {
    /// It stands, at least in part.
    Recorded,
    /// All of it was taken back.
    Cancelled,
}

/// One leave as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntryItem {
    /// The leave.
    pub leave_id: LeaveId,
    /// The contract whose days it takes.
    pub contract_id: ContractId,
    /// Its kind.
    pub kind: Kind,
    /// First day.
    pub from: NaiveDate,
    /// Last day that stands; where all of it was cancelled, as it was granted.
    pub to: NaiveDate,
    /// How many days it charges to the pool.
    pub charged_days: u32,
    /// Which days.
    pub charged_dates: Vec<NaiveDate>,
    /// Whether it stands.
    pub status: LeaveStatus,
}

/// One person's leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeaveItem {
    /// The person.
    pub operator_id: OperatorId,
    /// His name; null once erased.
    pub operator_name: Option<String>,
    /// The pool of the year; null where no contract grants one.
    pub balance: Option<BalanceItem>,
    /// His leave, earliest first.
    pub entries: Vec<EntryItem>,
}

/// A year of working days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CalendarItem {
    /// The year.
    pub year: i32,
    /// Days declared and not revoked, in order.
    pub holidays: Vec<holiday::Declared>,
    /// Monday to Friday less public holidays and joint leave, by month `YYYY-MM`.
    #[schema(value_type = BTreeMap<String, u32>)]
    pub working_days: BTreeMap<Month, u32>,
}

impl Person {
    /// The policy that grants and charges the pool of a year.
    fn policy(&self, year: i32) -> Option<&LeavePolicy> {
        self.contracts.granting(year).map(|(_, contract)| &contract.terms.leave)
    }

    fn balance(&self, operator_id: OperatorId, year: i32, calendar: &Calendar) -> Option<BalanceItem> {
        let balance = self.leave.balance(year, self.policy(year)?, calendar);
        let absences = self.leave.absences.iter().filter(|day| day.year() == year).count();
        Some(BalanceItem {
            operator_id,
            operator_name: self.name.clone(),
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

    fn entry(&self, leave_id: LeaveId, entry: &Entry, calendar: &Calendar) -> EntryItem {
        let own = || self.contracts.all.get(&entry.contract_id).map(|contract| &contract.terms.leave);
        let policy = self.policy(entry.granted.start.year()).or_else(own);
        let charged_dates = policy.map(|policy| entry.charged(policy, calendar)).unwrap_or_default();
        let Period { start, end } = entry.recorded().unwrap_or(entry.granted);
        EntryItem {
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
        }
    }

    /// Whether a contract of the year in this package stands.
    fn engaged(&self, year: i32, package: &PackageId) -> bool {
        let of = |terms: &contract::Hired| terms.fiscal_year == year && terms.package_id == *package;
        self.contracts.standing().any(|(_, contract)| of(&contract.terms))
    }
}

/// The days off of a year as the rules know them.
fn calendar(reader: &Reader<'_>, year: i32) -> Result<(Calendar, Vec<holiday::Declared>), ProjectionError> {
    let days = CALENDARS.get(reader, &year.to_string())?.unwrap_or_default();
    let mut calendar = Calendar::default();
    for declared in &days {
        calendar.evolve(&declared.clone().into());
    }
    Ok((calendar, days))
}

fn balances(reader: &Reader<'_>, params: BalancesParams) -> Result<Vec<u8>, QueryError> {
    let BalancesParams { year, package, operator, limit, cursor } = params;
    let (limit, after) = (page::limit(limit)?, page::after(cursor.as_deref())?);
    let year = page::year(reader, year)?;
    let (calendar, _) = calendar(reader, year)?;
    let prefix = match operator {
        Some(operator) => format!("{year}/{}", person::key(operator)),
        None => format!("{year}/"),
    };
    let items = YEARS.scan(reader, &prefix, after.as_deref())?.map(|row| {
        let key = match operator {
            Some(operator) => row.map(|_| person::key(operator))?,
            None => row?.0,
        };
        let person = PEOPLE.get(reader, &key)?.unwrap_or_default();
        let wanted = package.as_ref().is_none_or(|package| person.engaged(year, package));
        let balance = if wanted { person.balance(person::id(&key)?, year, &calendar) } else { None };
        Ok(balance.map(|balance| (key, balance)))
    });
    reader.list(limit, items.filter_map(Result::transpose))
}

fn entries(reader: &Reader<'_>, params: EntriesParams) -> Result<Vec<u8>, QueryError> {
    let EntriesParams { operator_id, year: asked } = params;
    let year = page::year(reader, asked)?;
    let person = PEOPLE.get(reader, &person::key(operator_id))?;
    let person = person.ok_or_else(|| QueryError::unknown(format!("operators/{operator_id}")))?;
    let (calendar_of_year, _) = calendar(reader, year)?;
    let mut calendars = BTreeMap::from([(year, calendar_of_year)]);
    let mut entries = Vec::new();
    for (leave_id, entry) in &person.leave.entries {
        let of = entry.granted.start.year();
        if asked.is_some_and(|asked| asked != of) {
            continue;
        }
        let calendar = match calendars.entry(of) {
            Slot::Occupied(slot) => slot.into_mut(),
            Slot::Vacant(slot) => slot.insert(calendar(reader, of)?.0),
        };
        entries.push(person.entry(*leave_id, entry, calendar));
    }
    entries.sort_by_key(|entry| (entry.from, entry.leave_id));
    let balance = person.balance(operator_id, year, &calendars[&year]);
    reader.one(LeaveItem { operator_id, balance, entries, operator_name: person.name })
}

fn show_calendar(reader: &Reader<'_>, params: CalendarParams) -> Result<Vec<u8>, QueryError> {
    let year = page::year(reader, Some(params.year))?;
    let (calendar, holidays) = calendar(reader, year)?;
    let january = NaiveDate::from_ymd_opt(year, 1, 1).expect("years are bounded, and all have a January");
    let months = std::iter::successors(Some(Month::of(january)), |month| Some(month.next()));
    let working_days = months.take(12).map(|month| {
        (month, calendar.count_working_days(month.period(), DaysOff::HolidaysAndJointLeave))
    });
    reader.one(CalendarItem { year, holidays, working_days: working_days.collect() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::story::{ADMIN, Built, Office, PPK, expected};

    #[test]
    fn balances_of_the_kak_are_as_expected() {
        let office = Office::of_2020();
        let view = Built::of(&Leave, &office.events);
        for (who, wanted) in expected()["leave_balances_2020"].as_object().unwrap() {
            let params = json!({ "year": 2020, "operator": office.id(who) });
            let answer = view.ask("balances", params);
            let item = &answer["items"][0];
            for (field, value) in wanted.as_object().unwrap() {
                assert_eq!(item[field], *value, "{who} {field}");
            }
        }
        let all = view.column("balances", json!({ "year": 2020 }), "operator_id");
        assert_eq!(all.len(), 3, "one row for everyone engaged in the year");
    }

    #[test]
    fn rule_20_the_revoked_joint_leave_is_charged() {
        let office = Office::of_2020();
        let view = Built::of(&Leave, &office.events);
        let answer = view.ask("entries", json!({ "operator_id": office.id("op2"), "year": 2020 }));
        let (first, second) = (&answer["entries"][0], &answer["entries"][1]);
        assert_eq!(second["leave_id"], *office.id("op2.leave1"));
        assert_eq!(second["charged_dates"], expected()["op2_leave1_charged_dates"]);
        assert_eq!(second["charged_days"], 6);
        assert_eq!(first["leave_id"], *office.id("op2.leave2"));
        assert_eq!((&first["status"], &first["charged_days"]), (&json!("cancelled"), &json!(0)));
        assert_eq!(answer["balance"]["remaining"], 6);
    }

    #[test]
    fn working_days_by_month_are_as_expected() {
        let view = Built::of(&Leave, &Office::of_2020().events);
        let answer = view.ask("calendar", json!({ "year": 2020 }));
        for (month, days) in expected()["working_days_2020"].as_object().unwrap() {
            assert_eq!(answer["working_days"][month], *days, "{month}");
        }
        assert_eq!(answer["holidays"][0]["date"], "2020-10-28");
    }

    #[test]
    fn rule_22_leave_cancelled_in_part_shows_the_days_that_stand() {
        let mut office = Office::of_2020();
        let cancel = json!({ "operator_id": "$op2", "leave_id": "$op2.leave1", "from": "2020-12-28", "reason": "masuk" });
        office.give(PPK, "cancel-leave", cancel).unwrap();
        let view = Built::of(&Leave, &office.events);
        let answer = view.ask("entries", json!({ "operator_id": office.id("op2") }));
        let entry = &answer["entries"][1];
        assert_eq!((&entry["to"], &entry["status"]), (&json!("2020-12-27"), &json!("recorded")));
        assert_eq!(entry["charged_days"], 3);
        assert_eq!(answer["balance"], json!(null), "no contract grants op2 a pool in 2021");
    }

    #[test]
    fn rule_25_absences_are_shown_beside_the_balance() {
        let mut office = Office::of_2020();
        office.give(PPK, "record-absence", json!({ "operator_id": "$op3", "on": "2020-10-06", "reason": "-" })).unwrap();
        let view = Built::of(&Leave, &office.events);
        let balance = view.ask("balances", json!({ "year": 2020, "operator": office.id("op3") }));
        let item = &balance["items"][0];
        assert_eq!((&item["absences"], &item["remaining"]), (&json!(1), &json!(12)));
    }

    #[test]
    fn a_revoked_holiday_may_overdraw_the_pool() {
        let mut office = Office::of_2020();
        let day = |name: &str| json!({ "date": "2020-11-04", "kind": "public_holiday", "name": name, "decree": "SKB" });
        office.give(ADMIN, "declare-holiday", day("Libur")).unwrap();
        let whole = json!({ "operator_id": "$op3", "kind": "annual", "from": "2020-10-30", "to": "2020-11-13" });
        office.give(PPK, "record-leave", whole).unwrap();
        let more = json!({ "operator_id": "$op3", "kind": "special", "from": "2020-10-05", "to": "2020-10-07" });
        office.give(PPK, "record-leave", more).unwrap();
        let params = json!({ "year": 2020, "operator": office.id("op3") });
        let before = Built::of(&Leave, &office.events).ask("balances", params.clone());
        assert_eq!((&before["items"][0]["remaining"], &before["items"][0]["overdrawn"]), (&json!(0), &json!(false)));
        office.give(ADMIN, "revoke-holiday", day("Libur")).unwrap();
        let after = Built::of(&Leave, &office.events).ask("balances", params);
        assert_eq!((&after["items"][0]["remaining"], &after["items"][0]["overdrawn"]), (&json!(-1), &json!(true)));
    }
}
