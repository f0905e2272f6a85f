//! Terms of reference as they are told: what is left out is as in the KAK of 2020 (domain.md, Policies).

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
    fn read(told: &Value) -> Self {
        Self {
            age_min: small(told, "age_min", 21).cast_signed(),
            age_max: small(told, "age_max", 35).cast_signed(),
            gpa_min: grade(told["gpa_min"].as_str().unwrap_or("2.75")),
            preferred: told["preferred_domicile"].as_str().unwrap_or("6171").to_owned(),
        }
    }
}

impl Leave {
    fn read(told: &Value) -> Self {
        Self {
            annual: number(told, "annual_days", 12),
            special: number(told, "special_max_days", 12),
            long_months: small(told, "long_max_months", 3),
            joint_leave_charged: told["joint_leave_charged"].as_bool().unwrap_or(false),
        }
    }
}

impl Appraisal {
    fn read(told: &Value) -> Self {
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
            good_from: number(told, "good_from", 18),
            early_days: small(told, "early_days", 5),
            late_after: small(told, "late_after_day", 5),
        }
    }

    /// Exact: the totals together against the threshold for so many months.
    pub(crate) fn category(&self, total: i64, months: usize) -> &'static str {
        if total >= self.good_from * months as i64 { "good" } else { "poor" }
    }
}

impl Terms {
    pub(crate) fn published(told: &Value) -> Self {
        let none = Value::Null;
        let terms = Self {
            fiscal_year: 0,
            ceiling: 0,
            quota: 0,
            start: Day { year: 0, month: 1, day: 1 },
            end: Day { year: 0, month: 1, day: 1 },
            eligibility: Eligibility::read(&none),
            leave: Leave::read(&none),
            appraisal: Appraisal::read(&none),
            different_signers: true,
            warning_levels: 3,
            warning_months: 6,
        };
        terms.amended(told)
    }

    /// A policy that is told replaces all of the one before it.
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
        if told["eligibility"].is_object() {
            terms.eligibility = Eligibility::read(&told["eligibility"]);
        }
        if told["leave"].is_object() {
            terms.leave = Leave::read(&told["leave"]);
        }
        if told["appraisal"].is_object() {
            terms.appraisal = Appraisal::read(&told["appraisal"]);
        }
        if told["evaluation"].is_object() {
            terms.different_signers = told["evaluation"]["different_signers"].as_bool().unwrap_or(true);
        }
        if told["warnings"].is_object() {
            terms.warning_levels = told["warnings"]["levels"].as_u64().unwrap_or(3);
            terms.warning_months = small(&told["warnings"], "months", 6);
        }
        terms
    }

    /// Whether an office could work with them.
    pub(crate) fn make_sense(&self) -> bool {
        let Appraisal { indicators, low, high, good_from, early_days, late_after } = &self.appraisal;
        let count = indicators.len() as i64;
        self.quota > 0
            && self.ceiling > 0
            && self.start <= self.end
            && self.start.year == self.fiscal_year
            && self.end.year == self.fiscal_year
            && self.eligibility.age_min <= self.eligibility.age_max
            && self.leave.special <= self.leave.annual
            && self.leave.long_months <= 12
            && (count * low..=count * high).contains(good_from)
            && *early_days <= 31
            && *late_after <= 28
    }
}
