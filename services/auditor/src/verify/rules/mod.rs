//! The history of every stream, checked by the rules. The states of `jejak-events` take in each event and say whether
//! they admit it. Days, officers on duty and other streams are no part of that check; a contract and its slot are.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jejak_events::{
    Event, RecordedEvent,
    calendar::CalendarState,
    ids::{ContractId, NikDigest, OperatorId, PackageId, StreamId},
    nik::{NikState, claim::ClaimState},
    operator::OperatorState,
    package::PackageState,
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
            VerifyBatch::InQuarantine { .. } => {}
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
    for half in [streams.whole(), streams.claimed()] {
        if let Err(half) = half {
            first.note(|| half);
        }
    }
    CheckResult::new(
        "streams",
        first.or_passed(|| format!("{} streams replayed by the rules", streams.count())),
    )
}

/// A contract of a package.
type PlacedContract = (PackageId, ContractId);

/// The state of every stream.
#[derive(Default)]
struct Streams {
    packages: HashMap<PackageId, PackageState>,
    operators: HashMap<OperatorId, OperatorState>,
    /// The people erased so far. Their sealed parts do not tell, since the check opens none.
    erased: HashSet<OperatorId>,
    niks: HashMap<NikDigest, (NikState, u64)>,
    calendars: HashMap<i32, CalendarState>,
    /// The position of the last event about a contract and its slot. Old logs may hold one id in two packages.
    contracts: BTreeMap<PlacedContract, u64>,
}

impl Streams {
    fn count(&self) -> usize {
        self.packages.len() + self.operators.len() + self.niks.len() + self.calendars.len()
    }

    /// Takes in an event, admitted or not.
    fn take_in(&mut self, recorded: &RecordedEvent) -> Result<(), String> {
        let position = recorded.position;
        match (&recorded.event, &recorded.envelope.stream) {
            (Event::Package(event), StreamId::Package(id)) => {
                let state = self.packages.entry(id.clone()).or_default();
                let admitted = state.admits(event);
                state.apply(event);
                let key = event.contract_id().map(|contract| (id.clone(), contract));
                self.contracts.extend(key.map(|key| (key, position)));
                admitted.and_then(|()| state.within_terms())
            }
            (Event::Operator(event), StreamId::Operator(id)) => {
                let state = self.operators.entry(*id).or_default();
                let admitted = state.admits(event);
                state.apply(event);
                if event.is_erasure() {
                    self.erased.insert(*id);
                }
                let key = event.moved_contract().and_then(|contract| {
                    let held = state.contracts.all.get(&contract)?;
                    Some((held.terms.package_id.clone(), contract))
                });
                self.contracts.extend(key.map(|key| (key, position)));
                admitted
            }
            (Event::Nik(event), StreamId::Nik(nik)) => {
                let (state, last) = self.niks.entry(nik.clone()).or_default();
                let admitted = state.admits(event);
                state.apply(event);
                *last = position;
                admitted
            }
            (Event::Calendar(event), StreamId::Calendar(year)) => {
                let state = self.calendars.entry(*year).or_default();
                let admitted = state.admits(event, *year);
                state.apply(event);
                admitted
            }
            (Event::Package(_) | Event::Operator(_) | Event::Nik(_) | Event::Calendar(_), _) => {
                Err("an event of another kind of stream".to_owned())
            }
        }
    }

    /// Checks that every claimed NIK has a registered holder, and no person holds two (rule 44): a claim and its person
    /// change in one batch.
    fn claimed(&self) -> Result<(), String> {
        let mut holders = BTreeSet::new();
        let mut claims: Vec<_> = self.niks.iter().collect();
        claims.sort_by_key(|(_, (_, position))| *position);
        for (nik, (state, position)) in claims {
            let ClaimState::Held(holder) = state.claim else {
                continue;
            };
            let is_known = self
                .operators
                .get(&holder)
                .is_some_and(OperatorState::is_known);
            let fault = match (is_known, self.erased.contains(&holder)) {
                (false, _) => "holds it and is not registered",
                (true, true) => "holds it and is erased",
                (true, false) if holders.insert(holder) => continue,
                (true, false) => "holds another NIK, too",
            };
            return Err(format!(
                "position {position}: nik/{nik}: operator/{holder} {fault} (rule 44)"
            ));
        }
        Ok(())
    }

    /// Checks that every contract has its slot and every slot its contract: they change in one batch.
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
                if let Err(half) = contract.fits(*operator, slots.remove(&key)) {
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

#[cfg(test)]
mod specs;
