//! Specs of rule 49: the officers who may act.

use crate::{
    Command, Event, Rejection,
    kinds::OfficerRole,
    operator::{
        contract::{
            Hired, TerminationCause,
            change::{Amend, Terminate, Void},
            warning::Warn,
        },
        facility::{FacilityKind, Issue},
        leave::{LeaveKind, Record, RecordAbsence},
    },
    package::{policy::OfficersMay, terms::Terms},
    spec::{Given, examples::*, without_clerks},
};

/// Assigned nowhere.
const STRANGER: &str = "198001012005011002";

/// Assigned to the package of the next contract.
const NEXT: &str = "197901012004011003";

/// The contract of an id in another package.
fn hired_in(package: &str, n: u128, start: &str, end: &str) -> Event {
    hired(Hired {
        package_id: package.parse().unwrap(),
        contract_id: id(n),
        start: day(start),
        end: day(end),
        ..contract()
    })
}

/// A person engaged from October to December 2020, and the assignments of the spec.
fn engaged(more: impl IntoIterator<Item = Event>) -> Given {
    let first = [
        published(terms()),
        registered(person()),
        reserved(1, "8250000"),
        hired(contract()),
    ];
    without_clerks(first.into_iter().chain(more))
}

fn leave_on(day_of_leave: &str) -> Command {
    Command::RecordLeave(Record {
        operator_id: operator_id(),
        kind: LeaveKind::Annual,
        from: day(day_of_leave),
        to: day(day_of_leave),
        reason: None,
        evidence_sha256: None,
        leave_id: None,
    })
}

fn not_assigned() -> Rejection {
    Rejection::OfficerNotAssigned {
        role: None,
        on: day("2021-01-31"),
    }
}

/// One command of each kind that any officer could give before.
fn commands() -> Vec<Command> {
    let (operator_id, contract_id) = (operator_id(), id(1));
    vec![
        leave_on("2020-11-02"),
        Command::RecordAbsence(RecordAbsence {
            operator_id,
            on: day("2020-11-02"),
            reason: REASON.into(),
        }),
        Command::IssueFacility(Issue {
            operator_id,
            contract_id,
            kind: FacilityKind::Badge,
            label: "Tanda pengenal".into(),
            on: day("2020-11-02"),
        }),
        Command::IssueWarning(Warn {
            operator_id,
            contract_id,
            level: 1,
            on: day("2020-11-02"),
            reason: REASON.into(),
        }),
        Command::AmendContract(Amend {
            operator_id,
            contract_id,
            reason: REASON.into(),
            end: Some(day("2020-11-30")),
            monthly: None,
            value: None,
        }),
        Command::TerminateContract(Terminate {
            operator_id,
            contract_id,
            on: day("2020-11-30"),
            cause: TerminationCause::Resignation,
            reason: REASON.into(),
        }),
        Command::VoidContract(Void {
            operator_id,
            contract_id,
            reason: REASON.into(),
        }),
    ]
}

#[test]
fn rule_49_an_officer_assigned_nowhere_changes_no_contract() {
    for command in commands() {
        engaged([ppk()])
            .by(STRANGER)
            .when(command)
            .then_err(not_assigned());
    }
}

#[test]
fn rule_49_an_account_that_is_no_officer_changes_no_contract() {
    for command in commands() {
        engaged([ppk()])
            .by("admin-1")
            .when(command)
            .then_err(not_assigned());
    }
}

#[test]
fn rule_49_any_role_in_the_package_will_do() {
    for role in [
        OfficerRole::Pa,
        OfficerRole::Ppk,
        OfficerRole::Pptk,
        OfficerRole::Clerk,
    ] {
        for command in commands() {
            engaged([assigned(role, STRANGER, "2020-10-01", None)])
                .by(STRANGER)
                .when(command)
                .then_ok();
        }
    }
}

#[test]
fn rule_49_today_or_a_day_the_command_concerns_will_do() {
    let serving = |from: &str, to: &str| {
        engaged([assigned(OfficerRole::Clerk, STRANGER, from, Some(to))]).by(STRANGER)
    };
    // Today is 31 January 2021.
    serving("2021-01-31", "2021-01-31")
        .when(leave_on("2020-11-02"))
        .then_ok();
    serving("2020-11-02", "2020-11-02")
        .when(leave_on("2020-11-02"))
        .then_ok();
    for (from, to) in [("2020-11-03", "2021-01-30"), ("2020-10-01", "2020-11-01")] {
        serving(from, to)
            .when(leave_on("2020-11-02"))
            .then_err(not_assigned());
    }
}

#[test]
fn rule_49_an_assignment_that_was_taken_back_does_not_count() {
    let taken_back = assigned(
        OfficerRole::Clerk,
        STRANGER,
        "2020-11-02",
        Some("2020-11-01"),
    );
    engaged([taken_back])
        .by(STRANGER)
        .when(leave_on("2020-11-02"))
        .then_err(not_assigned());
}

#[test]
fn rule_49_terms_may_let_any_officer_act() {
    let open = Terms {
        officers_may: OfficersMay::Any,
        ..terms()
    };
    engaged([terms_amended(2, open)])
        .by(STRANGER)
        .when(leave_on("2020-11-02"))
        .then_ok();
}

#[test]
fn rule_49_answers_after_every_other_rule() {
    engaged([])
        .by(STRANGER)
        .when(leave_on("2020-11-01"))
        .then_err(Rejection::LeaveNoWorkingDays {
            from: day("2020-11-01"),
            to: day("2020-11-01"),
        });
}

#[test]
fn rule_49_a_command_in_effect_already_is_answered_as_such() {
    engaged([voided(1)])
        .by(STRANGER)
        .when(Command::VoidContract(Void {
            operator_id: operator_id(),
            contract_id: id(1),
            reason: REASON.into(),
        }))
        .then_in_effect();
}

/// Goal: nobody assigned elsewhere renames a person while a contract runs or is still to come.
#[test]
fn rule_49_the_particulars_of_an_engaged_person_belong_to_the_package() {
    let operator_id = operator_id();
    let rename =
        serde_json::json!({"operator_id": operator_id, "reason": REASON, "full_name": "Nama Lain"});
    let other_nik = serde_json::json!({"operator_id": operator_id, "reason": REASON, "nik": "6171011503950009"});
    let refused = |today: &str| Rejection::OfficerNotAssigned {
        role: None,
        on: day(today),
    };
    for (name, body) in [("correct-operator", rename), ("correct-nik", other_nik)] {
        let command = || {
            Command::parse(name, body.to_string().as_bytes())
                .unwrap()
                .unwrap()
        };
        let before = || engaged([assigned(OfficerRole::Clerk, PPK, "2020-09-01", None)]);
        for today in ["2020-09-15", "2020-11-02", "2020-12-31"] {
            before()
                .today(today)
                .by(STRANGER)
                .when(command())
                .then_err(refused(today));
            before().today(today).by(PPK).when(command()).then_ok();
        }
        // A contract elsewhere next year takes nothing from the package of this one, and gives to its own.
        for (sender, may) in [(PPK, true), (NEXT, true), (STRANGER, false)] {
            let both = before()
                .and(&hired_in("2021-tenaga-it", 2, "2021-01-01", "2021-03-31"))
                .elsewhere(
                    "2021-tenaga-it",
                    [assigned(OfficerRole::Clerk, NEXT, "2020-11-01", None)],
                );
            let decided = both.today("2020-11-02").by(sender).when(command());
            match may {
                true => drop(decided.then_ok()),
                false => decided.then_err(refused("2020-11-02")),
            }
        }
        // The package of a contract that is over has no part in the next one.
        let next = before()
            .and(&hired_in("2021-tenaga-it", 2, "2021-01-01", "2021-03-31"))
            .elsewhere(
                "2021-tenaga-it",
                [assigned(OfficerRole::Clerk, NEXT, "2020-11-01", None)],
            )
            .today("2021-01-01");
        next.by(PPK).when(command()).then_err(refused("2021-01-01"));
        // Once the contract is over, the person may apply elsewhere.
        let over = before().today("2021-01-01").by(STRANGER);
        over.when(command()).then_ok();
    }
}
