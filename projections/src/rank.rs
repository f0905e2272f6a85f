//! Ranking people by how they did, and showing means: the order of evaluations and of candidates
//! (api.md, Ranking). Means are compared as fractions and rounded only where they are shown.

use std::cmp::{Ordering, Reverse};

use jejak_events::{ids::ContractId, operator::contract, package::policy::Category};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a person is ranked by: the better is the lesser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Good or poor; none when nothing was assessed.
    category: Option<Category>,
    /// Sum of monthly totals.
    total: u32,
    /// Months assessed.
    months: u32,
    /// Whether he lives in the preferred region.
    preferred: bool,
    /// Name, in small letters; none once erased.
    name: Option<Box<str>>,
}

impl Standing {
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

    /// Compares `total / months` without dividing. No month assessed is less than any mean.
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

impl Ord for Standing {
    fn cmp(&self, other: &Self) -> Ordering {
        let category = |standing: &Self| match standing.category {
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

impl PartialOrd for Standing {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A mean as shown: rounded half-up to two places, without trailing zeros; none without months.
pub(crate) fn mean(total: u32, months: u32) -> Option<String> {
    let (total, months) = (u64::from(total), u64::from(months));
    let hundredths = (total * 200 + months).checked_div(months * 2)?;
    let (whole, part) = (hundredths / 100, hundredths % 100);
    Some(match (part, part % 10) {
        (0, _) => whole.to_string(),
        (_, 0) => format!("{whole}.{}", part / 10),
        _ => format!("{whole}.{part:02}"),
    })
}

/// The final evaluation of an earlier year, as selection considers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriorEvaluation {
    /// The fiscal year evaluated.
    pub fiscal_year: i32,
    /// The contract evaluated.
    pub contract_id: ContractId,
    /// Which revision.
    pub revision: u32,
    /// Months assessed.
    pub months: u32,
    /// Sum of monthly totals.
    pub total: u32,
    /// Mean of a month, rounded half-up to two places; a decimal string.
    pub mean: Option<String>,
    /// Good or poor.
    pub category: Category,
}

impl From<&contract::PriorEvaluation> for PriorEvaluation {
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

    fn standing(category: Option<Category>, total: u32, months: u32) -> Standing {
        Standing::new(category, total, months, false, Some("B"))
    }

    #[test]
    fn means_are_rounded_half_up_where_they_are_shown() {
        let shown = |total, months| mean(total, months).unwrap();
        assert_eq!(shown(75, 3), "25");
        assert_eq!(shown(52, 3), "17.33");
        assert_eq!(shown(53, 3), "17.67");
        assert_eq!(shown(35, 2), "17.5");
        assert_eq!(shown(141, 8), "17.63");
        assert_eq!(mean(0, 0), None);
    }

    #[test]
    fn good_comes_before_not_evaluated_before_poor() {
        use Category::{Good, Poor};
        let mut all = [
            standing(Some(Poor), 53, 3),
            standing(None, 0, 0),
            standing(Some(Good), 54, 3),
        ];
        all.sort();
        assert_eq!(all.map(|s| s.category), [Some(Good), None, Some(Poor)]);
    }

    #[test]
    fn equal_means_are_told_apart_by_months_domicile_and_name() {
        let base = || standing(Some(Category::Good), 40, 2);
        let longer = standing(Some(Category::Good), 60, 3);
        assert!(longer < base());
        let named = |name| Standing::new(Some(Category::Good), 40, 2, false, name);
        let near = Standing {
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
        assert!(base() < named(None), "and who is erased comes last");
        assert!(standing(Some(Category::Good), 61, 3) < longer);
    }
}
