//! What was appended, on its way into the states in memory. They would catch up anyway; it is here that they
//! need neither the log nor a key.

use std::sync::Arc;

use jejak_events::{Envelope, Event, Recorded, ids::StreamId};

use crate::{decide::Ground, states::States, turns::Turn};

/// What a command appended. The turns it was decided in are kept until it is remembered or dropped.
pub(crate) struct News {
    pub(crate) states: Arc<States>,
    /// What it was decided on.
    pub(crate) ground: Ground,
    /// Open, and where they stand.
    pub(crate) facts: Vec<(Envelope, Event)>,
    pub(crate) positions: Vec<u64>,
    pub(crate) turns: Vec<Turn>,
}

impl News {
    /// Adds it to the states it was decided on.
    pub(crate) fn remember(self) {
        let Self { states, ground, facts, positions, turns } = self;
        let (mut home, mut package) = (Vec::new(), Vec::new());
        for ((envelope, event), position) in facts.into_iter().zip(positions) {
            let recorded = Recorded { position, envelope, event };
            let is_package = ground.package.as_ref().is_some_and(
                |(id, _)| matches!(&recorded.envelope.stream, StreamId::Package(stream) if stream == id),
            );
            if is_package { package.push(recorded) } else { home.push(recorded) }
        }
        states.advance(ground.home, home);
        if let Some((_, state)) = ground.package {
            states.advance(state, package);
        }
        drop(turns);
    }
}
