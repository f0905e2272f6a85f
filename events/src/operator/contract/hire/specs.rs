//! Specs of hiring: rules 1 and 3 to 11, and the order in which they answer.

use super::{Hire, HireParticulars, PriorEvaluation};
use crate::{
    Command, Event, Rejection,
    decision::new_id,
    ids::ContractId,
    operator::{
        contract::{self, Hired, Monthly},
        evaluation,
        identity::{Education, EducationLevel, Profile},
    },
    package::{
        policy::Category,
        slot::{self, ReleaseCause, SpkMark},
        terms::Terms,
    },
    personal::Personal,
    rejection::Violation,
    spec::{COMMAND_ID, Given, examples::*, given},
};

mod bound;
mod order;

/// The id that the command of a spec gives to the contract it makes.
fn made_id() -> ContractId {
    let command_id = COMMAND_ID.parse().unwrap();
    ContractId(new_id(&tenant(), "contract", operator_id(), &command_id))
}

fn mark(spk_number: &str) -> SpkMark {
    SpkMark::of(&tenant(), &contract().package_id, spk_number)
}

/// The slot and the contract that a spec's hire makes.
fn made(value: &str, contract: Hired) -> [Event; 2] {
    let reserved = slot::Reserved {
        contract_id: made_id(),
        operator_id: operator_id(),
        spk: mark(contract.spk_number().unwrap()),
        value: rupiah(value),
    };
    let hired = Hired {
        contract_id: made_id(),
        ..contract
    };
    [
        slot::Event::from(reserved).into(),
        contract::Event::from(hired).into(),
    ]
}

/// The hire that leads to this contract.
fn hire(contract: Hired) -> Command {
    Command::HireOperator(command(contract))
}

fn command(contract: Hired) -> Hire {
    Hire {
        package_id: contract.package_id.clone(),
        operator_id: operator_id(),
        spk_number: contract.spk_number().unwrap().into(),
        spk_date: contract.spk_date.try_into().unwrap(),
        start: contract.start.try_into().unwrap(),
        end: contract.end.try_into().unwrap(),
        monthly: contract.monthly,
        value: None,
        integrity_pact: contract.integrity_pact,
        justification: None,
        contract_id: (),
    }
}

/// The package of 2020, a person, and further events.
fn open(profile: Profile, more: impl IntoIterator<Item = Event>) -> Given {
    given(
        [published(terms()), registered(profile)]
            .into_iter()
            .chain(more),
    )
}

fn violations(profile: Profile) -> Vec<Violation> {
    let violations = terms().eligibility.violations(&profile, contract().start);
    let outcome = open(profile, []).when(hire(contract()));
    if violations.is_empty() {
        outcome.then(made("8250000", contract()));
    } else {
        outcome.then_err(Rejection::OperatorNotEligible {
            violations: violations.clone(),
        });
    }
    violations
}

fn age(age: i32) -> Violation {
    Violation::Age {
        age_min: 21,
        age_max: 35,
        age,
    }
}

fn born(date: &str) -> Profile {
    Profile {
        birth_date: day(date),
        ..person()
    }
}

fn overlaps(n: u128, start: &str, end: &str) -> Rejection {
    Rejection::ContractOverlaps {
        contract_id: id(n),
        start: day(start),
        end: day(end),
    }
}

fn outside_2020() -> Rejection {
    let (start, end) = (day("2020-10-01"), day("2020-12-31"));
    Rejection::ContractOutsidePeriod {
        start,
        end,
        fiscal_year: 2020,
    }
}

#[test]
fn the_text_that_a_hire_is_digested_from_stays() {
    let text = serde_json::to_string(&hire(contract())).unwrap();
    let monthly =
        r#"{"wage":"2601875","health_insurance":"110000","employment_insurance":"38125"}"#;
    let expected = format!(
        r#"{{"package_id":"2020-tenaga-it","operator_id":"{}","spk_number":"800/1/SPK/BKPSDM/2020","spk_date":"2020-09-30","start":"2020-10-01","end":"2020-12-31","monthly":{monthly},"value":null,"integrity_pact":true,"justification":null,"contract_id":null}}"#,
        operator_id()
    );
    assert_eq!(text, expected);
    let chosen = text.replace(
        r#""contract_id":null"#,
        &format!(r#""contract_id":"{}""#, id(1)),
    );
    for body in [text, chosen] {
        let parsed = Command::parse("hire-operator", body.as_bytes()).unwrap();
        assert!(parsed.unwrap_err().reason.contains("contract_id"), "{body}");
    }
}

#[test]
fn hiring_takes_a_slot_and_copies_the_terms_that_bind() {
    open(person(), [])
        .when(hire(contract()))
        .then(made("8250000", contract()));
}

#[test]
fn rule_1_the_fourth_on_a_quota_of_three() {
    let filled = |n: u128| (11..11 + n).map(|n| reserved(n, "2000000"));
    open(person(), filled(2)).when(hire(contract())).then_ok();
    open(person(), filled(3))
        .when(hire(contract()))
        .then_err(Rejection::PackageQuotaExceeded {
            quota: 3,
            filled: 3,
        });
}

#[test]
fn rule_1_termination_and_void_reopen_the_slot() {
    for cause in [ReleaseCause::Terminated, ReleaseCause::Voided] {
        let three = (11..14).map(|n| reserved(n, "2000000"));
        open(person(), three.chain([released(11, cause, "0")]))
            .when(hire(contract()))
            .then_ok();
    }
}

#[test]
fn rule_3_committed_money_stays_under_the_ceiling() {
    open(person(), [reserved(11, "16500000")])
        .when(hire(contract()))
        .then_ok();
    open(person(), [reserved(11, "16500001")])
        .when(hire(contract()))
        .then_err(Rejection::PackageBudgetExceeded {
            ceiling: rupiah("24750000"),
            committed: rupiah("16500001"),
            requested: rupiah("8250000"),
        });
}

#[test]
fn rule_3_what_a_terminated_contract_earned_stays_committed() {
    let terminated = |earned| {
        [
            reserved(11, "24750000"),
            released(11, ReleaseCause::Terminated, earned),
        ]
    };
    open(person(), terminated("16500000"))
        .when(hire(contract()))
        .then_ok();
    open(person(), terminated("16500001"))
        .when(hire(contract()))
        .then_err(Rejection::PackageBudgetExceeded {
            ceiling: rupiah("24750000"),
            committed: rupiah("16500001"),
            requested: rupiah("8250000"),
        });
}

#[test]
fn rule_4_twenty_one_on_the_first_day() {
    // The contract begins on 1 October 2020.
    assert_eq!(
        violations(born("1999-10-01")),
        [],
        "the 21st birthday itself"
    );
    assert_eq!(
        violations(born("1999-10-02")),
        [age(20)],
        "the day before it"
    );
}

#[test]
fn rule_4_thirty_five_until_the_day_before_the_birthday() {
    assert_eq!(violations(born("1984-10-02")), [], "36 tomorrow");
    assert_eq!(violations(born("1984-10-01")), [age(36)], "36 today");
}

#[test]
fn rule_4_born_on_29_february() {
    let package_2021 = Terms {
        fiscal_year: 2021,
        period: period("2021-01-01", "2021-12-31"),
        ..terms()
    };
    let on = |start: &str| Hired {
        value: rupiah("1"),
        ..contract_of(1, start, "2021-04-01")
    };
    let hire_on = |start: &str| {
        let command = Hire {
            value: Some(rupiah("1")),
            ..command(on(start))
        };
        given([
            published(package_2021.clone()),
            registered(born("2000-02-29")),
        ])
        .when(Command::HireOperator(command))
    };
    hire_on("2021-02-28").then_err(Rejection::OperatorNotEligible {
        violations: vec![age(20)],
    });
    hire_on("2021-03-01").then_ok();
}

#[test]
fn rule_4_and_10_all_failures_at_once() {
    let education = Education {
        level: EducationLevel::Sma,
        major: "Akuntansi".into(),
        institution: "SMA".into(),
        accredited: false,
        gpa: "2".parse().unwrap(),
    };
    let nobody = Profile {
        citizenship: "WNA".into(),
        education,
        ..born("2005-01-01")
    };
    let (majors, required) = (terms().eligibility.majors, "2.75".parse().unwrap());
    open(nobody, [])
        .when(hire(Hired {
            integrity_pact: false,
            ..contract()
        }))
        .then_err(Rejection::OperatorNotEligible {
            violations: vec![
                Violation::Citizenship {
                    required: "WNI".into(),
                },
                age(15),
                Violation::Education {
                    required: EducationLevel::D3,
                },
                Violation::Accreditation,
                Violation::Major { accepted: majors },
                Violation::Gpa { required },
                Violation::IntegrityPact,
            ],
        });
}

#[test]
fn rule_5_gpa_of_two_seventy_five() {
    let with = |gpa: &str| {
        let education = Education {
            gpa: gpa.parse().unwrap(),
            ..person().education
        };
        violations(Profile {
            education,
            ..person()
        })
    };
    assert_eq!(with("2.75"), []);
    assert_eq!(
        with("2.749"),
        [Violation::Gpa {
            required: "2.75".parse().unwrap()
        }]
    );
}

#[test]
fn rule_5_domicile_elsewhere_passes() {
    assert_eq!(
        violations(Profile {
            domicile_code: "6112".into(),
            ..person()
        }),
        []
    );
    assert!(terms().eligibility.prefers("6171"));
    assert!(!terms().eligibility.prefers("6112"));
}

#[test]
fn rule_6_engaged_on_any_of_those_days() {
    let elsewhere = |start, end| {
        let package_id = "2020-kebersihan".parse().unwrap();
        hired(Hired {
            package_id,
            ..contract_of(9, start, end)
        })
    };
    open(person(), [elsewhere("2020-01-01", "2020-10-01")])
        .when(hire(contract()))
        .then_err(overlaps(9, "2020-01-01", "2020-10-01"));
    open(person(), [elsewhere("2020-12-31", "2020-12-31")])
        .when(hire(contract()))
        .then_err(overlaps(9, "2020-12-31", "2020-12-31"));
    open(person(), [elsewhere("2020-01-01", "2020-09-30")])
        .when(hire(contract()))
        .then_ok();
}

#[test]
fn rule_6_contracts_may_touch_and_ended_ones_make_room() {
    let october = || contract_of(9, "2020-10-01", "2020-10-31");
    let rest = || contract_of(1, "2020-11-01", "2020-12-31");
    open(person(), [hired(october())])
        .when(hire(rest()))
        .then_ok();
    open(person(), [hired(rest())])
        .when(hire(contract_of(2, "2020-10-01", "2020-10-31")))
        .then_ok();
    let whole = || contract_of(9, "2020-10-01", "2020-12-31");
    open(person(), [hired(whole()), terminated(9, "2020-10-31", "0")])
        .when(hire(rest()))
        .then_ok();
    open(person(), [hired(whole()), terminated(9, "2020-11-01", "0")])
        .when(hire(rest()))
        .then_err(overlaps(9, "2020-10-01", "2020-11-01"));
    open(person(), [hired(whole()), voided(9)])
        .when(hire(rest()))
        .then_ok();
}

#[test]
fn rule_7_inside_the_period_and_the_right_way_round() {
    for (start, end) in [
        ("2020-09-30", "2020-12-31"),
        ("2020-10-01", "2021-01-01"),
        ("2020-12-31", "2020-10-01"),
    ] {
        let command = Hire {
            value: Some(rupiah("1")),
            ..command(contract_of(1, start, end))
        };
        open(person(), [])
            .when(Command::HireOperator(command))
            .then_err(outside_2020());
    }
    // Backwards without a value is still a matter of the period first.
    open(person(), [])
        .when(hire(contract_of(1, "2020-12-31", "2020-10-01")))
        .then_err(outside_2020());
    // It has no days, so it shares none with the contract there is (rule 6).
    let around = [hired(contract_of(11, "2020-10-01", "2020-12-31"))];
    open(person(), around)
        .when(hire(contract_of(1, "2020-12-01", "2020-11-01")))
        .then_err(outside_2020());
}

#[test]
fn rule_7_inside_the_fiscal_year_whatever_the_period_says() {
    let into_2021 = Terms {
        period: period("2020-10-01", "2021-03-31"),
        ..terms()
    };
    given([published(into_2021), registered(person())])
        .when(hire(contract_of(1, "2020-12-01", "2021-01-31")))
        .then_err(Rejection::ContractOutsidePeriod {
            start: day("2020-10-01"),
            end: day("2021-03-31"),
            fiscal_year: 2020,
        });
}

#[test]
fn rule_8_a_number_is_used_once_in_a_package() {
    let taken = || spk_number(11);
    let same = Hired {
        personal: hire_particulars(&taken()),
        ..contract()
    };
    open(person(), [reserved(11, "8250000")])
        .when(hire(same.clone()))
        .then_err(Rejection::ContractSpkNumberTaken {
            spk_number: taken(),
        });
    let ended = |cause| {
        open(
            person(),
            [reserved(11, "8250000"), released(11, cause, "0")],
        )
    };
    ended(ReleaseCause::Terminated)
        .when(hire(same.clone()))
        .then_err(Rejection::ContractSpkNumberTaken {
            spk_number: taken(),
        });
    // A void contract never used it.
    ended(ReleaseCause::Voided).when(hire(same)).then_ok();
}

#[test]
fn rule_8_a_number_is_the_same_however_it_is_written() {
    let hire_as = |number: &str| {
        hire(Hired {
            personal: hire_particulars(number),
            ..contract()
        })
    };
    let plain = Hired {
        personal: hire_particulars("SPK/1"),
        ..contract()
    };
    let first = open(person(), [])
        .when(hire_as(" SPK/1 "))
        .then(made("8250000", plain));
    assert_eq!(first.package.slots.slots[&made_id()].spk, mark("spk/1"));
    let held = |spk| slot::Reserved {
        contract_id: id(11),
        operator_id: operator_id(),
        spk,
        value: rupiah("8250000"),
    };
    // Events of version 1 have the number in the clear.
    let marks = |number: &str| [mark(number), SpkMark::Number(number.to_owned())];
    for number in ["SPK/1", "SPK/1 ", "spk/1"] {
        for spk in marks("Spk/1") {
            let taken = open(person(), [slot::Event::from(held(spk)).into()]);
            taken
                .when(hire_as(number))
                .then_err(Rejection::ContractSpkNumberTaken {
                    spk_number: number.trim().into(),
                });
        }
    }
    for spk in marks("SPK/ 1") {
        open(person(), [slot::Event::from(held(spk)).into()])
            .when(hire_as("SPK/1"))
            .then_ok();
    }
    // Numbers that look the same are the same, and one of an earlier digest is still found.
    let before =
        |number: &str| SpkMark::Digest(tenant().spk_digest(&contract().package_id, number));
    for number in [
        "SPK 1",
        "spk  1",
        "SPK\u{a0}1",
        "\u{ff33}\u{ff30}\u{ff2b}\u{3000}\u{ff11}",
    ] {
        for spk in [
            mark("SPK 1"),
            mark("Spk\u{a0} 1"),
            before("spk 1"),
            before(&number.to_lowercase()),
        ] {
            open(person(), [slot::Event::from(held(spk)).into()])
                .when(hire_as(number))
                .then_err(Rejection::ContractSpkNumberTaken {
                    spk_number: number.into(),
                });
        }
    }
}

/// Contract 9 of 2019 with its evaluation, final at revision 1.
fn evaluated(total: u32) -> [Event; 2] {
    let last_year = Hired {
        fiscal_year: 2019,
        ..contract_of(9, "2019-10-01", "2019-12-31")
    };
    let finalized = evaluation::Finalized {
        contract_id: id(9),
        revision: 1,
        officer_id: tenant().officer_id(&PPK.parse().unwrap()),
        signed_on: day("2019-12-31"),
        result: outcome(3, 3, total),
        notice: None,
        personal: None,
    };
    [hired(last_year), evaluation::Event::from(finalized).into()]
}

fn prior(total: u32) -> Option<PriorEvaluation> {
    let category = category(total, 3);
    Some(PriorEvaluation {
        contract_id: id(9),
        fiscal_year: 2019,
        revision: 1,
        months: 3,
        total,
        category,
    })
}

#[test]
fn rule_9_a_good_year_is_cited() {
    let cited = Hired {
        prior_evaluation: prior(54),
        ..contract()
    };
    open(person(), evaluated(54))
        .when(hire(contract()))
        .then(made("8250000", cited));
}

#[test]
fn rule_9_a_poor_year_needs_a_justification_which_is_kept() {
    open(person(), evaluated(53))
        .when(hire(contract()))
        .then_err(Rejection::OperatorPoorEvaluation {
            contract_id: id(9),
            fiscal_year: 2019,
            months: 3,
            total: 53,
        });
    let justified = Hire {
        justification: Some(REASON.into()),
        ..command(contract())
    };
    let cited = Hired {
        prior_evaluation: prior(53),
        personal: Some(Personal::Open(HireParticulars {
            spk_number: Some(spk_number(1)),
            justification: Some(REASON.into()),
        })),
        ..contract()
    };
    assert_eq!(prior(53).unwrap().category, Category::Poor);
    open(person(), evaluated(53))
        .when(Command::HireOperator(justified))
        .then(made("8250000", cited));
}

#[test]
fn rule_9_the_last_year_counts_and_only_what_is_final() {
    let older = Hired {
        fiscal_year: 2018,
        ..contract_of(1, "2018-10-01", "2018-12-31")
    };
    let poor_before = [hired(older), finalized(1, outcome(3, 3, 21))];
    let new = contract_of(2, "2020-10-01", "2020-12-31");
    let cited = Hired {
        prior_evaluation: prior(54),
        ..new.clone()
    };
    open(
        person(),
        evaluated(54).into_iter().chain(poor_before.clone()),
    )
    .when(hire(new.clone()))
    .then(made("8250000", cited));
    let only_proposed = [poor_before[0].clone(), proposed(outcome(3, 3, 21))];
    open(person(), only_proposed).when(hire(new)).then_ok();
}

#[test]
fn rule_10_no_integrity_pact() {
    let none = || {
        hire(Hired {
            integrity_pact: false,
            ..contract()
        })
    };
    open(person(), [])
        .when(none())
        .then_err(Rejection::OperatorNotEligible {
            violations: vec![Violation::IntegrityPact],
        });
    let mut lenient = terms();
    lenient.eligibility.integrity_pact = false;
    given([published(lenient), registered(person())])
        .when(none())
        .then_ok();
}

#[test]
fn rule_12_the_value_of_whole_months_and_of_others() {
    let hire_for = |start, end, value: Option<&str>| {
        let command = Hire {
            value: value.map(rupiah),
            ..command(contract_of(1, start, end))
        };
        open(person(), []).when(Command::HireOperator(command))
    };
    hire_for("2020-10-01", "2020-12-31", Some("8250000")).then(made("8250000", contract()));
    hire_for("2020-10-01", "2020-12-31", Some("8000000")).then_err(
        Rejection::ContractValueMismatch {
            expected: rupiah("8250000"),
            given: rupiah("8000000"),
        },
    );
    let broken = ("2020-10-15", "2020-12-31");
    hire_for(broken.0, broken.1, None).then_err(Rejection::ContractValueRequired {
        start: day(broken.0),
        end: day(broken.1),
    });
    let valued = Hired {
        value: rupiah("7000001"),
        ..contract_of(1, broken.0, broken.1)
    };
    hire_for(broken.0, broken.1, Some("7000000.5")).then(made("7000001", valued));
}

#[test]
fn lines_round_half_up_before_they_add_up() {
    let halves = rupiah("1000000.5");
    let monthly = Monthly {
        wage: halves,
        health_insurance: halves,
        employment_insurance: halves,
    };
    assert_eq!(monthly.sum(), rupiah("3000003"));
}
