//! The words of monthly appraisals.

pub(super) mod refusals;

use jejak_events::operator::appraisal::{Assessment, Corrected, Event, Scores, Submitted, Waived};

use super::context::{EventContext, category};
use crate::{
    Language,
    changes::Field,
    language::{list, say},
    pages::{ErrorPage, page},
};

/// The pages of this topic's refusals.
pub(super) const PAGES: &[ErrorPage] = &[
    page!("appraisal.invalid_scores"),
    page!("appraisal.outside_contract"),
    page!("appraisal.too_early"),
    page!("appraisal.already_submitted"),
    page!("appraisal.unknown"),
    page!("appraisal.month_waived"),
];

/// The fields of commands on appraisals.
pub(crate) const FIELDS: &[Field] = &[
    Field::new("scores", "nilai indikator", "scores"),
    Field::new("signed_on", "tanggal tanda tangan", "day of signature"),
];

/// The indicators of the KAK of 2020 in the order of the paper form: code, Indonesian, English.
const INDICATORS: [(&str, &str, &str); 7] = [
    ("attendance", "kehadiran", "attendance"),
    ("roll_call", "apel", "roll call"),
    ("completion", "penyelesaian pekerjaan", "completion"),
    ("timeliness", "ketepatan waktu", "timeliness"),
    ("quality", "kualitas pekerjaan", "quality"),
    ("obligations", "kepatuhan pada kewajiban", "obligations"),
    ("prohibitions", "kepatuhan pada larangan", "prohibitions"),
];

/// The elements of the KAK of 2020: code, Indonesian, English.
const ELEMENTS: [(&str, &str, &str); 3] = [
    ("discipline", "disiplin kerja", "work discipline"),
    (
        "responsibility",
        "tanggung jawab penyelesaian",
        "responsibility",
    ),
    ("compliance", "kepatuhan", "compliance"),
];

/// The label of an element; none for one of another scheme.
pub fn element(code: &str, language: Language) -> Option<&'static str> {
    let (_, indonesian, english) = ELEMENTS.iter().find(|(known, ..)| *known == code)?;
    Some(language.pick(indonesian, english))
}

/// The place of an indicator on the paper form, from 0. Those of another scheme come after all others.
pub fn place_on_form(indicator: &str) -> usize {
    let place = INDICATORS
        .iter()
        .position(|(known, ..)| *known == indicator);
    place.unwrap_or(INDICATORS.len())
}

/// The label of an indicator; none for one of another scheme.
pub fn indicator(code: &str, language: Language) -> Option<&'static str> {
    let (_, indonesian, english) = INDICATORS.iter().find(|(known, ..)| *known == code)?;
    Some(language.pick(indonesian, english))
}

/// Values by indicator, labelled and in the order of the form. Indicators of another scheme follow
/// under their codes.
pub fn by_indicator<'a, T>(
    values: impl Iterator<Item = (&'a str, T)>,
    language: Language,
) -> Vec<(&'a str, T)> {
    let mut values: Vec<_> = values.collect();
    values.sort_by_key(|(code, _)| place_on_form(code));
    let labelled = values
        .into_iter()
        .map(|(code, value)| (indicator(code, language).unwrap_or(code), value));
    labelled.collect()
}

pub(super) fn sentence(context: &EventContext<'_>, event: &Event, language: Language) -> String {
    match event {
        Event::Submitted(submitted) => {
            let Submitted { scores, total, .. } = submitted;
            let month = language.month(submitted.month);
            let category = category(submitted.category, language);
            let signed = language.day(&submitted.signed_on);
            let late = lateness(submitted.late, language);
            let scores = score_list(
                scores.iter().map(|(code, score)| (code, score.to_string())),
                language,
            );
            say!(
                language,
                "Penilaian {month}: jumlah {total}, {category} ({scores}); ditandatangani {signed}{late}.",
                "Appraisal of {month}: total {total}, {category} ({scores}); signed on {signed}{late}."
            )
        }
        Event::Corrected(corrected) => correction(context, corrected, language),
        Event::Waived(Waived { month, .. }) => {
            let month = language.month(*month);
            say!(
                language,
                "{month} dikecualikan dari penilaian.",
                "The month {month} was waived."
            )
        }
    }
}

fn correction(context: &EventContext<'_>, corrected: &Corrected, language: Language) -> String {
    let Corrected {
        revision, total, ..
    } = corrected;
    let assessment = context
        .person
        .appraisals
        .get(corrected.contract_id, corrected.month);
    let waiver = match assessment {
        Some(Assessment::Waived) => {
            language.pick(" dan tidak lagi dikecualikan", " and is no longer waived")
        }
        Some(Assessment::Appraised { .. }) | None => "",
    };
    let changes = changed_scores(assessment, corrected, language);
    let month = language.month(corrected.month);
    let category = category(corrected.category, language);
    let signed = language.day(&corrected.signed_on);
    let late = lateness(corrected.late, language);
    say!(
        language,
        "Penilaian {month} dikoreksi{waiver}, revisi {revision}: jumlah {total}, {category}{changes}; ditandatangani {signed}{late}.",
        "Appraisal of {month} was corrected{waiver}, revision {revision}: total {total}, {category}{changes}; signed on {signed}{late}."
    )
}

fn lateness(late: bool, language: Language) -> &'static str {
    match late {
        true => language.pick(", terlambat", ", late"),
        false => "",
    }
}

fn score_list<'a>(scores: impl Iterator<Item = (&'a str, String)>, language: Language) -> String {
    let scores = by_indicator(scores, language);
    list(
        scores
            .iter()
            .map(|(label, score)| format!("{label} {score}")),
    )
}

/// The scores that a correction changes, old and new. All scores are new where none stood before.
fn changed_scores(
    before: Option<&Assessment>,
    corrected: &Corrected,
    language: Language,
) -> String {
    let none = Scores::default();
    let old = match before {
        Some(Assessment::Appraised { scores, .. }) => scores,
        Some(Assessment::Waived) | None => &none,
    };
    // A correction of the day or the note alone names no scores.
    if *old == corrected.scores {
        return String::new();
    }
    let changed = corrected
        .scores
        .iter()
        .filter_map(|(code, new)| match old.get(code) {
            Some(old) if old == new => None,
            Some(old) => Some((code, format!("{old} → {new}"))),
            None => Some((code, new.to_string())),
        });
    format!(" ({})", score_list(changed, language))
}
