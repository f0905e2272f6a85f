//! The states before an event, which its days and its sentence refer to.

use jejak_events::{
    Event, calendar::CalendarState, facts::EffectiveDays, nik::NikState, operator::OperatorState,
    package::PackageState,
};

/// The states that the events before an item led to.
#[derive(Debug, Default)]
pub(crate) struct StatesBefore {
    pub(crate) person: OperatorState,
    pub(crate) package: PackageState,
    calendar: CalendarState,
    nik: NikState,
}

impl StatesBefore {
    /// Takes in the next event of the stream.
    pub(crate) fn evolve(&mut self, event: &Event) {
        match event {
            Event::Operator(event) => self.person.apply(event),
            Event::Package(event) => self.package.apply(event),
            Event::Calendar(event) => self.calendar.apply(event),
            Event::Nik(event) => self.nik.apply(event),
        }
    }

    /// The days the next event of the stream concerns.
    pub(crate) fn effective_days(&self, event: &Event) -> Option<EffectiveDays> {
        match event {
            Event::Operator(event) => event.effective_days(&self.person),
            Event::Package(event) => event.effective_days(&self.package),
            Event::Calendar(event) => event.effective_days(&self.calendar),
            Event::Nik(event) => event.effective_days(&self.nik),
        }
    }
}
