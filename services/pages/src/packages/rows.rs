//! The answers about packages, as far as their pages show them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use jejak_events::{
    date::Period,
    money::Rupiah,
    package::policy::{EvaluationPolicy, LeavePolicy, WarningPolicy},
};
use serde::Deserialize;

use crate::records::{Budget, Quota};

/// A package with its terms.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Package {
    pub(super) package_id: String,
    pub(super) title: String,
    pub(super) agency: String,
    pub(super) fiscal_year: i32,
    pub(super) terms: Terms,
    pub(super) terms_version: u32,
    /// In the order of their assignments.
    pub(super) officers: Vec<Officer>,
    pub(super) quota: Quota,
    pub(super) budget: Budget,
    #[serde(default)]
    pub(super) position: u64,
}

/// The terms in force.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Terms {
    pub(super) fund_source: String,
    pub(super) period: Period,
    pub(super) eligibility: Eligibility,
    pub(super) leave: LeavePolicy,
    pub(super) appraisal: Appraisal,
    pub(super) evaluation: EvaluationPolicy,
    pub(super) warnings: WarningPolicy,
    pub(super) officers_may: Option<String>,
}

/// The qualifications of the people to hire.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Eligibility {
    pub(super) citizenship: String,
    pub(super) age_min: u8,
    pub(super) age_max: u8,
    pub(super) education_min: String,
    pub(super) accredited: bool,
    pub(super) majors: Vec<String>,
    pub(super) gpa_min: String,
    pub(super) preferred_domicile: Option<String>,
    pub(super) integrity_pact: bool,
}

/// The scheme of the monthly appraisal.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Appraisal {
    pub(super) elements: BTreeMap<String, Vec<String>>,
    pub(super) scale_min: u8,
    pub(super) scale_max: u8,
    pub(super) good_from: u16,
    pub(super) early_days: u8,
    pub(super) late_after_day: u8,
}

/// The assignment of an officer.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Officer {
    pub(super) officer_id: String,
    /// None once erased, and so is the name.
    pub(super) nip: Option<String>,
    pub(super) name: Option<String>,
    pub(super) role: String,
    pub(super) from: NaiveDate,
    pub(super) to: Option<NaiveDate>,
    pub(super) acting: bool,
    pub(super) decree: Option<String>,
}

/// A contract of the package as it stands today.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Contract {
    pub(super) operator_id: String,
    pub(super) operator_name: Option<String>,
    pub(super) spk_number: Option<String>,
    pub(super) start: NaiveDate,
    pub(super) end: NaiveDate,
    pub(super) terminated_on: Option<NaiveDate>,
    /// The money earned under a terminated contract.
    pub(super) earned: Option<Rupiah>,
    pub(super) value: Rupiah,
    pub(super) status: String,
}

impl Contract {
    /// The last day in force.
    pub(super) fn last_day(&self) -> &NaiveDate {
        self.terminated_on.as_ref().unwrap_or(&self.end)
    }

    pub(super) fn is_voided(&self) -> bool {
        self.status == "voided"
    }

    pub(super) fn is_active(&self) -> bool {
        self.status == "active"
    }
}
