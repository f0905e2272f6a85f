//! Parameters and answers of the view `packages`.

use chrono::NaiveDate;
use jejak_events::{
    ids::{Nip, OfficerId, OperatorId, PackageId},
    money::Rupiah,
    package::{officer::OfficerRole, terms::Terms},
    rejection::Violation,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{column::Column, rank::PriorEvaluationItem};

/// The parameters of a list of packages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PackagesParams {
    /// The most items, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of the answer before.
    pub cursor: Option<String>,
}

/// The parameters of one package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackageParams {
    /// The package's id, such as `2020-tenaga-it`.
    pub package_id: PackageId,
}

/// The parameters of a list of candidates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidatesParams {
    /// The package's id, such as `2020-tenaga-it`.
    pub package_id: PackageId,
    /// The most items, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of the answer before.
    pub cursor: Option<String>,
}

/// The assignment of an officer to a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OfficerItem {
    /// The officer's pseudonym in events.
    pub officer_id: OfficerId,
    /// The civil-service number; null once erased.
    pub nip: Option<Nip>,
    /// The officer's name; null once erased.
    pub name: Option<String>,
    /// The office: PA, PPK or PPTK.
    pub role: OfficerRole,
    /// The first day of the assignment.
    pub from: NaiveDate,
    /// The last day of the assignment, if known.
    pub to: Option<NaiveDate>,
    /// Whether the officer acts for another (Plt, Plh).
    pub acting: bool,
    /// The decree of the assignment.
    pub decree: Option<String>,
}

/// The number of people that a package hires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quota {
    /// All places of the package.
    pub total: u32,
    /// The places that are taken.
    pub filled: u32,
    /// The places that are left.
    pub free: u32,
}

/// The money of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Budget {
    /// The most that all contracts may cost (pagu).
    pub ceiling: Rupiah,
    /// The money committed by contracts.
    pub committed: Rupiah,
    /// The money that is left.
    pub free: Rupiah,
}

/// A package with its officers, places and money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PackageItem {
    /// The package's id, such as `2020-tenaga-it`.
    pub package_id: PackageId,
    /// The title of the work.
    pub title: String,
    /// The agency that procures it.
    pub agency: String,
    /// The fiscal year that pays.
    pub fiscal_year: i32,
    /// The terms as last published or amended.
    pub terms: Terms,
    /// The version of the terms, 1 when published.
    pub terms_version: u32,
    /// The assignments, in the order they were made.
    pub officers: Vec<OfficerItem>,
    /// The places of the package.
    pub quota: Quota,
    /// The money of the package.
    pub budget: Budget,
}

/// A candidate for a hire, ranked by the last final evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CandidateItem {
    /// The rank among the candidates, from 1.
    pub rank: u32,
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The full name of the person.
    pub name: String,
    /// Whether the person meets the qualifications on the package's first day. It does not rank.
    pub eligible: bool,
    /// The qualifications that the person does not meet.
    pub violations: Vec<Violation>,
    /// The last final evaluation, which a hire would consider, if there is one.
    pub prior_evaluation: Option<PriorEvaluationItem>,
    /// Whether the person lives in the region that the package prefers.
    pub preferred_domicile: bool,
    /// Whether the person is hired for the package already.
    pub engaged: bool,
}

/// The columns of a table of packages.
pub(super) const PACKAGE_COLUMNS: &[Column] = &[
    Column::text("package_id"),
    Column::text("title"),
    Column::text("agency"),
    Column::number("fiscal_year"),
    Column::text("terms.fund_source"),
    Column::date("terms.period.start"),
    Column::date("terms.period.end"),
    Column::number("quota.total"),
    Column::number("quota.filled"),
    Column::number("quota.free"),
    Column::money("budget.ceiling"),
    Column::money("budget.committed"),
    Column::money("budget.free"),
    Column::number("terms_version"),
];

/// The columns of a table of candidates.
pub(super) const CANDIDATE_COLUMNS: &[Column] = &[
    Column::number("rank"),
    Column::text("name"),
    Column::yes_no("eligible"),
    Column::count("violations"),
    Column::number("prior_evaluation.fiscal_year"),
    Column::number("prior_evaluation.months"),
    Column::number("prior_evaluation.total"),
    Column::number("prior_evaluation.mean"),
    Column::code("prior_evaluation.category"),
    Column::yes_no("preferred_domicile"),
    Column::yes_no("engaged"),
    Column::text("operator_id"),
];
