//! Specs of mending a month: its day, its note, a waiver.

use super::*;

fn noted(of: &str, total: u8, signed_on: &str, note: &str) -> Command {
    let Command::CorrectMonthlyAppraisal(body) = correct(of, total, signed_on) else {
        unreachable!()
    };
    Command::CorrectMonthlyAppraisal(Correct {
        note: Some(note.into()),
        ..body
    })
}

fn late(event: crate::Event) -> crate::Event {
    let crate::Event::Operator(crate::operator::Event::Appraisal(Event::Corrected(corrected))) =
        event
    else {
        unreachable!()
    };
    Event::from(Corrected {
        late: true,
        ..corrected
    })
    .into()
}

#[test]
fn rule_30_another_day_is_a_correction_and_late_is_judged_on_it() {
    // October, signed on the 31st; late after 5 November.
    let october = || engaged([appraised("2020-10", 21)]);
    let in_time = october()
        .when(correct("2020-10", 21, "2020-11-05"))
        .then([corrected("2020-10", 2, 21, "2020-11-05")]);
    in_time
        .clone()
        .when(correct("2020-10", 21, "2020-11-05"))
        .then_in_effect();
    in_time
        .when(correct("2020-10", 21, "2020-11-06"))
        .then([late(corrected("2020-10", 3, 21, "2020-11-06"))])
        .when(correct("2020-10", 21, "2020-10-31"))
        .then([corrected("2020-10", 4, 21, "2020-10-31")]);
}

#[test]
fn rule_30_other_scores_signed_later_do_not_make_a_month_late() {
    let october = || engaged([appraised("2020-10", 17)]);
    october()
        .when(correct("2020-10", 18, "2020-11-06"))
        .then([corrected("2020-10", 2, 18, "2020-11-06")]);
    // A late month stays late, unless it was signed in time after all.
    let was_late = || engaged([signed("2020-10", 17, "2020-11-06", true)]);
    was_late()
        .when(correct("2020-10", 18, "2020-11-09"))
        .then([late(corrected("2020-10", 2, 18, "2020-11-09"))]);
    was_late()
        .when(correct("2020-10", 18, "2020-11-05"))
        .then([corrected("2020-10", 2, 18, "2020-11-05")]);
}

#[test]
fn rule_30_another_note_is_a_correction() {
    let with_note = engaged([appraised("2020-10", 21)])
        .when(noted("2020-10", 21, "2020-10-31", "a"))
        .then_ok();
    with_note
        .clone()
        .when(noted("2020-10", 21, "2020-10-31", "a"))
        .then_in_effect();
    let other = with_note
        .clone()
        .when(noted("2020-10", 21, "2020-10-31", "b"))
        .then_ok();
    other
        .when(correct("2020-10", 21, "2020-10-31"))
        .then([corrected("2020-10", 4, 21, "2020-10-31")])
        .when(correct("2020-10", 21, "2020-10-31"))
        .then_in_effect();
}

#[test]
fn rule_31_waived_from_the_day_it_may_be_appraised_on() {
    let on = |today| engaged([]).today(today).when(waive("2020-10"));
    on("2020-10-26").then([waived("2020-10")]);
    on("2020-10-25").then_err(Rejection::AppraisalTooEarly {
        month: month("2020-10"),
        earliest: day("2020-10-26"),
        signed_on: day("2020-10-25"),
    });
}

#[test]
fn rule_31_a_month_waived_by_mistake_is_appraised_by_a_correction() {
    let after = engaged([waived("2020-12")])
        .when(correct("2020-12", 21, "2020-12-31"))
        .then([corrected("2020-12", 1, 21, "2020-12-31")]);
    after
        .clone()
        .when(waive("2020-12"))
        .then_err(already("2020-12"));
    after
        .when(correct("2020-12", 22, "2020-12-31"))
        .then([corrected("2020-12", 2, 22, "2020-12-31")]);
    // It is judged as any appraisal is: by its own day.
    engaged([waived("2020-10")])
        .when(correct("2020-10", 21, "2020-11-06"))
        .then([late(corrected("2020-10", 1, 21, "2020-11-06"))]);
    engaged([waived("2020-10")])
        .when(correct("2020-10", 21, "2020-10-25"))
        .then_err(Rejection::AppraisalTooEarly {
            month: month("2020-10"),
            earliest: day("2020-10-26"),
            signed_on: day("2020-10-25"),
        });
}

#[test]
fn rule_31_a_waived_month_past_the_new_end_counts_no_more() {
    let ended = engaged([
        appraised("2020-10", 21),
        waived("2020-12"),
        terminated(1, "2020-11-30", "0"),
    ]);
    let tally = ended
        .operator
        .appraisals
        .tally(id(1), ended.operator.contracts.all[&id(1)].period());
    assert_eq!(
        (tally.expected, tally.waived, tally.missing),
        (2, vec![], vec![month("2020-11")])
    );
}
