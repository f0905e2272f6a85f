//! What may come next in a year's calendar.

use chrono::Datelike;
use jejak_events::calendar::{
    Calendar,
    holiday::{self, Declared, Event, Revoked},
};

/// Whether the event can follow.
pub(super) fn before(state: &Calendar, event: &Event, year: i32) -> Result<(), String> {
    let (date, kind, stands) = match event {
        Event::Declared(Declared { date, kind, .. }) => (*date, *kind, false),
        Event::Revoked(Revoked { date, kind, .. }) => (*date, *kind, true),
    };
    if date.year() != year {
        return Err(format!("{date} is not in this year"));
    }
    match (state.get(date, kind).is_some(), stands) {
        (true, false) => Err(format!("{date} is declared already")),
        (false, true) => Err(format!("{date} is not declared as {}", word(kind))),
        _ => Ok(()),
    }
}

fn word(kind: holiday::Kind) -> &'static str {
    match kind {
        holiday::Kind::PublicHoliday => "a public holiday",
        holiday::Kind::JointLeave => "joint leave",
    }
}
