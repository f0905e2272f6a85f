//! The rules of a package, checked on stored events. The auditor calls this; decisions do not.

use chrono::NaiveDate;

use super::{
    Event, PackageState,
    officer::{self, Assigned},
    slot::{self, Adjusted, Released, Reserved},
    terms,
};

impl PackageState {
    /// Checks that a stored event can follow the events of this state. The day and the sender of its command are
    /// not known here.
    ///
    /// # Errors
    /// The rule that is broken, in English.
    pub fn admits(&self, event: &Event) -> Result<(), String> {
        match event {
            Event::Terms(event) => self.admits_terms(event),
            Event::Officer(event) => self.admits_officer(event),
            Event::Slot(event) => self.admits_slot(event),
        }
    }

    /// Checks that the slots taken are within the quota and the ceiling (rules 1, 3 and 40).
    ///
    /// # Errors
    /// The rule that is broken, in English.
    pub fn within_terms(&self) -> Result<(), String> {
        let Some(terms) = &self.terms.current else {
            return Ok(());
        };
        let (filled, committed) = (self.slots.filled(), self.slots.committed());
        if filled > terms.quota {
            let quota = terms.quota;
            return Err(format!(
                "{filled} slots are taken of a quota of {quota} (rule 1)"
            ));
        }
        if committed > terms.budget_ceiling {
            let ceiling = terms.budget_ceiling;
            return Err(format!(
                "{committed} is committed of a ceiling of {ceiling} (rule 3)"
            ));
        }
        Ok(())
    }

    fn require_terms(&self) -> Result<(), String> {
        let published = self.terms.current.is_some();
        published
            .then_some(())
            .ok_or_else(|| "no terms are published".to_owned())
    }

    fn admits_terms(&self, event: &terms::Event) -> Result<(), String> {
        match event {
            terms::Event::Published(_) if self.terms.current.is_some() => {
                Err("terms are published already".to_owned())
            }
            terms::Event::Published(_) => Ok(()),
            terms::Event::Amended(amended) => {
                self.require_terms()?;
                let (from, to) = (self.terms.version, amended.version);
                if to == from + 1 {
                    Ok(())
                } else {
                    Err(format!("terms go from version {from} to {to}"))
                }
            }
        }
    }

    /// Rule 37: one holder of a role and day.
    fn admits_officer(&self, event: &officer::Event) -> Result<(), String> {
        self.require_terms()?;
        let held = &self.officers.assignments;
        match event {
            officer::Event::Assigned(assigned) => {
                let Assigned { role, from, to, .. } = assigned;
                let last = |to: Option<NaiveDate>| to.unwrap_or(NaiveDate::MAX);
                // The same assignment again corrects its particulars.
                let corrects = self.officers.place_of(assigned) < held.len();
                let clash = held.iter().filter(|held| held.is_served()).any(|held| {
                    let is_rival = !role.is_shared() || held.officer_id == assigned.officer_id;
                    held.role == *role
                        && is_rival
                        && held.from <= last(*to)
                        && *from <= last(held.to)
                });
                if clash && !corrects {
                    Err("the role has another holder on one of these days (rule 37)".to_owned())
                } else {
                    Ok(())
                }
            }
            officer::Event::Released(released) => {
                let can_end = held.iter().any(|held| {
                    held.officer_id == released.officer_id
                        && held.role == released.role
                        && held.can_end(released.on)
                });
                can_end.then_some(()).ok_or_else(|| {
                    "the released officer does not hold the role on that day".to_owned()
                })
            }
        }
    }

    /// Rule 8, and one slot for each contract.
    fn admits_slot(&self, event: &slot::Event) -> Result<(), String> {
        self.require_terms()?;
        let slots = &self.slots.slots;
        match event {
            slot::Event::Reserved(Reserved {
                contract_id, spk, ..
            }) => {
                if slots.contains_key(contract_id) {
                    return Err(format!("contract {contract_id} has a slot already"));
                }
                if slots.values().any(|slot| slot.spk.is(spk)) {
                    return Err("the SPK number is used already in the package (rule 8)".to_owned());
                }
                Ok(())
            }
            slot::Event::Adjusted(Adjusted { contract_id, .. })
            | slot::Event::Released(Released { contract_id, .. }) => match slots.get(contract_id) {
                Some(slot) if slot.open => Ok(()),
                Some(_) => Err(format!(
                    "the slot of contract {contract_id} is free already"
                )),
                None => Err(format!("contract {contract_id} has no slot")),
            },
        }
    }
}
