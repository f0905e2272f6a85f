//! Specs of amending, voiding and warning: rules 12 and 14 and the ladder; terminating (rule 13) is in
//! [`terminate`].

use super::{Amend, Terminate, Void};
use crate::{
    Command, Event, Rejection,
    operator::{
        contract::{self, Amended, Hired, Monthly, TerminationCause, Warned, warning::Warn},
        leave::{self, LeaveKind::Annual},
    },
    package::{policy::WarningPolicy, slot, slot::ReleaseCause, terms::Terms},
    spec::{Given, examples::*, given},
};

mod terminate;

/// The package, its one contract with its slot, and further events.
fn engaged(more: impl IntoIterator<Item = Event>) -> Given {
    engaged_under(contract(), more)
}

fn engaged_under(contract: Hired, more: impl IntoIterator<Item = Event>) -> Given {
    let value = contract.value.to_string();
    let facts = [
        published(terms()),
        reserved(1, &value),
        registered(person()),
        hired(contract),
    ];
    given(facts.into_iter().chain(more))
}

/// An amendment that changes nothing yet.
fn plain() -> Amend {
    let (operator_id, contract_id, reason) = (operator_id(), id(1), REASON.into());
    Amend {
        operator_id,
        contract_id,
        reason,
        end: None,
        monthly: None,
        value: None,
    }
}

fn amend(amend: Amend) -> Command {
    Command::AmendContract(amend)
}

fn amend_end(end: &str) -> Command {
    amend(Amend {
        end: Some(day(end)),
        ..plain()
    })
}

/// The two facts of an amendment.
fn amended(end: &str, monthly: Monthly, value: &str) -> [Event; 2] {
    let (contract_id, end, value) = (id(1), day(end), rupiah(value));
    let adjusted = slot::Event::from(slot::Adjusted { contract_id, value });
    let amended = contract::Event::from(Amended {
        contract_id,
        end,
        monthly,
        value,
        personal: reason(),
    });
    [adjusted.into(), amended.into()]
}

fn void() -> Command {
    Command::VoidContract(Void {
        operator_id: operator_id(),
        contract_id: id(1),
        reason: REASON.into(),
    })
}

fn later_facts(leave_ids: &[u128], months: &[&str]) -> Rejection {
    let leave_ids = leave_ids.iter().map(|&n| leave_id(n)).collect();
    let (months, absences, warnings) =
        (months.iter().map(|of| month(of)).collect(), vec![], vec![]);
    Rejection::ContractHasLaterFacts {
        leave_ids,
        months,
        absences,
        warnings,
    }
}

fn closed() -> Rejection {
    Rejection::ContractClosed { contract_id: id(1) }
}

/// Twice the wage of the KAK.
fn dearer() -> Monthly {
    Monthly {
        wage: rupiah("5203750"),
        ..monthly()
    }
}

#[test]
fn rule_12_a_shorter_contract_gives_money_back() {
    let after =
        engaged([])
            .when(amend_end("2020-11-30"))
            .then(amended("2020-11-30", monthly(), "5500000"));
    assert_eq!(after.package.slots.committed(), rupiah("5500000"));
}

#[test]
fn rule_30_the_days_of_a_final_evaluation_stay_until_it_is_reopened() {
    let months = ["2020-10", "2020-11", "2020-12"].map(|of| appraised(of, 20));
    let result = outcome(3, 3, 60);
    let done = engaged(months)
        .and(&proposed(result))
        .and(&finalized(1, result));
    let value = Some(rupiah("8000000"));
    let shorter = || {
        amend(Amend {
            end: Some(day("2020-12-30")),
            value,
            ..plain()
        })
    };
    let refused = Rejection::EvaluationFinal {
        contract_id: id(1),
        revision: 1,
    };
    done.clone().when(shorter()).then_err(refused);
    done.clone()
        .when(amend_end("2020-11-30"))
        .then_err(later_facts(&[], &["2020-12"]));
    done.clone()
        .when(amend(Amend {
            monthly: Some(dearer()),
            ..plain()
        }))
        .then_ok();
    done.and(&reopened(1)).when(shorter()).then_ok();
}

#[test]
fn rule_12_what_is_so_already_changes_nothing() {
    engaged([]).when(amend_end("2020-12-31")).then_in_effect();
    engaged([]).when(amend(plain())).then_in_effect();
    let same = Amend {
        monthly: Some(monthly()),
        value: Some(rupiah("8250000")),
        ..plain()
    };
    engaged([]).when(amend(same)).then_in_effect();
}

#[test]
fn rule_12_the_ceiling_again_without_counting_itself_twice() {
    // Lines of 5,203,750 + 110,000 + 38,125 are 5,351,875 a month: 16,055,625 for three.
    let raise = || {
        amend(Amend {
            monthly: Some(dearer()),
            ..plain()
        })
    };
    engaged([reserved(2, "8694375")])
        .when(raise())
        .then(amended("2020-12-31", dearer(), "16055625"));
    engaged([reserved(2, "8694376")])
        .when(raise())
        .then_err(Rejection::PackageBudgetExceeded {
            ceiling: rupiah("24750000"),
            committed: rupiah("8694376"),
            requested: rupiah("16055625"),
        });
}

#[test]
fn rule_12_a_full_package_does_not_stop_its_own_contracts() {
    let full = [reserved(2, "8250000"), reserved(3, "8250000")];
    engaged(full).when(amend_end("2020-11-30")).then_ok();
}

#[test]
fn rule_12_overlap_and_period_again() {
    let october = contract_of(1, "2020-10-01", "2020-10-31");
    let october = || Hired {
        value: rupiah("2750000"),
        ..october.clone()
    };
    let next = || hired(contract_of(2, "2020-12-01", "2020-12-31"));
    engaged_under(october(), [next()])
        .when(amend_end("2020-11-30"))
        .then(amended("2020-11-30", monthly(), "5500000"));
    engaged_under(october(), [next()])
        .when(amend_end("2020-12-31"))
        .then_err(Rejection::ContractOverlaps {
            contract_id: id(2),
            start: day("2020-12-01"),
            end: day("2020-12-31"),
        });
    for end in ["2021-01-31", "2020-09-30"] {
        let command = Amend {
            end: Some(day(end)),
            value: Some(rupiah("2750000")),
            ..plain()
        };
        let code = engaged_under(october(), [])
            .when(amend(command))
            .refusal()
            .map(|r| r.code());
        // 1 October to 31 January are whole months, so their value is compared only after the period.
        assert_eq!(code.as_deref(), Some("contract.outside_period"), "{end}");
    }
}

#[test]
fn rule_12_a_broken_month_needs_a_value() {
    let (start, end) = (day("2020-10-01"), day("2020-11-15"));
    engaged([])
        .when(amend_end("2020-11-15"))
        .then_err(Rejection::ContractValueRequired { start, end });
    let valued = Amend {
        end: Some(end.try_into().unwrap()),
        value: Some(rupiah("4125000")),
        ..plain()
    };
    engaged([])
        .when(amend(valued))
        .then(amended("2020-11-15", monthly(), "4125000"));
}

#[test]
fn rule_12_leave_and_appraisals_must_stay_inside() {
    let with_leave = || engaged([leave(1, Annual, "2020-11-30", "2020-12-01")]);
    with_leave()
        .when(amend_end("2020-11-30"))
        .then_err(later_facts(&[1], &[]));
    with_leave()
        .and(&cancelled(1, "2020-12-01"))
        .when(amend_end("2020-11-30"))
        .then_ok();
    let appraised_to = |of| engaged([appraised("2020-11", 21), appraised(of, 21)]);
    appraised_to("2020-12")
        .when(amend_end("2020-11-30"))
        .then_err(later_facts(&[], &["2020-12"]));
    appraised_to("2020-10")
        .when(amend_end("2020-11-30"))
        .then_ok();
    engaged([waived("2020-12")])
        .when(amend_end("2020-11-30"))
        .then_ok();
}

#[test]
fn rule_12_only_a_contract_that_runs() {
    engaged([voided(1)])
        .when(amend_end("2020-11-30"))
        .then_err(closed());
    engaged([terminated(1, "2020-11-13", "0")])
        .when(amend_end("2020-11-30"))
        .then_err(closed());
    let person = given([published(terms()), registered(person())]);
    person
        .when(amend_end("2020-11-30"))
        .then_err(Rejection::ContractUnknown { contract_id: id(1) });
}

#[test]
fn rule_40_the_amended_terms_bound_the_package_not_the_contract() {
    // A later version narrows the period: contracts keep running, but are not extended past it.
    let narrower = Terms {
        period: period("2020-10-01", "2020-11-30"),
        ..terms()
    };
    let october = Hired {
        value: rupiah("2750000"),
        ..contract_of(1, "2020-10-01", "2020-10-31")
    };
    let facts = [
        published(narrower),
        reserved(1, "2750000"),
        registered(person()),
        hired(october),
    ];
    given(facts.clone()).when(amend_end("2020-11-30")).then_ok();
    let code = given(facts)
        .when(amend_end("2020-12-31"))
        .refusal()
        .unwrap()
        .code();
    assert_eq!(code, "contract.outside_period");
}

#[test]
fn rule_40_a_contract_outside_the_amended_period_may_change_its_money() {
    let narrower = Terms {
        period: period("2020-10-01", "2020-11-30"),
        ..terms()
    };
    let facts = [
        published(narrower),
        reserved(1, "8250000"),
        registered(person()),
        hired(contract()),
    ];
    let dearer = || Amend {
        monthly: Some(dearer()),
        ..plain()
    };
    given(facts.clone()).when(amend(dearer())).then_ok();
    given(facts.clone())
        .when(amend(Amend {
            end: Some(day("2020-12-31")),
            ..dearer()
        }))
        .then_ok();
    given(facts.clone()).when(amend_end("2020-11-30")).then_ok();
    // Shorter, and still outside: that end was not signed.
    let shorter = Amend {
        end: Some(day("2020-12-30")),
        value: Some(rupiah("8000000")),
        ..plain()
    };
    let code = given(facts).when(amend(shorter)).refusal().unwrap().code();
    assert_eq!(code, "contract.outside_period");
}

#[test]
fn rule_14_a_void_contract_frees_the_slot_and_all_the_money() {
    let released = released(1, ReleaseCause::Voided, "0");
    let after = engaged([]).when(void()).then([released, voided(1)]);
    assert_eq!(
        (
            after.package.slots.filled(),
            after.package.slots.committed()
        ),
        (0, rupiah("0"))
    );
    after.when(void()).then_in_effect();
}

#[test]
fn rule_14_refused_once_leave_or_an_appraisal_exists() {
    engaged([leave(1, Annual, "2020-11-02", "2020-11-02")])
        .when(void())
        .then_err(later_facts(&[1], &[]));
    engaged([appraised("2020-10", 21)])
        .when(void())
        .then_err(later_facts(&[], &["2020-10"]));
    engaged([waived("2020-10")]).when(void()).then_ok();
    // Leave taken back as a whole is none.
    let taken_back = [
        leave(1, Annual, "2020-11-02", "2020-11-02"),
        cancelled(1, "2020-11-02"),
    ];
    engaged(taken_back).when(void()).then_ok();
}

#[test]
fn rule_14_a_terminated_contract_is_not_voided() {
    engaged([terminated(1, "2020-11-13", "0")])
        .when(void())
        .then_err(closed());
}

fn warn(level: u8, on: &str) -> Command {
    let (operator_id, contract_id, reason) = (operator_id(), id(1), REASON.into());
    Command::IssueWarning(Warn {
        operator_id,
        contract_id,
        level,
        on: day(on),
        reason,
    })
}

fn warned(level: u8, on: &str, until: &str) -> Event {
    let (on, until) = (day(on), day(until));
    contract::Event::from(Warned {
        contract_id: id(1),
        level,
        on,
        until,
        personal: reason(),
    })
    .into()
}

fn out_of_order(expected: Option<u8>, requested: u8) -> Rejection {
    Rejection::ContractWarningOutOfOrder {
        expected,
        requested,
    }
}

#[test]
fn the_ladder_of_warnings_is_climbed_step_by_step() {
    engaged([])
        .when(warn(2, "2020-10-05"))
        .then_err(out_of_order(Some(1), 2));
    let first =
        engaged([])
            .when(warn(1, "2020-10-05"))
            .then([warned(1, "2020-10-05", "2021-04-04")]);
    first
        .clone()
        .when(warn(1, "2020-10-12"))
        .then_err(out_of_order(Some(2), 1));
    let second = first
        .when(warn(2, "2020-10-12"))
        .then([warned(2, "2020-10-12", "2021-04-11")]);
    let third = second
        .when(warn(3, "2020-11-02"))
        .then([warned(3, "2020-11-02", "2021-05-01")]);
    third
        .when(warn(3, "2020-12-01"))
        .then_err(out_of_order(None, 3));
}

fn absent(on: &str) -> Event {
    let absent = leave::Absent {
        contract_id: id(1),
        on: day(on),
        personal: reason(),
    };
    leave::Event::from(absent).into()
}

/// Absences or warnings of these days alone.
fn later(absences: &[&str], warnings: &[&str]) -> Rejection {
    let days = |days: &[&str]| days.iter().map(|on| day(on)).collect();
    let (absences, warnings) = (days(absences), days(warnings));
    Rejection::ContractHasLaterFacts {
        leave_ids: vec![],
        months: vec![],
        absences,
        warnings,
    }
}

#[test]
fn rule_12_and_13_absences_and_warnings_stay_inside() {
    let terminate = |on: &str| {
        let (operator_id, contract_id, cause) =
            (operator_id(), id(1), TerminationCause::Resignation);
        Command::TerminateContract(Terminate {
            operator_id,
            contract_id,
            on: day(on),
            cause,
            reason: REASON.into(),
        })
    };
    for end in [amend_end, terminate] {
        engaged([absent("2020-12-01")])
            .when(end("2020-11-30"))
            .then_err(later(&["2020-12-01"], &[]));
        engaged([absent("2020-11-30")])
            .when(end("2020-11-30"))
            .then_ok();
        let warned = |on| engaged([warned(1, on, "2021-05-31")]);
        warned("2020-12-01")
            .when(end("2020-11-30"))
            .then_err(later(&[], &["2020-12-01"]));
        warned("2020-11-30").when(end("2020-11-30")).then_ok();
    }
    // A mistake from the beginning takes them with it.
    engaged([absent("2020-12-01"), warned(1, "2020-12-01", "2021-05-31")])
        .when(void())
        .then_ok();
}

#[test]
fn a_warning_is_not_issued_before_its_day_has_come() {
    let (on, today) = (day("2020-10-06"), day("2020-10-05"));
    engaged([])
        .today("2020-10-05")
        .when(warn(1, "2020-10-05"))
        .then_ok();
    engaged([])
        .today("2020-10-05")
        .when(warn(1, "2020-10-06"))
        .then_err(Rejection::FactInFuture { on, today });
}

#[test]
fn a_back_dated_warning_is_a_step_of_the_same_ladder() {
    let short = Hired {
        warnings: WarningPolicy {
            levels: 3,
            months: 1,
        },
        ..contract()
    };
    let first = || engaged_under(short.clone(), [warned(1, "2020-11-15", "2020-12-14")]);
    // From 16 October it would stand on 15 November too.
    first()
        .when(warn(1, "2020-10-16"))
        .then_err(out_of_order(Some(2), 1));
    first()
        .when(warn(2, "2020-10-16"))
        .then_err(Rejection::ContractWarningBackDated {
            on: day("2020-10-16"),
            latest: day("2020-11-15"),
        });
    first()
        .when(warn(1, "2020-10-15"))
        .then([warned(1, "2020-10-15", "2020-11-14")]);
    first()
        .when(warn(2, "2020-11-15"))
        .then([warned(2, "2020-11-15", "2020-12-14")]);
}

#[test]
fn rule_40_warnings_follow_the_ladder_the_contract_was_signed_under() {
    let mut shorter = terms();
    shorter.warnings.levels = 1;
    let first = engaged([
        warned(1, "2020-10-05", "2021-04-04"),
        terms_amended(2, shorter),
    ]);
    first
        .when(warn(2, "2020-10-12"))
        .then([warned(2, "2020-10-12", "2021-04-11")]);
}

#[test]
fn a_warning_that_has_run_out_is_no_step() {
    let short = Hired {
        warnings: WarningPolicy {
            levels: 3,
            months: 1,
        },
        ..contract()
    };
    let first = || engaged_under(short.clone(), [warned(1, "2020-10-05", "2020-11-04")]);
    first()
        .when(warn(2, "2020-11-04"))
        .then([warned(2, "2020-11-04", "2020-12-03")]);
    first()
        .when(warn(2, "2020-11-05"))
        .then_err(out_of_order(Some(1), 2));
    first()
        .when(warn(1, "2020-11-05"))
        .then([warned(1, "2020-11-05", "2020-12-04")]);
}

#[test]
fn a_warning_is_issued_in_the_days_of_the_contract() {
    let not_in_force = |on| Rejection::ContractNotInForce {
        on: day(on),
        start: day("2020-10-01"),
        end: day("2020-12-31"),
    };
    engaged([]).when(warn(1, "2020-12-31")).then_ok();
    engaged([])
        .when(warn(1, "2021-01-01"))
        .then_err(not_in_force("2021-01-01"));
    engaged([voided(1)])
        .when(warn(1, "2020-11-02"))
        .then_err(closed());
}
