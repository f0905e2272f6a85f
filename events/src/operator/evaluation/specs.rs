//! Specs of the cumulative evaluation: rules 30 to 35 as far as they decide it.

use super::{
    EvaluationResult, Event, Finalize, Finalized, Notice, Propose, Proposed, Reopen, Reopened, mean,
};
use crate::{
    Command, Rejection,
    operator::contract::Hired,
    package::{
        officer::OfficerRole,
        policy::{Category, EvaluationPolicy},
    },
    personal::Remark,
    spec::{Given, examples::*, given},
};

fn propose_on(signed_on: Option<&str>, note: Option<&str>) -> Command {
    Command::ProposeEvaluation(Propose {
        operator_id: operator_id(),
        contract_id: id(1),
        signed_on: signed_on.map(day),
        note: note.map(Into::into),
    })
}

fn finalize_on(signed_on: Option<&str>, note: Option<&str>) -> Command {
    Command::FinalizeEvaluation(Finalize {
        operator_id: operator_id(),
        contract_id: id(1),
        signed_on: signed_on.map(day),
        note: note.map(Into::into),
    })
}

fn propose() -> Command {
    propose_on(Some("2020-12-31"), None)
}

fn finalize() -> Command {
    finalize_on(Some("2020-12-31"), None)
}

fn reopen() -> Command {
    Command::ReopenEvaluation(Reopen {
        operator_id: operator_id(),
        contract_id: id(1),
        reason: REASON.into(),
    })
}

fn engaged(more: impl IntoIterator<Item = crate::Event>) -> Given {
    given(
        [ppk(), pptk(), registered(person()), hired(contract())]
            .into_iter()
            .chain(more),
    )
}

fn appraised_year(totals: [u8; 3]) -> Given {
    let months = ["2020-10", "2020-11", "2020-12"];
    engaged(
        months
            .into_iter()
            .zip(totals)
            .map(|(of, total)| appraised(of, total)),
    )
}

fn not_assigned(role: OfficerRole, on: &str) -> Rejection {
    Rejection::OfficerNotAssigned {
        role: Some(role),
        on: day(on),
    }
}

fn missing(months: &[&str]) -> Rejection {
    Rejection::EvaluationMonthsMissing {
        months: months.iter().map(|of| month(of)).collect(),
    }
}

#[test]
fn rule_32_the_pptk_proposes_once_every_month_is_appraised() {
    appraised_year([26, 24, 25])
        .by(PPTK)
        .when(propose())
        .then([proposed(outcome(3, 3, 75))])
        .when(propose())
        .then_in_effect();
    let october = || engaged([appraised("2020-10", 21)]).by(PPTK);
    october()
        .when(propose())
        .then_err(missing(&["2020-11", "2020-12"]));
}

#[test]
fn rule_32_by_nobody_else() {
    for other in [PPK, STRANGER, "admin-bkpsdm"] {
        appraised_year([21, 21, 21])
            .by(other)
            .when(propose())
            .then_err(not_assigned(OfficerRole::Pptk, "2020-12-31"));
    }
    let too_early = propose_on(Some("2020-09-30"), None);
    let before_his_time = not_assigned(OfficerRole::Pptk, "2020-09-30");
    appraised_year([21, 21, 21])
        .by(PPTK)
        .when(too_early)
        .then_err(before_his_time);
}

#[test]
fn rule_32_signed_today_unless_said_and_never_in_the_future() {
    let year_end = || appraised_year([21, 21, 21]).by(PPTK).today("2020-12-31");
    year_end()
        .when(propose_on(None, None))
        .then([proposed(outcome(3, 3, 63))]);
    year_end()
        .when(propose_on(Some("2021-01-01"), None))
        .then_err(Rejection::SignatureInFuture {
            signed_on: day("2021-01-01"),
            today: day("2020-12-31"),
        });
}

#[test]
fn rule_32_nothing_assessed_at_all() {
    let all = ["2020-10", "2020-11", "2020-12"];
    engaged(all.map(waived)).by(PPTK).when(propose()).then_err(
        Rejection::EvaluationNothingAssessed {
            waived: all.map(month).into(),
        },
    );
}

#[test]
fn rule_31_a_waived_month_is_no_part_of_the_mean() {
    // 18 and 18 over two months is good; over three it would not be.
    engaged([
        appraised("2020-10", 18),
        appraised("2020-11", 18),
        waived("2020-12"),
    ])
    .by(PPTK)
    .when(propose())
    .then([proposed(outcome(2, 3, 36))]);
}

#[test]
fn the_category_is_exact() {
    for (totals, category) in [
        ([18, 18, 18], Category::Good),
        ([18, 18, 17], Category::Poor),
    ] {
        let total = totals.iter().map(|&total| u32::from(total)).sum();
        let result = EvaluationResult {
            months: 3,
            expected: 3,
            total,
            category,
        };
        appraised_year(totals)
            .by(PPTK)
            .when(propose())
            .then([proposed(result)]);
    }
}

#[test]
fn rule_33_the_ppk_finalizes_what_was_proposed() {
    let result = outcome(3, 3, 63);
    let year = || appraised_year([21, 21, 21]);
    year()
        .when(finalize())
        .then_err(Rejection::EvaluationNotProposed { contract_id: id(1) });
    let done = year()
        .and(&proposed(result))
        .when(finalize())
        .then([finalized(1, result)]);
    let is_final = Rejection::EvaluationFinal {
        contract_id: id(1),
        revision: 1,
    };
    done.clone().when(finalize()).then_err(is_final.clone());
    done.by(PPTK).when(propose()).then_err(is_final);
    year()
        .and(&proposed(result))
        .by(PPTK)
        .when(finalize())
        .then_err(not_assigned(OfficerRole::Ppk, "2020-12-31"));
}

/// One officer holds both offices; contracts under `policy`.
fn one_officer_for_both(policy: EvaluationPolicy) -> Given {
    let both = [assigned(OfficerRole::Ppk, PPTK, "2020-10-01", None), pptk()];
    let contract = Hired {
        evaluation: policy,
        ..contract()
    };
    let year = ["2020-10", "2020-11", "2020-12"].map(|of| appraised(of, 21));
    let person = [registered(person()), hired(contract)];
    given(both.into_iter().chain(person).chain(year)).by(PPTK)
}

#[test]
fn rule_33_two_different_signers_unless_policy_allows_one() {
    let proposal = || proposed(outcome(3, 3, 63));
    one_officer_for_both(EvaluationPolicy::default())
        .and(&proposal())
        .when(finalize())
        .then_err(Rejection::EvaluationSameSigner { contract_id: id(1) });
    one_officer_for_both(EvaluationPolicy {
        different_signers: false,
    })
    .and(&proposal())
    .when(finalize())
    .then_ok();
}

#[test]
fn rule_33_reopened_by_the_ppk_and_final_again_as_the_next_revision() {
    let result = outcome(3, 3, 63);
    let done = || {
        appraised_year([21, 21, 21])
            .and(&proposed(result))
            .and(&finalized(1, result))
    };
    done()
        .by(PPTK)
        .when(reopen())
        .then_err(not_assigned(OfficerRole::Ppk, "2021-01-31"));
    let open = done().when(reopen()).then([reopened(1)]);
    let not_final = Rejection::EvaluationNotFinal { contract_id: id(1) };
    open.clone().when(reopen()).then_err(not_final);
    open.clone()
        .when(finalize())
        .then_err(Rejection::EvaluationNotProposed { contract_id: id(1) });
    let again = open.by(PPTK).when(propose()).then([proposed(result)]);
    again.by(PPK).when(finalize()).then([finalized(2, result)]);
}

#[test]
fn rule_33_reopening_has_a_reason() {
    for reason in [None, Some(" ")] {
        let body = serde_json::json!({"operator_id": operator_id(), "contract_id": id(1), "reason": reason});
        let refused = Command::parse("reopen-evaluation", body.to_string().as_bytes());
        assert_eq!(refused.unwrap().unwrap_err().path, "reason");
    }
}

#[test]
fn rule_33_what_an_earlier_hire_cited_stays() {
    let result = outcome(3, 3, 63);
    let cited = crate::operator::contract::PriorEvaluation {
        contract_id: id(1),
        fiscal_year: 2020,
        revision: 1,
        months: 3,
        total: 63,
        category: Category::Good,
    };
    let next = Hired {
        prior_evaluation: Some(cited),
        ..contract_of(2, "2021-01-01", "2021-12-31")
    };
    let worse = EvaluationResult {
        category: Category::Poor,
        ..outcome(3, 3, 21)
    };
    let after = appraised_year([21, 21, 21])
        .and(&finalized(1, result))
        .and(&hired(next.clone()))
        .and(&reopened(1))
        .and(&finalized(2, worse));
    assert_eq!(after.operator.contracts.all[&id(2)].terms, Box::new(next));
}

#[test]
fn a_change_to_a_month_withdraws_the_proposal() {
    let proposal = proposed(outcome(2, 3, 42));
    let year = || engaged([appraised("2020-10", 21), appraised("2020-11", 21)]);
    for change in [
        appraised("2020-12", 7),
        waived("2020-12"),
        terminated(1, "2020-11-30", "5500000"),
    ] {
        year()
            .and(&proposal)
            .and(&change)
            .when(finalize())
            .then_err(Rejection::EvaluationNotProposed { contract_id: id(1) });
    }
}

#[test]
fn rule_34_of_a_poor_year_the_ppk_is_told() {
    // 54 is the least that is good.
    for (last, told) in [(17, true), (18, false)] {
        let done = appraised_year([18, 18, last])
            .by(PPTK)
            .when(propose())
            .then_ok();
        let done = done.by(PPK).when(finalize()).then_ok();
        let ppk = tenant().officer_id(&PPK.parse().unwrap());
        let notice = done.operator.evaluations.get(id(1)).notice;
        assert_eq!(notice, told.then_some(Notice { officer_id: ppk }), "{last}");
        assert_eq!(
            done.and(&reopened(1))
                .operator
                .evaluations
                .get(id(1))
                .notice,
            None
        );
    }
}

#[test]
fn rule_34_the_notice_goes_to_the_ppk_of_the_day_it_is_signed() {
    let offices = [
        assigned(OfficerRole::Ppk, STRANGER, "2020-10-01", Some("2021-01-15")),
        assigned(OfficerRole::Ppk, PPK, "2021-01-16", None),
    ];
    let year = ["2020-10", "2020-11", "2020-12"].map(|of| appraised(of, 7));
    let person = [pptk(), registered(person()), hired(contract())];
    let before = offices.into_iter().chain(person).chain(year);
    let done = given(before)
        .and(&proposed(outcome(3, 3, 21)))
        .by(STRANGER)
        .when(finalize())
        .then_ok();
    let stranger = tenant().officer_id(&STRANGER.parse().unwrap());
    assert_eq!(
        done.operator.evaluations.get(id(1)).notice,
        Some(Notice {
            officer_id: stranger
        })
    );
}

#[test]
fn rule_34_a_poor_year_ends_no_contract() {
    let poor = outcome(3, 3, 21);
    let after = appraised_year([7, 7, 7])
        .and(&proposed(poor))
        .when(finalize())
        .then([finalized(1, poor)]);
    assert_eq!(after.operator.contracts.all[&id(1)].ending, None);
}

#[test]
fn rule_40_a_contract_is_evaluated_as_it_was_signed_whatever_was_amended_since() {
    let mut stricter = terms();
    stricter.appraisal.good_from = 28;
    stricter.evaluation.different_signers = false;
    one_officer_for_both(EvaluationPolicy::default())
        .and(&published(terms()))
        .and(&terms_amended(2, stricter))
        .when(propose())
        .then([proposed(outcome(3, 3, 63))])
        .when(finalize())
        .then_err(Rejection::EvaluationSameSigner { contract_id: id(1) });
}

#[test]
fn rule_35_of_a_terminated_contract_the_part_served_is_evaluated() {
    let left = || engaged([terminated(1, "2020-11-13", "0"), appraised("2020-10", 21)]).by(PPTK);
    left().when(propose()).then_err(missing(&["2020-11"]));
    left()
        .and(&appraised("2020-11", 17))
        .when(propose())
        .then([proposed(outcome(2, 2, 38))]);
}

#[test]
fn a_void_contract_and_an_unknown_one_have_no_evaluation() {
    engaged([voided(1)])
        .by(PPTK)
        .when(propose())
        .then_err(Rejection::ContractClosed { contract_id: id(1) });
    let person = || given([pptk(), registered(person())]).by(PPTK);
    person()
        .when(propose())
        .then_err(Rejection::ContractUnknown { contract_id: id(1) });
    given([])
        .when(reopen())
        .then_err(Rejection::OperatorUnknown {
            operator_id: operator_id(),
        });
}

#[test]
fn notes_and_reasons_are_kept_sealed() {
    let (day_31, note) = (Some("2020-12-31"), Some("catatan"));
    let (pptk, ppk) = (
        tenant().officer_id(&PPTK.parse().unwrap()),
        tenant().officer_id(&PPK.parse().unwrap()),
    );
    let (contract_id, signed_on, result) = (id(1), day("2020-12-31"), outcome(3, 3, 63));
    let personal = Some(Remark::open("catatan"));
    let proposal = Proposed {
        contract_id,
        officer_id: pptk,
        signed_on,
        result,
        personal: personal.clone(),
    };
    let (revision, notice) = (1, None);
    let year_end = Finalized {
        contract_id,
        revision,
        officer_id: ppk,
        signed_on,
        result,
        notice,
        personal,
    };
    let reopening = Reopened {
        contract_id,
        revision: 1,
        officer_id: ppk,
        personal: reason(),
    };
    appraised_year([21, 21, 21])
        .by(PPTK)
        .when(propose_on(day_31, note))
        .then([Event::from(proposal).into()])
        .by(PPK)
        .when(finalize_on(day_31, note))
        .then([Event::from(year_end).into()])
        .when(reopen())
        .then([Event::from(reopening).into()]);
}

mod signatures;

#[test]
fn means_are_rounded_half_up_where_they_are_shown() {
    let shown = |total, months| mean(total, months).unwrap();
    assert_eq!(shown(75, 3), "25");
    assert_eq!(shown(52, 3), "17.33");
    assert_eq!(shown(53, 3), "17.67");
    assert_eq!(shown(35, 2), "17.5");
    assert_eq!(shown(141, 8), "17.63");
    assert_eq!(mean(0, 0), None);
}
