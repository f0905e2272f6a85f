//! Specs of facilities: rule 47.

use uuid::Uuid;

use super::{Event, FacilityId, FacilityKind, Issue, Issued, IssuedDetails, Return, Returned};
use crate::{
    Command, Rejection,
    decision::new_id,
    ids::{CommandId, ContractId},
    operator::identity::{self, Erased},
    personal::{Personal, Remark},
    spec::{COMMAND_ID, Given, examples::*, given},
};

const LABEL: &str = "Kartu akses 017";

fn issue(n: u128, label: &str, on: &str) -> Command {
    Command::IssueFacility(Issue {
        operator_id: operator_id(),
        contract_id: id(n),
        kind: FacilityKind::Badge,
        label: label.into(),
        on: day(on),
    })
}

fn take_back(facility_id: FacilityId, on: &str, note: Option<&str>) -> Command {
    Command::ReturnFacility(Return {
        operator_id: operator_id(),
        facility_id,
        on: day(on),
        note: note.map(Into::into),
    })
}

fn facility(n: u128) -> FacilityId {
    FacilityId(Uuid::from_u128(n))
}

fn issued(id: FacilityId, contract_id: ContractId, label: &str, on: &str) -> crate::Event {
    Event::from(Issued {
        facility_id: id,
        contract_id,
        kind: FacilityKind::Badge,
        on: day(on),
        personal: Personal::Open(IssuedDetails {
            label: label.to_owned(),
        }),
    })
    .into()
}

fn returned(id: FacilityId, on: &str, note: Option<&str>) -> crate::Event {
    Event::from(Returned {
        facility_id: id,
        on: day(on),
        personal: note.map(Remark::open),
    })
    .into()
}

/// The id that the spec's command makes.
fn made() -> FacilityId {
    let command: CommandId = COMMAND_ID.parse().unwrap();
    FacilityId(new_id(&tenant(), "facility", operator_id(), &command))
}

/// A person engaged from October to December 2020, and further events.
fn engaged(more: impl IntoIterator<Item = crate::Event>) -> Given {
    given(
        [registered(person()), hired(contract())]
            .into_iter()
            .chain(more),
    )
}

/// The same with a badge since 1 October.
fn with_badge(more: impl IntoIterator<Item = crate::Event>) -> Given {
    let badge = issued(facility(1), id(1), LABEL, "2020-10-01");
    engaged([badge].into_iter().chain(more))
}

#[test]
fn rule_47_a_facility_is_issued_inside_the_contract() {
    let outside = |on: &str| Rejection::ContractNotInForce {
        on: day(on),
        start: day("2020-10-01"),
        end: day("2020-12-31"),
    };
    for on in ["2020-10-01", "2020-12-31"] {
        engaged([])
            .when(issue(1, LABEL, on))
            .then([issued(made(), id(1), LABEL, on)]);
    }
    for on in ["2020-09-30", "2021-01-01"] {
        engaged([]).when(issue(1, LABEL, on)).then_err(outside(on));
    }
}

#[test]
fn rule_47_a_contract_that_is_unknown_or_closed_gets_none() {
    engaged([])
        .when(issue(2, LABEL, "2020-10-01"))
        .then_err(Rejection::ContractUnknown { contract_id: id(2) });
    engaged([voided(1)])
        .when(issue(1, LABEL, "2020-10-01"))
        .then_err(Rejection::ContractClosed { contract_id: id(1) });
}

#[test]
fn rule_47_neither_day_is_in_the_future() {
    let in_future = |on: &str, today: &str| Rejection::FactInFuture {
        on: day(on),
        today: day(today),
    };
    engaged([])
        .today("2020-10-05")
        .when(issue(1, LABEL, "2020-10-06"))
        .then_err(in_future("2020-10-06", "2020-10-05"));
    with_badge([])
        .today("2020-10-05")
        .when(take_back(facility(1), "2020-10-06", None))
        .then_err(in_future("2020-10-06", "2020-10-05"));
}

#[test]
fn rule_47_issued_twice_alike_is_issued_once() {
    with_badge([])
        .when(issue(1, LABEL, "2020-10-01"))
        .then_in_effect();
    with_badge([returned(facility(1), "2020-10-02", None)])
        .when(issue(1, LABEL, "2020-10-01"))
        .then_in_effect();
    with_badge([])
        .when(issue(1, "Kartu akses 018", "2020-10-01"))
        .then([issued(made(), id(1), "Kartu akses 018", "2020-10-01")]);
    with_badge([])
        .when(issue(1, LABEL, "2020-10-02"))
        .then([issued(made(), id(1), LABEL, "2020-10-02")]);
}

#[test]
fn rule_47_a_facility_is_returned_once() {
    with_badge([])
        .when(take_back(facility(1), "2020-12-31", Some("rusak")))
        .then([returned(facility(1), "2020-12-31", Some("rusak"))]);
    let back = || with_badge([returned(facility(1), "2020-12-31", Some("rusak"))]);
    back()
        .when(take_back(facility(1), "2020-12-31", Some("rusak")))
        .then_in_effect();
    let already = Rejection::FacilityAlreadyReturned {
        on: day("2020-12-31"),
    };
    back()
        .when(take_back(facility(1), "2020-12-30", Some("rusak")))
        .then_err(already.clone());
    back()
        .when(take_back(facility(1), "2020-12-31", None))
        .then_err(already);
}

#[test]
fn rule_47_a_facility_comes_back_after_the_contract_but_not_before_its_issue() {
    with_badge([])
        .when(take_back(facility(1), "2021-01-15", None))
        .then([returned(facility(1), "2021-01-15", None)]);
    with_badge([voided(1)])
        .when(take_back(facility(1), "2020-10-01", None))
        .then([returned(facility(1), "2020-10-01", None)]);
    with_badge([])
        .when(take_back(facility(1), "2020-09-30", None))
        .then_err(Rejection::FacilityNotYetIssued {
            on: day("2020-09-30"),
            issued_on: day("2020-10-01"),
        });
}

#[test]
fn rule_47_a_facility_of_nobody_is_unknown() {
    with_badge([])
        .when(take_back(facility(2), "2020-12-31", None))
        .then_err(Rejection::FacilityUnknown);
}

#[test]
fn rule_47_an_erased_person_leaves_no_label_and_no_note() {
    let erased = Erased {
        personal: Personal::Erased,
    };
    let erased = with_badge([
        returned(facility(1), "2020-12-31", Some("rusak")),
        identity::Event::from(erased).into(),
    ]);
    let held = &erased.operator.facilities.all[&facility(1)];
    assert_eq!(held.label, None);
    assert_eq!(held.returned.as_ref().unwrap().note, None);
}

#[test]
fn rule_47_stored_events_out_of_order_are_found() {
    let admits = |given: Given, event: crate::Event| match event {
        crate::Event::Operator(event) => given.operator.admits(&event),
        crate::Event::Package(_) | crate::Event::Nik(_) | crate::Event::Calendar(_) => Ok(()),
    };
    let issue = |on: &str| issued(facility(2), id(1), LABEL, on);
    assert!(admits(engaged([]), issue("2020-10-01")).is_ok());
    assert!(admits(engaged([]), issue("2021-01-01")).is_err());
    assert!(
        admits(
            with_badge([]),
            issued(facility(1), id(1), LABEL, "2020-10-02")
        )
        .is_err()
    );
    let back = |on: &str| returned(facility(1), on, None);
    assert!(admits(with_badge([]), back("2020-10-01")).is_ok());
    assert!(admits(with_badge([]), back("2020-09-30")).is_err());
    assert!(admits(engaged([]), back("2020-10-01")).is_err());
    assert!(admits(with_badge([back("2020-10-01")]), back("2020-10-02")).is_err());
}
