//! What the view `leave` is asked and what it answers (api.md, Queries).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use jejak_events::{
    calendar::holiday,
    date::Month,
    ids::{ContractId, LeaveId, OperatorId, PackageId},
    operator::leave::Kind,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

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
