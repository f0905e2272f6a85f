//! The rules of leave, checked on stored events. The auditor calls this; decisions do not.

use super::{Absent, Cancelled, Event, Recorded};
use crate::{date::Period, operator::OperatorState};

impl OperatorState {
    /// Rules 15, 16 and 22.
    pub(in crate::operator) fn admits_leave(&self, event: &Event) -> Result<(), String> {
        match event {
            Event::Recorded(recorded) => self.admits_recorded(recorded),
            Event::Cancelled(Cancelled { leave_id, .. }) => {
                let entry = self.leave.entries.get(leave_id);
                let stands = entry.is_some_and(|entry| entry.recorded().is_some());
                stands
                    .then_some(())
                    .ok_or_else(|| format!("leave {leave_id} does not stand (rule 22)"))
            }
            Event::Absent(Absent { contract_id, .. }) => {
                self.admitted_contract(*contract_id).map(|_| ())
            }
        }
    }

    fn admits_recorded(&self, recorded: &Recorded) -> Result<(), String> {
        let Recorded {
            leave_id,
            contract_id,
            from,
            to,
            ..
        } = recorded;
        if self.leave.entries.contains_key(leave_id) {
            return Err(format!("leave {leave_id} exists already"));
        }
        let days = Period {
            start: *from,
            end: *to,
        };
        let contract = self.admitted_contract(*contract_id)?;
        if from > to || !contract.period().covers(&days) {
            return Err("leave outside its contract (rule 15)".to_owned());
        }
        let overlaps = |held: Period| held.overlaps(&days);
        let clash = self
            .leave
            .entries
            .iter()
            .find(|(_, entry)| entry.recorded().is_some_and(overlaps));
        match clash {
            None => Ok(()),
            Some((id, _)) => Err(format!("the leave shares days with leave {id} (rule 16)")),
        }
    }
}
