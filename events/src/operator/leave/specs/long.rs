//! Specs of long leave: maternity and work accident, in calendar months a case (rule 21).

use super::*;
use crate::operator::identity::Profile;
use LeaveKind::{Maternity, WorkAccident};

/// A person under contract all of 2021, and further events.
fn all_year(profile: Profile, more: impl IntoIterator<Item = crate::Event>) -> Given {
    let year = Hired {
        fiscal_year: 2021,
        ..contract_of(1, "2021-01-01", "2021-12-31")
    };
    given([registered(profile), hired(year)].into_iter().chain(more))
}

fn too_long(latest: &str) -> Rejection {
    Rejection::LeaveTooLong {
        latest: day(latest),
        months: 3,
    }
}

#[test]
fn rule_21_maternity_is_for_women() {
    let not_applicable = Rejection::LeaveNotApplicable { kind: Maternity };
    let man = || all_year(person(), []);
    man()
        .when(record(1, Maternity, "2021-03-01", "2021-03-31"))
        .then_err(not_applicable.clone());
    man()
        .when(record(1, Maternity, "2021-03-01", "2021-07-31"))
        .then_err(not_applicable);
    man()
        .when(record(1, WorkAccident, "2021-03-01", "2021-03-31"))
        .then([leave(1, WorkAccident, "2021-03-01", "2021-03-31")]);
}

#[test]
fn rule_21_three_calendar_months_to_the_day() {
    // (first day, last day allowed, one too many)
    for (from, last, over) in [
        ("2021-03-15", "2021-06-14", "2021-06-15"),
        ("2021-02-01", "2021-04-30", "2021-05-01"),
        ("2021-01-31", "2021-04-29", "2021-04-30"), // 31 January + 3 months is 30 April, less a day
    ] {
        let woman = || all_year(woman(), []);
        woman()
            .when(record(1, Maternity, from, last))
            .then([leave(1, Maternity, from, last)]);
        woman()
            .when(record(1, Maternity, from, over))
            .then_err(too_long(last));
    }
}

#[test]
fn rule_21_is_not_charged_and_needs_no_working_day() {
    let woman = || all_year(woman(), []);
    let after = woman()
        .when(record(1, Maternity, "2021-03-06", "2021-05-31"))
        .then_ok();
    assert_eq!(balance(&after, 2021).used(), 0);
    woman()
        .when(record(1, Maternity, "2021-03-06", "2021-03-07"))
        .then_ok();
}

#[test]
fn rule_21_never_past_the_end_of_the_contract() {
    let woman = || all_year(woman(), []);
    woman()
        .when(record(1, Maternity, "2021-11-16", "2021-12-31"))
        .then_ok();
    woman()
        .when(record(1, Maternity, "2021-11-16", "2022-02-15"))
        .then_err(outside("2021-11-16", "2022-02-15"));
}

#[test]
fn rule_21_adjacent_leaves_of_a_kind_are_one_case() {
    let two_months = || all_year(woman(), [leave(1, Maternity, "2021-03-01", "2021-04-30")]);
    two_months()
        .when(record(2, Maternity, "2021-05-01", "2021-05-31"))
        .then_ok();
    two_months()
        .when(record(2, Maternity, "2021-05-01", "2021-06-01"))
        .then_err(too_long("2021-05-31"));
    // A day at work between them makes two cases.
    two_months()
        .when(record(2, Maternity, "2021-05-02", "2021-08-01"))
        .then_ok();
    // Before it, just as well.
    two_months()
        .when(record(2, Maternity, "2021-02-01", "2021-02-28"))
        .then_ok();
    two_months()
        .when(record(2, Maternity, "2021-01-31", "2021-02-28"))
        .then_err(too_long("2021-04-29"));
}

#[test]
fn rule_21_a_leave_that_joins_two_makes_one_case() {
    let around = [
        leave(1, Maternity, "2021-02-01", "2021-02-28"),
        leave(2, Maternity, "2021-04-01", "2021-05-01"),
    ];
    all_year(woman(), around)
        .when(record(3, Maternity, "2021-03-01", "2021-03-31"))
        .then_err(too_long("2021-04-30"));
}

#[test]
fn rule_21_another_kind_or_a_cancelled_rest_is_no_part_of_the_case() {
    let accident = [leave(1, WorkAccident, "2021-03-01", "2021-05-31")];
    all_year(woman(), accident)
        .when(record(2, Maternity, "2021-06-01", "2021-08-31"))
        .then_ok();
    let cut_short = || {
        all_year(
            woman(),
            [
                leave(1, Maternity, "2021-03-01", "2021-05-31"),
                cancelled(1, "2021-05-01"),
            ],
        )
    };
    cut_short()
        .when(record(2, Maternity, "2021-05-01", "2021-05-31"))
        .then_ok();
    cut_short()
        .when(record(2, Maternity, "2021-05-01", "2021-06-01"))
        .then_err(too_long("2021-05-31"));
}
