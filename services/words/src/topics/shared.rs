//! The refusals that belong to no topic.

use chrono::NaiveDate;
use jejak_events::ids::CommandId;

use crate::{
    Language,
    pages::{ErrorPage, page},
    problem_text::{ProblemText, problem},
};

/// The pages of these refusals.
pub(super) const PAGES: &[ErrorPage] = &[
    page!("fact.in_future"),
    page!("signature.in_future"),
    page!("command.key_reused"),
];

/// An absence or a warning after today.
pub(super) fn fact_in_future(language: Language, on: &NaiveDate, today: &NaiveDate) -> ProblemText {
    let (on, today) = (language.day(on), language.day(today));
    problem!(language {
        title: "Tanggal belum tiba" | "Day in the future",
        happened: "Tanggal {on} setelah hari ini ({today})." | "{on} is after today ({today}).",
        next_step: "Perbaiki tanggalnya, atau kirim ulang pada hari itu."
            | "Correct the day, or send it again on that day.",
    })
}

pub(super) fn signature_in_future(
    language: Language,
    signed_on: &NaiveDate,
    today: &NaiveDate,
) -> ProblemText {
    let (signed_on, today) = (language.day(signed_on), language.day(today));
    problem!(language {
        title: "Tanggal tanda tangan belum tiba" | "Signature in the future",
        happened: "Tanggal tanda tangan {signed_on} setelah hari ini ({today})."
            | "Signed on {signed_on}, after today ({today}).",
        next_step: "Perbaiki tanggalnya." | "Correct the day.",
    })
}

pub(super) fn key_reused(language: Language, command_id: &CommandId) -> ProblemText {
    problem!(language {
        title: "Kunci sudah digunakan" | "Key reused",
        happened: "Idempotency-Key {command_id} sudah digunakan untuk isi yang berbeda."
            | "The Idempotency-Key {command_id} was used with another body.",
        next_step: "Gunakan kunci baru." | "Use a new key.",
    })
}
