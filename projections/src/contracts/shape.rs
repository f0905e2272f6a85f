//! What the view `contracts` is asked and what it answers (api.md, Queries).

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

use crate::{PriorEvaluation, page};

/// How a contract stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It has not begun.
    Upcoming,
    /// It runs.
    Active,
    /// It is over, as agreed.
    Ended,
    /// It is over, before its time.
    Terminated,
    /// It was a mistake from the beginning.
    Voided,
}

impl Status {
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

/// Which contracts to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContractsParams {
    /// The day the status is asked for; today if absent.
    #[serde(default, deserialize_with = "page::day")]
    pub on: Option<NaiveDate>,
    /// Only those of this status.
    pub status: Option<Status>,
    /// Only those of this package.
    pub package: Option<PackageId>,
    /// Only those of this person.
    pub operator: Option<OperatorId>,
    /// How many, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<String>,
}

/// Which contract to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractParams {
    /// The contract.
    pub contract_id: ContractId,
    /// The day the status is asked for; today if absent.
    #[serde(default, deserialize_with = "page::day")]
    pub on: Option<NaiveDate>,
}

/// Which part of the register to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OperatorsParams {
    /// How many, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<String>,
}

/// Which person to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorParams {
    /// The person.
    pub operator_id: OperatorId,
}

/// A contract as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContractItem {
    /// The contract.
    pub contract_id: ContractId,
    /// The person.
    pub operator_id: OperatorId,
    /// His name; null once erased.
    pub operator_name: Option<String>,
    /// The package.
    pub package_id: PackageId,
    /// The contract's number.
    pub spk_number: String,
    /// The day it was signed.
    pub spk_date: NaiveDate,
    /// First day.
    pub start: NaiveDate,
    /// Last day, as last amended.
    pub end: NaiveDate,
    /// Money of a month.
    pub monthly: Monthly,
    /// Money of the whole.
    pub value: Rupiah,
    /// How it stands on the day asked for.
    pub status: Status,
    /// The last day, where it was terminated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminated_on: Option<NaiveDate>,
    /// The evaluation the hire considered, if there was one.
    pub prior_evaluation: Option<PriorEvaluation>,
    /// Why he was hired in spite of a poor one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
    /// Warnings issued.
    pub warnings: Vec<Warning>,
}

/// A person and his contracts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OperatorItem {
    /// The person.
    pub operator_id: OperatorId,
    /// Particulars; null once erased.
    pub profile: Option<Profile>,
    /// Contracts as they stand today, earliest first.
    pub contracts: Vec<ContractItem>,
}
