//! Parameters and answers of the view `leave`.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use jejak_events::{
    calendar::holiday,
    date::Month,
    ids::{ActorId, ContractId, LeaveId, OperatorId, PackageId},
    operator::leave::LeaveKind,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::column::Column;

/// The parameters of a list of balances.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BalancesParams {
    /// The year; the current year if absent.
    pub year: Option<i32>,
    /// Only people with a contract in this package.
    pub package: Option<PackageId>,
    /// Only the balance of this person.
    pub operator: Option<OperatorId>,
    /// The most items, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of the answer before.
    pub cursor: Option<String>,
}

/// The parameters of one person's leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntriesParams {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// Only the leave and balance of this year; if absent, all leave and the balance of the current year.
    pub year: Option<i32>,
}

/// The parameters of one calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarParams {
    /// The year, from 1900 to 2200.
    pub year: i32,
}

/// The leave pool of one person in a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BalanceItem {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The person's name; null once erased.
    pub operator_name: Option<String>,
    /// The year, from 1900 to 2200.
    pub year: i32,
    /// The days that the contract grants.
    pub entitlement: u32,
    /// The days charged as annual leave.
    pub annual_used: u32,
    /// The days charged as special leave.
    pub special_used: u32,
    /// The days charged in all.
    pub used: u32,
    /// The days left; below zero when a revoked holiday overdrew the pool.
    pub remaining: i32,
    /// The days left for special leave.
    pub special_remaining: i32,
    /// Whether more days were charged than granted.
    pub overdrawn: bool,
    /// The missed days that are no leave.
    pub absences: u32,
}

/// The status of a leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeaveStatus {
    /// At least one of its days stands.
    Recorded,
    /// All of its days were cancelled.
    Cancelled,
}

/// One leave with its charged days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntryItem {
    /// The leave's id, a UUID.
    pub leave_id: LeaveId,
    /// The contract that the leave was taken under.
    pub contract_id: ContractId,
    /// Annual, special, maternity, or after a work accident.
    pub kind: LeaveKind,
    /// The first day of leave.
    pub from: NaiveDate,
    /// The last day that stands. A leave cancelled as a whole shows the last granted day.
    pub to: NaiveDate,
    /// The number of days charged to the pool.
    pub charged_days: u32,
    /// The days charged to the pool, in order.
    pub charged_dates: Vec<NaiveDate>,
    /// The days inside the leave that are not charged, each with its cause. Empty for leave of months, which is
    /// never charged.
    pub free_dates: Vec<FreeDay>,
    /// Recorded while at least one day stands.
    pub status: LeaveStatus,
    /// The reason of the leave; absent where none was given, and once erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The SHA-256 digest of the evidence; absent where none was given, and once erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_sha256: Option<String>,
    /// The pseudonym of the giver of the command, such as `officer/<uuid>`. The history says his name.
    #[schema(value_type = String)]
    pub recorded_by: ActorId,
    /// The time of recording, in UTC.
    pub recorded_at: DateTime<Utc>,
}

/// A day inside a leave that is not charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FreeDay {
    /// The day.
    pub on: NaiveDate,
    /// The cause; of two, the declared one.
    pub cause: DayOff,
    /// The name of the holiday, such as `Hari Raya Natal`; null for a weekend.
    pub name: Option<String>,
}

/// The cause of a day off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayOff {
    /// A day outside the working week.
    Weekend,
    /// A public holiday.
    PublicHoliday,
    /// Joint leave by decree, where the policy does not charge it.
    JointLeave,
}

/// A working day that was missed without leave, under a contract that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AbsentDay {
    /// The day.
    pub on: NaiveDate,
    /// The contract under which it was missed.
    pub contract_id: ContractId,
}

/// The leave of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeaveItem {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The person's name; null once erased.
    pub operator_name: Option<String>,
    /// The pool of the year; null when no contract grants one.
    pub balance: Option<BalanceItem>,
    /// The leave of the person, earliest first.
    pub entries: Vec<EntryItem>,
    /// The days missed without leave, in order.
    pub absences: Vec<AbsentDay>,
}

/// The parameters of a month of leave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MonthParams {
    /// The month, `YYYY-MM`; the current month if absent.
    pub month: Option<Month>,
    /// Only people under a contract of this package in the month.
    pub package: Option<PackageId>,
    /// Only the month of this person.
    pub operator: Option<OperatorId>,
    /// The most items, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of the answer before.
    pub cursor: Option<String>,
}

/// The leave of one person in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeaveMonthItem {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The person's name; null once erased.
    pub operator_name: Option<String>,
    /// The month, as `YYYY-MM`.
    pub month: Month,
    /// The days of the month under each contract, earliest first.
    pub contracts: Vec<ServedDays>,
    /// The pool of the year.
    pub balance: Option<BalanceItem>,
    /// The number of days of the month that are charged to the pool.
    pub charged_days: u32,
    /// The whole leaves with days in the month that stand, earliest first.
    pub entries: Vec<EntryItem>,
    /// The days of the month missed without leave, in order.
    pub absences: Vec<AbsentDay>,
}

/// The days of a month under one contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServedDays {
    /// The contract's id, a UUID.
    pub contract_id: ContractId,
    /// The package of the contract.
    pub package_id: PackageId,
    /// The first day of the month under it.
    pub from: NaiveDate,
    /// The last day of the month under it.
    pub to: NaiveDate,
}

/// The holidays and working days of a year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CalendarItem {
    /// The year, from 1900 to 2200.
    pub year: i32,
    /// The declared days that were not revoked, in order.
    pub holidays: Vec<holiday::Declared>,
    /// Monday to Friday less public holidays and joint leave, by month `YYYY-MM`.
    #[schema(value_type = BTreeMap<String, u32>)]
    pub working_days: BTreeMap<Month, u32>,
}

/// The columns of a table of balances.
pub(super) const BALANCE_COLUMNS: &[Column] = &[
    Column::text("operator_name"),
    Column::number("year"),
    Column::number("entitlement"),
    Column::number("annual_used"),
    Column::number("special_used"),
    Column::number("used"),
    Column::number("remaining"),
    Column::number("special_remaining"),
    Column::yes_no("overdrawn"),
    Column::number("absences"),
    Column::text("operator_id"),
];

/// The columns of a table of a month's leave.
pub(super) const MONTH_COLUMNS: &[Column] = &[
    Column::text("operator_name"),
    Column::text("month"),
    Column::number("charged_days"),
    Column::count("entries"),
    Column::count("absences"),
    Column::text("operator_id"),
];
