//! Specs of the terms of reference: rule 40, and what makes terms unworkable.

use super::{Amend, Amended, Event, Publish, Terms};
use crate::{
    Command, Rejection,
    ids::PackageId,
    package::{policy::AppraisalPolicy, slot::ReleaseCause},
    rejection::{
        Fault,
        words::{Language, words},
    },
    spec::{facts::*, given},
};

fn package_id() -> PackageId {
    contract().package_id
}

fn publish(terms: Terms) -> Command {
    Command::PublishTerms(Publish {
        package_id: package_id(),
        title: terms.title,
        agency: terms.agency,
        fiscal_year: terms.fiscal_year,
        fund_source: terms.fund_source,
        budget_ceiling: terms.budget_ceiling,
        quota: terms.quota,
        period: terms.period,
        eligibility: terms.eligibility,
        leave: terms.leave,
        appraisal: terms.appraisal,
        evaluation: terms.evaluation,
        warnings: terms.warnings,
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
    }
}

fn amend(amend: Amend) -> Command {
    Command::AmendTerms(amend)
}

fn amended(version: u32, terms: Terms) -> crate::Event {
    Event::from(Amended { version, terms, personal: reason() }).into()
}

fn faults(terms: Terms) -> Vec<String> {
    match given([]).when(publish(terms)).refusal() {
        Some(Rejection::TermsInvalid { faults }) => {
            let said = words(&Rejection::TermsInvalid { faults: faults.clone() }, Language::Id).detail;
            for Fault { field, expected } in &faults {
                assert!(said.contains(&format!("{field} (")), "{expected} is not said in Indonesian");
            }
            faults.into_iter().map(|fault| fault.field).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn terms_are_published_once() {
    let after = given([]).when(publish(terms())).then([published(terms())]);
    after.clone().when(publish(terms())).then_in_effect();
    after
        .when(publish(Terms { quota: 4, ..terms() }))
        .then_err(Rejection::PackageAlreadyPublished { package_id: package_id() });
}

#[test]
fn defaults_are_those_of_the_kak() {
    let body = serde_json::json!({
        "package_id": "2020-tenaga-it", "title": "Tenaga Informasi Teknologi",
        "agency": "BKPSDM Kota Pontianak", "fiscal_year": 2020, "fund_source": "APBD Perubahan",
        "budget_ceiling": "24750000", "quota": 3, "period": {"start": "2020-10-01", "end": "2020-12-31"},
    });
    let command = Command::parse("publish-terms", body.to_string().as_bytes()).unwrap().unwrap();
    given([]).when(command).then([published(terms())]);
}

#[test]
fn rule_40_an_amendment_is_a_new_version() {
    let four = || Terms { quota: 4, ..terms() };
    let after = given([published(terms())])
        .when(amend(Amend { quota: Some(4), ..plain() }))
        .then([amended(2, four())])
        .when(amend(Amend { title: Some("Judul".into()), ..plain() }))
        .then([amended(3, Terms { title: "Judul".into(), ..four() })]);
    assert_eq!(after.package.terms.version, 3);
    after.when(amend(Amend { quota: Some(4), ..plain() })).then_in_effect();
}

#[test]
fn rule_40_running_contracts_keep_their_version() {
    let mut generous = terms();
    generous.leave.annual_days = 24;
    generous.leave.special_max_days = 24;
    let held = given([published(terms()), hired(contract())]).and(&amended(2, generous));
    let kept = &held.operator.contracts.all[&id(1)].terms;
    assert_eq!((kept.terms_version, kept.leave.annual_days), (1, 12));
}

#[test]
fn rule_40_never_below_what_is_committed() {
    let two_filled = || given([published(terms()), reserved(1, "8250000"), reserved(2, "8250000")]);
    let below = |quota, ceiling: &str| Rejection::PackageBelowCommitments {
        filled: 2,
        committed: rupiah("16500000"),
        quota,
        ceiling: rupiah(ceiling),
    };
    let quota = |n| amend(Amend { quota: Some(n), ..plain() });
    let ceiling = |text: &str| amend(Amend { budget_ceiling: Some(rupiah(text)), ..plain() });
    two_filled().when(quota(2)).then_ok();
    two_filled().when(quota(1)).then_err(below(1, "24750000"));
    two_filled().when(ceiling("16500000")).then_ok();
    two_filled().when(ceiling("16499999")).then_err(below(3, "16499999"));
    // One left with half of it earned: a slot and the other half are free.
    let one_left = two_filled().and(&released(2, ReleaseCause::Terminated, "4125000"));
    one_left.clone().when(quota(1)).then_ok();
    one_left.when(ceiling("12375000")).then_ok();
}

#[test]
fn every_fault_of_the_terms_is_listed_at_once() {
    let mut wrong = Terms { quota: 0, budget_ceiling: rupiah("0"), fiscal_year: 0, ..terms() };
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
    let with = |appraisal| faults(Terms { appraisal, ..terms() });
    let scheme = AppraisalPolicy::default;
    let nothing = AppraisalPolicy { elements: Default::default(), ..scheme() };
    assert_eq!(with(nothing), ["appraisal.elements", "appraisal.good_from"]);
    assert_eq!(with(AppraisalPolicy { good_from: 29, ..scheme() }), ["appraisal.good_from"]);
    assert_eq!(with(AppraisalPolicy { good_from: 6, ..scheme() }), ["appraisal.good_from"]);
    let upside_down = AppraisalPolicy { scale_min: 5, ..scheme() };
    assert_eq!(with(upside_down), ["appraisal.scale_min", "appraisal.good_from"]);
    let mut twice = scheme();
    twice.elements.get_mut("discipline").unwrap().insert("quality".into());
    assert_eq!(with(twice), ["appraisal.elements"]);
}

#[test]
fn an_amendment_is_judged_like_the_first_version() {
    let code = |given: crate::spec::Given, command| given.when(command).refusal().unwrap().code();
    let zero = || amend(Amend { quota: Some(0), ..plain() });
    assert_eq!(code(given([published(terms())]), zero()), "terms.invalid");
    assert_eq!(code(given([]), zero()), "package.unknown");
}
