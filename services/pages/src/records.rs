//! The answers of queries, as far as pages show them.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use jejak_events::{date::Month, money::Rupiah};
use serde::Deserialize;

use crate::frame::Frame;

/// A person with all contracts.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Operator {
    pub(crate) operator_id: String,
    /// None once erased.
    pub(crate) profile: Option<Profile>,
    /// Earliest first.
    pub(crate) contracts: Vec<Contract>,
    #[serde(default)]
    pub(crate) position: u64,
}

/// A person's particulars.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Profile {
    pub(crate) nik: String,
    pub(crate) full_name: String,
    pub(crate) birth_date: NaiveDate,
    pub(crate) birth_place: Option<String>,
    pub(crate) sex: String,
    pub(crate) address: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) npwp: Option<String>,
    pub(crate) domicile_code: String,
    pub(crate) citizenship: String,
    pub(crate) education: Education,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Education {
    pub(crate) level: String,
    pub(crate) major: String,
    pub(crate) institution: String,
    pub(crate) accredited: bool,
    pub(crate) gpa: String,
}

/// A contract as it stands today.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Contract {
    pub(crate) contract_id: String,
    pub(crate) package_id: String,
    pub(crate) spk_number: Option<String>,
    pub(crate) spk_date: NaiveDate,
    pub(crate) start: NaiveDate,
    pub(crate) end: NaiveDate,
    pub(crate) terminated_on: Option<NaiveDate>,
    pub(crate) monthly: Monthly,
    pub(crate) value: Rupiah,
    pub(crate) status: String,
    pub(crate) warnings: Vec<Warning>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Monthly {
    pub(crate) wage: Rupiah,
    pub(crate) health_insurance: Rupiah,
    pub(crate) employment_insurance: Rupiah,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Warning {
    pub(crate) level: u8,
    pub(crate) on: NaiveDate,
    pub(crate) until: NaiveDate,
}

/// A person's leave of a year.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Leave {
    pub(crate) balance: Option<Balance>,
    pub(crate) entries: Vec<LeaveEntry>,
    pub(crate) absences: Vec<Absence>,
}

/// A day missed without leave.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Absence {
    pub(crate) on: NaiveDate,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Balance {
    pub(crate) year: i32,
    pub(crate) entitlement: u32,
    pub(crate) annual_used: u32,
    pub(crate) special_used: u32,
    pub(crate) used: u32,
    pub(crate) remaining: i32,
    pub(crate) overdrawn: bool,
    pub(crate) absences: u32,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LeaveEntry {
    pub(crate) leave_id: String,
    pub(crate) kind: String,
    pub(crate) from: NaiveDate,
    pub(crate) to: NaiveDate,
    pub(crate) charged_days: u32,
    pub(crate) charged_dates: Vec<NaiveDate>,
    /// The days inside that are not charged, with their causes.
    pub(crate) free_dates: Vec<FreeDay>,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) evidence_sha256: Option<String>,
    /// The giver's pseudonym.
    pub(crate) recorded_by: String,
    pub(crate) recorded_at: DateTime<Utc>,
}

/// A day inside a leave that is not charged.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct FreeDay {
    pub(crate) on: NaiveDate,
    pub(crate) cause: String,
    /// None for a weekend.
    pub(crate) name: Option<String>,
}

impl LeaveEntry {
    /// Whether a day of it was not taken back.
    pub(crate) fn is_standing(&self) -> bool {
        self.status == "recorded"
    }

    /// Whether it is of a kind that is charged.
    pub(crate) fn is_charged(&self) -> bool {
        !(self.charged_dates.is_empty() && self.free_dates.is_empty())
    }

    pub(crate) fn is_charged_on(&self, day: NaiveDate) -> bool {
        self.charged_dates.contains(&day)
    }

    /// Why days inside it are not charged: a line for each holiday, and one for all weekends.
    pub(crate) fn free_lines(&self, f: &Frame) -> Vec<String> {
        let (named, weekends): (Vec<_>, Vec<_>) =
            self.free_dates.iter().partition(|day| day.name.is_some());
        let mut lines: Vec<_> = named
            .iter()
            .filter_map(|day| Some((day, day.name.as_ref()?)))
            .map(|(day, name)| {
                let cause = match day.cause.as_str() {
                    "joint_leave" => f.t("cuti bersama", "joint leave"),
                    _ => f.t("libur nasional", "public holiday"),
                };
                format!("{}: {name} ({cause})", f.day(&day.on))
            })
            .collect();
        if !weekends.is_empty() {
            let days: Vec<_> = weekends.iter().map(|day| day.on).collect();
            let label = f.t("Akhir pekan", "Weekend");
            lines.push(format!("{label}: {}", f.dates(&days)));
        }
        lines
    }
}

/// A person's evaluation of a year.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Evaluation {
    pub(crate) package_id: String,
    pub(crate) year: i32,
    pub(crate) mean: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) status: String,
    pub(crate) months_assessed: u32,
    pub(crate) months_expected: u32,
    pub(crate) months: Vec<AppraisedMonth>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct AppraisedMonth {
    pub(crate) month: Month,
    /// None for a waived month.
    pub(crate) scores: Option<BTreeMap<String, u8>>,
    pub(crate) total: Option<u32>,
    pub(crate) category: Option<String>,
    pub(crate) late: bool,
    pub(crate) revision: u32,
    pub(crate) waived: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Facility {
    pub(crate) facility_id: String,
    pub(crate) kind: String,
    pub(crate) label: Option<String>,
    pub(crate) issued_on: NaiveDate,
    pub(crate) returned_on: Option<NaiveDate>,
}

/// One thing to be done.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Work {
    pub(crate) kind: String,
    pub(crate) operator_id: String,
    pub(crate) operator_name: Option<String>,
    pub(crate) package_id: String,
    pub(crate) month: Option<Month>,
    pub(crate) since: NaiveDate,
    pub(crate) due: Option<NaiveDate>,
    pub(crate) role: String,
}

/// An event in plain words.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct HistoryItem {
    pub(crate) position: u64,
    pub(crate) time: DateTime<Utc>,
    pub(crate) actor: String,
    pub(crate) actor_name: Option<String>,
    /// The NIP, the operator id or the account of the actor, where the event says it.
    #[serde(default)]
    pub(crate) actor_subject: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) text: Bilingual,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Bilingual {
    pub(crate) id: String,
    pub(crate) en: String,
}

/// A package as it stands.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Package {
    pub(crate) package_id: String,
    pub(crate) title: String,
    pub(crate) fiscal_year: i32,
    pub(crate) quota: Quota,
    pub(crate) budget: Budget,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Quota {
    pub(crate) total: u32,
    pub(crate) filled: u32,
    pub(crate) free: u32,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Budget {
    pub(crate) ceiling: Rupiah,
    pub(crate) committed: Rupiah,
    pub(crate) free: Rupiah,
}

/// The terms of a package, as far as a chart needs them.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PackageTerms {
    pub(crate) title: String,
    pub(crate) terms: AppraisalTerms,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct AppraisalTerms {
    pub(crate) appraisal: Scheme,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Scheme {
    /// The least total of a good month.
    pub(crate) good_from: u32,
    pub(crate) scale_max: u32,
    pub(crate) elements: BTreeMap<String, Vec<String>>,
}
