//! Parts of a person that most events are about, in a small row beside what seldom changes: what he did, his
//! leave. Everyone who is known has that row, or one for each year he was hired for, so that most events
//! read one row and write one. What a person is made of is put together again where questions are answered.

use chrono::Datelike;
use jejak_events::{
    RecordedEvent,
    date::Period,
    ids::{ContractId, LeaveId},
    operator::{appraisal, evaluation, leave},
};
use uuid::Uuid;

use crate::{
    ProjectionError, Reader, Write,
    deeds::Deeds,
    packed::{self, Left, Pack},
    person,
    rows::{Packed, Rows},
};

/// Evaluations and months, under the person, or the year and the person.
const DEEDS: Rows<Deeds, Packed> = Rows::new("deeds");
/// Leave and absences, under the year and the person.
pub(crate) const LEAVE: Rows<leave::LeaveState, Packed> = Rows::new("leave");

/// The row, which is there since the person was registered, or hired for the year.
fn begun<T>(recorded: &RecordedEvent, row: Option<T>) -> Result<T, ProjectionError> {
    let reason = "the person was never registered, or never hired for the year";
    row.ok_or(ProjectionError::Inapplicable {
        position: recorded.position,
        reason,
    })
}

/// Makes room for a person who did nothing yet.
pub(crate) fn know_deeds(write: &Write, key: &str) -> Result<(), ProjectionError> {
    if DEEDS.has(write, key)? {
        Ok(())
    } else {
        DEEDS.put(write, key, &Deeds::default())
    }
}

/// Changes the evaluation of a contract of a person who is known.
pub(crate) fn change_evaluation(
    write: &Write,
    recorded: &RecordedEvent,
    key: &str,
    contract_id: ContractId,
    change: impl FnOnce(&mut evaluation::EvaluationState),
) -> Result<(), ProjectionError> {
    let mut deeds = begun(recorded, DEEDS.held(write, key)?)?;
    if deeds.change_evaluation(contract_id, change) {
        DEEDS.put(write, key, &deeds)
    } else {
        Ok(())
    }
}

/// Takes in what was said of a month of a person who is known; nothing that was said of it before matters any
/// more.
pub(crate) fn change_month(
    write: &Write,
    recorded: &RecordedEvent,
    key: &str,
    event: &appraisal::Event,
) -> Result<(), ProjectionError> {
    let mut deeds = begun(recorded, DEEDS.held(write, key)?)?;
    deeds.change_month(event);
    deeds.change_evaluation(event.of().0, |held| held.revisit(event));
    DEEDS.put(write, key, &deeds)
}

/// What a person did.
pub(crate) fn deeds(reader: &Reader<'_>, key: &str) -> Result<Deeds, ProjectionError> {
    Ok(DEEDS.get(reader, key)?.unwrap_or_default())
}

/// Makes room for a person who took no leave of a year yet.
pub(crate) fn know_leave(write: &Write, of_year: &str) -> Result<(), ProjectionError> {
    if LEAVE.has(write, of_year)? {
        Ok(())
    } else {
        LEAVE.put(write, of_year, &leave::LeaveState::default())
    }
}

/// Takes in a leave, its end, or an absence of a person who was hired for the year. A leave that never was has no
/// end. A contract and so the leave under it is of one year (rules 7 and 15).
pub(crate) fn change_leave(
    write: &Write,
    recorded: &RecordedEvent,
    person: &str,
    event: &leave::Event,
) -> Result<(), ProjectionError> {
    let day = match event {
        leave::Event::Recorded(recorded) => recorded.from,
        leave::Event::Cancelled(cancelled) => cancelled.from,
        leave::Event::Absent(absent) => absent.on,
    };
    let of_year = person::of_year(day.year(), person);
    let mut held = begun(recorded, LEAVE.held(write, &of_year)?)?;
    held.evolve(event);
    LEAVE.put(write, &of_year, &held)
}

impl Pack for leave::LeaveState {
    fn pack(&self, out: &mut Vec<u8>) {
        packed::number(self.entries.len(), out);
        for (LeaveId(id), entry) in &self.entries {
            id.pack(out);
            entry.pack(out);
        }
        packed::number(self.absences.len(), out);
        for (day, ContractId(contract)) in &self.absences {
            day.pack(out);
            contract.pack(out);
        }
    }

    fn unpack(left: &mut Left<'_>) -> Option<Self> {
        let mut state = Self::default();
        for _ in 0..u32::unpack(left)? {
            let id = LeaveId(Uuid::unpack(left)?);
            state.entries.insert(id, leave::Entry::unpack(left)?);
        }
        for _ in 0..u32::unpack(left)? {
            state
                .absences
                .insert(Pack::unpack(left)?, ContractId(Uuid::unpack(left)?));
        }
        Some(state)
    }
}

impl Pack for leave::Entry {
    fn pack(&self, out: &mut Vec<u8>) {
        self.contract_id.0.pack(out);
        let kind: u8 = match self.kind {
            leave::Kind::Annual => 0,
            leave::Kind::Special => 1,
            leave::Kind::Maternity => 2,
            leave::Kind::WorkAccident => 3,
        };
        kind.pack(out);
        self.granted.start.pack(out);
        self.granted.end.pack(out);
        self.cancelled_from.pack(out);
    }

    fn unpack(left: &mut Left<'_>) -> Option<Self> {
        let contract_id = ContractId(Uuid::unpack(left)?);
        let kind = match u8::unpack(left)? {
            0 => leave::Kind::Annual,
            1 => leave::Kind::Special,
            2 => leave::Kind::Maternity,
            3 => leave::Kind::WorkAccident,
            _ => return None,
        };
        let granted = Period {
            start: Pack::unpack(left)?,
            end: Pack::unpack(left)?,
        };
        Some(Self {
            contract_id,
            kind,
            granted,
            cancelled_from: Pack::unpack(left)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn leave_is_unpacked_as_it_was(
            entries in proptest::collection::vec((any::<u128>(), any::<u128>(), 0..4_usize, any::<[u32; 3]>()), 0..9),
            absences in proptest::collection::vec((any::<u32>(), any::<u128>()), 0..9),
        ) {
            use leave::Kind::{Annual, Maternity, Special, WorkAccident};
            let day = |n: u32| chrono::NaiveDate::from_num_days_from_ce_opt((n % 800_000).cast_signed()).unwrap();
            let id = |id| ContractId(Uuid::from_u128(id));
            let mut all = leave::LeaveState::default();
            for (leave, contract, kind, [start, end, from]) in entries {
                let granted = Period { start: day(start), end: day(end) };
                let kind = [Annual, Special, Maternity, WorkAccident][kind];
                let cancelled_from = from.is_multiple_of(2).then(|| day(from));
                let entry = leave::Entry { contract_id: id(contract), kind, granted, cancelled_from };
                all.entries.insert(LeaveId(Uuid::from_u128(leave)), entry);
            }
            all.absences.extend(absences.into_iter().map(|(on, contract)| (day(on), id(contract))));
            let packed = packed::encode(&all);
            prop_assert_eq!(packed::decode::<leave::LeaveState>(&packed), Some(all));
            for end in 0..packed.len() {
                prop_assert_eq!(packed::decode::<leave::LeaveState>(&packed[..end]), None);
            }
        }
    }
}
