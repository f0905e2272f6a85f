//! Topics with a file each. It has the topic's half of the naive model, which shares no code with the rules, and
//! the half that gives its commands in random histories.

use jejak_events::ids::OperatorId;

use super::{GivenCommand, History, Step};
use crate::naive::{Answer, Asked, World};

mod facility;
mod holiday;

pub(crate) use facility::Facility;
pub(crate) use holiday::Holiday;

/// The state of these topics in the naive model.
#[derive(Debug, Default, Clone)]
pub(crate) struct Topics {
    pub(crate) facilities: Vec<Facility>,
    pub(crate) holidays: Vec<Holiday>,
}

impl Topics {
    /// The contract that a facility serves.
    pub(crate) fn contract_of_facility(&self, id: &str) -> Option<&str> {
        self.facilities.iter().find_map(|held| held.contract_of(id))
    }
}

/// The naive model's answer to a command of these topics; none for any other command.
pub(crate) fn hear(world: &mut World, asked: &Asked<'_>) -> Option<Answer> {
    let answer = match asked.name {
        "issue-facility" => world.issue_facility(asked),
        "return-facility" => world.return_facility(asked),
        "declare-holiday" => world.declare(asked),
        "revoke-holiday" => world.revoke(asked),
        _ => return None,
    };
    Some(answer)
}

/// Requires that the rules and the naive model agree in the end.
#[track_caller]
pub(crate) fn same_end(history: &History, world: &World) {
    facility::same_end(history, world);
    holiday::same_end(history, world);
}

/// A command of one of these topics.
pub(super) fn command(history: &History, person: OperatorId, step: &Step) -> Option<GivenCommand> {
    // The person takes the lower two bits of this number, so the topic takes the others.
    let commands = [facility::command, holiday::command];
    commands[usize::from(step.1 / 4) % commands.len()](history, person, step)
}
