//! What the view `packages` is asked and what it answers (api.md, Queries).

use chrono::NaiveDate;
use jejak_events::{
    ids::{Nip, OfficerId, OperatorId, PackageId},
    money::Rupiah,
    package::{officer::Role, terms::Terms},
    rejection::Violation,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::PriorEvaluation;

/// Which packages to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PackagesParams {
    /// How many, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<String>,
}

/// Which package to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackageParams {
    /// The package.
    pub package_id: PackageId,
}

/// Whose candidates to rank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidatesParams {
    /// The package.
    pub package_id: PackageId,
    /// How many, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<String>,
}

/// An officer's assignment to a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OfficerItem {
    /// The officer's pseudonym in events.
    pub officer_id: OfficerId,
    /// Civil-service number; null once erased.
    pub nip: Option<Nip>,
    /// Name; null once erased.
    pub name: Option<String>,
    /// The office.
    pub role: Role,
    /// First day.
    pub from: NaiveDate,
    /// Last day, if known.
    pub to: Option<NaiveDate>,
    /// Whether acting (Plt, Plh).
    pub acting: bool,
    /// The decree that assigns.
    pub decree: Option<String>,
}

/// How many people, and how many places are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quota {
    /// Places in all.
    pub total: u32,
    /// Places taken.
    pub filled: u32,
    /// Places left.
    pub free: u32,
}

/// The money, and what is left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Budget {
    /// Pagu.
    pub ceiling: Rupiah,
    /// Committed by contracts.
    pub committed: Rupiah,
    /// What is left.
    pub free: Rupiah,
}

/// A package as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PackageItem {
    /// The package.
    pub package_id: PackageId,
    /// The work's name.
    pub title: String,
    /// The agency that procures it.
    pub agency: String,
    /// The fiscal year that pays.
    pub fiscal_year: i32,
    /// The terms in force.
    pub terms: Terms,
    /// Their version.
    pub terms_version: u32,
    /// Assignments, in the order they were made.
    pub officers: Vec<OfficerItem>,
    /// Places.
    pub quota: Quota,
    /// Money.
    pub budget: Budget,
}

/// A person a package could hire, ranked by how he did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CandidateItem {
    /// Place among the candidates, from 1.
    pub rank: u32,
    /// The person.
    pub operator_id: OperatorId,
    /// Name.
    pub name: String,
    /// Whether he meets the qualifications on the package's first day. Shown; it does not rank.
    pub eligible: bool,
    /// What he does not meet.
    pub violations: Vec<Violation>,
    /// The last final evaluation, if there is one: what hiring would consider.
    pub prior_evaluation: Option<PriorEvaluation>,
    /// Whether he lives in the region the package prefers.
    pub preferred_domicile: bool,
    /// Whether he is hired for the package already.
    pub engaged: bool,
}
