//! Specs of taking leave back, of half days, and of absences: rules 22 to 25.

use super::{
    super::{Absent, Cancel, Cancelled, LeaveChange, RecordAbsence},
    *,
};

fn cancel(n: u128, from: Option<&str>) -> Command {
    Command::CancelLeave(Cancel {
        operator_id: operator_id(),
        leave_id: leave_id(n),
        from: from.map(day),
        reason: REASON.into(),
    })
}

fn absence(on: &str) -> Command {
    Command::RecordAbsence(RecordAbsence {
        operator_id: operator_id(),
        on: day(on),
        reason: REASON.into(),
    })
}

fn absent(on: &str) -> crate::Event {
    Event::from(Absent {
        contract_id: id(1),
        on: day(on),
        personal: reason(),
    })
    .into()
}

#[test]
fn rule_22_cancelling_gives_the_days_back() {
    let after = engaged([leave(1, Annual, "2020-11-05", "2020-11-06")])
        .today("2020-11-01")
        .when(cancel(1, None))
        .then([cancelled(1, "2020-11-05")]);
    assert_eq!(balance(&after, 2020).remaining(), 12);
}

#[test]
fn rule_22_from_a_day_on() {
    let week = || engaged([leave(1, Annual, "2020-11-02", "2020-11-06")]);
    let after = week()
        .when(cancel(1, Some("2020-11-05")))
        .then([cancelled(1, "2020-11-05")]);
    assert_eq!(balance(&after, 2020).used(), 3);
    week()
        .when(cancel(1, Some("2020-11-06")))
        .then([cancelled(1, "2020-11-06")]);
    for outside in ["2020-11-01", "2020-11-07"] {
        week()
            .when(cancel(1, Some(outside)))
            .then_err(Rejection::LeaveOutsideLeave {
                leave_id: leave_id(1),
                from: day("2020-11-02"),
                to: day("2020-11-06"),
            });
    }
}

#[test]
fn rule_22_without_a_day_it_was_never_taken_also_when_it_has_begun() {
    let after = engaged([leave(1, Annual, "2020-11-02", "2020-11-06")])
        .today("2020-11-04")
        .when(cancel(1, None))
        .then([cancelled(1, "2020-11-02")]);
    assert_eq!(balance(&after, 2020).remaining(), 12);
}

#[test]
fn rule_22_twice_is_unknown() {
    let unknown = || Rejection::LeaveUnknown {
        leave_id: leave_id(1),
    };
    let week = leave(1, Annual, "2020-11-02", "2020-11-06");
    engaged([]).when(cancel(1, None)).then_err(unknown());
    engaged([week.clone(), cancelled(1, "2020-11-02")])
        .when(cancel(1, None))
        .then_err(unknown());
    engaged([week.clone(), cancelled(1, "2020-11-05")])
        .when(cancel(1, Some("2020-11-05")))
        .then_err(unknown());
    // The rest of it may go too.
    engaged([week, cancelled(1, "2020-11-05")])
        .when(cancel(1, Some("2020-11-03")))
        .then([cancelled(1, "2020-11-03")]);
}

#[test]
fn rule_23_sick_during_annual_leave() {
    let after = engaged([leave(1, Annual, "2020-11-02", "2020-11-06")])
        .when(cancel(1, Some("2020-11-04")))
        .then([cancelled(1, "2020-11-04")])
        .when(record(2, Special, "2020-11-04", "2020-11-06"))
        .then([leave(2, Special, "2020-11-04", "2020-11-06")]);
    let balance = balance(&after, 2020);
    assert_eq!(
        (
            balance.annual_used,
            balance.special_used,
            balance.remaining()
        ),
        (2, 3, 7)
    );
}

#[test]
fn rule_24_half_days_are_not_a_date() {
    for half in ["2020-11-02T12:00", "2020-11-02.5"] {
        let body = format!(
            r#"{{"operator_id":"{}","kind":"annual","from":"{half}","to":"2020-11-02"}}"#,
            operator_id()
        );
        assert_eq!(
            Command::parse("record-leave", body.as_bytes())
                .unwrap()
                .unwrap_err()
                .path,
            "from"
        );
    }
    let half = br#"{"annual_days":12,"unit":"half_day"}"#;
    assert!(serde_json::from_slice::<LeavePolicy>(half).is_err());
}

#[test]
fn rule_25_a_sick_day_past_the_pool_is_a_fact_and_charges_nothing() {
    let spent = || engaged([leave(1, Special, "2020-11-02", "2020-11-17")]); // 12 days
    spent()
        .when(record(2, Special, "2020-11-18", "2020-11-18"))
        .then_err(exceeded(Special, 0, 1));
    let after = spent()
        .when(absence("2020-11-18"))
        .then([absent("2020-11-18")]);
    assert_eq!(balance(&after, 2020).remaining(), 0);
    after
        .when(absence("2020-11-18"))
        .then_err(Rejection::LeaveAbsenceExists {
            on: day("2020-11-18"),
        });
}

#[test]
fn rule_25_an_absence_is_a_working_day_of_a_contract_without_leave() {
    engaged([])
        .when(absence("2021-01-04"))
        .then_err(outside("2021-01-04", "2021-01-04"));
    engaged([])
        .when(absence("2020-11-01"))
        .then_err(Rejection::LeaveNoWorkingDays {
            from: day("2020-11-01"),
            to: day("2020-11-01"),
        });
    engaged([leave(1, Annual, "2020-11-02", "2020-11-02")])
        .when(absence("2020-11-02"))
        .then_err(Rejection::LeaveOverlaps {
            leave_id: leave_id(1),
            from: day("2020-11-02"),
            to: day("2020-11-02"),
        });
}

#[test]
fn rule_25_a_day_is_missed_once_it_has_come() {
    let (on, today) = (day("2020-11-03"), day("2020-11-02"));
    engaged([])
        .today("2020-11-02")
        .when(absence("2020-11-02"))
        .then_ok();
    engaged([])
        .today("2020-11-02")
        .when(absence("2020-11-03"))
        .then_err(Rejection::FactInFuture { on, today });
}

#[test]
fn rule_25_leave_does_not_cover_a_day_missed() {
    let missed = || engaged([absent("2020-11-18")]);
    let refused = Rejection::LeaveAbsenceExists {
        on: day("2020-11-18"),
    };
    missed()
        .when(record(1, Annual, "2020-11-16", "2020-11-18"))
        .then_err(refused.clone());
    missed()
        .when(record(1, Special, "2020-11-18", "2020-11-18"))
        .then_err(refused);
    missed()
        .when(record(1, Annual, "2020-11-16", "2020-11-17"))
        .then_ok();
    missed()
        .when(record(1, Annual, "2020-11-19", "2020-11-19"))
        .then_ok();
}

#[test]
fn rule_25_a_day_missed_under_a_voided_contract_says_nothing_of_the_next() {
    let again = contract_of(2, "2020-10-01", "2020-12-31");
    let after = engaged([absent("2020-11-18"), voided(1), hired(again)]);
    after
        .clone()
        .when(record(1, Annual, "2020-11-18", "2020-11-18"))
        .then_ok();
    after.when(absence("2020-11-18")).then_ok();
}

/// Goal: the preview of a command tells the days that the balance then loses or gains.
#[test]
fn rule_18_a_change_names_the_days_and_the_balance() {
    let before = engaged([leave(1, Annual, "2020-11-05", "2020-11-10")]);
    let change = |event: Event| {
        let operator = &before.operator;
        LeaveChange::of(
            &operator.leave,
            &operator.contracts,
            [&event],
            &before.calendar,
        )
    };
    let days = |days: &[&str]| {
        days.iter()
            .map(|on| day(on))
            .collect::<Vec<chrono::NaiveDate>>()
    };
    let recorded = change(Event::from(Recorded {
        leave_id: leave_id(2),
        contract_id: id(1),
        kind: Special,
        from: day("2020-11-13"),
        to: day("2020-11-16"),
        personal: None,
    }));
    let expected = LeaveChange {
        year: 2020,
        charged_dates: days(&["2020-11-13", "2020-11-16"]),
        returned_dates: vec![],
        remaining_before: Some(8),
        remaining: Some(6),
    };
    assert_eq!(recorded, Some(expected));
    let cancelled = change(Event::from(Cancelled {
        leave_id: leave_id(1),
        from: day("2020-11-09"),
        personal: reason(),
    }));
    let expected = LeaveChange {
        year: 2020,
        charged_dates: vec![],
        returned_dates: days(&["2020-11-09", "2020-11-10"]),
        remaining_before: Some(8),
        remaining: Some(10),
    };
    assert_eq!(cancelled, Some(expected));
    let absent = Absent {
        contract_id: id(1),
        on: day("2020-11-12"),
        personal: reason(),
    };
    assert_eq!(change(Event::from(absent)), None);
}
