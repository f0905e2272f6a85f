//! The state of contracts: each contract with its terms, ending and warnings.

use chrono::NaiveDate;
use litemap::LiteMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Amended, Event, Hired, Terminated, Voided, Warned};
use crate::{
    calendar::{Calendar, DaysOff},
    date::{Month, Period},
    ids::ContractId,
    money::Rupiah,
};

/// The early end of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// The contract was terminated; this is its last day.
    Terminated(NaiveDate),
    /// The contract was void from the beginning.
    Voided,
}

/// A warning that was issued under a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Warning {
    /// The step on the ladder: 1 for SP1, 2 for SP2, 3 for SP3.
    pub level: u8,
    /// The day of the letter, `YYYY-MM-DD`.
    pub on: NaiveDate,
    /// The last day on which the warning stands, `YYYY-MM-DD`.
    pub until: NaiveDate,
}

/// A contract with everything that happened to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contract {
    /// The contract as signed, with the last day and the money of its last amendment. The box keeps
    /// maps of contracts small.
    pub terms: Box<Hired>,
    /// The early end, if there was one.
    pub ending: Option<Ending>,
    /// The warnings in the order of their issue.
    pub warnings: Vec<Warning>,
}

impl Contract {
    /// The days in force, up to a termination. A voided contract keeps the days that were signed.
    pub fn period(&self) -> Period {
        let end = match self.ending {
            Some(Ending::Terminated(on)) => on,
            Some(Ending::Voided) | None => self.terms.end,
        };
        Period {
            start: self.terms.start,
            end,
        }
    }

    /// Whether the contract was never voided.
    pub fn stands(&self) -> bool {
        self.ending != Some(Ending::Voided)
    }

    /// The money earned up to and including a day, at most the whole value (rule 13).
    ///
    /// A whole month earns its money; a broken month earns the share of its working days.
    pub fn earned(&self, on: NaiveDate, calendar: &Calendar) -> Rupiah {
        if on >= self.terms.end {
            return self.terms.value;
        }
        let served = Period {
            start: self.terms.start,
            end: on,
        };
        let month_earned = |month: Month| {
            let days = served.intersection(&month.period())?;
            if days == month.period() {
                return Some(self.terms.monthly.sum());
            }
            let worked = calendar.count_working_days(days, DaysOff::HolidaysAndJointLeave);
            let whole = calendar.count_working_days(month.period(), DaysOff::HolidaysAndJointLeave);
            Some(self.terms.monthly.share(worked, whole))
        };
        let earned: Rupiah = served.months().filter_map(month_earned).sum();
        earned.min(self.terms.value)
    }
}

/// All contracts of a person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ContractsState {
    /// Each contract by its id.
    pub all: LiteMap<ContractId, Contract>,
}

impl ContractsState {
    /// The contracts that were not voided, in order of their ids.
    pub fn standing(&self) -> impl Iterator<Item = (ContractId, &Contract)> {
        self.all
            .iter()
            .filter(|(_, contract)| contract.stands())
            .map(|(id, contract)| (*id, contract))
    }

    /// The contract that is in force on all days of a period (rule 15).
    pub fn covering(&self, period: &Period) -> Option<(ContractId, &Contract)> {
        self.standing()
            .find(|(_, contract)| contract.period().covers(period))
    }

    /// The contract that grants the pool of leave of a year: the last one to begin (rule 19).
    pub fn granting(&self, year: i32) -> Option<(ContractId, &Contract)> {
        self.standing()
            .filter(|(_, contract)| contract.terms.fiscal_year == year)
            .max_by_key(|(_, contract)| contract.terms.start)
    }

    /// Takes in an event, in order.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::Hired(hired) => {
                let contract = Contract {
                    terms: Box::new(hired.clone()),
                    ending: None,
                    warnings: vec![],
                };
                self.all.insert(hired.contract_id, contract);
            }
            Event::Amended(Amended {
                contract_id,
                end,
                monthly,
                value,
                ..
            }) => {
                if let Some(Contract { terms, .. }) = self.all.get_mut(contract_id) {
                    (terms.end, terms.monthly, terms.value) = (*end, *monthly, *value);
                }
            }
            Event::Terminated(Terminated {
                contract_id, on, ..
            }) => {
                if let Some(contract) = self.all.get_mut(contract_id) {
                    contract.ending = Some(Ending::Terminated(*on));
                }
            }
            Event::Voided(Voided { contract_id, .. }) => {
                if let Some(contract) = self.all.get_mut(contract_id) {
                    contract.ending = Some(Ending::Voided);
                }
            }
            Event::Warned(Warned {
                contract_id,
                level,
                on,
                until,
                ..
            }) => {
                if let Some(contract) = self.all.get_mut(contract_id) {
                    contract.warnings.push(Warning {
                        level: *level,
                        on: *on,
                        until: *until,
                    });
                }
            }
        }
    }
}
