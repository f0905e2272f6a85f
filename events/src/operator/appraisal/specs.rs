//! Specs of the monthly appraisal: rules 26 to 31, and 35 and 40 as far as they concern it.

use std::collections::{BTreeMap, BTreeSet};

use super::{AppraisalCorrection, Correct, Corrected, Event, Submit, Submitted, Waive};
use crate::{
    Command, Rejection,
    operator::contract::Hired,
    package::{officer::OfficerRole, policy::AppraisalPolicy},
    personal::{Personal, Remark},
    spec::{Given, examples::*, given},
};

/// The scores of a total as a command tells them.
fn told(total: u8) -> BTreeMap<String, i64> {
    scores(total)
        .iter()
        .map(|(indicator, score)| (indicator.to_owned(), score.into()))
        .collect()
}

fn submit_scores(of: &str, scores: BTreeMap<String, i64>, signed_on: Option<&str>) -> Command {
    Command::SubmitMonthlyAppraisal(Submit {
        operator_id: operator_id(),
        contract_id: id(1),
        month: month(of),
        scores,
        signed_on: signed_on.map(day),
        note: None,
    })
}

fn submit(of: &str, total: u8, signed_on: &str) -> Command {
    submit_scores(of, told(total), Some(signed_on))
}

fn correct(of: &str, total: u8, signed_on: &str) -> Command {
    Command::CorrectMonthlyAppraisal(Correct {
        operator_id: operator_id(),
        contract_id: id(1),
        month: month(of),
        scores: told(total),
        signed_on: Some(day(signed_on)),
        note: None,
        reason: REASON.into(),
    })
}

fn waive(of: &str) -> Command {
    Command::WaiveMonth(Waive {
        operator_id: operator_id(),
        contract_id: id(1),
        month: month(of),
        reason: REASON.into(),
    })
}

/// The appraisal of a month, signed on a day.
fn signed(of: &str, total: u8, signed_on: &str, late: bool) -> crate::Event {
    Event::from(Submitted {
        contract_id: id(1),
        month: month(of),
        scores: scores(total),
        total: total.into(),
        category: category(total.into(), 1),
        signed_on: day(signed_on),
        late,
        personal: None,
    })
    .into()
}

fn corrected(of: &str, revision: u32, total: u8, signed_on: &str) -> crate::Event {
    Event::from(Corrected {
        contract_id: id(1),
        month: month(of),
        revision,
        scores: scores(total),
        total: total.into(),
        category: category(total.into(), 1),
        signed_on: day(signed_on),
        late: false,
        personal: Personal::Open(AppraisalCorrection {
            reason: REASON.into(),
            note: None,
        }),
    })
    .into()
}

/// The KAK's contract, its ppk, and further events.
fn engaged(more: impl IntoIterator<Item = crate::Event>) -> Given {
    given(
        [ppk(), pptk(), registered(person()), hired(contract())]
            .into_iter()
            .chain(more),
    )
}

fn not_assigned(on: &str) -> Rejection {
    Rejection::OfficerNotAssigned {
        role: Some(OfficerRole::Ppk),
        on: day(on),
    }
}

fn already(of: &str) -> Rejection {
    Rejection::AppraisalAlreadySubmitted {
        month: month(of),
        revision: 1,
    }
}

#[test]
fn rule_26_only_the_ppk_assigned_on_the_day_it_is_signed() {
    engaged([])
        .when(submit("2020-10", 21, "2020-10-30"))
        .then([signed("2020-10", 21, "2020-10-30", false)]);
    for other in [PPTK, STRANGER, "admin-bkpsdm"] {
        engaged([])
            .by(other)
            .when(submit("2020-10", 21, "2020-10-30"))
            .then_err(not_assigned("2020-10-30"));
    }
}

#[test]
fn rule_26_an_assignment_that_ended_or_has_not_begun() {
    let acting = || {
        let facts = [registered(person()), hired(contract())];
        let assigned = [
            assigned(OfficerRole::Ppk, PPK, "2020-10-01", Some("2020-11-02")),
            assigned(OfficerRole::Ppk, STRANGER, "2020-11-03", None),
        ];
        given(facts.into_iter().chain(assigned))
    };
    acting().when(submit("2020-10", 21, "2020-11-02")).then_ok();
    acting()
        .when(submit("2020-10", 21, "2020-11-03"))
        .then_err(not_assigned("2020-11-03"));
    acting()
        .by(STRANGER)
        .when(submit("2020-10", 21, "2020-11-03"))
        .then_ok();
    acting()
        .by(STRANGER)
        .when(submit("2020-10", 21, "2020-11-02"))
        .then_err(not_assigned("2020-11-02"));
}

#[test]
fn rule_26_signed_today_unless_said_and_never_in_the_future() {
    let on_time = |signed_on| submit_scores("2020-10", told(21), signed_on);
    engaged([])
        .today("2020-11-02")
        .when(on_time(None))
        .then([signed("2020-10", 21, "2020-11-02", false)]);
    engaged([])
        .today("2020-11-02")
        .when(on_time(Some("2020-11-02")))
        .then_ok();
    engaged([])
        .today("2020-11-02")
        .when(on_time(Some("2020-11-03")))
        .then_err(Rejection::SignatureInFuture {
            signed_on: day("2020-11-03"),
            today: day("2020-11-02"),
        });
}

#[test]
fn rule_26_nobody_appraises_himself() {
    engaged([])
        .by(&operator_id().to_string())
        .when(submit("2020-10", 28, "2020-10-30"))
        .then_err(Rejection::OfficerOwnCase {
            operator_id: operator_id(),
        });
}

#[test]
fn rule_27_every_indicator_once_and_inside_the_scale() {
    let mut wrong = told(21);
    wrong.remove("quality");
    wrong.insert("courtesy".into(), 3);
    wrong.insert("attendance".into(), 5);
    wrong.insert("roll_call".into(), 0);
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<BTreeSet<_>>()
    };
    engaged([])
        .when(submit_scores("2020-10", wrong, Some("2020-10-30")))
        .then_err(Rejection::AppraisalInvalidScores {
            missing: names(&["quality"]),
            unknown: names(&["courtesy"]),
            outside_scale: names(&["attendance", "roll_call"]),
            scale_min: 1,
            scale_max: 4,
        });
    engaged([])
        .when(submit("2020-10", 7, "2020-10-30"))
        .then_ok();
    engaged([])
        .when(submit("2020-10", 28, "2020-10-30"))
        .then_ok();
}

#[test]
fn rule_27_one_fault_is_enough() {
    let refused = |scores| {
        let command = submit_scores("2020-10", scores, Some("2020-10-30"));
        engaged([])
            .when(command)
            .refusal()
            .map(|rejection| rejection.code())
    };
    let (mut one_less, mut one_more, mut one_off) = (told(21), told(21), told(21));
    one_less.remove("quality");
    one_more.insert("courtesy".into(), 3);
    one_off.insert("quality".into(), 5);
    for wrong in [one_less, one_more, one_off, BTreeMap::new()] {
        assert_eq!(refused(wrong).as_deref(), Some("appraisal.invalid_scores"));
    }
}

#[test]
fn rule_27_a_score_of_any_size_is_a_number() {
    for score in [i64::MIN, -1, 256 + 3, i64::MAX] {
        let mut command = submit("2020-10", 21, "2020-10-30");
        let Command::SubmitMonthlyAppraisal(body) = &mut command else {
            unreachable!()
        };
        body.scores.insert("quality".into(), score);
        let code = engaged([]).when(command).refusal().unwrap().code();
        assert_eq!(code, "appraisal.invalid_scores", "{score}");
    }
}

#[test]
fn rule_28_a_month_of_the_contract_broken_ones_too() {
    let outside = |of: &str, start: &str, end: &str| Rejection::AppraisalOutsideContract {
        month: month(of),
        start: day(start),
        end: day(end),
    };
    for of in ["2020-09", "2021-01"] {
        engaged([])
            .when(submit(of, 21, "2021-01-31"))
            .then_err(outside(of, "2020-10-01", "2020-12-31"));
    }
    let from_mid_october = || {
        let broken = contract_of(1, "2020-10-15", "2020-12-31");
        given([ppk(), registered(person()), hired(broken)])
    };
    from_mid_october()
        .when(submit("2020-10", 21, "2020-10-30"))
        .then_ok();
    engaged([terminated(1, "2020-11-13", "0")])
        .when(submit("2020-12", 21, "2020-12-31"))
        .then_err(outside("2020-12", "2020-10-01", "2020-11-13"));
    let closed = Rejection::ContractClosed { contract_id: id(1) };
    engaged([voided(1)])
        .when(submit("2020-10", 21, "2020-12-31"))
        .then_err(closed);
}

#[test]
fn rule_28_signed_from_five_days_before_the_end() {
    engaged([])
        .when(submit("2020-10", 21, "2020-10-26"))
        .then_ok();
    engaged([])
        .when(submit("2020-10", 21, "2020-10-25"))
        .then_err(Rejection::AppraisalTooEarly {
            month: month("2020-10"),
            earliest: day("2020-10-26"),
            signed_on: day("2020-10-25"),
        });
    // The last month of a person that left on the 13th ends on the 13th.
    engaged([terminated(1, "2020-11-13", "0")])
        .when(submit("2020-11", 21, "2020-11-08"))
        .then_ok();
}

#[test]
fn rule_28_late_after_the_fifth_is_accepted_and_marked() {
    engaged([])
        .when(submit("2020-10", 21, "2020-11-05"))
        .then([signed("2020-10", 21, "2020-11-05", false)]);
    engaged([])
        .when(submit("2020-10", 21, "2020-11-06"))
        .then([signed("2020-10", 21, "2020-11-06", true)]);
}

#[test]
fn rule_29_a_second_submission_for_the_month() {
    let done = || engaged([appraised("2020-10", 21)]);
    done()
        .when(submit("2020-10", 28, "2020-11-02"))
        .then_err(already("2020-10"));
    done()
        .when(submit("2020-10", 21, "2020-10-31"))
        .then_err(already("2020-10"));
    done().when(submit("2020-11", 21, "2020-11-30")).then_ok();
}

#[test]
fn rule_29_a_month_of_two_contracts_is_appraised_under_each() {
    let of_the_other = Submitted {
        contract_id: id(2),
        ..plain("2020-10-31", false)
    };
    let halves = [
        contract_of(1, "2020-10-16", "2020-12-31"),
        contract_of(2, "2020-10-01", "2020-10-15"),
    ];
    let facts = [
        ppk(),
        registered(person()),
        Event::from(of_the_other).into(),
    ];
    given(facts.into_iter().chain(halves.map(hired)))
        .when(submit("2020-10", 20, "2020-10-31"))
        .then_ok();
}

#[test]
fn rule_30_a_correction_is_a_revision_with_a_reason() {
    let after = engaged([appraised("2020-11", 17)])
        .when(correct("2020-11", 18, "2020-12-03"))
        .then([corrected("2020-11", 2, 18, "2020-12-03")])
        .when(correct("2020-11", 19, "2020-12-04"))
        .then([corrected("2020-11", 3, 19, "2020-12-04")]);
    after
        .when(correct("2020-11", 19, "2020-12-04"))
        .then_in_effect();
}

#[test]
fn rule_30_only_what_was_submitted_by_whom_may_submit() {
    engaged([])
        .when(correct("2020-11", 18, "2020-12-03"))
        .then_err(Rejection::AppraisalUnknown {
            month: month("2020-11"),
        });
    engaged([appraised("2020-11", 17)])
        .by(PPTK)
        .when(correct("2020-11", 18, "2020-12-03"))
        .then_err(not_assigned("2020-12-03"));
}

#[test]
fn rule_30_nothing_changes_after_finalization_until_reopened() {
    let year = ["2020-10", "2020-11"].map(|of| appraised(of, 21));
    let done = || {
        engaged(
            year.clone()
                .into_iter()
                .chain([finalized(1, outcome(2, 3, 42))]),
        )
    };
    let is_final = || Rejection::EvaluationFinal {
        contract_id: id(1),
        revision: 1,
    };
    done()
        .when(correct("2020-11", 28, "2020-12-31"))
        .then_err(is_final());
    done()
        .when(submit("2020-12", 28, "2020-12-31"))
        .then_err(is_final());
    done().when(waive("2020-12")).then_err(is_final());
    done()
        .and(&reopened(1))
        .when(correct("2020-11", 28, "2020-12-31"))
        .then_ok();
}

#[test]
fn rule_30_the_reason_is_required() {
    let body = serde_json::json!({"operator_id": operator_id(), "contract_id": id(1), "month": "2020-11",
        "scores": scores(21), "reason": " "});
    let refused = Command::parse("correct-monthly-appraisal", body.to_string().as_bytes());
    assert_eq!(refused.unwrap().unwrap_err().path, "reason");
}

#[test]
fn rule_31_a_month_without_work_is_waived() {
    let after = engaged([]).when(waive("2020-12")).then([waived("2020-12")]);
    after.clone().when(waive("2020-12")).then_in_effect();
    let waived = Rejection::AppraisalMonthWaived {
        month: month("2020-12"),
    };
    after
        .when(submit("2020-12", 21, "2020-12-31"))
        .then_err(waived);
    engaged([appraised("2020-12", 21)])
        .when(waive("2020-12"))
        .then_err(already("2020-12"));
}

#[test]
fn rule_31_a_waiver_has_a_reason() {
    for reason in [None, Some(" ")] {
        let body = serde_json::json!({"operator_id": operator_id(), "contract_id": id(1), "month": "2020-12",
            "reason": reason});
        let refused = Command::parse("waive-month", body.to_string().as_bytes());
        assert_eq!(refused.unwrap().unwrap_err().path, "reason");
    }
}

#[test]
fn rule_31_by_the_ppk_and_for_a_month_of_the_contract() {
    engaged([])
        .by(PPTK)
        .when(waive("2020-12"))
        .then_err(not_assigned("2021-01-31"));
    engaged([])
        .when(waive("2021-01"))
        .then_err(Rejection::AppraisalOutsideContract {
            month: month("2021-01"),
            start: day("2020-10-01"),
            end: day("2020-12-31"),
        });
}

#[test]
fn rule_35_of_a_terminated_contract_the_part_served_is_appraised() {
    // Signed after the last day, as the end of a month is.
    let left = || engaged([terminated(1, "2020-11-13", "0")]);
    for of in ["2020-10", "2020-11"] {
        left().when(submit(of, 21, "2020-11-30")).then_ok();
    }
    left().when(waive("2020-11")).then([waived("2020-11")]);
}

#[test]
fn rules_26_to_30_answer_in_their_order() {
    let final_year = || engaged([appraised("2020-12", 21), finalized(1, outcome(1, 3, 21))]);
    let code = |given: Given, command| given.when(command).refusal().unwrap().code();
    let mut nothing_right = submit("2021-01", 21, "2021-01-01");
    let Command::SubmitMonthlyAppraisal(body) = &mut nothing_right else {
        unreachable!()
    };
    body.scores.clear();
    assert_eq!(
        code(final_year().by(PPTK), nothing_right.clone()),
        "officer.not_assigned",
        "rule 26"
    );
    assert_eq!(
        code(final_year(), nothing_right),
        "appraisal.invalid_scores",
        "rule 27"
    );
    let early = |of| submit(of, 21, "2020-12-01");
    assert_eq!(
        code(final_year(), early("2021-01")),
        "appraisal.outside_contract",
        "rule 28"
    );
    assert_eq!(
        code(final_year(), early("2020-12")),
        "appraisal.too_early",
        "rule 28"
    );
    assert_eq!(
        code(final_year(), submit("2020-12", 21, "2020-12-31")),
        "appraisal.already_submitted",
        "rule 29"
    );
    assert_eq!(
        code(final_year(), submit("2020-11", 21, "2020-12-31")),
        "evaluation.final",
        "rule 30"
    );
}

#[test]
fn rule_40_a_contract_keeps_the_scheme_it_was_signed_under() {
    let mut strict = AppraisalPolicy {
        good_from: 28,
        ..Default::default()
    };
    strict.late_after_day = 0;
    let strict = Hired {
        appraisal: strict,
        ..contract()
    };
    let expected = Submitted {
        category: crate::package::policy::Category::Poor,
        ..plain("2020-11-01", true)
    };
    given([
        published(terms()),
        ppk(),
        registered(person()),
        hired(strict),
    ])
    .when(submit("2020-10", 27, "2020-11-01"))
    .then([Event::from(expected).into()]);
}

fn plain(signed_on: &str, late: bool) -> Submitted {
    let crate::Event::Operator(crate::operator::Event::Appraisal(Event::Submitted(submitted))) =
        signed("2020-10", 27, signed_on, late)
    else {
        unreachable!()
    };
    submitted
}

#[test]
fn a_note_is_kept_sealed() {
    let mut command = submit("2020-10", 27, "2020-10-30");
    let Command::SubmitMonthlyAppraisal(body) = &mut command else {
        unreachable!()
    };
    body.note = Some("baik sekali".into());
    let noted = Submitted {
        personal: Some(Remark::open("baik sekali")),
        ..plain("2020-10-30", false)
    };
    engaged([]).when(command).then([Event::from(noted).into()]);
}

mod after;
