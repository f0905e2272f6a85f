//! The rows of the view `work`: the facts that work follows from.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use jejak_events::{
    date::{Month, Period},
    ids::{ContractId, PackageId},
    operator::{
        contract::{Contract, ContractsState, Warning},
        evaluation::EvaluationState,
        facility::FacilityId,
        leave::LeaveState,
    },
};
use serde::{Deserialize, Serialize};

use crate::{
    cell::PersonalCell,
    rows::{Postcard, Rows},
};

/// A person with everything that may lead to work, under the person's id.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct WorkedPerson {
    /// The person's name; none once erased.
    pub(super) name: Option<PersonalCell<String>>,
    /// The contracts that were not voided.
    pub(super) contracts: BTreeMap<ContractId, WorkedContract>,
    /// The months of each contract that are done: true where appraised, false where waived.
    pub(super) done: BTreeMap<ContractId, BTreeMap<Month, bool>>,
    pub(super) evaluations: EvaluationState,
    /// The facilities that the person has.
    pub(super) facilities: BTreeMap<FacilityId, ContractId>,
    pub(super) leave: LeaveState,
}

/// The part of a contract that leads to work.
#[derive(Serialize, Deserialize)]
pub(super) struct WorkedContract {
    pub(super) package_id: PackageId,
    /// Up to the termination, if there was one.
    pub(super) period: Period,
    /// The days of leave that a year grants.
    pub(super) pool_days: u32,
    pub(super) months: Vec<WorkedMonth>,
    pub(super) warnings: Vec<Warning>,
}

/// A month to be appraised.
#[derive(Serialize, Deserialize)]
pub(super) struct WorkedMonth {
    pub(super) month: Month,
    /// The first day on which it may be signed, and a day was served.
    pub(super) since: NaiveDate,
    /// The last day on which it is signed in time.
    pub(super) due: NaiveDate,
}

impl WorkedPerson {
    /// Takes in the contracts of the person after a change.
    pub(super) fn note_contracts(&mut self, contracts: &ContractsState) {
        let standing = contracts.standing();
        self.contracts = standing
            .map(|(id, contract)| (id, WorkedContract::of(contract)))
            .collect();
    }
}

impl WorkedContract {
    fn of(contract: &Contract) -> Self {
        let (period, policy) = (contract.period(), &contract.terms.appraisal);
        let month = |month: Month| {
            let served = period.intersection(&month.period())?;
            Some(WorkedMonth {
                month,
                since: policy.earliest_signature(served.end).max(served.start),
                due: policy.last_day_in_time(month),
            })
        };
        Self {
            package_id: contract.terms.package_id.clone(),
            period,
            pool_days: u32::from(contract.terms.leave.annual_days),
            months: period.months().filter_map(month).collect(),
            warnings: contract.warnings.clone(),
        }
    }
}

pub(super) const PEOPLE: Rows<WorkedPerson, Postcard> = Rows::new("people");
/// The contracts of a person with their policies, under the person's id. A pool of leave needs them.
pub(super) const CONTRACTS: Rows<ContractsState> = Rows::new("contracts");
