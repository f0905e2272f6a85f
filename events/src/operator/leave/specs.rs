//! Specs of leave: rules 15 to 20. Long leave (rule 21) is in [`long`], what happens to leave
//! afterwards and what is no leave at all (rules 22 to 25) in [`after`].

use super::{Event, LeaveBalance, LeaveKind, LeaveReason, Record, Recorded};
use crate::{
    Command, Rejection,
    calendar::holiday::HolidayKind::{JointLeave, PublicHoliday},
    operator::contract::Hired,
    package::policy::LeavePolicy,
    personal::Personal,
    spec::{Given, examples::*, given},
};

mod after;
mod long;

use LeaveKind::{Annual, Special};

fn record(n: u128, kind: LeaveKind, from: &str, to: &str) -> Command {
    Command::RecordLeave(Record {
        operator_id: operator_id(),
        kind,
        from: day(from),
        to: day(to),
        reason: None,
        evidence_sha256: None,
        leave_id: Some(leave_id(n)),
    })
}

/// A person engaged from October to December 2020, and further events.
fn engaged(more: impl IntoIterator<Item = crate::Event>) -> Given {
    given(
        [registered(person()), hired(contract())]
            .into_iter()
            .chain(more),
    )
}

fn balance(given: &Given, year: i32) -> LeaveBalance {
    given
        .operator
        .leave
        .balance(year, &given.operator.contracts, &given.calendar)
        .unwrap()
}

fn outside(from: &str, to: &str) -> Rejection {
    Rejection::LeaveOutsideContract {
        from: day(from),
        to: day(to),
    }
}

fn exceeded(kind: LeaveKind, remaining: i32, requested: u32) -> Rejection {
    Rejection::LeaveBalanceExceeded {
        kind,
        year: 2020,
        remaining,
        requested,
    }
}

#[test]
fn rule_15_leave_lies_inside_a_contract() {
    engaged([])
        .when(record(1, Annual, "2020-12-31", "2020-12-31"))
        .then([leave(1, Annual, "2020-12-31", "2020-12-31")]);
    engaged([])
        .when(record(1, Annual, "2020-12-31", "2021-01-01"))
        .then_err(outside("2020-12-31", "2021-01-01"));
    engaged([])
        .when(record(1, Annual, "2020-09-30", "2020-10-01"))
        .then_err(outside("2020-09-30", "2020-10-01"));
}

#[test]
fn rule_15_a_terminated_contract_ends_on_its_last_day() {
    let terminated = || engaged([terminated(1, "2020-11-13", "0")]);
    terminated()
        .when(record(1, Annual, "2020-11-13", "2020-11-13"))
        .then([leave(1, Annual, "2020-11-13", "2020-11-13")]);
    terminated()
        .when(record(1, Annual, "2020-11-13", "2020-11-16"))
        .then_err(outside("2020-11-13", "2020-11-16"));
}

#[test]
fn rule_15_a_voided_contract_has_no_leave() {
    engaged([voided(1)])
        .when(record(1, Annual, "2020-11-02", "2020-11-02"))
        .then_err(outside("2020-11-02", "2020-11-02"));
}

#[test]
fn rule_15_leave_does_not_run_from_one_contract_into_the_next() {
    let two = [
        hired(contract_of(1, "2020-10-01", "2020-10-31")),
        hired(contract_of(2, "2020-11-01", "2020-12-31")),
    ];
    given([registered(person())].into_iter().chain(two))
        .when(record(1, Annual, "2020-10-30", "2020-11-02"))
        .then_err(outside("2020-10-30", "2020-11-02"));
}

#[test]
fn rule_15_answers_before_every_later_rule() {
    // Backwards in the balance, overlapping and for a man: still, first, outside the contract.
    engaged([leave(1, Annual, "2020-12-21", "2020-12-31")])
        .when(record(2, LeaveKind::Maternity, "2020-12-31", "2021-01-04"))
        .then_err(outside("2020-12-31", "2021-01-04"));
}

#[test]
fn rule_16_no_day_is_on_two_leaves() {
    let sick = || engaged([leave(1, Special, "2020-11-16", "2020-11-18")]);
    let overlaps = Rejection::LeaveOverlaps {
        leave_id: leave_id(1),
        from: day("2020-11-16"),
        to: day("2020-11-18"),
    };
    sick()
        .when(record(2, Annual, "2020-11-18", "2020-11-19"))
        .then_err(overlaps.clone());
    sick()
        .when(record(2, Annual, "2020-11-13", "2020-11-16"))
        .then_err(overlaps);
    sick()
        .when(record(2, Annual, "2020-11-19", "2020-11-19"))
        .then_ok();
    sick()
        .when(record(2, Annual, "2020-11-13", "2020-11-15"))
        .then_ok();
}

#[test]
fn rule_16_answers_before_the_balance() {
    engaged([leave(1, Annual, "2020-11-02", "2020-11-06")])
        .when(record(2, Annual, "2020-11-06", "2020-11-30"))
        .then_err(Rejection::LeaveOverlaps {
            leave_id: leave_id(1),
            from: day("2020-11-02"),
            to: day("2020-11-06"),
        });
}

#[test]
fn rule_17_weekends_holidays_and_joint_leave_are_not_charged() {
    // Monday 26 to Friday 30 October: 28 and 30 joint leave, 29 a public holiday.
    let after = engaged([
        declared("2020-10-28", JointLeave),
        declared("2020-10-29", PublicHoliday),
        declared("2020-10-30", JointLeave),
    ])
    .when(record(1, Annual, "2020-10-26", "2020-11-01"))
    .then_ok();
    assert_eq!(balance(&after, 2020).annual_used, 2);
}

#[test]
fn rule_17_policy_may_charge_joint_leave() {
    let charging = LeavePolicy {
        joint_leave_charged: true,
        ..Default::default()
    };
    let charging = Hired {
        leave: charging,
        ..contract()
    };
    let friday = || [registered(person()), declared("2020-10-30", JointLeave)].into_iter();
    given(friday().chain([hired(charging)]))
        .when(record(1, Annual, "2020-10-30", "2020-10-30"))
        .then_ok();
    given(friday().chain([hired(contract())]))
        .when(record(1, Annual, "2020-10-30", "2020-10-30"))
        .then_err(Rejection::LeaveNoWorkingDays {
            from: day("2020-10-30"),
            to: day("2020-10-30"),
        });
}

#[test]
fn rule_17_leave_without_a_working_day_is_none() {
    engaged([])
        .when(record(1, Annual, "2020-10-31", "2020-11-01"))
        .then_err(Rejection::LeaveNoWorkingDays {
            from: day("2020-10-31"),
            to: day("2020-11-01"),
        });
}

#[test]
fn rule_18_special_leave_comes_out_of_the_same_pool() {
    let five_taken = || engaged([leave(1, Annual, "2020-11-02", "2020-11-06")]);
    // Monday 9 to Wednesday 18 November: 8 working days.
    five_taken()
        .when(record(2, Special, "2020-11-09", "2020-11-18"))
        .then_err(exceeded(Special, 7, 8));
    five_taken()
        .when(record(2, Special, "2020-11-09", "2020-11-17"))
        .then_ok();
    // The other way round, too.
    let five_sick = || engaged([leave(1, Special, "2020-11-02", "2020-11-06")]);
    five_sick()
        .when(record(2, Annual, "2020-11-09", "2020-11-18"))
        .then_err(exceeded(Annual, 7, 8));
}

#[test]
fn rule_18_special_leave_has_a_most_of_its_own() {
    let policy = LeavePolicy {
        special_max_days: 2,
        ..Default::default()
    };
    let one_sick = || {
        let strict = Hired {
            leave: policy.clone(),
            ..contract()
        };
        given([
            registered(person()),
            hired(strict),
            leave(1, Special, "2020-11-02", "2020-11-02"),
        ])
    };
    one_sick()
        .when(record(2, Special, "2020-11-03", "2020-11-04"))
        .then_err(exceeded(Special, 1, 2));
    one_sick()
        .when(record(2, Special, "2020-11-03", "2020-11-03"))
        .then_ok();
    one_sick()
        .when(record(2, Annual, "2020-11-03", "2020-11-17"))
        .then_ok();
}

#[test]
fn rule_18_twelve_days_are_granted_and_no_more() {
    // Monday 2 to Tuesday 17 November: 12 working days.
    engaged([])
        .when(record(1, Annual, "2020-11-02", "2020-11-17"))
        .then_ok();
    engaged([])
        .when(record(1, Annual, "2020-11-02", "2020-11-18"))
        .then_err(exceeded(Annual, 12, 13));
}

#[test]
fn rule_19_a_second_contract_shares_the_pool_of_its_year() {
    let second = || {
        given([
            registered(person()),
            hired(contract_of(1, "2020-10-01", "2020-10-31")),
            leave(1, Annual, "2020-10-05", "2020-10-16"), // 10 days
            hired(contract_of(2, "2020-11-01", "2020-12-31")),
        ])
    };
    second()
        .when(record(2, Annual, "2020-11-02", "2020-11-04"))
        .then_err(exceeded(Annual, 2, 3));
    second()
        .when(record(2, Annual, "2020-11-02", "2020-11-03"))
        .then([leave_under(2, 2, Annual, "2020-11-02", "2020-11-03")]);
}

#[test]
fn rule_19_what_was_taken_under_a_terminated_contract_stays_taken() {
    let again = || {
        given([
            registered(person()),
            hired(contract()),
            leave(1, Annual, "2020-10-05", "2020-10-16"), // 10 days
            terminated(1, "2020-10-31", "0"),
            hired(contract_of(2, "2020-11-01", "2020-12-31")),
        ])
    };
    again()
        .when(record(2, Annual, "2020-11-02", "2020-11-04"))
        .then_err(exceeded(Annual, 2, 3));
    again()
        .when(record(2, Annual, "2020-11-02", "2020-11-03"))
        .then_ok();
}

#[test]
fn rule_19_another_year_has_a_pool_of_its_own() {
    let next_year = Hired {
        fiscal_year: 2021,
        ..contract_of(2, "2021-01-01", "2021-12-31")
    };
    engaged([
        leave(1, Annual, "2020-11-02", "2020-11-17"),
        hired(next_year),
    ])
    .when(record(2, Annual, "2021-01-04", "2021-01-19"))
    .then_ok();
}

#[test]
fn rule_19_back_dated_leave_counts_against_what_was_taken_later() {
    let december_taken = || engaged([leave(1, Annual, "2020-12-01", "2020-12-14")]); // 10 days
    december_taken()
        .when(record(2, Annual, "2020-10-05", "2020-10-07"))
        .then_err(exceeded(Annual, 2, 3));
    december_taken()
        .when(record(2, Annual, "2020-10-05", "2020-10-06"))
        .then_ok();
}

#[test]
fn rule_20_a_holiday_declared_later_gives_the_day_back() {
    let before = engaged([leave(1, Annual, "2020-12-07", "2020-12-11")]);
    assert_eq!(balance(&before, 2020).remaining(), 7);
    let after = engaged([
        leave(1, Annual, "2020-12-07", "2020-12-11"),
        declared("2020-12-09", PublicHoliday),
    ]);
    assert_eq!(balance(&after, 2020).remaining(), 8);
}

/// 28 to 31 December as declared at first: joint leave, all of them.
fn year_end() -> Vec<crate::Event> {
    [
        "2020-12-24",
        "2020-12-28",
        "2020-12-29",
        "2020-12-30",
        "2020-12-31",
    ]
    .map(|d| declared(d, JointLeave))
    .into()
}

#[test]
fn rule_20_the_decree_of_1_december_2020_charges_three_days_again() {
    let revoked = ["2020-12-28", "2020-12-29", "2020-12-30"].map(|d| revoked(d, JointLeave));
    let leave = leave(1, Annual, "2020-12-21", "2020-12-31");
    let holidays = || {
        year_end()
            .into_iter()
            .chain([declared("2020-12-25", PublicHoliday)])
    };
    let before = engaged(holidays().chain([leave.clone()]));
    assert_eq!(balance(&before, 2020).used(), 3, "21, 22 and 23 December");
    let after = engaged(holidays().chain([leave]).chain(revoked));
    assert_eq!(
        balance(&after, 2020).used(),
        6,
        "and 28, 29 and 30 December"
    );
}

#[test]
fn rule_20_a_revoked_holiday_may_overdraw_and_nothing_is_cancelled() {
    // 11 days in November, and 1 from 28 to 31 December: the pool is empty, until the decree.
    let spent = engaged(year_end().into_iter().chain([
        leave(1, Annual, "2020-11-02", "2020-11-16"),
        leave(2, Annual, "2020-12-23", "2020-12-31"),
        declared("2020-12-25", PublicHoliday),
    ]));
    assert_eq!(balance(&spent, 2020).remaining(), 0);
    let all: Vec<_> = ["2020-12-28", "2020-12-29", "2020-12-30"]
        .map(|d| revoked(d, JointLeave))
        .into();
    let overdrawn = all.iter().fold(spent, |given, fact| given.and(fact));
    assert_eq!(balance(&overdrawn, 2020).remaining(), -3);
    assert_eq!(overdrawn.operator.leave.entries.len(), 2);
    assert!(
        overdrawn
            .operator
            .leave
            .entries
            .values()
            .all(|entry| entry.cancelled_from.is_none())
    );
    overdrawn
        .when(record(3, Annual, "2020-12-01", "2020-12-01"))
        .then_err(exceeded(Annual, -3, 1));
}

#[test]
fn leave_keeps_its_grounds_and_its_id() {
    let mut command = record(1, Special, "2020-11-02", "2020-11-02");
    let Command::RecordLeave(body) = &mut command else {
        unreachable!()
    };
    body.reason = Some("sakit".into());
    let grounds = LeaveReason {
        reason: Some("sakit".into()),
        evidence_sha256: None,
    };
    let recorded = Recorded {
        leave_id: leave_id(1),
        contract_id: id(1),
        kind: Special,
        from: day("2020-11-02"),
        to: day("2020-11-02"),
        personal: Some(Personal::Open(grounds)),
    };
    let after = engaged([])
        .when(command)
        .then([Event::from(recorded).into()]);
    after
        .when(record(1, Annual, "2020-11-03", "2020-11-03"))
        .then_err(Rejection::LeaveAlreadyExists {
            leave_id: leave_id(1),
        });
}

#[test]
fn leave_is_for_a_person_the_right_way_round() {
    let back = record(1, Annual, "2020-11-03", "2020-11-02");
    let (from, to) = (day("2020-11-03"), day("2020-11-02"));
    engaged([])
        .when(back)
        .then_err(Rejection::LeavePeriodInvalid { from, to });
    given([])
        .when(record(1, Annual, "2020-11-02", "2020-11-02"))
        .then_err(Rejection::OperatorUnknown {
            operator_id: operator_id(),
        });
}

#[test]
fn rule_40_leave_is_charged_under_the_contract_it_was_taken_in() {
    let joint = declared("2020-11-04", JointLeave);
    let charging = LeavePolicy {
        joint_leave_charged: true,
        annual_days: 10,
        ..LeavePolicy::default()
    };
    let first = contract_of(1, "2020-10-01", "2020-11-30");
    let second = Hired {
        leave: charging,
        ..contract_of(2, "2020-12-01", "2020-12-31")
    };
    let before = given([registered(person()), hired(first), joint]);
    let taken = before.and(&leave(1, Annual, "2020-11-02", "2020-11-06"));
    assert_eq!(balance(&taken, 2020).annual_used, 4);
    let after = taken.and(&hired(second));
    let balance = balance(&after, 2020);
    assert_eq!((balance.annual_used, balance.remaining()), (4, 6));
    let joint_day = record(2, Annual, "2020-11-04", "2020-11-04");
    after
        .clone()
        .and(&cancelled(1, "2020-11-02"))
        .when(joint_day)
        .then_err(Rejection::LeaveNoWorkingDays {
            from: day("2020-11-04"),
            to: day("2020-11-04"),
        });
}
