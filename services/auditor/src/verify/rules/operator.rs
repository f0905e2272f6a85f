//! What may come next in the history of a person.

use jejak_events::{
    date::Period,
    ids::ContractId,
    operator::{
        Event, OperatorState,
        appraisal::{self, Assessment, Corrected, Submitted, Waived},
        contract::{self, Contract, Ending, Hired},
        evaluation::{self, Stage},
        identity,
        leave::{self, Cancelled, Recorded},
    },
};

/// The contract an event changes together with its slot.
pub(super) fn contract(event: &Event) -> Option<ContractId> {
    match event {
        Event::Contract(contract::Event::Hired(hired)) => Some(hired.contract_id),
        Event::Contract(contract::Event::Amended(amended)) => Some(amended.contract_id),
        Event::Contract(contract::Event::Terminated(terminated)) => Some(terminated.contract_id),
        Event::Contract(contract::Event::Voided(voided)) => Some(voided.contract_id),
        _ => None,
    }
}

/// Whether the event can follow.
pub(super) fn before(state: &OperatorState, event: &Event) -> Result<(), String> {
    let known = state.identity != identity::IdentityState::Unknown;
    match event {
        Event::Identity(identity::Event::Registered(_)) if known => {
            Err("the person is registered already (rule 39)".to_owned())
        }
        Event::Identity(identity::Event::Registered(_)) => Ok(()),
        _ if !known => Err("the person is not registered".to_owned()),
        Event::Identity(_) => Ok(()),
        Event::Contract(event) => on_contract(state, event),
        Event::Leave(event) => on_leave(state, event),
        Event::Appraisal(event) => on_appraisal(state, event),
        Event::Evaluation(event) => on_evaluation(state, event),
    }
}

fn on_contract(state: &OperatorState, event: &contract::Event) -> Result<(), String> {
    match event {
        contract::Event::Hired(Hired {
            contract_id,
            start,
            end,
            ..
        }) => {
            if state.contracts.all.contains_key(contract_id) {
                return Err(format!("contract {contract_id} exists already"));
            }
            no_overlap(
                state,
                Period {
                    start: *start,
                    end: *end,
                },
                None,
            )
        }
        contract::Event::Amended(amended) => {
            let held = running(state, amended.contract_id)?;
            let period = Period {
                start: held.terms.start,
                end: amended.end,
            };
            no_overlap(state, period, Some(amended.contract_id))
        }
        contract::Event::Terminated(terminated) => {
            let held = running(state, terminated.contract_id)?;
            if held.period().contains(terminated.on) {
                Ok(())
            } else {
                Err(format!(
                    "terminated on {}, a day outside the contract (rule 13)",
                    terminated.on
                ))
            }
        }
        contract::Event::Voided(voided) => running(state, voided.contract_id).map(|_| ()),
        contract::Event::Warned(warned) => held(state, warned.contract_id).map(|_| ()),
    }
}

fn held(state: &OperatorState, id: ContractId) -> Result<&Contract, String> {
    let found = state
        .contracts
        .all
        .get(&id)
        .filter(|contract| contract.ending != Some(Ending::Voided));
    found.ok_or_else(|| format!("contract {id} does not exist"))
}

fn running(state: &OperatorState, id: ContractId) -> Result<&Contract, String> {
    let found = held(state, id)?;
    if found.ending.is_none() {
        Ok(found)
    } else {
        Err(format!("contract {id} has ended already"))
    }
}

/// Rule 6, and the right way round.
fn no_overlap(
    state: &OperatorState,
    period: Period,
    except: Option<ContractId>,
) -> Result<(), String> {
    if period.start > period.end {
        return Err("a contract that ends before it begins (rule 7)".to_owned());
    }
    let clash = state
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

/// Rules 15, 16 and 22.
fn on_leave(state: &OperatorState, event: &leave::Event) -> Result<(), String> {
    match event {
        leave::Event::Recorded(Recorded {
            leave_id,
            contract_id,
            from,
            to,
            ..
        }) => {
            if state.leave.entries.contains_key(leave_id) {
                return Err(format!("leave {leave_id} exists already"));
            }
            let days = Period {
                start: *from,
                end: *to,
            };
            if from > to || !held(state, *contract_id)?.period().covers(&days) {
                return Err("leave outside its contract (rule 15)".to_owned());
            }
            let clash = state.leave.entries.iter().find(|(_, entry)| {
                entry
                    .recorded()
                    .is_some_and(|recorded| recorded.overlaps(&days))
            });
            match clash {
                None => Ok(()),
                Some((id, _)) => Err(format!("the leave shares days with leave {id} (rule 16)")),
            }
        }
        leave::Event::Cancelled(Cancelled { leave_id, .. }) => {
            match state.leave.entries.get(leave_id) {
                Some(entry) if entry.recorded().is_some() => Ok(()),
                _ => Err(format!("leave {leave_id} does not stand (rule 22)")),
            }
        }
        leave::Event::Absent(absent) => held(state, absent.contract_id).map(|_| ()),
    }
}

/// Rules 28 to 31: one appraisal a month, of a month of the contract, revised one by one; a correction may
/// take a waiver's place.
fn on_appraisal(state: &OperatorState, event: &appraisal::Event) -> Result<(), String> {
    let (contract_id, month, scored) = match event {
        appraisal::Event::Submitted(Submitted {
            contract_id,
            month,
            scores,
            total,
            ..
        })
        | appraisal::Event::Corrected(Corrected {
            contract_id,
            month,
            scores,
            total,
            ..
        }) => (*contract_id, *month, Some((scores, *total))),
        appraisal::Event::Waived(Waived {
            contract_id, month, ..
        }) => (*contract_id, *month, None),
    };
    if held(state, contract_id)?
        .period()
        .intersection(&month.period())
        .is_none()
    {
        return Err(format!("{month} is not a month of the contract (rule 28)"));
    }
    if let Some((scores, total)) = scored
        && scores.total() != total
    {
        return Err(format!(
            "a total of {total} that its scores do not add up to"
        ));
    }
    state
        .evaluations
        .require_open(contract_id)
        .map_err(|_| "its evaluation is final (rule 30)".to_owned())?;
    match (event, state.appraisals.get(contract_id, month)) {
        (appraisal::Event::Submitted(_) | appraisal::Event::Waived(_), Some(_)) => {
            Err(format!("{month} is appraised or waived already (rule 29)"))
        }
        (appraisal::Event::Corrected(corrected), Some(Assessment::Appraised { revision, .. }))
            if corrected.revision == revision + 1 =>
        {
            Ok(())
        }
        (appraisal::Event::Corrected(corrected), Some(Assessment::Waived))
            if corrected.revision == 1 =>
        {
            Ok(())
        }
        (appraisal::Event::Corrected(_), _) => Err(format!(
            "a correction of {month} that does not follow what stands (rule 30)"
        )),
        (_, None) => Ok(()),
    }
}

/// Rules 32 and 33.
fn on_evaluation(state: &OperatorState, event: &evaluation::Event) -> Result<(), String> {
    let wrong = |what: &str| Err(what.to_owned());
    match event {
        evaluation::Event::Proposed(proposed) => {
            let contract = held(state, proposed.contract_id)?;
            let tally = state
                .appraisals
                .tally(proposed.contract_id, contract.period());
            let result = &proposed.result;
            if matches!(
                state.evaluations.get(proposed.contract_id).stage,
                Stage::Final(_)
            ) {
                return wrong("the evaluation is final already (rule 33)");
            }
            if !tally.missing.is_empty()
                || (result.months, result.total) != (tally.assessed, tally.total)
            {
                return wrong("the result proposed is not what the months add up to (rule 32)");
            }
            Ok(())
        }
        evaluation::Event::Finalized(finalized) => {
            let evaluation = state.evaluations.get(finalized.contract_id);
            match evaluation.stage {
                Stage::Proposed(proposal)
                    if proposal.result == finalized.result
                        && finalized.revision == evaluation.revision + 1 =>
                {
                    Ok(())
                }
                _ => wrong("what is made final was not proposed (rule 33)"),
            }
        }
        evaluation::Event::Reopened(reopened) => {
            match state.evaluations.get(reopened.contract_id).stage {
                Stage::Final(_) => Ok(()),
                _ => wrong("the evaluation that is reopened is not final (rule 33)"),
            }
        }
    }
}
