//! The declared days of each year, as views keep them in a table of their own.

use jejak_events::calendar::{Calendar, holiday};

use crate::{error::ProjectionError, reader::Reader, rows::Rows, writer::RowWriter};

/// The days that are declared and not revoked, by year, in order.
pub(crate) const CALENDARS: Rows<Vec<holiday::Declared>> = Rows::new("calendars");

/// Takes in an event of a year.
pub(crate) fn apply(
    writer: &RowWriter,
    year: &i32,
    event: &holiday::Event,
) -> Result<(), ProjectionError> {
    let (date, kind) = match event {
        holiday::Event::Declared(declared) => (declared.date, declared.kind),
        holiday::Event::Revoked(revoked) => (revoked.date, revoked.kind),
    };
    let key = year.to_string();
    let mut days = CALENDARS.written(writer, &key)?.unwrap_or_default();
    days.retain(|day| (day.date, day.kind) != (date, kind));
    match event {
        holiday::Event::Declared(declared) => {
            days.push(declared.clone());
            days.sort_by_key(|day| (day.date, day.kind));
        }
        holiday::Event::Revoked(_) => {}
    }
    CALENDARS.put(writer, &key, &days)
}

/// The calendar of a year for the rules, and its holidays as declared.
pub(crate) fn of_year(
    reader: &Reader<'_>,
    year: i32,
) -> Result<(Calendar, Vec<holiday::Declared>), ProjectionError> {
    let days = CALENDARS
        .get(reader, &year.to_string())?
        .unwrap_or_default();
    let mut calendar = Calendar::default();
    for declared in &days {
        calendar.evolve(&declared.clone().into());
    }
    Ok((calendar, days))
}
