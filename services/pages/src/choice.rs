//! The packages that a page is about: which there are, and which one is meant where the address names none.

use chrono::NaiveDate;
use jejak_events::date::{Month, Period};
use serde::Deserialize;

use crate::{
    address::address,
    answer::{Asker, List, Refused},
    people::path_segment,
    records::{Budget, Quota},
};

/// A package that may be chosen.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PackageChoice {
    pub(crate) package_id: String,
    pub(crate) title: String,
    pub(crate) fiscal_year: i32,
    pub(crate) quota: Quota,
    pub(crate) budget: Budget,
    terms: ChosenTerms,
    officers: Vec<Assigned>,
}

#[derive(Debug, Clone, Deserialize)]
struct ChosenTerms {
    period: Period,
}

#[derive(Debug, Clone, Deserialize)]
struct Assigned {
    nip: Option<String>,
}

/// A month that is open in a package.
#[derive(Deserialize)]
struct OpenMonth {
    package_id: String,
    month: Option<Month>,
}

impl PackageChoice {
    /// The package's months in order.
    pub(crate) fn months(&self) -> impl Iterator<Item = Month> + use<> {
        self.terms.period.months()
    }

    pub(crate) fn period(&self) -> (NaiveDate, NaiveDate) {
        (self.terms.period.start, self.terms.period.end)
    }

    fn is_of(&self, nip: &str) -> bool {
        let mut officers = self.officers.iter();
        officers.any(|officer| officer.nip.as_deref() == Some(nip))
    }
}

/// All packages, the latest first; those with the person among their officers stand before all others.
///
/// # Errors
/// The API's refusal.
pub(crate) async fn packages(asker: Asker<'_>, nip: &str) -> Result<Vec<PackageChoice>, Refused> {
    let mut packages = asker.get_all::<PackageChoice>("/v1/packages").await?.items;
    packages.sort_by_key(|package| {
        let start = package.terms.period.start;
        (!package.is_of(nip), std::cmp::Reverse(start))
    });
    Ok(packages)
}

/// The package that the address names, or the first one.
pub(crate) fn named<'a>(
    packages: &'a [PackageChoice],
    asked: Option<&str>,
) -> Option<&'a PackageChoice> {
    let found = asked.and_then(|id| packages.iter().find(|package| package.package_id == id));
    match asked {
        Some(_) => found,
        None => packages.first(),
    }
}

/// The package and the month to appraise: those that the address names. Where it names none, the most pressing
/// month that is open in the person's packages; without any, the last month that has begun.
///
/// # Errors
/// The API's refusal.
pub(crate) async fn package_and_month<'a>(
    asker: Asker<'_>,
    packages: &'a [PackageChoice],
    asked: (Option<&str>, Option<Month>),
    nip: &str,
    today: NaiveDate,
) -> Result<Option<(&'a PackageChoice, Month)>, Refused> {
    let (package, month) = asked;
    let Some(first) = named(packages, package) else {
        if let Some(unknown) = package {
            // The API says that there is no such package.
            let path = format!("/v1/packages/{}", path_segment(unknown));
            asker.get::<PackageChoice>(&path).await?;
        }
        return Ok(None);
    };
    if let (Some(_), Some(month)) = (package, month)
        && first.months().any(|of| of == month)
    {
        return Ok(Some((first, month)));
    }
    // Months to appraise stand before all other work, the most pressing first.
    let limit = if package.is_some() { "1" } else { "500" };
    let asked = [("package", package.unwrap_or_default()), ("limit", limit)];
    let work: List<OpenMonth> = asker.get(&address("/v1/work", &asked)).await?;
    let has_own = packages.iter().any(|package| package.is_of(nip));
    let mut open = work.items.into_iter().filter_map(|open| {
        let month = open.month?;
        let of = named(packages, Some(&open.package_id))?;
        (package.is_some() || of.is_of(nip) || !has_own).then_some((of, month))
    });
    let pressing = open.next();
    Ok(pressing.or_else(|| Some((first, last_begun(first, today)?))))
}

/// The last month of a package that has begun, or its first month.
fn last_begun(package: &PackageChoice, today: NaiveDate) -> Option<Month> {
    let begun = package.months().take_while(|month| month.first() <= today);
    begun.last().or_else(|| package.months().next())
}
