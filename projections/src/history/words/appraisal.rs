//! What the monthly appraisals of a person say.

use jejak_events::operator::{
    OperatorState,
    appraisal::{self, Assessment, Event, Scores},
};

use super::{Tongue, say};

/// The indicators of the KAK of 2020 as its form names them. Another scheme's are said by their codes.
const INDICATORS: [(&str, &str, &str); 7] = [
    ("attendance", "kehadiran", "attendance"),
    ("roll_call", "apel", "roll call"),
    ("completion", "penyelesaian", "completion"),
    ("timeliness", "ketepatan waktu", "timeliness"),
    ("quality", "kualitas", "quality"),
    ("obligations", "kewajiban", "obligations"),
    ("prohibitions", "larangan", "prohibitions"),
];

pub(super) fn text(before: &OperatorState, event: &Event, tongue: Tongue) -> String {
    match event {
        Event::Submitted(appraisal::Submitted {
            month,
            scores,
            total,
            category,
            signed_on,
            late,
            ..
        }) => {
            let (month, category) = (tongue.month(*month), tongue.category(*category));
            let (signed, late) = (tongue.day(signed_on), late_text(*late, tongue));
            let scores = said(
                scores.iter().map(|(code, score)| (code, score.to_string())),
                tongue,
            );
            say!(
                tongue,
                "Penilaian {month}: jumlah {total}, {category} ({scores}); ditandatangani {signed}{late}.",
                "Appraisal of {month}: total {total}, {category} ({scores}); signed on {signed}{late}."
            )
        }
        Event::Corrected(corrected) => {
            let appraisal::Corrected {
                revision,
                total,
                category,
                signed_on,
                late,
                ..
            } = corrected;
            let (month, category) = (tongue.month(corrected.month), tongue.category(*category));
            let (signed, late) = (tongue.day(signed_on), late_text(*late, tongue));
            let (waiver, changes) = (
                waiver(before, corrected, tongue),
                changes(before, corrected, tongue),
            );
            say!(
                tongue,
                "Penilaian {month} dikoreksi{waiver}, revisi {revision}: jumlah {total}, {category}{changes}; ditandatangani {signed}{late}.",
                "Appraisal of {month} was corrected{waiver}, revision {revision}: total {total}, {category}{changes}; signed on {signed}{late}."
            )
        }
        Event::Waived(appraisal::Waived { month, .. }) => {
            let month = tongue.month(*month);
            say!(
                tongue,
                "Bulan {month} dikecualikan dari penilaian.",
                "The month {month} is left out of the appraisal."
            )
        }
    }
}

fn late_text(late: bool, tongue: Tongue) -> String {
    if late {
        tongue.pick(", terlambat", ", late")
    } else {
        String::new()
    }
}

fn said<'a>(scores: impl Iterator<Item = (&'a str, String)>, tongue: Tongue) -> String {
    let named = scores.map(|(code, score)| {
        let known = INDICATORS.iter().find(|(known, ..)| *known == code);
        let name = known.map_or(code, |(_, id, en)| if tongue.id() { id } else { en });
        format!("{name} {score}")
    });
    named.collect::<Vec<_>>().join(", ")
}

fn held<'a>(before: &'a OperatorState, corrected: &appraisal::Corrected) -> Option<&'a Assessment> {
    before
        .appraisals
        .get(corrected.contract_id, corrected.month)
}

fn waiver(before: &OperatorState, corrected: &appraisal::Corrected, tongue: Tongue) -> String {
    match held(before, corrected) {
        Some(Assessment::Waived) => {
            tongue.pick(" dan tidak lagi dikecualikan", " and is no longer left out")
        }
        Some(Assessment::Appraised { .. }) | None => String::new(),
    }
}

/// The scores that a correction changes, old and new; all of them where the old ones are not known, and
/// nothing where only the day or the note is another.
fn changes(before: &OperatorState, corrected: &appraisal::Corrected, tongue: Tongue) -> String {
    let none = Scores::default();
    let old = match held(before, corrected) {
        Some(Assessment::Appraised { scores, .. }) => scores,
        Some(Assessment::Waived) | None => &none,
    };
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
    format!(" ({})", said(changed, tongue))
}
