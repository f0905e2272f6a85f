//! Policies: what the terms of reference leave to the office. Data, never constants in a rule.
//! The defaults are those of the KAK of 2020.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{calendar::DaysOff, date::Month, kinds::EducationLevel, money::Gpa};

pub mod amend;
mod elements;

pub use elements::Elements;

/// Who may be hired (KAK, qualifications of the provider).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Eligibility {
    /// Citizenship required.
    pub citizenship: String,
    /// Youngest age in whole years on the contract's first day.
    #[schema(maximum = 255)]
    pub age_min: u8,
    /// Oldest age in whole years on the contract's first day.
    #[schema(maximum = 255)]
    pub age_max: u8,
    /// Least level of education.
    pub education_min: EducationLevel,
    /// Whether the programme must be accredited.
    pub accredited: bool,
    /// Majors accepted; empty accepts every major.
    pub majors: Vec<String>,
    /// Least grade point average.
    pub gpa_min: Gpa,
    /// Region whose residents rank first. Never excludes anyone.
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
    /// Whether the person lives in the preferred region: a code of the region or of a part of it, with dots
    /// (`61.71.01`) or without.
    pub fn prefers(&self, domicile_code: &str) -> bool {
        let plain = |code: &str| code.replace('.', "");
        let preferred = self.preferred_domicile.as_deref().map(plain);
        preferred.is_some_and(|preferred| plain(domicile_code).starts_with(&preferred))
    }
}

/// The smallest piece of leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeaveUnit {
    /// Whole working days; half days do not exist (rule 24).
    WorkingDay,
}

/// How leave is granted and charged (KAK, leave).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LeavePolicy {
    /// Days of the yearly pool.
    #[schema(maximum = 65535)]
    pub annual_days: u16,
    /// The most days of special leave, out of the same pool.
    #[schema(maximum = 65535)]
    pub special_max_days: u16,
    /// The longest maternity or work-accident leave, in calendar months a case.
    #[schema(maximum = 255)]
    pub long_max_months: u8,
    /// The smallest piece of leave.
    pub unit: LeaveUnit,
    /// Whether joint leave inside a leave is charged to the pool.
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
    /// What does not count as a chargeable day under this policy.
    pub fn days_off(&self) -> DaysOff {
        if self.joint_leave_charged {
            DaysOff::HolidaysOnly
        } else {
            DaysOff::HolidaysAndJointLeave
        }
    }
}

/// How months are appraised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AppraisalPolicy {
    /// Elements and their indicators.
    #[schema(value_type = std::collections::BTreeMap<String, BTreeSet<String>>)]
    pub elements: Elements,
    /// Least score of an indicator.
    #[schema(maximum = 255)]
    pub scale_min: u8,
    /// Greatest score of an indicator.
    #[schema(maximum = 255)]
    pub scale_max: u8,
    /// Least total of a month that is good.
    #[schema(maximum = 65535)]
    pub good_from: u16,
    /// How many days before the assessed month ends it may be signed.
    #[schema(maximum = 255)]
    pub early_days: u8,
    /// The day of the next month after which it is late.
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
            elements: Elements::from([
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
    /// All indicators of all elements, in order, each once.
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

    /// The category of a sum of totals over months: exact, no mean is rounded on the way.
    pub fn category(&self, total: u32, months: u32) -> Category {
        Category::of(total, months, self.good_from)
    }

    /// The first day on which a month ending on `end` may be signed (rule 28).
    pub fn earliest_signature(&self, end: NaiveDate) -> NaiveDate {
        end - Days::new(u64::from(self.early_days))
    }

    /// Whether a signature of a day is late for a month (rule 28).
    pub fn is_late(&self, month: Month, signed_on: NaiveDate) -> bool {
        signed_on >= month.next().first() + Days::new(u64::from(self.late_after_day))
    }
}

/// The two categories of an appraisal or evaluation (baik, buruk).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Baik.
    Good,
    /// Buruk.
    Poor,
}

impl Category {
    /// Of a sum of totals over months, where a month is good from a total: exact, no mean is rounded on the way.
    pub fn of(total: u32, months: u32, good_from: u16) -> Self {
        if total >= u32::from(good_from) * months {
            Self::Good
        } else {
            Self::Poor
        }
    }
}

/// How the year-end evaluation is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluationPolicy {
    /// Whether proposer and finalizer must be two people.
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
#[serde(default, deny_unknown_fields)]
pub struct WarningPolicy {
    /// How many steps the ladder has.
    #[schema(maximum = 255)]
    pub levels: u8,
    /// How long a warning stands, in months.
    #[schema(maximum = 255)]
    pub months: u8,
}

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
