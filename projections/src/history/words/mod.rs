//! What each event says, in Indonesian and English. Exhaustive, so that a new event does not compile
//! before it has words. What was written about it (reasons, notes) stands beside its words, not in them.

mod appraisal;
mod operator;
mod package;

use chrono::NaiveDate;
use jejak_events::{
    Event,
    calendar::{self, holiday},
    date::{Month, Period},
    operator::leave,
    package::policy::Category,
    rejection::words::{Language, day},
};

use super::{Before, Names};

/// One language's way to say what sentences are made of.
#[derive(Clone, Copy)]
struct Tongue(Language);

/// The sentence of a tongue.
macro_rules! say {
    ($tongue:expr, $id:literal, $en:literal) => {
        if $tongue.id() {
            format!($id)
        } else {
            format!($en)
        }
    };
}
use say;

impl Tongue {
    fn id(self) -> bool {
        self.0 == Language::Id
    }

    fn pick(self, id: &str, en: &str) -> String {
        if self.id() {
            id.to_owned()
        } else {
            en.to_owned()
        }
    }

    fn day(self, date: &NaiveDate) -> String {
        if self.id() {
            day(date)
        } else {
            date.to_string()
        }
    }

    fn days(self, from: &NaiveDate, to: &NaiveDate) -> String {
        let (from, to) = (self.day(from), self.day(to));
        if from == to {
            from
        } else {
            say!(self, "{from} sampai {to}", "{from} to {to}")
        }
    }

    fn period(self, period: &Period) -> String {
        self.days(&period.start, &period.end)
    }

    fn month(self, month: Month) -> String {
        let first = day(&month.first());
        match first.split_once(' ') {
            Some((_, month)) if self.id() => month.to_owned(),
            _ => month.to_string(),
        }
    }

    fn category(self, category: Category) -> String {
        match category {
            Category::Good => self.pick("baik", "good"),
            Category::Poor => self.pick("buruk", "poor"),
        }
    }

    fn leave(self, kind: leave::Kind) -> String {
        match kind {
            leave::Kind::Annual => self.pick("Cuti tahunan", "Annual leave"),
            leave::Kind::Special => self.pick("Cuti alasan tertentu", "Special leave"),
            leave::Kind::Maternity => self.pick("Cuti persalinan", "Maternity leave"),
            leave::Kind::WorkAccident => self.pick("Cuti kecelakaan kerja", "Work-accident leave"),
        }
    }

    fn day_off(self, kind: holiday::Kind) -> String {
        match kind {
            holiday::Kind::PublicHoliday => self.pick("libur nasional", "a public holiday"),
            holiday::Kind::JointLeave => self.pick("cuti bersama", "joint leave"),
        }
    }
}

/// What an event says, in the state before it; that personal data of it is gone is part of what it says.
pub(super) fn text(
    before: &Before,
    event: &Event,
    names: &Names,
    erased: bool,
    language: Language,
) -> String {
    let tongue = Tongue(language);
    let said = match event {
        Event::Package(event) => package::text(&before.package, event, names, tongue),
        Event::Operator(event) => operator::text(&before.person, event, tongue),
        Event::Calendar(calendar::Event::Holiday(event)) => holiday(event, tongue),
    };
    match erased {
        true => format!(
            "{said} {}",
            tongue.pick("Data pribadi telah dihapus.", "Personal data was erased.")
        ),
        false => said,
    }
}

fn holiday(event: &holiday::Event, tongue: Tongue) -> String {
    match event {
        holiday::Event::Declared(holiday::Declared {
            date,
            kind,
            name,
            decree,
        }) => {
            let (date, kind) = (tongue.day(date), tongue.day_off(*kind));
            say!(
                tongue,
                "{date} ditetapkan sebagai {kind}: {name} ({decree}).",
                "{date} was declared {kind}: {name} ({decree})."
            )
        }
        holiday::Event::Revoked(holiday::Revoked {
            date,
            kind,
            name,
            decree,
        }) => {
            let (date, kind) = (tongue.day(date), tongue.day_off(*kind));
            say!(
                tongue,
                "{date} tidak lagi {kind} ({name}) dan menjadi hari kerja: {decree}.",
                "{date} is no longer {kind} ({name}) and is worked: {decree}."
            )
        }
    }
}
