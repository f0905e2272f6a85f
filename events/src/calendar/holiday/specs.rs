//! Specs of declaring and revoking days off: the base of rule 20.

use super::{Declare, Event, HolidayKind, Revoke, Revoked};
use crate::{
    Command, Rejection,
    calendar::DaysOff,
    spec::{examples::*, given},
};

use HolidayKind::{JointLeave, PublicHoliday};

fn declare_by(date: &str, kind: HolidayKind, decree: &str) -> Command {
    Command::DeclareHoliday(Declare {
        date: day(date),
        kind,
        name: "Libur".into(),
        decree: decree.into(),
    })
}

fn declare(date: &str, kind: HolidayKind) -> Command {
    declare_by(date, kind, "SKB 3 Menteri")
}

fn revoke(date: &str, kind: HolidayKind) -> Command {
    Command::RevokeHoliday(Revoke {
        date: day(date),
        kind,
        name: "Libur".into(),
        decree: "SKB 3 Menteri, 1 Desember 2020".into(),
    })
}

#[test]
fn a_day_is_declared_once() {
    let after = given([])
        .when(declare("2020-12-28", JointLeave))
        .then([declared("2020-12-28", JointLeave)]);
    after
        .clone()
        .when(declare("2020-12-28", JointLeave))
        .then_in_effect();
    let other = declare_by("2020-12-28", JointLeave, "SKB lain");
    after
        .when(other)
        .then_err(Rejection::HolidayAlreadyDeclared {
            date: day("2020-12-28"),
        });
}

#[test]
fn rule_20_a_revoked_day_is_worked_again() {
    let after = given([declared("2020-12-28", JointLeave)])
        .when(revoke("2020-12-28", JointLeave))
        .then([revoked("2020-12-28", JointLeave)]);
    assert!(
        after
            .calendar
            .is_working_day(day("2020-12-28"), DaysOff::HolidaysAndJointLeave)
    );
    after
        .when(revoke("2020-12-28", JointLeave))
        .then_err(Rejection::HolidayUnknown {
            date: day("2020-12-28"),
        });
}

#[test]
fn rule_20_revoked_as_what_it_was_declared() {
    let both = || {
        given([
            declared("2020-12-25", PublicHoliday),
            declared("2020-12-25", JointLeave),
        ])
    };
    let after = both().when(revoke("2020-12-25", JointLeave)).then_ok();
    assert!(
        !after
            .calendar
            .is_working_day(day("2020-12-25"), DaysOff::HolidaysOnly)
    );
    given([declared("2020-12-25", PublicHoliday)])
        .when(revoke("2020-12-25", JointLeave))
        .then_err(Rejection::HolidayUnknown {
            date: day("2020-12-25"),
        });
}

#[test]
fn rule_20_a_year_that_is_read_again_forgets_what_was_revoked() {
    let (joint_leave, new_year) = ("2020-12-28", "2021-01-01");
    let mut known = given([
        declared(joint_leave, JointLeave),
        declared(new_year, PublicHoliday),
    ])
    .calendar;
    let read_again = given([
        declared(joint_leave, JointLeave),
        revoked(joint_leave, JointLeave),
    ])
    .calendar;
    known.replace_year(2020, &read_again);
    assert!(known.is_working_day(day(joint_leave), DaysOff::HolidaysAndJointLeave));
    assert!(
        !known.is_working_day(day(new_year), DaysOff::HolidaysOnly),
        "another year is not read again"
    );
}

#[test]
fn the_event_names_the_decree_that_revokes() {
    let expected = Revoked {
        date: day("2020-12-28"),
        kind: JointLeave,
        name: "Libur".into(),
        decree: "SKB 3 Menteri, 1 Desember 2020".into(),
    };
    given([declared("2020-12-28", JointLeave)])
        .when(revoke("2020-12-28", JointLeave))
        .then([Event::from(expected).into()]);
}

#[test]
fn rule_17_what_is_a_working_day() {
    let december = given([
        declared("2020-12-24", JointLeave),
        declared("2020-12-25", PublicHoliday),
    ])
    .calendar;
    let worked = |date: &str, off| december.is_working_day(day(date), off);
    for (date, with_joint_leave, without) in [
        ("2020-12-23", true, true),   // Wednesday
        ("2020-12-24", false, true),  // joint leave
        ("2020-12-25", false, false), // public holiday
        ("2020-12-26", false, false), // Saturday
        ("2020-12-27", false, false), // Sunday
    ] {
        assert_eq!(
            worked(date, DaysOff::HolidaysAndJointLeave),
            with_joint_leave,
            "{date}"
        );
        assert_eq!(worked(date, DaysOff::HolidaysOnly), without, "{date}");
    }
    let week = period("2020-12-21", "2020-12-27");
    assert_eq!(
        december.count_working_days(week, DaysOff::HolidaysAndJointLeave),
        3
    );
}
