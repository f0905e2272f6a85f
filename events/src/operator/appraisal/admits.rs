//! The rules of appraisals, checked on stored events. The auditor calls this; decisions do not.

use super::{Assessment, Event};
use crate::operator::OperatorState;

impl OperatorState {
    /// Rules 28 to 31: one appraisal of a month of the contract, revised one by one. A correction may replace a
    /// waiver.
    pub(in crate::operator) fn admits_appraisal(&self, event: &Event) -> Result<(), String> {
        let (contract_id, month) = event.of();
        let contract = self.admitted_contract(contract_id)?;
        if contract.period().intersection(&month.period()).is_none() {
            return Err(format!("{month} is not a month of the contract (rule 28)"));
        }
        let scored = match event {
            Event::Submitted(submitted) => Some((&submitted.scores, submitted.total)),
            Event::Corrected(corrected) => Some((&corrected.scores, corrected.total)),
            Event::Waived(_) => None,
        };
        if let Some((scores, total)) = scored
            && scores.total() != total
        {
            return Err(format!(
                "a total of {total} that its scores do not add up to"
            ));
        }
        self.evaluations
            .require_open(contract_id)
            .map_err(|_| "its evaluation is final (rule 30)".to_owned())?;
        let held = self.appraisals.get(contract_id, month);
        match event {
            Event::Submitted(_) | Event::Waived(_) => match held {
                None => Ok(()),
                Some(_) => Err(format!("{month} is appraised or waived already (rule 29)")),
            },
            Event::Corrected(corrected) => {
                let next = held.map(|held| match held {
                    Assessment::Appraised { revision, .. } => revision + 1,
                    Assessment::Waived => 1,
                });
                if next == Some(corrected.revision) {
                    Ok(())
                } else {
                    Err(format!(
                        "a correction of {month} that does not follow what stands (rule 30)"
                    ))
                }
            }
        }
    }
}
