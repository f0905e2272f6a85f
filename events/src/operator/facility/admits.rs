//! Rule 47, checked on stored events. The auditor calls this; decisions do not.

use super::{Event, Issued, Returned};
use crate::operator::OperatorState;

impl OperatorState {
    /// Rule 47.
    pub(in crate::operator) fn admits_facility(&self, event: &Event) -> Result<(), String> {
        match event {
            Event::Issued(Issued {
                facility_id,
                contract_id,
                on,
                ..
            }) => {
                if self.facilities.all.contains_key(facility_id) {
                    return Err(format!("facility {facility_id} exists already"));
                }
                let contract = self.admitted_contract(*contract_id)?;
                let is_inside = contract.period().contains(*on);
                is_inside
                    .then_some(())
                    .ok_or_else(|| "a facility outside its contract (rule 47)".to_owned())
            }
            Event::Returned(Returned {
                facility_id, on, ..
            }) => {
                let held = self.facilities.all.get(facility_id);
                let is_out =
                    held.is_some_and(|held| held.returned.is_none() && held.issued_on <= *on);
                is_out.then_some(()).ok_or_else(|| {
                    format!("facility {facility_id} is not with the person on {on} (rule 47)")
                })
            }
        }
    }
}
