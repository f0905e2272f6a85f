//! How much is measured: all of it, or just enough to see that everything still runs.

/// Sizes of a run.
#[derive(Debug, Clone)]
pub struct Scale {
    /// Samples of each figure; their median is what is told.
    pub samples: usize,
    /// Events of the history that is rebuilt and asked.
    pub events: usize,
    /// Things done in a sample with one in flight.
    pub one: usize,
    /// Things done in a sample with many in flight.
    pub many: usize,
    /// How long load is kept up while views are watched, in seconds.
    pub watch_s: usize,
    /// People whose states are held in memory at once.
    pub cached: usize,
    /// Events of the histories that are compared, in millions or parts of it.
    pub growth: Vec<usize>,
}

/// Events of one person in the first year, with his slot in the package.
pub const EVENTS_OF_A_PERSON: usize = 25;
/// Requests in flight, or connections, where there are many.
pub const MANY: usize = 64;

impl Scale {
    /// All of it.
    pub fn full() -> Self {
        Self {
            samples: 5,
            events: 1_000_000,
            one: 1_000,
            many: 10_000,
            watch_s: 10,
            cached: 100_000,
            growth: vec![100_000, 1_000_000, 5_000_000],
        }
    }

    /// A smoke test.
    pub fn quick() -> Self {
        Self {
            samples: 1,
            events: 3_000,
            one: 40,
            many: 400,
            watch_s: 1,
            cached: 200,
            growth: vec![1_000, 3_000],
        }
    }

    /// People of a history of the events asked for.
    pub fn people(&self) -> usize {
        people_of(self.events)
    }

    /// People whose appraisals suffice for so many commands in each sample; the first month is not counted.
    pub fn people_for(&self, commands: usize) -> usize {
        (commands * self.samples).div_ceil(11) + MANY
    }
}

/// People who have so many events in their first year.
pub fn people_of(events: usize) -> usize {
    (events / EVENTS_OF_A_PERSON).max(1)
}
