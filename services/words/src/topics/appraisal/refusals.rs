//! The refusals of monthly appraisals.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use jejak_events::date::Month;

use super::by_indicator;
use crate::{
    Language,
    language::labelled,
    problem_text::{ProblemText, problem},
};

/// The indicators of a month whose scores are wrong.
pub(in crate::topics) struct WrongScores<'a> {
    /// Indicators of the scheme without a score.
    pub(in crate::topics) missing: &'a BTreeSet<String>,
    /// Scored indicators that the scheme lacks.
    pub(in crate::topics) unknown: &'a BTreeSet<String>,
    /// Indicators with a score outside the scale.
    pub(in crate::topics) outside_scale: &'a BTreeSet<String>,
}

pub(in crate::topics) fn invalid_scores(
    language: Language,
    wrong: &WrongScores<'_>,
    scale_min: u8,
    scale_max: u8,
) -> ProblemText {
    let labels = |codes: &BTreeSet<String>| {
        let codes = codes.iter().map(|code| (code.as_str(), ()));
        let labelled = by_indicator(codes, language).into_iter();
        labelled.map(|(label, ())| label.to_owned()).collect()
    };
    let wrong = labelled([
        (
            language.pick("belum dinilai", "missing"),
            labels(wrong.missing),
        ),
        (
            language.pick("tidak dikenal", "unknown"),
            labels(wrong.unknown),
        ),
        (
            language.pick("di luar skala", "outside the scale"),
            labels(wrong.outside_scale),
        ),
    ]);
    problem!(language {
        title: "Nilai tidak sah" | "Invalid scores",
        happened: "Setiap indikator dinilai satu kali dengan nilai {scale_min} sampai {scale_max}. Yang keliru: {wrong}."
            | "Every indicator is scored once, {scale_min} to {scale_max}. Wrong are: {wrong}.",
        next_step: "Perbaiki nilai itu, lalu kirim ulang." | "Correct these scores and send again.",
    })
}

pub(in crate::topics) fn outside_contract(
    language: Language,
    month: Month,
    start: &NaiveDate,
    end: &NaiveDate,
) -> ProblemText {
    let month = language.month(month);
    let (start, end) = (language.day(start), language.day(end));
    problem!(language {
        title: "Bulan di luar kontrak" | "Month outside the contract",
        happened: "{month} tidak termasuk masa kontrak, {start} sampai {end}."
            | "{month} is not within {start} to {end}.",
        next_step: "Periksa bulan dan kontraknya." | "Check month and contract.",
    })
}

pub(in crate::topics) fn too_early(
    language: Language,
    month: Month,
    earliest: &NaiveDate,
) -> ProblemText {
    let (month, earliest) = (language.month(month), language.day(earliest));
    problem!(language {
        title: "Penilaian terlalu dini" | "Appraisal too early",
        happened: "{month} baru dapat dinilai atau dikecualikan mulai {earliest}."
            | "{month} may be appraised or waived from {earliest} on.",
        next_step: "Tandatangani dan kirim pada hari itu atau sesudahnya."
            | "Sign and send it on that day or later.",
    })
}

pub(in crate::topics) fn already_submitted(language: Language, month: Month) -> ProblemText {
    let month = language.month(month);
    problem!(language {
        title: "Penilaian sudah ada" | "Already submitted",
        happened: "{month} sudah dinilai." | "{month} is appraised already.",
        next_step: "Gunakan koreksi penilaian." | "Correct the appraisal instead.",
    })
}

pub(in crate::topics) fn unknown(language: Language, month: Month) -> ProblemText {
    let month = language.month(month);
    problem!(language {
        title: "Penilaian tidak ditemukan" | "No such appraisal",
        happened: "{month} belum dinilai." | "{month} is not appraised yet.",
        next_step: "Kirim penilaiannya lebih dahulu." | "Submit its appraisal first.",
    })
}

pub(in crate::topics) fn month_waived(language: Language, month: Month) -> ProblemText {
    let month = language.month(month);
    problem!(language {
        title: "Bulan dikecualikan" | "Month waived",
        happened: "{month} sudah dikecualikan dari penilaian."
            | "{month} is waived and takes no appraisal.",
        next_step: "Periksa bulannya, atau gunakan koreksi penilaian bila pengecualian itu keliru."
            | "Check the month, or use a correction if it was waived by mistake.",
    })
}
