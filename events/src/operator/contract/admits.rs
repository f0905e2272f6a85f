//! The rules of contracts, checked on stored events. The auditor calls this; decisions do not.

use super::{Contract, Ending, Event, Hired};
use crate::{
    date::Period,
    ids::{ContractId, OperatorId},
    operator::OperatorState,
    package::slot::Slot,
};

impl OperatorState {
    /// A contract that was not voided.
    pub(in crate::operator) fn admitted_contract(
        &self,
        id: ContractId,
    ) -> Result<&Contract, String> {
        let found = self.contracts.all.get(&id);
        found
            .filter(|contract| contract.stands())
            .ok_or_else(|| format!("contract {id} does not exist"))
    }

    fn admitted_running(&self, id: ContractId) -> Result<&Contract, String> {
        let found = self.admitted_contract(id)?;
        if found.ending.is_none() {
            Ok(found)
        } else {
            Err(format!("contract {id} has ended already"))
        }
    }

    pub(in crate::operator) fn admits_contract(&self, event: &Event) -> Result<(), String> {
        match event {
            Event::Hired(Hired {
                contract_id,
                start,
                end,
                ..
            }) => {
                if self.contracts.all.contains_key(contract_id) {
                    return Err(format!("contract {contract_id} exists already"));
                }
                let period = Period {
                    start: *start,
                    end: *end,
                };
                self.admits_period(period, None)
            }
            Event::Amended(amended) => {
                let held = self.admitted_running(amended.contract_id)?;
                let period = Period {
                    start: held.terms.start,
                    end: amended.end,
                };
                self.admits_period(period, Some(amended.contract_id))
            }
            Event::Terminated(terminated) => {
                let held = self.admitted_running(terminated.contract_id)?;
                if held.period().contains(terminated.on) {
                    Ok(())
                } else {
                    let on = terminated.on;
                    Err(format!(
                        "terminated on {on}, a day outside the contract (rule 13)"
                    ))
                }
            }
            Event::Voided(voided) => self.admitted_running(voided.contract_id).map(|_| ()),
            Event::Warned(warned) => self.admitted_contract(warned.contract_id).map(|_| ()),
        }
    }

    /// Rules 6 and 7: no day shared with another contract, and the right way round.
    fn admits_period(&self, period: Period, except: Option<ContractId>) -> Result<(), String> {
        if period.start > period.end {
            return Err("a contract that ends before it begins (rule 7)".to_owned());
        }
        let clash = self
            .contracts
            .standing()
            .find(|(id, held)| Some(*id) != except && held.period().overlaps(&period));
        match clash {
            None => Ok(()),
            Some((id, _)) => Err(format!(
                "the contract shares days with contract {id} (rule 6)"
            )),
        }
    }
}

impl Contract {
    /// Checks the contract against its slot in the package: the two change in one batch.
    ///
    /// # Errors
    /// The half that is missing or differs, in English.
    pub fn fits(&self, operator_id: OperatorId, slot: Option<&Slot>) -> Result<(), String> {
        let Some(slot) = slot else {
            return Err("it has no slot in its package".to_owned());
        };
        if slot.operator_id != operator_id {
            return Err("its slot is of another person".to_owned());
        }
        let open = self.ending.is_none();
        if slot.open != open || (open && slot.value != self.terms.value) {
            return Err("its slot was not changed together with it".to_owned());
        }
        match self.ending {
            Some(Ending::Terminated(_)) if slot.value > self.terms.value => {
                Err("more was earned than it is worth".to_owned())
            }
            Some(Ending::Terminated(_) | Ending::Voided) | None => Ok(()),
        }
    }
}
