//! Specs of the days evaluations are signed on, and of a proposal told again.

use super::*;
use crate::operator::appraisal;

fn before(signed_on: &str, earliest: &str) -> Rejection {
    Rejection::EvaluationSignedBefore {
        signed_on: day(signed_on),
        earliest: day(earliest),
    }
}

/// A month of contract 1, signed on some day.
fn signed(of: &str, signed_on: &str) -> crate::Event {
    let crate::Event::Operator(crate::operator::Event::Appraisal(appraisal::Event::Submitted(
        month,
    ))) = appraised(of, 21)
    else {
        unreachable!()
    };
    appraisal::Event::from(appraisal::Submitted {
        signed_on: day(signed_on),
        ..month
    })
    .into()
}

#[test]
fn rule_32_a_proposal_is_not_signed_before_the_last_appraisal() {
    // The latest signature counts, whichever month it is of.
    let year = || {
        let months = [
            signed("2020-10", "2021-01-08"),
            signed("2020-11", "2020-12-01"),
            signed("2020-12", "2021-01-05"),
        ];
        engaged(months).by(PPTK)
    };
    year().when(propose_on(Some("2021-01-08"), None)).then_ok();
    year()
        .when(propose_on(Some("2021-01-07"), None))
        .then_err(before("2021-01-07", "2021-01-08"));
}

#[test]
fn rule_35_of_the_part_served_the_last_signature_counts() {
    // He left on 13 November; the month waived after it has no say.
    let left = || {
        let months = [
            signed("2020-10", "2020-10-30"),
            signed("2020-11", "2020-11-16"),
            waived("2020-12"),
        ];
        engaged(months.into_iter().chain([terminated(1, "2020-11-13", "0")])).by(PPTK)
    };
    left().when(propose_on(Some("2020-11-16"), None)).then_ok();
    left()
        .when(propose_on(Some("2020-11-15"), None))
        .then_err(before("2020-11-15", "2020-11-16"));
}

#[test]
fn rule_33_it_is_not_made_final_before_it_was_proposed() {
    let year = || appraised_year([21, 21, 21]).and(&proposed(outcome(3, 3, 63)));
    year().when(finalize_on(Some("2020-12-31"), None)).then_ok();
    year()
        .when(finalize_on(Some("2020-12-30"), None))
        .then_err(before("2020-12-30", "2020-12-31"));
}

#[test]
fn rule_32_a_proposal_of_another_day_or_note_is_told_anew() {
    let year = appraised_year([21, 21, 21])
        .by(PPTK)
        .when(propose())
        .then_ok();
    let again = |given: Given, day, note| given.when(propose_on(Some(day), note));
    again(year.clone(), "2020-12-31", None).then_in_effect();
    let later = again(year, "2021-01-04", None).then_ok();
    again(later.clone(), "2021-01-04", None).then_in_effect();
    let noted = again(later, "2021-01-04", Some("catatan")).then_ok();
    again(noted.clone(), "2021-01-04", Some("catatan")).then_in_effect();
    again(noted.clone(), "2021-01-04", None).then_ok();
    noted
        .by(PPK)
        .when(finalize_on(Some("2021-01-03"), None))
        .then_err(before("2021-01-03", "2021-01-04"));
}
