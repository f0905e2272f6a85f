//! The states before an event, which its days and its sentence refer to.

use jejak_events::{Event, operator::OperatorState, package::PackageState};

/// The states that the events before an item led to.
#[derive(Debug, Default)]
pub(crate) struct StatesBefore {
    pub(crate) person: OperatorState,
    pub(crate) package: PackageState,
}

impl StatesBefore {
    /// Takes in the next event of the stream.
    pub(crate) fn evolve(&mut self, event: &Event) {
        match event {
            Event::Operator(event) => self.person.apply(event),
            Event::Package(event) => self.package.apply(event),
            Event::Calendar(_) => {}
        }
    }
}
