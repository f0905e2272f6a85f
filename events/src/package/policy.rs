//! Policies: the choices that the terms of reference leave to the office.
//!
//! Rules read them as data. The defaults are those of the KAK of 2020.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    calendar::DaysOff, date::Month, kinds::EducationLevel, money::Gpa, object::only_objects,
};

pub mod amend;

/// The qualifications of the people to hire (KAK, qualifications of the provider).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields, remote = "Self")]
pub struct Eligibility {
    /// The citizenship required, such as `WNI`.
    pub citizenship: String,
    /// The lowest age in whole years on the first day of the contract.
    #[schema(maximum = 255)]
    pub age_min: u8,
    /// The highest age in whole years on the first day of the contract.
    #[schema(maximum = 255)]
    pub age_max: u8,
    /// The lowest level of education, such as `D3`.
    pub education_min: EducationLevel,
    /// Whether the programme must be accredited.
    pub accredited: bool,
    /// The majors accepted, compared without regard to case. An empty list accepts every major.
    pub majors: Vec<String>,
    /// The lowest grade point average, such as `2.75`.
    pub gpa_min: Gpa,
    /// The region code whose residents rank first, such as `6171`. It excludes nobody.
    pub preferred_domicile: Option<String>,
    /// Whether a signed integrity pact is required.
    pub integrity_pact: bool,
}

impl Default for Eligibility {
    fn default() -> Self {
        Self {
            citizenship: "WNI".to_owned(),
            age_min: 21,
            age_max: 35,
            education_min: EducationLevel::D3,
            accredited: true,
            majors: [
                "Teknik Komputer",
                "Teknik Informatika",
                "Informatika",
                "Sistem Informasi",
                "Manajemen Informatika",
            ]
            .map(str::to_owned)
            .to_vec(),
            gpa_min: "2.75".parse().expect("2.75 is on the scale"),
            preferred_domicile: Some("6171".to_owned()),
            integrity_pact: true,
        }
    }
}

impl Eligibility {
    /// Whether a domicile lies in the preferred region. Its code begins with that of the region, with dots
    /// (`61.71.01`) or without.
    pub fn prefers(&self, domicile_code: &str) -> bool {
        let plain = |code: &str| code.replace('.', "");
        let preferred = self.preferred_domicile.as_deref().map(plain);
        preferred.is_some_and(|preferred| plain(domicile_code).starts_with(&preferred))
    }
}

/// The officers who may give commands on the contracts of a package (rule 49).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfficersMay {
    /// Only officers assigned to the package, in any role.
    #[default]
    Assigned,
    /// Any officer of the office.
    Any,
}

impl OfficersMay {
    /// Whether terms leave the choice out.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The units that leave is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeaveUnit {
    /// Whole working days. There are no half days (rule 24).
    WorkingDay,
}

/// The rules of leave (KAK, leave).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields, remote = "Self")]
pub struct LeavePolicy {
    /// The days of the yearly pool, 0 to 366.
    #[schema(maximum = 65535)]
    pub annual_days: u16,
    /// The most days of special leave a year, out of the same pool.
    #[schema(maximum = 65535)]
    pub special_max_days: u16,
    /// The longest maternity or work-accident leave, in calendar months a case, 0 to 12.
    #[schema(maximum = 255)]
    pub long_max_months: u8,
    /// The unit of leave, always `working_day`.
    pub unit: LeaveUnit,
    /// Whether a day of joint leave inside a leave is charged to the pool.
    pub joint_leave_charged: bool,
}

impl Default for LeavePolicy {
    fn default() -> Self {
        Self {
            annual_days: 12,
            special_max_days: 12,
            long_max_months: 3,
            unit: LeaveUnit::WorkingDay,
            joint_leave_charged: false,
        }
    }
}

impl LeavePolicy {
    /// The days besides weekends that are not charged under this policy.
    pub fn days_off(&self) -> DaysOff {
        if self.joint_leave_charged {
            DaysOff::HolidaysOnly
        } else {
            DaysOff::HolidaysAndJointLeave
        }
    }
}

/// The scheme of the monthly appraisal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields, remote = "Self")]
pub struct AppraisalPolicy {
    /// The indicators of each element: `{"discipline":["attendance","roll_call"]}`.
    pub elements: BTreeMap<String, BTreeSet<String>>,
    /// The lowest score of an indicator, below `scale_max`.
    #[schema(maximum = 255)]
    pub scale_min: u8,
    /// The highest score of an indicator.
    #[schema(maximum = 255)]
    pub scale_max: u8,
    /// The lowest total of a good month.
    #[schema(maximum = 65535)]
    pub good_from: u16,
    /// The number of days before the end of a month from which it may be signed, 0 to 31.
    #[schema(maximum = 255)]
    pub early_days: u8,
    /// The last day of the next month on which a signature is in time, 0 to 28.
    #[schema(maximum = 255)]
    pub late_after_day: u8,
}

impl Default for AppraisalPolicy {
    fn default() -> Self {
        let element = |name: &str, indicators: &[&str]| {
            (
                name.to_owned(),
                indicators
                    .iter()
                    .map(|&indicator| indicator.to_owned())
                    .collect(),
            )
        };
        Self {
            elements: BTreeMap::from([
                element("discipline", &["attendance", "roll_call"]),
                element("responsibility", &["completion", "timeliness", "quality"]),
                element("compliance", &["obligations", "prohibitions"]),
            ]),
            scale_min: 1,
            scale_max: 4,
            good_from: 18,
            early_days: 5,
            late_after_day: 5,
        }
    }
}

impl AppraisalPolicy {
    /// The indicators of all elements in alphabetical order, each once.
    pub fn indicators(&self) -> Vec<&str> {
        let mut indicators: Vec<_> = self
            .elements
            .values()
            .flatten()
            .map(String::as_str)
            .collect();
        indicators.sort_unstable();
        indicators.dedup();
        indicators
    }

    /// The category of a sum of totals over months. No mean is rounded on the way.
    pub fn category(&self, total: u32, months: u32) -> Category {
        Category::of(total, months, self.good_from)
    }

    /// The first day on which a month ending on `end` may be signed (rule 28).
    pub fn earliest_signature(&self, end: NaiveDate) -> NaiveDate {
        end - Days::new(u64::from(self.early_days))
    }

    /// Whether a signature of this day is late for the month (rule 28).
    pub fn is_late(&self, month: Month, signed_on: NaiveDate) -> bool {
        signed_on > self.last_day_in_time(month)
    }

    /// The last day on which a month is signed in time (rule 28).
    pub fn last_day_in_time(&self, month: Month) -> NaiveDate {
        month.last() + Days::new(u64::from(self.late_after_day))
    }
}

/// The categories of an appraisal or evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Baik: the mean is at least `good_from`.
    Good,
    /// Buruk: the mean is below `good_from`.
    Poor,
}

impl Category {
    /// The category of a sum of totals over months. No mean is rounded on the way.
    pub fn of(total: u32, months: u32, good_from: u16) -> Self {
        if total >= u32::from(good_from) * months {
            Self::Good
        } else {
            Self::Poor
        }
    }
}

/// The rules of the evaluation at the end of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields, remote = "Self")]
pub struct EvaluationPolicy {
    /// Whether one person may not both propose and finalize.
    pub different_signers: bool,
}

impl Default for EvaluationPolicy {
    fn default() -> Self {
        Self {
            different_signers: true,
        }
    }
}

/// The ladder of warnings (SP1, SP2, SP3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields, remote = "Self")]
pub struct WarningPolicy {
    /// The number of steps of the ladder, 1 to 3.
    #[schema(maximum = 255)]
    pub levels: u8,
    /// The number of months a warning stands, 1 or more.
    #[schema(maximum = 255)]
    pub months: u8,
}

only_objects!(
    Eligibility,
    LeavePolicy,
    AppraisalPolicy,
    EvaluationPolicy,
    WarningPolicy,
);

impl Default for WarningPolicy {
    fn default() -> Self {
        Self {
            levels: 3,
            months: 6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domicile_code_is_the_same_with_dots_and_without() {
        let eligibility = Eligibility::default();
        for (code, preferred) in [
            ("6171", true),
            ("61.71.01", true),
            ("617101", true),
            ("61.70", false),
        ] {
            assert_eq!(eligibility.prefers(code), preferred, "{code}");
        }
    }

    #[test]
    fn a_year_is_good_from_eighteen_a_month_exactly() {
        let scheme = AppraisalPolicy::default();
        assert_eq!(scheme.category(54, 3), Category::Good);
        assert_eq!(scheme.category(53, 3), Category::Poor);
        assert_eq!(scheme.category(35, 2), Category::Poor);
    }

    #[test]
    fn rule_28_early_and_late() {
        let scheme = AppraisalPolicy::default();
        let october: Month = "2020-10".parse().unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(scheme.earliest_signature(october.last()), day("2020-10-26"));
        assert!(!scheme.is_late(october, day("2020-11-05")));
        assert!(scheme.is_late(october, day("2020-11-06")));
    }
}
