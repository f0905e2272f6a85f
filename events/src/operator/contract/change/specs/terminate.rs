//! Specs of terminating: rule 13, its sums worked by hand.

use super::*;
use crate::calendar::holiday::HolidayKind::{JointLeave, PublicHoliday};

fn terminate(on: &str) -> Command {
    Command::TerminateContract(Terminate {
        operator_id: operator_id(),
        contract_id: id(1),
        on: day(on),
        cause: TerminationCause::Resignation,
        reason: REASON.into(),
    })
}

/// The facts of a termination without leave.
fn ended(on: &str, earned: &str) -> [Event; 2] {
    [
        released(1, ReleaseCause::Terminated, earned),
        terminated(1, on, earned),
    ]
}

#[test]
fn rule_13_whole_months_and_the_share_of_the_broken_one() {
    // October whole: 2,750,000. November 2020 has 21 working days, 10 of them up to Friday the 13th:
    // 2,601,875 x 10/21 = 1,238,988.10 -> 1,238,988
    //   110,000 x 10/21 =    52,380.95 ->    52,381
    //    38,125 x 10/21 =    18,154.76 ->    18,155
    // together 1,309,524; with October 4,059,524.
    let after = engaged([])
        .when(terminate("2020-11-13"))
        .then(ended("2020-11-13", "4059524"));
    assert_eq!(
        (
            after.package.slots.filled(),
            after.package.slots.committed()
        ),
        (0, rupiah("4059524"))
    );
}

#[test]
fn rule_13_on_the_last_day_of_a_month_and_of_the_contract() {
    engaged([])
        .when(terminate("2020-11-30"))
        .then(ended("2020-11-30", "5500000"));
    engaged([])
        .when(terminate("2020-12-31"))
        .then(ended("2020-12-31", "8250000"));
}

#[test]
fn rule_13_a_month_the_contract_begins_in_the_middle_of() {
    // October 2020 has 22 working days, 12 of them from Thursday the 15th to Friday the 30th:
    // 2,601,875 x 12/22 = 1,419,204.55 -> 1,419,205
    //   110,000 x 12/22 =    60,000
    //    38,125 x 12/22 =    20,795.45 ->    20,795
    // together 1,500,000.
    let mid_october = |value| Hired {
        value: rupiah(value),
        ..contract_of(1, "2020-10-15", "2020-12-31")
    };
    engaged_under(mid_october("7000000"), [])
        .when(terminate("2020-10-30"))
        .then(ended("2020-10-30", "1500000"));
    // With November whole 4,250,000.
    engaged_under(mid_october("7000000"), [])
        .when(terminate("2020-11-30"))
        .then(ended("2020-11-30", "4250000"));
    // On the last day all of it, however much the months come to (7,000,000).
    engaged_under(mid_october("7500000"), [])
        .when(terminate("2020-12-31"))
        .then(ended("2020-12-31", "7500000"));
    // Never more than the whole was worth.
    engaged_under(mid_october("1400000"), [])
        .when(terminate("2020-10-30"))
        .then(ended("2020-10-30", "1400000"));
}

#[test]
fn rule_13_the_first_day_only() {
    // 1 of 22: 118,267.05 -> 118,267; 5,000; 1,732.95 -> 1,733; together 125,000.
    engaged([])
        .when(terminate("2020-10-01"))
        .then(ended("2020-10-01", "125000"));
}

#[test]
fn rule_13_working_days_follow_the_calendar() {
    // December 2020: 23 weekdays, less the 9th, 24th, 25th and 28th to 31st: 16, all of them worked
    // by the 23rd. Two months and the whole of December.
    let december = || {
        [
            "2020-12-24",
            "2020-12-28",
            "2020-12-29",
            "2020-12-30",
            "2020-12-31",
        ]
        .map(|date| declared(date, JointLeave))
        .into_iter()
        .chain(["2020-12-09", "2020-12-25"].map(|date| declared(date, PublicHoliday)))
    };
    engaged(december())
        .when(terminate("2020-12-23"))
        .then(ended("2020-12-23", "8250000"));
    // The decree of 1 December makes 28, 29 and 30 working days: 16 of 19.
    // 2,601,875 x 16/19 = 2,191,052.63 -> 2,191,053
    //   110,000 x 16/19 =    92,631.58 ->    92,632
    //    38,125 x 16/19 =    32,105.26 ->    32,105
    // together 2,315,790; with two months 7,815,790.
    let decree = ["2020-12-28", "2020-12-29", "2020-12-30"].map(|date| revoked(date, JointLeave));
    engaged(december().chain(decree))
        .when(terminate("2020-12-23"))
        .then(ended("2020-12-23", "7815790"));
}

#[test]
fn rule_13_later_leave_goes_with_the_contract() {
    let leave = [
        leave(1, Annual, "2020-11-02", "2020-11-03"), // taken
        leave(2, Annual, "2020-11-12", "2020-11-17"), // across the last day
        leave(3, Annual, "2020-11-23", "2020-11-24"), // after it
        leave(4, Annual, "2020-12-01", "2020-12-02"), // after it, taken back before
        cancelled(4, "2020-12-01"),
    ];
    let expected = [
        released(1, ReleaseCause::Terminated, "4059524"),
        cancelled(2, "2020-11-14"),
        cancelled(3, "2020-11-23"),
        terminated(1, "2020-11-13", "4059524"),
    ];
    engaged(leave)
        .today("2020-11-10")
        .when(terminate("2020-11-13"))
        .then(expected);
}

#[test]
fn rule_13_not_back_dated_over_taken_leave() {
    let monday = || engaged([leave(1, Annual, "2020-11-16", "2020-11-20")]);
    monday()
        .today("2020-11-15")
        .when(terminate("2020-11-13"))
        .then_ok();
    monday()
        .today("2020-11-16")
        .when(terminate("2020-11-13"))
        .then_err(later_facts(&[1], &[]));
    // Leave that has begun is cut from the day after the last, if that is still to come.
    monday()
        .today("2020-11-17")
        .when(terminate("2020-11-17"))
        .then([
            // October, and 12 of 21 days of November: 1,486,785.71, 62,857.14, 21,785.71 -> 1,571,429.
            released(1, ReleaseCause::Terminated, "4321429"),
            cancelled(1, "2020-11-18"),
            terminated(1, "2020-11-17", "4321429"),
        ]);
}

#[test]
fn rule_13_not_back_dated_over_an_appraisal() {
    let november = || engaged([appraised("2020-11", 21)]);
    november()
        .when(terminate("2020-10-31"))
        .then_err(later_facts(&[], &["2020-11"]));
    november().when(terminate("2020-11-02")).then_ok();
    engaged([waived("2020-12")])
        .when(terminate("2020-11-30"))
        .then_ok();
}

#[test]
fn rule_13_on_a_day_of_the_contract_and_once() {
    for on in ["2020-09-30", "2021-01-01"] {
        engaged([])
            .when(terminate(on))
            .then_err(Rejection::ContractNotInForce {
                on: day(on),
                start: day("2020-10-01"),
                end: day("2020-12-31"),
            });
    }
    engaged([terminated(1, "2020-11-13", "0")])
        .when(terminate("2020-11-13"))
        .then_err(closed());
    engaged([voided(1)])
        .when(terminate("2020-11-13"))
        .then_err(closed());
}
