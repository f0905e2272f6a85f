//! The order of evaluations and of candidates, and means as answers show them.
//!
//! Means are compared as fractions and rounded only where they are shown.

use std::cmp::{Ordering, Reverse};

pub(crate) use jejak_events::operator::evaluation::mean;
use jejak_events::{ids::ContractId, operator::contract, package::policy::Category};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The values a person is ranked by. The best key is the least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RankKey {
    /// None while no month is assessed.
    category: Option<Category>,
    /// The sum of monthly totals.
    total: u32,
    /// The number of assessed months.
    months: u32,
    /// Whether the person lives in the preferred region.
    preferred: bool,
    /// The name in small letters; none once erased.
    name: Option<Box<str>>,
}

impl RankKey {
    pub(crate) fn new(
        category: Option<Category>,
        total: u32,
        months: u32,
        preferred: bool,
        name: Option<&str>,
    ) -> Self {
        Self {
            category,
            total,
            months,
            preferred,
            name: name.map(|name| name.to_lowercase().into()),
        }
    }

    /// Compares `total / months` without dividing. Without months the mean is less than any other.
    fn compare_mean(&self, other: &Self) -> Ordering {
        match (self.months, other.months) {
            (0, _) | (_, 0) => self.months.min(1).cmp(&other.months.min(1)),
            (mine, theirs) => {
                let cross = |total: u32, months: u32| u64::from(total) * u64::from(months);
                cross(self.total, theirs).cmp(&cross(other.total, mine))
            }
        }
    }
}

impl Ord for RankKey {
    fn cmp(&self, other: &Self) -> Ordering {
        let category = |key: &Self| match key.category {
            Some(Category::Good) => 0,
            None => 1,
            Some(Category::Poor) => 2,
        };
        category(self)
            .cmp(&category(other))
            .then_with(|| other.compare_mean(self))
            .then_with(|| other.months.cmp(&self.months))
            .then_with(|| Reverse(self.preferred).cmp(&Reverse(other.preferred)))
            .then_with(|| self.name.is_none().cmp(&other.name.is_none()))
            .then_with(|| self.name.cmp(&other.name))
    }
}

impl PartialOrd for RankKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The final evaluation that a hire considers (rule 9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PriorEvaluation)]
pub struct PriorEvaluationItem {
    /// The fiscal year of the evaluated contract.
    pub fiscal_year: i32,
    /// The evaluated contract's id, a UUID.
    pub contract_id: ContractId,
    /// 1 at first, one more each time it was final again.
    pub revision: u32,
    /// The number of assessed months.
    pub months: u32,
    /// The sum of monthly totals.
    pub total: u32,
    /// The mean of a month, rounded half-up to two places; a decimal string.
    pub mean: Option<String>,
    /// Good or poor, by the least good total of the contract.
    pub category: Category,
}

impl From<&contract::PriorEvaluation> for PriorEvaluationItem {
    fn from(prior: &contract::PriorEvaluation) -> Self {
        let contract::PriorEvaluation {
            contract_id,
            fiscal_year,
            revision,
            months,
            total,
            category,
        } = *prior;
        Self {
            fiscal_year,
            contract_id,
            revision,
            months,
            total,
            mean: mean(total, months),
            category,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(category: Option<Category>, total: u32, months: u32) -> RankKey {
        RankKey::new(category, total, months, false, Some("B"))
    }

    #[test]
    fn good_comes_before_not_evaluated_before_poor() {
        use Category::{Good, Poor};
        let mut all = [
            key(Some(Poor), 53, 3),
            key(None, 0, 0),
            key(Some(Good), 54, 3),
        ];
        all.sort();
        assert_eq!(all.map(|s| s.category), [Some(Good), None, Some(Poor)]);
    }

    #[test]
    fn equal_means_are_told_apart_by_months_domicile_and_name() {
        let base = || key(Some(Category::Good), 40, 2);
        let longer = key(Some(Category::Good), 60, 3);
        assert!(longer < base());
        let named = |name| RankKey::new(Some(Category::Good), 40, 2, false, name);
        let near = RankKey {
            preferred: true,
            ..named(Some("C"))
        };
        assert!(near < base());
        assert!(named(Some("a")) < base());
        assert_eq!(
            named(Some("b")),
            base(),
            "small letters and capitals rank alike"
        );
        assert!(base() < named(None), "an erased person comes last");
        assert!(key(Some(Category::Good), 61, 3) < longer);
    }
}
