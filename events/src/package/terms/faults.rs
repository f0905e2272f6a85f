//! The faults of terms, listed all at once.

use std::collections::BTreeSet;

use super::Terms;
use crate::{
    Rejection,
    date::Month,
    money::Rupiah,
    rejection::TermsFault,
    text::{Citizenship, is_plain},
};

/// Refuses terms that could not be worked with, naming every fault.
pub(super) fn validate(terms: &Terms) -> Result<(), Rejection> {
    let mut faults = Vec::new();
    let mut fault = |wrong: bool, field: &str, expected: &str| {
        if wrong {
            faults.push(TermsFault {
                field: field.to_owned(),
                expected: expected.to_owned(),
            });
        }
    };
    let Terms {
        period,
        eligibility,
        leave,
        appraisal,
        warnings,
        ..
    } = terms;
    let year = |day: chrono::NaiveDate| Month::of(day).year();
    fault(terms.quota == 0, "quota", "1 or more");
    fault(
        terms.budget_ceiling == Rupiah::ZERO,
        "budget_ceiling",
        "more than 0",
    );
    fault(
        !crate::date::YEARS.contains(&terms.fiscal_year),
        "fiscal_year",
        "a year from 1900 to 2200",
    );
    fault(
        period.end < period.start,
        "period",
        "an end that is not before its start",
    );
    let outside = year(period.start) != terms.fiscal_year || year(period.end) != terms.fiscal_year;
    fault(outside, "period", "days of the fiscal year");
    fault(
        eligibility.age_min > eligibility.age_max,
        "eligibility.age_min",
        "at most age_max",
    );
    fault(
        eligibility.citizenship.parse::<Citizenship>().is_err(),
        "eligibility.citizenship",
        "a citizenship",
    );
    let is_no_text = |text: &String| !is_plain(text);
    fault(
        eligibility.majors.iter().any(is_no_text),
        "eligibility.majors",
        "a major each",
    );
    let preferred = &eligibility.preferred_domicile;
    fault(
        preferred.as_ref().is_some_and(is_no_text),
        "eligibility.preferred_domicile",
        "a domicile code",
    );
    fault(leave.annual_days > 366, "leave.annual_days", "0 to 366");
    fault(
        leave.special_max_days > leave.annual_days,
        "leave.special_max_days",
        "at most annual_days",
    );
    fault(
        leave.long_max_months > 12,
        "leave.long_max_months",
        "0 to 12",
    );
    fault(
        appraisal.scale_min >= appraisal.scale_max,
        "appraisal.scale_min",
        "less than scale_max",
    );
    let unnamed = |(element, indicators): (&String, &BTreeSet<String>)| {
        is_no_text(element) || indicators.is_empty() || indicators.iter().any(is_no_text)
    };
    fault(
        appraisal.elements.iter().any(unnamed),
        "appraisal.elements",
        "a name and indicators in each",
    );
    let indicators: Vec<_> = appraisal.elements.values().flatten().collect();
    fault(
        indicators.is_empty(),
        "appraisal.elements",
        "at least one indicator",
    );
    fault(
        indicators.len() > 100,
        "appraisal.elements",
        "at most 100 indicators",
    );
    fault(
        indicators.len() != appraisal.indicators().len(),
        "appraisal.elements",
        "every indicator in one element only",
    );
    let count = u16::try_from(indicators.len()).unwrap_or(u16::MAX);
    let least = count.saturating_mul(u16::from(appraisal.scale_min));
    let most = count.saturating_mul(u16::from(appraisal.scale_max));
    fault(
        !(least..=most).contains(&appraisal.good_from),
        "appraisal.good_from",
        "a total the scale can reach",
    );
    fault(appraisal.early_days > 31, "appraisal.early_days", "0 to 31");
    fault(
        appraisal.late_after_day > 28,
        "appraisal.late_after_day",
        "0 to 28",
    );
    fault(
        warnings.levels == 0 || warnings.levels > 3,
        "warnings.levels",
        "1 to 3",
    );
    fault(warnings.months == 0, "warnings.months", "1 or more");
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Rejection::TermsInvalid { faults })
    }
}
