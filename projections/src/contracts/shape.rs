//! Parameters and answers of the view `contracts`.

use chrono::NaiveDate;
use jejak_events::{
    ids::{ContractId, OperatorId, PackageId},
    money::Rupiah,
    operator::{
        contract::{Contract, Ending, Monthly, Warning},
        identity::Profile,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{column::Column, page, rank::PriorEvaluationItem};

/// The status of a contract on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Status)]
pub enum ContractStatus {
    /// The first day is yet to come.
    Upcoming,
    /// From the first day to the last.
    Active,
    /// After the last day, as agreed.
    Ended,
    /// The contract was terminated before its time.
    Terminated,
    /// Void from the beginning, by mistake.
    Voided,
}

impl ContractStatus {
    pub(super) fn of(contract: &Contract, on: NaiveDate) -> Self {
        match contract.ending {
            Some(Ending::Voided) => Self::Voided,
            _ if on < contract.terms.start => Self::Upcoming,
            _ if on <= contract.period().end => Self::Active,
            Some(Ending::Terminated(_)) => Self::Terminated,
            None => Self::Ended,
        }
    }
}

/// The parameters of a list of contracts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContractsParams {
    /// The day of the status; today if absent.
    #[serde(default, deserialize_with = "page::day")]
    pub on: Option<NaiveDate>,
    /// Only contracts of this status.
    pub status: Option<ContractStatus>,
    /// Only contracts of this package.
    pub package: Option<PackageId>,
    /// Only contracts of this person.
    pub operator: Option<OperatorId>,
    /// The most items, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of the answer before.
    pub cursor: Option<String>,
}

/// The parameters of one contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractParams {
    /// The contract's id, a UUID.
    pub contract_id: ContractId,
    /// The day of the status; today if absent.
    #[serde(default, deserialize_with = "page::day")]
    pub on: Option<NaiveDate>,
}

/// The parameters of the register of people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OperatorsParams {
    /// Only people whose name has words that begin so, in any order, case and accents aside. Or one whole number:
    /// the NIK, or the number of a contract.
    pub q: Option<String>,
    /// Only people with a contract in this package.
    pub package: Option<PackageId>,
    /// Only people with a contract that has this status today; with `package`, the contract in it.
    pub status: Option<ContractStatus>,
    /// The most items, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of the answer before.
    pub cursor: Option<String>,
}

/// The parameters of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorParams {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
}

/// A contract on a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContractItem {
    /// The contract's id, a UUID.
    pub contract_id: ContractId,
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The person's name; null once erased.
    pub operator_name: Option<String>,
    /// The package's id, such as `2020-tenaga-it`.
    pub package_id: PackageId,
    /// The title of the package, as last amended.
    pub package_title: Option<String>,
    /// The number of the signed contract; null once erased.
    pub spk_number: Option<String>,
    /// The day of the signature.
    pub spk_date: NaiveDate,
    /// The first day of work.
    pub start: NaiveDate,
    /// The last day of work, as last amended.
    pub end: NaiveDate,
    /// The money of one month.
    pub monthly: Monthly,
    /// The money of the whole contract.
    pub value: Rupiah,
    /// The status on the day asked for.
    pub status: ContractStatus,
    /// The last day of a terminated contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminated_on: Option<NaiveDate>,
    /// The money earned under a terminated contract, in Rupiah. It stays committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earned: Option<Rupiah>,
    /// The evaluation that the hire considered, if there was one.
    pub prior_evaluation: Option<PriorEvaluationItem>,
    /// The reason for a hire in spite of a poor evaluation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
    /// The warnings, in the order they were issued.
    pub warnings: Vec<Warning>,
}

/// A person with all contracts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OperatorItem {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The particulars; null once erased.
    pub profile: Option<Profile>,
    /// The contracts as they stand today, earliest first.
    pub contracts: Vec<ContractItem>,
}

/// The columns of a table of contracts.
pub(super) const CONTRACT_COLUMNS: &[Column] = &[
    Column::text("spk_number"),
    Column::date("spk_date"),
    Column::text("operator_name"),
    Column::text("package_id"),
    Column::text("package_title"),
    Column::date("start"),
    Column::date("end"),
    Column::money("monthly.wage"),
    Column::money("monthly.health_insurance"),
    Column::money("monthly.employment_insurance"),
    Column::money("value"),
    Column::code("status"),
    Column::date("terminated_on"),
    Column::money("earned"),
    Column::count("warnings"),
    Column::code("prior_evaluation.category"),
    Column::number("prior_evaluation.mean"),
    Column::text("justification"),
    Column::text("contract_id"),
    Column::text("operator_id"),
];

/// The columns of the register of people as a table.
pub(super) const OPERATOR_COLUMNS: &[Column] = &[
    Column::text("profile.full_name"),
    Column::text("profile.nik"),
    Column::code("profile.sex"),
    Column::date("profile.birth_date"),
    Column::text("profile.birth_place"),
    Column::text("profile.address"),
    Column::text("profile.domicile_code"),
    Column::text("profile.citizenship"),
    Column::text("profile.education.level"),
    Column::text("profile.education.major"),
    Column::text("profile.education.institution"),
    Column::yes_no("profile.education.accredited"),
    Column::number("profile.education.gpa"),
    Column::text("profile.phone"),
    Column::text("profile.email"),
    Column::text("profile.npwp"),
    Column::count("contracts"),
    Column::text("operator_id"),
];
