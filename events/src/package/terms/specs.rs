//! Specs of the terms of reference: rule 40, and the faults of terms.

use std::collections::BTreeSet;

use super::{Amend, Publish, Terms};
use crate::{
    Command, Rejection,
    ids::PackageId,
    package::{policy::AppraisalPolicy, slot::ReleaseCause},
    rejection::TermsFault,
    spec::{examples::*, given},
};

fn package_id() -> PackageId {
    contract().package_id
}

fn publish(terms: Terms) -> Command {
    Command::PublishTerms(Publish {
        package_id: package_id(),
        title: terms.title.into(),
        agency: terms.agency.into(),
        fiscal_year: terms.fiscal_year,
        fund_source: terms.fund_source.into(),
        budget_ceiling: terms.budget_ceiling,
        quota: terms.quota,
        period: terms.period,
        eligibility: terms.eligibility,
        leave: terms.leave,
        appraisal: terms.appraisal,
        evaluation: terms.evaluation,
        warnings: terms.warnings,
        officers_may: terms.officers_may,
    })
}

/// An amendment that changes nothing yet.
fn plain() -> Amend {
    Amend {
        package_id: package_id(),
        reason: REASON.into(),
        title: None,
        agency: None,
        fiscal_year: None,
        fund_source: None,
        budget_ceiling: None,
        quota: None,
        period: None,
        eligibility: None,
        leave: None,
        appraisal: None,
        evaluation: None,
        warnings: None,
        officers_may: None,
    }
}

fn amend(amend: Amend) -> Command {
    Command::AmendTerms(amend)
}

fn faults(terms: Terms) -> Vec<String> {
    match given([]).when(publish(terms)).refusal() {
        Some(Rejection::TermsInvalid { faults }) => {
            faults.into_iter().map(|fault| fault.field).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_that_say_nothing_are_faults() {
    let mut blank = terms();
    blank.eligibility.majors = vec![" ".to_owned()];
    blank.eligibility.preferred_domicile = Some(String::new());
    blank
        .appraisal
        .elements
        .insert("kosong".to_owned(), BTreeSet::new());
    let wanted = [
        "eligibility.majors",
        "eligibility.preferred_domicile",
        "appraisal.elements",
    ];
    assert_eq!(faults(blank), wanted);
    let mut unnamed = terms();
    unnamed
        .appraisal
        .elements
        .insert(String::new(), BTreeSet::from(["rapat".to_owned()]));
    assert_eq!(faults(unnamed), ["appraisal.elements"]);
}

#[test]
fn terms_are_published_once() {
    let after = given([]).when(publish(terms())).then([published(terms())]);
    after.clone().when(publish(terms())).then_in_effect();
    after
        .when(publish(Terms {
            quota: 4,
            ..terms()
        }))
        .then_err(Rejection::PackageAlreadyPublished {
            package_id: package_id(),
        });
}

#[test]
fn defaults_are_those_of_the_kak() {
    let body = serde_json::json!({
        "package_id": "2020-tenaga-it", "title": "Tenaga Informasi Teknologi",
        "agency": "BKPSDM Kota Pontianak", "fiscal_year": 2020, "fund_source": "APBD Perubahan",
        "budget_ceiling": "24750000", "quota": 3, "period": {"start": "2020-10-01", "end": "2020-12-31"},
    });
    let command = Command::parse("publish-terms", body.to_string().as_bytes())
        .unwrap()
        .unwrap();
    given([]).when(command).then([published(terms())]);
}

#[test]
fn rule_40_an_amendment_is_a_new_version() {
    let four = || Terms {
        quota: 4,
        ..terms()
    };
    let after = given([published(terms())])
        .when(amend(Amend {
            quota: Some(4),
            ..plain()
        }))
        .then([terms_amended(2, four())])
        .when(amend(Amend {
            title: Some("Judul".into()),
            ..plain()
        }))
        .then([terms_amended(
            3,
            Terms {
                title: "Judul".into(),
                ..four()
            },
        )]);
    assert_eq!(after.package.terms.version, 3);
    after
        .when(amend(Amend {
            quota: Some(4),
            ..plain()
        }))
        .then_in_effect();
}

/// An amendment as it arrives: a field that it names replaces the field of the same name.
fn told(field: &str, policy: serde_json::Value) -> Command {
    let body = serde_json::json!({"package_id": package_id(), "reason": REASON, field: policy});
    Command::parse("amend-terms", body.to_string().as_bytes())
        .unwrap()
        .unwrap()
}

/// Terms in which no field of a policy has its default.
fn unusual() -> Terms {
    let mut terms = terms();
    terms.eligibility.citizenship = "WNA".into();
    (terms.eligibility.age_min, terms.eligibility.age_max) = (18, 40);
    terms.eligibility.education_min = crate::operator::identity::EducationLevel::S1;
    (
        terms.eligibility.accredited,
        terms.eligibility.integrity_pact,
    ) = (false, false);
    terms.eligibility.majors = vec!["Hukum".into()];
    terms.eligibility.gpa_min = "3".parse().unwrap();
    terms.eligibility.preferred_domicile = Some("6112".into());
    (terms.leave.annual_days, terms.leave.special_max_days) = (10, 6);
    (terms.leave.long_max_months, terms.leave.joint_leave_charged) = (2, true);
    terms.appraisal.elements = [("kerja".to_owned(), ["mutu".to_owned()].into())].into();
    (
        terms.appraisal.scale_min,
        terms.appraisal.scale_max,
        terms.appraisal.good_from,
    ) = (2, 9, 5);
    (terms.appraisal.early_days, terms.appraisal.late_after_day) = (1, 9);
    terms.evaluation.different_signers = false;
    (terms.warnings.levels, terms.warnings.months) = (2, 3);
    terms
}

#[test]
fn rule_40_the_rest_of_a_policy_stays() {
    let values = serde_json::to_value(unusual()).unwrap();
    let other = serde_json::json!({
        "eligibility": {"citizenship": "WNI", "age_min": 20, "age_max": 50, "education_min": "D4",
            "accredited": true, "majors": ["Ekonomi", "Statistika"], "gpa_min": "2.5",
            "preferred_domicile": "6171", "integrity_pact": true},
        "leave": {"annual_days": 15, "special_max_days": 7, "long_max_months": 3, "joint_leave_charged": false},
        "appraisal": {"elements": {"hasil": ["mutu"]}, "scale_min": 1, "scale_max": 8, "good_from": 6,
            "early_days": 2, "late_after_day": 8},
        "evaluation": {"different_signers": true},
        "warnings": {"levels": 3, "months": 6},
    });
    let mut changed = 0;
    for (policy, fields) in other.as_object().unwrap() {
        for (field, value) in fields.as_object().unwrap() {
            let mut expected = values.clone();
            expected[policy][field] = value.clone();
            let expected: Terms = serde_json::from_value(expected).unwrap();
            let command = told(policy, serde_json::json!({field: value}));
            given([published(unusual())])
                .when(command)
                .then([terms_amended(2, expected)]);
            let command = told(policy, serde_json::json!({field: null}));
            given([published(unusual())]).when(command).then_in_effect();
            changed += 1;
        }
        given([published(unusual())])
            .when(told(policy, serde_json::json!({})))
            .then_in_effect();
    }
    // Every field there is, but for the unit of leave, of which there is one.
    let fields = |policy: &str| values[policy].as_object().unwrap().len();
    let policies = [
        "eligibility",
        "leave",
        "appraisal",
        "evaluation",
        "warnings",
    ];
    assert_eq!(changed, policies.into_iter().map(fields).sum::<usize>() - 1);
}

#[test]
fn rule_40_elements_are_replaced_as_a_whole() {
    let elements = serde_json::json!({"hasil": ["mutu", "waktu", "biaya", "jumlah", "laporan"]});
    let mut expected = terms();
    expected.appraisal.elements = serde_json::from_value(elements.clone()).unwrap();
    let command = told("appraisal", serde_json::json!({"elements": elements}));
    given([published(terms())])
        .when(command)
        .then([terms_amended(2, expected)]);
}

#[test]
fn rule_40_the_year_that_pays_stays_once_contracts_are_signed() {
    let next = || {
        let period = Some(period("2021-01-01", "2021-12-31"));
        amend(Amend {
            fiscal_year: Some(2021),
            period,
            ..plain()
        })
    };
    let refused = || {
        let expected = "as it is once contracts are signed".to_owned();
        Rejection::TermsInvalid {
            faults: vec![TermsFault {
                field: "fiscal_year".into(),
                expected,
            }],
        }
    };
    given([published(terms())]).when(next()).then_ok();
    let signed = || given([published(terms()), reserved(1, "8250000")]);
    signed().when(next()).then_err(refused());
    signed()
        .when(amend(Amend {
            fiscal_year: Some(2020),
            quota: Some(4),
            ..plain()
        }))
        .then_ok();
    // A terminated contract was paid all the same; a void one never was.
    signed()
        .and(&released(1, ReleaseCause::Terminated, "4125000"))
        .when(next())
        .then_err(refused());
    signed()
        .and(&released(1, ReleaseCause::Voided, "0"))
        .when(next())
        .then_ok();
}

#[test]
fn rule_40_running_contracts_keep_their_version() {
    let mut generous = terms();
    generous.leave.annual_days = 24;
    generous.leave.special_max_days = 24;
    let held = given([published(terms()), hired(contract())]).and(&terms_amended(2, generous));
    let kept = &held.operator.contracts.all[&id(1)].terms;
    assert_eq!((kept.terms_version, kept.leave.annual_days), (1, 12));
}

#[test]
fn rule_40_never_below_what_is_committed() {
    let two_filled = || {
        given([
            published(terms()),
            reserved(1, "8250000"),
            reserved(2, "8250000"),
        ])
    };
    let below = |quota, ceiling: &str| Rejection::PackageBelowCommitments {
        filled: 2,
        committed: rupiah("16500000"),
        quota,
        ceiling: rupiah(ceiling),
    };
    let quota = |n| {
        amend(Amend {
            quota: Some(n),
            ..plain()
        })
    };
    let ceiling = |text: &str| {
        amend(Amend {
            budget_ceiling: Some(rupiah(text)),
            ..plain()
        })
    };
    two_filled().when(quota(2)).then_ok();
    two_filled().when(quota(1)).then_err(below(1, "24750000"));
    two_filled().when(ceiling("16500000")).then_ok();
    two_filled()
        .when(ceiling("16499999"))
        .then_err(below(3, "16499999"));
    // One left with half of it earned: a slot and the other half are free.
    let one_left = two_filled().and(&released(2, ReleaseCause::Terminated, "4125000"));
    one_left.clone().when(quota(1)).then_ok();
    one_left.when(ceiling("12375000")).then_ok();
}

#[test]
fn every_fault_of_the_terms_is_listed_at_once() {
    let mut wrong = Terms {
        quota: 0,
        budget_ceiling: rupiah("0"),
        fiscal_year: 0,
        ..terms()
    };
    wrong.period = period("2020-12-31", "2020-10-01");
    (wrong.eligibility.age_min, wrong.eligibility.citizenship) = (36, " ".into());
    wrong.leave.annual_days = 367;
    (wrong.leave.special_max_days, wrong.leave.long_max_months) = (368, 13);
    (wrong.warnings.levels, wrong.warnings.months) = (4, 0);
    (wrong.appraisal.early_days, wrong.appraisal.late_after_day) = (32, 29);
    let expected = [
        "quota",
        "budget_ceiling",
        "fiscal_year",
        "period",
        "period",
        "eligibility.age_min",
        "eligibility.citizenship",
        "leave.annual_days",
        "leave.special_max_days",
        "leave.long_max_months",
        "appraisal.early_days",
        "appraisal.late_after_day",
        "warnings.levels",
        "warnings.months",
    ];
    assert_eq!(faults(wrong), expected);
}

#[test]
fn a_scheme_must_be_one_that_can_be_scored() {
    let with = |appraisal| {
        faults(Terms {
            appraisal,
            ..terms()
        })
    };
    let scheme = AppraisalPolicy::default;
    let nothing = AppraisalPolicy {
        elements: Default::default(),
        ..scheme()
    };
    assert_eq!(with(nothing), ["appraisal.elements", "appraisal.good_from"]);
    assert_eq!(
        with(AppraisalPolicy {
            good_from: 29,
            ..scheme()
        }),
        ["appraisal.good_from"]
    );
    for good_from in [7, 28] {
        let appraisal = AppraisalPolicy {
            good_from,
            ..scheme()
        };
        given([])
            .when(publish(Terms {
                appraisal,
                ..terms()
            }))
            .then_ok();
    }
    assert_eq!(
        with(AppraisalPolicy {
            good_from: 6,
            ..scheme()
        }),
        ["appraisal.good_from"]
    );
    let of_one_score = AppraisalPolicy {
        scale_min: 3,
        scale_max: 3,
        good_from: 21,
        ..scheme()
    };
    assert_eq!(with(of_one_score), ["appraisal.scale_min"]);
    let of_nothing = AppraisalPolicy {
        scale_min: 0,
        scale_max: 0,
        good_from: 0,
        ..scheme()
    };
    assert_eq!(with(of_nothing), ["appraisal.scale_min"]);
    let of_too_much = AppraisalPolicy {
        scale_min: 255,
        scale_max: 255,
        good_from: u16::MAX,
        ..scheme()
    };
    assert_eq!(
        with(of_too_much),
        ["appraisal.scale_min", "appraisal.good_from"]
    );
    let upside_down = AppraisalPolicy {
        scale_min: 5,
        ..scheme()
    };
    assert_eq!(
        with(upside_down),
        ["appraisal.scale_min", "appraisal.good_from"]
    );
    let mut twice = scheme();
    twice
        .elements
        .get_mut("discipline")
        .unwrap()
        .insert("quality".into());
    assert_eq!(with(twice), ["appraisal.elements"]);
}

#[test]
fn an_amendment_is_judged_like_the_first_version() {
    let code = |given: crate::spec::Given, command| given.when(command).refusal().unwrap().code();
    let zero = || {
        amend(Amend {
            quota: Some(0),
            ..plain()
        })
    };
    assert_eq!(code(given([published(terms())]), zero()), "terms.invalid");
    assert_eq!(code(given([]), zero()), "package.unknown");
}
