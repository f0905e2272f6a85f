//! Specs of assigning officers: rule 37.

use super::{Assign, Event, GivenOfficer, OfficerRole, Release, Released};
use crate::{
    Command, Rejection,
    ids::PackageId,
    spec::{Given, examples::*, without_clerks},
};

fn package_id() -> PackageId {
    contract().package_id
}

fn assign(role: OfficerRole, nip: &str, from: &str, to: Option<&str>) -> Command {
    Command::AssignOfficer(Assign {
        package_id: package_id(),
        role,
        officer: GivenOfficer {
            nip: nip.parse().unwrap(),
            name: "Contoh".into(),
        },
        from: day(from),
        to: to.map(day),
        acting: None,
        decree: None,
    })
}

fn release(role: OfficerRole, nip: &str, on: &str) -> Command {
    let nip = nip.parse().unwrap();
    Command::ReleaseOfficer(Release {
        package_id: package_id(),
        role,
        nip,
        on: day(on),
    })
}

fn let_go(role: OfficerRole, nip: &str, on: &str) -> crate::Event {
    let officer_id = tenant().officer_id(&nip.parse().unwrap());
    Event::from(Released {
        officer_id,
        role,
        on: day(on),
    })
    .into()
}

fn open(more: impl IntoIterator<Item = crate::Event>) -> Given {
    without_clerks([published(terms())].into_iter().chain(more))
}

fn overlaps(from: &str, to: Option<&str>) -> Rejection {
    Rejection::OfficerOverlaps {
        role: OfficerRole::Ppk,
        from: day(from),
        to: to.map(day),
    }
}

#[test]
fn rule_37_an_assignment_has_dates_and_is_made_once() {
    let first = assign(OfficerRole::Ppk, PPK, "2020-10-01", None);
    open([])
        .when(first.clone())
        .then([assigned(OfficerRole::Ppk, PPK, "2020-10-01", None)])
        .when(first)
        .then_in_effect();
}

#[test]
fn rule_37_the_same_assignment_acting_or_under_another_decree_is_corrected() {
    let Command::AssignOfficer(plain) = assign(OfficerRole::Ppk, PPK, "2020-10-01", None) else {
        unreachable!()
    };
    let told = Assign {
        acting: Some(true),
        decree: Some("800/2".into()),
        ..plain
    };
    let after = open([ppk(), assigned(OfficerRole::Pptk, PPTK, "2020-10-01", None)])
        .when(Command::AssignOfficer(told.clone()))
        .then_ok();
    let held: Vec<_> = after
        .package
        .officers
        .assignments
        .iter()
        .map(|a| (a.role, a.acting))
        .collect();
    assert_eq!(held, [(OfficerRole::Ppk, true), (OfficerRole::Pptk, false)]);
    assert_eq!(
        after.package.officers.assignments[0].decree.as_deref(),
        Some("800/2")
    );
    after
        .clone()
        .when(Command::AssignOfficer(told.clone()))
        .then_in_effect();
    let other_days = Assign {
        from: day("2020-10-02"),
        ..told
    };
    after
        .when(Command::AssignOfficer(other_days))
        .then_err(overlaps("2020-10-01", None));
}

#[test]
fn rule_37_one_of_each_a_day() {
    open([ppk()])
        .when(assign(OfficerRole::Ppk, STRANGER, "2020-12-01", None))
        .then_err(overlaps("2020-10-01", None));
    let bounded = || {
        open([assigned(
            OfficerRole::Ppk,
            PPK,
            "2020-10-01",
            Some("2020-10-31"),
        )])
    };
    let taken = || overlaps("2020-10-01", Some("2020-10-31"));
    bounded()
        .when(assign(OfficerRole::Ppk, STRANGER, "2020-10-31", None))
        .then_err(taken());
    bounded()
        .when(assign(
            OfficerRole::Ppk,
            STRANGER,
            "2020-09-01",
            Some("2020-10-01"),
        ))
        .then_err(taken());
    bounded()
        .when(assign(OfficerRole::Ppk, PPK, "2020-10-15", None))
        .then_err(taken());
    bounded()
        .when(assign(OfficerRole::Ppk, STRANGER, "2020-11-01", None))
        .then_ok();
    bounded()
        .when(assign(
            OfficerRole::Ppk,
            STRANGER,
            "2020-09-01",
            Some("2020-09-30"),
        ))
        .then_ok();
    bounded()
        .when(assign(OfficerRole::Pptk, STRANGER, "2020-10-01", None))
        .then_ok();
}

#[test]
fn rule_37_not_backwards() {
    let (from, to) = (day("2020-10-02"), day("2020-10-01"));
    open([])
        .when(assign(
            OfficerRole::Ppk,
            PPK,
            "2020-10-02",
            Some("2020-10-01"),
        ))
        .then_err(Rejection::OfficerPeriodInvalid { from, to });
    open([])
        .when(assign(
            OfficerRole::Ppk,
            PPK,
            "2020-10-01",
            Some("2020-10-01"),
        ))
        .then_ok();
}

#[test]
fn rule_37_an_acting_officer_is_an_assignment_like_others() {
    let mut command = assign(OfficerRole::Ppk, STRANGER, "2020-11-02", Some("2020-11-06"));
    let Command::AssignOfficer(body) = &mut command else {
        unreachable!()
    };
    (body.acting, body.decree) = (Some(true), Some("SK Plh 1/2020".into()));
    open([ppk()])
        .when(command.clone())
        .then_err(overlaps("2020-10-01", None));
    let away = [
        ppk(),
        let_go(OfficerRole::Ppk, PPK, "2020-11-01"),
        assigned(OfficerRole::Ppk, PPK, "2020-11-07", None),
    ];
    let after = open(away).when(command).then_ok();
    let holder = |on: &str| after.package.officers.holder(OfficerRole::Ppk, day(on));
    let (regular, acting) = (
        tenant().officer_id(&PPK.parse().unwrap()),
        tenant().officer_id(&STRANGER.parse().unwrap()),
    );
    assert_eq!(holder("2020-09-30"), None);
    assert_eq!(
        holder("2020-11-01"),
        Some(regular),
        "a replaced officer keeps his records"
    );
    assert_eq!(holder("2020-11-02"), Some(acting));
    assert_eq!(holder("2020-11-06"), Some(acting));
    assert_eq!(holder("2020-11-07"), Some(regular));
}

#[test]
fn rule_37_released_on_his_last_day() {
    let last_day = release(OfficerRole::Ppk, PPK, "2020-11-15");
    let after =
        open([ppk()])
            .when(last_day.clone())
            .then([let_go(OfficerRole::Ppk, PPK, "2020-11-15")]);
    after.clone().when(last_day).then_in_effect();
    after
        .when(assign(OfficerRole::Ppk, STRANGER, "2020-11-16", None))
        .then_ok();
}

#[test]
fn rule_37_only_who_holds_the_office_is_released() {
    let not_serving = |role, on| Rejection::OfficerNotServing { role, on: day(on) };
    let refused = |command, rejection| open([ppk()]).when(command).then_err(rejection);
    refused(
        release(OfficerRole::Ppk, STRANGER, "2020-11-15"),
        not_serving(OfficerRole::Ppk, "2020-11-15"),
    );
    refused(
        release(OfficerRole::Pptk, PPK, "2020-11-15"),
        not_serving(OfficerRole::Pptk, "2020-11-15"),
    );
    refused(
        release(OfficerRole::Ppk, PPK, "2020-09-29"),
        not_serving(OfficerRole::Ppk, "2020-09-29"),
    );
    let ended = open([assigned(
        OfficerRole::Ppk,
        PPK,
        "2020-10-01",
        Some("2020-10-31"),
    )]);
    ended
        .when(release(OfficerRole::Ppk, PPK, "2020-11-01"))
        .then_err(not_serving(OfficerRole::Ppk, "2020-11-01"));
}

#[test]
fn rule_37_an_assignment_made_by_mistake_is_taken_back() {
    let mistake = release(OfficerRole::Ppk, STRANGER, "2020-09-30");
    let after = open([assigned(OfficerRole::Ppk, STRANGER, "2020-10-01", None)])
        .when(mistake.clone())
        .then([let_go(OfficerRole::Ppk, STRANGER, "2020-09-30")]);
    for on in ["2020-09-30", "2020-10-01", "2021-01-01"] {
        assert_eq!(
            after.package.officers.holder(OfficerRole::Ppk, day(on)),
            None,
            "{on}"
        );
    }
    after.clone().when(mistake).then_in_effect();
    let not_serving = Rejection::OfficerNotServing {
        role: OfficerRole::Ppk,
        on: day("2020-10-01"),
    };
    after
        .clone()
        .when(release(OfficerRole::Ppk, STRANGER, "2020-10-01"))
        .then_err(not_serving);
    // Another may hold the office from that day, or on both sides of it.
    after
        .clone()
        .when(assign(OfficerRole::Ppk, PPK, "2020-10-01", None))
        .then_ok();
    after
        .clone()
        .when(assign(OfficerRole::Ppk, PPK, "2020-09-01", None))
        .then_ok();
    after
        .when(assign(
            OfficerRole::Ppk,
            STRANGER,
            "2020-10-01",
            Some("2020-09-30"),
        ))
        .then_err(Rejection::OfficerPeriodInvalid {
            from: day("2020-10-01"),
            to: day("2020-09-30"),
        });
}

#[test]
fn rule_37_what_was_taken_back_can_be_assigned_again() {
    let again = assigned(OfficerRole::Ppk, PPK, "2020-10-01", None);
    let after = open([again.clone(), let_go(OfficerRole::Ppk, PPK, "2020-09-30")])
        .when(assign(OfficerRole::Ppk, PPK, "2020-10-01", None))
        .then([again]);
    let holds = after
        .package
        .officers
        .holder(OfficerRole::Ppk, day("2020-10-01"));
    assert_eq!(holds, Some(tenant().officer_id(&PPK.parse().unwrap())));
}

#[test]
fn rule_37_only_the_later_of_two_assignments_is_taken_back() {
    let two = [
        assigned(OfficerRole::Ppk, PPK, "2020-10-01", Some("2020-10-31")),
        assigned(OfficerRole::Ppk, PPK, "2020-11-01", None),
    ];
    let last_day = release(OfficerRole::Ppk, PPK, "2020-10-31");
    let after =
        open(two)
            .when(last_day.clone())
            .then([let_go(OfficerRole::Ppk, PPK, "2020-10-31")]);
    let ppk = Some(tenant().officer_id(&PPK.parse().unwrap()));
    let holder = |on: &str| after.package.officers.holder(OfficerRole::Ppk, day(on));
    assert_eq!((holder("2020-10-31"), holder("2020-11-01")), (ppk, None));
    after.clone().when(last_day).then_in_effect();
}

#[test]
fn rule_37_a_misspelt_name_is_corrected() {
    let Command::AssignOfficer(told) = assign(OfficerRole::Ppk, PPK, "2020-10-01", None) else {
        unreachable!()
    };
    let officer = GivenOfficer {
        name: "Contoh, S.Kom.".into(),
        ..told.officer.clone()
    };
    let right = Command::AssignOfficer(Assign { officer, ..told });
    let after = open([ppk()]).when(right.clone()).then_ok();
    assert_eq!(after.package.officers.assignments.len(), 1);
    after.when(right).then_in_effect();
}

#[test]
fn officers_belong_to_a_package_that_exists() {
    let package_id = package_id();
    without_clerks([])
        .when(assign(OfficerRole::Ppk, PPK, "2020-10-01", None))
        .then_err(Rejection::PackageUnknown { package_id });
}

#[test]
fn rule_37_several_clerks_serve_at_once_each_under_one_assignment() {
    let clerk = |nip: &str, from: &str| assign(OfficerRole::Clerk, nip, from, None);
    let both = open([assigned(OfficerRole::Clerk, PPK, "2020-10-01", None)])
        .when(clerk(PPTK, "2020-10-01"))
        .then_ok();
    assert_eq!(both.package.officers.assignments.len(), 2);
    both.when(clerk(PPTK, "2020-11-01"))
        .then_err(Rejection::OfficerOverlaps {
            role: OfficerRole::Clerk,
            from: day("2020-10-01"),
            to: None,
        });
}
