//! Terms of reference as they are given. A field left out is as in the KAK of 2020 (docs/domain/policies.md).

use serde_json::Value;

use super::{
    days::Day,
    money::{self, Money},
};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Terms {
    pub(crate) fiscal_year: i32,
    pub(crate) ceiling: Money,
    pub(crate) quota: u64,
    pub(crate) start: Day,
    pub(crate) end: Day,
    pub(crate) eligibility: Eligibility,
    pub(crate) leave: Leave,
    pub(crate) appraisal: Appraisal,
    pub(crate) different_signers: bool,
    pub(crate) warning_levels: u64,
    pub(crate) warning_months: u32,
    pub(crate) any_officer_may: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Eligibility {
    pub(crate) age_min: i32,
    pub(crate) age_max: i32,
    /// In thousandths.
    pub(crate) gpa_min: u32,
    pub(crate) preferred: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Leave {
    pub(crate) annual: i64,
    pub(crate) special: i64,
    pub(crate) long_months: u32,
    pub(crate) joint_leave_charged: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Appraisal {
    pub(crate) indicators: Vec<&'static str>,
    pub(crate) low: i64,
    pub(crate) high: i64,
    pub(crate) good_from: i64,
    pub(crate) early_days: u32,
    pub(crate) late_after: u32,
}

pub(crate) fn number(object: &Value, field: &str, otherwise: i64) -> i64 {
    object[field].as_i64().unwrap_or(otherwise)
}

pub(crate) fn small(object: &Value, field: &str, otherwise: u32) -> u32 {
    number(object, field, otherwise.into()).try_into().unwrap()
}

pub(crate) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap()
}

/// A grade in thousandths.
pub(crate) fn grade(text: &str) -> u32 {
    (money::read(text) / 10).try_into().unwrap()
}

impl Eligibility {
    fn of_the_kak() -> Self {
        Self {
            age_min: 21,
            age_max: 35,
            gpa_min: 2750,
            preferred: "6171".to_owned(),
        }
    }

    fn amended(&self, told: &Value) -> Self {
        Self {
            age_min: small(told, "age_min", self.age_min.cast_unsigned()).cast_signed(),
            age_max: small(told, "age_max", self.age_max.cast_unsigned()).cast_signed(),
            gpa_min: told["gpa_min"].as_str().map_or(self.gpa_min, grade),
            preferred: told["preferred_domicile"]
                .as_str()
                .unwrap_or(&self.preferred)
                .to_owned(),
        }
    }
}

impl Leave {
    fn of_the_kak() -> Self {
        Self {
            annual: 12,
            special: 12,
            long_months: 3,
            joint_leave_charged: false,
        }
    }

    fn amended(&self, told: &Value) -> Self {
        let joint_leave = told["joint_leave_charged"].as_bool();
        Self {
            annual: number(told, "annual_days", self.annual),
            special: number(told, "special_max_days", self.special),
            long_months: small(told, "long_max_months", self.long_months),
            joint_leave_charged: joint_leave.unwrap_or(self.joint_leave_charged),
        }
    }
}

impl Appraisal {
    fn of_the_kak() -> Self {
        let indicators = vec![
            "attendance",
            "roll_call",
            "completion",
            "timeliness",
            "quality",
            "obligations",
            "prohibitions",
        ];
        Self {
            indicators,
            low: 1,
            high: 4,
            good_from: 18,
            early_days: 5,
            late_after: 5,
        }
    }

    fn amended(&self, told: &Value) -> Self {
        Self {
            good_from: number(told, "good_from", self.good_from),
            early_days: small(told, "early_days", self.early_days),
            late_after: small(told, "late_after_day", self.late_after),
            ..self.clone()
        }
    }

    /// Exact: the totals together against the threshold for so many months.
    pub(crate) fn category(&self, total: i64, months: usize) -> &'static str {
        if total >= self.good_from * months as i64 {
            "good"
        } else {
            "poor"
        }
    }
}

impl Terms {
    pub(crate) fn published(told: &Value) -> Self {
        let terms = Self {
            fiscal_year: 0,
            ceiling: 0,
            quota: 0,
            start: Day {
                year: 0,
                month: 1,
                day: 1,
            },
            end: Day {
                year: 0,
                month: 1,
                day: 1,
            },
            eligibility: Eligibility::of_the_kak(),
            leave: Leave::of_the_kak(),
            appraisal: Appraisal::of_the_kak(),
            different_signers: true,
            warning_levels: 3,
            warning_months: 6,
            any_officer_may: false,
        };
        terms.amended(told)
    }

    /// A given field replaces the old one. The other fields stay, inside policies too.
    pub(crate) fn amended(&self, told: &Value) -> Self {
        let mut terms = self.clone();
        if let Some(year) = told["fiscal_year"].as_i64() {
            terms.fiscal_year = year.try_into().unwrap();
        }
        if let Some(ceiling) = told["budget_ceiling"].as_str() {
            terms.ceiling = money::read(ceiling);
        }
        if let Some(quota) = told["quota"].as_u64() {
            terms.quota = quota;
        }
        if told["period"].is_object() {
            terms.start = Day::read(text(&told["period"], "start"));
            terms.end = Day::read(text(&told["period"], "end"));
        }
        terms.eligibility = terms.eligibility.amended(&told["eligibility"]);
        terms.leave = terms.leave.amended(&told["leave"]);
        terms.appraisal = terms.appraisal.amended(&told["appraisal"]);
        let signers = told["evaluation"]["different_signers"].as_bool();
        terms.different_signers = signers.unwrap_or(terms.different_signers);
        if let Some(may) = told["officers_may"].as_str() {
            terms.any_officer_may = may == "any";
        }
        terms.warning_levels = told["warnings"]["levels"]
            .as_u64()
            .unwrap_or(terms.warning_levels);
        terms.warning_months = small(&told["warnings"], "months", terms.warning_months);
        terms
    }

    /// Whether an office could work with them.
    pub(crate) fn make_sense(&self) -> bool {
        let Appraisal {
            indicators,
            low,
            high,
            good_from,
            early_days,
            late_after,
        } = &self.appraisal;
        let count = indicators.len() as i64;
        self.quota > 0
            && self.ceiling > 0
            && self.start <= self.end
            && self.start.year == self.fiscal_year
            && self.end.year == self.fiscal_year
            && self.eligibility.age_min <= self.eligibility.age_max
            && self.leave.special <= self.leave.annual
            && self.leave.long_months <= 12
            && low < high
            && (count * low..=count * high).contains(good_from)
            && *early_days <= 31
            && *late_after <= 28
    }
}
