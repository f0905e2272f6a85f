//! The history of every stream by the rules: each event is taken in by the same `evolve` the services use,
//! and could have happened after those before it. What a rule decides on that lies outside (who was on duty,
//! what day it was) is not decided again here; that nothing stands that no rule lets stand, is.

mod calendar;
mod operator;
mod package;

use std::collections::{BTreeMap, HashMap};

use jejak_events::{
    Event, RecordedEvent,
    ids::{ContractId, OperatorId, PackageId, StreamId},
    operator::contract::{Contract, Ending},
    package::slot::Slot,
};
use tokio::sync::mpsc;

use super::{
    batch::{DecodedBatch, VerifyBatch, missing, unreadable},
    check::{CheckResult, FirstFault},
};

/// Replays every stream.
pub(super) fn check(mut batches: mpsc::Receiver<DecodedBatch>) -> CheckResult {
    let mut streams = Streams::default();
    let mut first = FirstFault::default();
    while let Some(batch) = batches.blocking_recv() {
        match batch {
            VerifyBatch::Missing { from, to } => first.note(|| missing(from, to)),
            VerifyBatch::Unreadable { position, reason } => {
                first.note(|| unreadable(position, reason))
            }
            VerifyBatch::Events(events) => {
                for recorded in events.iter() {
                    if let Err(broken) = streams.take_in(recorded) {
                        let RecordedEvent {
                            position, envelope, ..
                        } = recorded;
                        first
                            .note(|| format!("position {position}: {}: {broken}", envelope.stream));
                    }
                }
            }
        }
    }
    if let Err(half) = streams.whole() {
        first.note(|| half);
    }
    CheckResult::new(
        "streams",
        first.or_passed(|| format!("{} streams replayed by the rules", streams.count())),
    )
}

/// A contract of a package.
type Key = (PackageId, ContractId);

/// What stands of every stream.
#[derive(Default)]
struct Streams {
    packages: HashMap<PackageId, jejak_events::package::PackageState>,
    operators: HashMap<OperatorId, jejak_events::operator::OperatorState>,
    calendars: HashMap<i32, jejak_events::calendar::Calendar>,
    /// The position of the last event about a contract. Its package belongs to its name: two replicas may
    /// let two people be hired under one made-up id at one moment, in two packages.
    contracts: BTreeMap<Key, u64>,
}

impl Streams {
    fn count(&self) -> usize {
        self.packages.len() + self.operators.len() + self.calendars.len()
    }

    /// Takes in an event, whether or not it could have happened.
    fn take_in(&mut self, recorded: &RecordedEvent) -> Result<(), String> {
        let position = recorded.position;
        match (&recorded.event, &recorded.envelope.stream) {
            (Event::Package(event), StreamId::Package(id)) => {
                let state = self.packages.entry(id.clone()).or_default();
                let possible = package::before(state, event);
                state.apply(event);
                let touched = package::contract(event).map(|contract| (id.clone(), contract));
                self.contracts.extend(touched.map(|key| (key, position)));
                possible.and_then(|()| package::after(state))
            }
            (Event::Operator(event), StreamId::Operator(id)) => {
                let state = self.operators.entry(*id).or_default();
                let possible = operator::before(state, event);
                state.apply(event);
                let touched = operator::contract(event).and_then(|contract| {
                    let held = state.contracts.all.get(&contract)?;
                    Some((held.terms.package_id.clone(), contract))
                });
                self.contracts.extend(touched.map(|key| (key, position)));
                possible
            }
            (Event::Calendar(event), StreamId::Calendar(year)) => {
                let jejak_events::calendar::Event::Holiday(event) = event;
                let state = self.calendars.entry(*year).or_default();
                let possible = calendar::before(state, event, *year);
                state.evolve(event);
                possible
            }
            _ => Err("an event of another kind of stream".to_owned()),
        }
    }

    /// That every contract has its slot and every slot its contract: they move in one batch.
    fn whole(&self) -> Result<(), String> {
        let mut slots: BTreeMap<(&PackageId, ContractId), &Slot> = BTreeMap::new();
        for (package, state) in &self.packages {
            slots.extend(
                state
                    .slots
                    .slots
                    .iter()
                    .map(|(contract, slot)| ((package, *contract), slot)),
            );
        }
        let mut halves = Vec::new();
        for (operator, state) in &self.operators {
            for (id, contract) in state.contracts.standing() {
                let key = (&contract.terms.package_id, id);
                if let Err(half) = fits(*operator, contract, slots.remove(&key)) {
                    halves.push((key, half));
                }
            }
        }
        halves.extend(
            slots
                .into_keys()
                .map(|key| (key, "its slot has no contract".to_owned())),
        );
        let position = |(package, id): (&PackageId, ContractId)| {
            self.contracts
                .get(&(package.clone(), id))
                .copied()
                .unwrap_or_default()
        };
        match halves.into_iter().min_by_key(|(key, _)| position(*key)) {
            None => Ok(()),
            Some((key, half)) => Err(format!(
                "position {}: contract {}: {half}",
                position(key),
                key.1
            )),
        }
    }
}

fn fits(operator: OperatorId, contract: &Contract, slot: Option<&Slot>) -> Result<(), String> {
    let Some(slot) = slot else {
        return Err("it has no slot in its package".to_owned());
    };
    if slot.operator_id != operator {
        return Err("its slot is of another person".to_owned());
    }
    let open = contract.ending.is_none();
    if slot.open != open || (open && slot.value != contract.terms.value) {
        return Err("its slot was not changed together with it".to_owned());
    }
    match contract.ending {
        Some(Ending::Terminated(_)) if slot.value > contract.terms.value => {
            Err("more was earned than it is worth".to_owned())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod specs;
