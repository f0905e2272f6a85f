//! The size of a run: in full, or just enough to see that every measurement still runs.

use std::time::Duration;

/// Sizes of a run.
#[derive(Debug, Clone)]
pub struct Scale {
    /// Samples of each figure. The table shows their median.
    pub samples: usize,
    /// Events of the history that views are rebuilt from and asked about.
    pub events: usize,
    /// Operations of a sample with one in flight.
    pub one: usize,
    /// Operations of a sample with many in flight.
    pub many: usize,
    /// Time of a sample that watches the views.
    pub watch: Duration,
    /// Time that the idle office is watched.
    pub idle: Duration,
    /// People whose states are cached at once.
    pub cached: usize,
}

/// Events of one person in the first year, with the slot in the package.
pub const EVENTS_OF_A_PERSON: usize = 25;
/// Operations in flight, or connections, of a sample with many.
pub const MANY: usize = 64;

impl Scale {
    /// The full run.
    pub fn full() -> Self {
        Self {
            samples: 3,
            events: 250_000,
            one: 1_000,
            many: 10_000,
            watch: Duration::from_secs(10),
            idle: Duration::from_secs(20),
            cached: 20_000,
        }
    }

    /// A smoke test. Its figures mean nothing.
    pub fn quick() -> Self {
        Self {
            samples: 1,
            events: 1_500,
            one: 20,
            many: 200,
            watch: Duration::from_secs(1),
            idle: Duration::from_secs(1),
            cached: 100,
        }
    }

    /// The people of the history.
    pub fn people(&self) -> usize {
        (self.events / EVENTS_OF_A_PERSON).max(1)
    }

    /// People with enough appraisals for so many commands. The first appraisal of each person is
    /// not measured, so eleven months remain.
    pub fn people_for(commands: usize) -> usize {
        commands.div_ceil(11) + MANY
    }
}
