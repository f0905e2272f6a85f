//! The view `evaluations` after the KAK of 2020, and after further commands.

use jejak_events::{Event, kinds::ItemKind, operator};
use serde_json::{Value, json};

use super::*;
use crate::{
    QueryError, Store,
    story::{Built, Office, PPK, expected},
};

#[test]
fn the_ranking_of_the_kak_is_as_expected() {
    let office = Office::of_2020();
    let view = Built::of(&Evaluations, &office.events);
    let answer = view.ask("list", json!({ "year": 2020 }));
    let wanted = expected();
    let wanted = wanted["evaluations_2020_ranked"].as_array().unwrap();
    assert_eq!(answer["items"].as_array().unwrap().len(), wanted.len());
    for (item, wanted) in answer["items"].as_array().unwrap().iter().zip(wanted) {
        assert_eq!(
            item["operator_id"],
            *office.id(wanted["operator"].as_str().unwrap())
        );
        for (field, value) in wanted
            .as_object()
            .unwrap()
            .iter()
            .filter(|(field, _)| *field != "operator")
        {
            assert_eq!(item[field], *value, "{field}");
        }
    }
}

#[test]
fn late_and_waived_months_are_marked() {
    let office = Office::of_2020();
    let view = Built::of(&Evaluations, &office.events);
    let months = |who: &str| {
        let params = json!({ "operator_id": office.id(who), "year": 2020 });
        view.ask("get", params)["months"]
            .as_array()
            .unwrap()
            .clone()
    };
    let late = |who| {
        months(who)
            .iter()
            .filter(|m| m["late"] == true)
            .map(|m| m["month"].clone())
            .collect()
    };
    let late: Value = Value::Array(late("op2"));
    assert_eq!(late, expected()["late_months"]["op2"]);
    assert_eq!(months("op2")[1]["revision"], 2);
    let waived = &months("op3")[2];
    assert_eq!(
        (&waived["waived"], &waived["scores"]),
        (&json!(true), &json!(null))
    );
}

#[test]
fn a_correction_after_reopening_makes_it_provisional() {
    let mut office = Office::of_2020();
    let of =
        json!({ "operator_id": "$op2", "contract_id": "$op2.contract", "reason": "keberatan" });
    office.give(PPK, "reopen-evaluation", of).unwrap();
    let scores = json!({ "attendance": 4, "roll_call": 4, "completion": 4, "timeliness": 4, "quality": 4,
        "obligations": 4, "prohibitions": 4 });
    let correct = json!({ "operator_id": "$op2", "contract_id": "$op2.contract", "month": "2020-12",
        "scores": scores, "reason": "salah" });
    office
        .give(PPK, "correct-monthly-appraisal", correct)
        .unwrap();
    let view = Built::of(&Evaluations, &office.events);
    let answer = view.ask(
        "get",
        json!({ "operator_id": office.id("op2"), "year": 2020 }),
    );
    assert_eq!(
        (&answer["status"], &answer["revision"]),
        (&json!("provisional"), &json!(1))
    );
    assert_eq!(
        (&answer["total"], &answer["category"]),
        (&json!(63), &json!("good"))
    );
    assert_eq!(
        answer["rank"], 2,
        "63 of 3 months is as good as 42 of 2, and longer"
    );
}

/// op1 was hired for 2021, too.
#[test]
fn what_happens_to_a_year_leaves_the_others_as_they_were() {
    let mut office = Office::of_2020();
    let ask = |office: &Office, year: i32| {
        let params = json!({ "operator_id": office.id("op1"), "year": year });
        let mut answer = Built::of(&Evaluations, &office.events).ask("get", params);
        answer["position"].take();
        answer
    };
    let (ended, begun) = (ask(&office, 2020), ask(&office, 2021));
    assert_eq!(
        (&ended["status"], &begun["status"]),
        (&json!("final"), &json!("provisional"))
    );
    let of =
        json!({ "operator_id": "$op1", "contract_id": "$op1.contract", "reason": "keberatan" });
    office.give(PPK, "reopen-evaluation", of).unwrap();
    assert_eq!(ask(&office, 2020)["status"], "provisional");
    assert_eq!(ask(&office, 2021), begun);
    let ended = ask(&office, 2020);
    let terminate = json!({ "operator_id": "$op1", "contract_id": "$op1.contract21", "on": "2021-01-31",
        "cause": "resignation", "reason": "pindah" });
    office.give(PPK, "terminate-contract", terminate).unwrap();
    assert_eq!(ask(&office, 2021)["months_expected"], 1);
    assert_eq!(ask(&office, 2020), ended);
}

/// op1's registration, and of his evaluation that it was reopened, without the hire.
#[test]
fn a_contract_nobody_was_hired_under_has_no_year() {
    let mut office = Office::of_2020();
    let of =
        json!({ "operator_id": "$op1", "contract_id": "$op1.contract", "reason": "keberatan" });
    office.give(PPK, "reopen-evaluation", of).unwrap();
    let mut reopened = office.events.pop().unwrap();
    let mut registered = office
        .events
        .into_iter()
        .find(|of| of.envelope.stream == reopened.envelope.stream);
    let registered = registered.as_mut().unwrap();
    (registered.position, reopened.position) = (1, 2);
    let refused = Built::empty(&Evaluations)
        .store
        .apply_batch(&[registered.clone(), reopened], false);
    let reason = "the person was never hired under the contract";
    assert_eq!(
        refused.unwrap_err().to_string(),
        ProjectionError::Inapplicable {
            position: 2,
            reason
        }
        .to_string()
    );
}

/// Goal: of two contracts in a year neither evaluation hides the other. Method: a resigned operator is hired
/// again for the last days of the year, before and after the first evaluation is final.
#[test]
fn two_contracts_of_a_year_have_an_evaluation_each() {
    let mut office = Office::of_2020();
    let of =
        json!({ "operator_id": "$op2", "contract_id": "$op2.contract", "reason": "keberatan" });
    office.give(PPK, "reopen-evaluation", of).unwrap();
    let cancel = json!({ "operator_id": "$op2", "leave_id": "$op2.leave1", "reason": "pindah" });
    office.give(PPK, "cancel-leave", cancel).unwrap();
    let terminate = json!({ "operator_id": "$op2", "contract_id": "$op2.contract", "on": "2020-12-29",
        "cause": "resignation", "reason": "pindah" });
    office.give(PPK, "terminate-contract", terminate).unwrap();
    let hire = json!({ "package_id": "2020-tenaga-it", "operator_id": "$op2", "spk_number": "800/99",
        "spk_date": "2020-12-30", "start": "2020-12-30", "end": "2020-12-31", "value": "100000",
        "monthly": { "wage": "100000", "health_insurance": "0", "employment_insurance": "0" },
        "integrity_pact": true });
    let second = office.give(PPK, "hire-operator", hire).unwrap();
    let first = office.id("op2.contract").to_owned();
    let asked = json!({ "operator_id": office.id("op2"), "year": 2020 });
    let contracts = |answer: &Value| {
        let of = |part: &Value| {
            (
                part["contract_id"].clone(),
                part["months"].as_array().unwrap().clone(),
            )
        };
        let (own, own_months) = of(answer);
        assert_eq!(answer["others"].as_array().unwrap().len(), 1);
        let (other, other_months) = of(&answer["others"][0]);
        assert!(own_months.iter().all(|month| month["contract_id"] == own));
        assert!(
            other_months
                .iter()
                .all(|month| month["contract_id"] == other)
        );
        (own, own_months.len(), other, other_months.len())
    };
    let view = Built::of(&Evaluations, &office.events);
    let provisional = view.ask("get", asked.clone());
    assert_eq!(
        contracts(&provisional),
        (json!(second), 0, json!(first), 3),
        "the later one"
    );

    let sign =
        json!({ "operator_id": "$op2", "contract_id": "$op2.contract", "signed_on": "2020-12-31" });
    office
        .give("198203052006042001", "propose-evaluation", sign.clone())
        .unwrap();
    office.give(PPK, "finalize-evaluation", sign).unwrap();
    let view = Built::of(&Evaluations, &office.events);
    let answer = view.ask("get", asked);
    assert_eq!(
        contracts(&answer),
        (json!(first), 3, json!(second), 0),
        "the final one"
    );
    assert_eq!(
        (&answer["status"], &answer["others"][0]["status"]),
        (&json!("final"), &json!("provisional"))
    );
    let listed = view.ask("list", json!({ "year": 2020 }));
    for part in [&answer, &answer["others"][0]] {
        let rows = listed["items"].as_array().unwrap();
        let row = rows
            .iter()
            .find(|row| row["contract_id"] == part["contract_id"])
            .unwrap();
        assert!(
            row.as_object()
                .unwrap()
                .iter()
                .all(|(member, value)| part[member] == *value),
            "{row}"
        );
    }
    let alone = view.ask(
        "get",
        json!({ "operator_id": office.id("op3"), "year": 2020 }),
    );
    assert_eq!(alone.get("others"), None);
}

#[test]
fn not_yet_evaluated_stands_between_good_and_poor() {
    let office = Office::of_2020();
    let view = Built::of(&Evaluations, &office.events);
    let answer = view.ask("list", json!({ "year": 2021, "package": "2021-tenaga-it" }));
    let item = &answer["items"][0];
    assert_eq!(
        (&item["mean"], &item["category"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(
        (&item["status"], &item["months_expected"]),
        (&json!("provisional"), &json!(12))
    );
}

#[test]
fn ranked_lists_are_given_in_parts() {
    let view = Built::of(&Evaluations, &Office::of_2020().events);
    let first = view.ask("list", json!({ "year": 2020, "limit": 2 }));
    let rest = view.ask(
        "list",
        json!({ "year": 2020, "limit": 2, "cursor": first["next"] }),
    );
    assert_eq!(
        (&rest["items"][0]["rank"], &rest["next"]),
        (&json!(3), &json!(null))
    );
}

#[test]
fn a_year_without_a_contract_is_unknown() {
    let office = Office::of_2020();
    let view = Built::of(&Evaluations, &office.events);
    let refused = view.refused(
        "get",
        json!({ "operator_id": office.id("op4"), "year": 2020 }),
    );
    assert!(matches!(
        refused,
        QueryError::ItemUnknown {
            thing: ItemKind::Evaluation,
            ..
        }
    ));
}

/// Answers at one position share a ranking; the next event must not find it.
#[test]
fn a_ranking_is_never_of_an_earlier_position() {
    let mut office = Office::of_2020();
    let view = Built::of(&Evaluations, &office.events);
    let seen = office.events.len();
    let of = |office: &Office, who: &str| json!({ "operator_id": office.id(who), "year": 2020 });
    let before = view.ask("get", of(&office, "op2"));
    assert_eq!(before, view.ask("get", of(&office, "op2")));
    let reason =
        json!({ "operator_id": "$op2", "contract_id": "$op2.contract", "reason": "keberatan" });
    office.give(PPK, "reopen-evaluation", reason).unwrap();
    view.store
        .apply_batch(&office.events[seen..], false)
        .unwrap();
    let after = view.ask("get", of(&office, "op2"));
    assert_eq!(
        (&before["status"], &after["status"]),
        (&json!("final"), &json!("provisional"))
    );
}

/// Goal: a ranking that is brought up to date equals one computed anew. Method: the demonstration in small
/// batches. After each batch a store with a ranking and a store without one answer about everybody.
#[test]
fn a_ranking_brought_up_to_date_is_one_computed_anew() {
    let office = Office::of_2020();
    let (kept, today) = (Built::empty(&Evaluations), "2021-02-01".parse().unwrap());
    let params = json!({ "year": 2020 }).to_string();
    for (nth, batch) in office.events.chunks(2).enumerate() {
        kept.store.apply_batch(batch, false).unwrap();
        // Events that come again change neither rows nor the memory of later changes.
        kept.store
            .apply_batch(&office.events[..nth], false)
            .unwrap();
        let anew = Built::of(&Evaluations, &office.events[..nth * 2 + batch.len()]);
        let list = |store: &Store| store.answer("list", params.as_bytes(), today).unwrap();
        assert_eq!(list(&kept.store), list(&anew.store));
        for who in ["op1", "op2", "op3"] {
            let one = json!({ "operator_id": office.id(who), "year": 2020 }).to_string();
            let get = |store: &Store| format!("{:?}", store.answer("get", one.as_bytes(), today));
            assert_eq!(get(&kept.store), get(&anew.store));
            let at_once = kept.store.answer_at_once("get", one.as_bytes(), today);
            assert_eq!(
                format!("{:?}", at_once.unwrap()),
                get(&kept.store),
                "the ranking is there by now"
            );
        }
    }
    let one = json!({ "operator_id": office.id("op1"), "year": 2020 }).to_string();
    let anew = Built::of(&Evaluations, &office.events);
    assert!(
        anew.store
            .answer_at_once("get", one.as_bytes(), today)
            .is_none(),
        "that takes all rows first"
    );
    assert!(
        anew.store
            .answer_at_once("list", params.as_bytes(), today)
            .is_none()
    );
}

/// Rule 34: op2's year is poor, the others' are good.
#[test]
fn rule_34_a_poor_year_shows_who_was_told_until_it_is_reopened() {
    let mut office = Office::of_2020();
    let ask = |office: &Office, who: &str| {
        let params = json!({ "operator_id": office.id(who), "year": 2020 });
        Built::of(&Evaluations, &office.events).ask("get", params)
    };
    let finalizer = office
        .events
        .iter()
        .rev()
        .find_map(|recorded| match &recorded.event {
            Event::Operator(operator::Event::Evaluation(
                operator::evaluation::Event::Finalized(done),
            )) => Some(done.officer_id),
            _ => None,
        });
    let poor = ask(&office, "op2");
    assert_eq!(
        (&poor["status"], &poor["category"]),
        (&json!("final"), &json!("poor"))
    );
    assert_eq!(poor["notice"], json!({ "officer_id": finalizer.unwrap() }));
    assert_eq!(ask(&office, "op1").get("notice"), None);
    let of =
        json!({ "operator_id": "$op2", "contract_id": "$op2.contract", "reason": "keberatan" });
    office.give(PPK, "reopen-evaluation", of).unwrap();
    assert_eq!(ask(&office, "op2").get("notice"), None);
}

/// Rule 31: op3's December was waived.
#[test]
fn rule_31_a_waiver_corrected_by_an_appraisal_is_a_month_assessed() {
    let mut office = Office::of_2020();
    let of = json!({ "operator_id": "$op3", "contract_id": "$op3.contract", "reason": "keliru" });
    office.give(PPK, "reopen-evaluation", of.clone()).unwrap();
    let mut correct = of;
    correct["month"] = json!("2020-12");
    correct["signed_on"] = json!("2021-01-05");
    correct["scores"] = json!({ "attendance": 3, "roll_call": 3, "completion": 3, "timeliness": 3,
        "quality": 3, "obligations": 3, "prohibitions": 3 });
    office
        .give(PPK, "correct-monthly-appraisal", correct)
        .unwrap();
    let view = Built::of(&Evaluations, &office.events);
    let answer = view.ask(
        "get",
        json!({ "operator_id": office.id("op3"), "year": 2020 }),
    );
    assert_eq!(
        (&answer["months_assessed"], &answer["status"]),
        (&json!(3), &json!("provisional"))
    );
    let month = &answer["months"][2];
    assert_eq!(
        (&month["waived"], &month["late"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(
        (&month["total"], &month["revision"]),
        (&json!(21), &json!(1))
    );
}

/// Rule 5: where one lives ranks, among equals, and excludes nobody.
#[test]
fn rule_5_of_equals_who_lives_in_the_preferred_region_stands_first() {
    let mut office = Office::of_2020();
    let scores = json!({ "attendance": 3, "roll_call": 3, "completion": 3, "timeliness": 3, "quality": 3,
        "obligations": 3, "prohibitions": 3 });
    for who in ["op1", "op3"] {
        let (operator_id, contract_id) = (format!("${who}"), format!("${who}.contract"));
        let of =
            json!({ "operator_id": operator_id, "contract_id": contract_id, "reason": "keliru" });
        office.give(PPK, "reopen-evaluation", of.clone()).unwrap();
        for month in ["2020-10", "2020-11", "2020-12"] {
            let mut correct = of.clone();
            (correct["month"], correct["scores"]) = (json!(month), scores.clone());
            correct["signed_on"] = json!("2021-01-05");
            office
                .give(PPK, "correct-monthly-appraisal", correct)
                .unwrap();
        }
    }
    for (near, far) in [("op1", "op3"), ("op3", "op1")] {
        for (who, domicile_code) in [(near, "6171"), (far, "6112")] {
            let body = json!({ "operator_id": format!("${who}"), "domicile_code": domicile_code,
                "reason": "pindah" });
            office.give(PPK, "correct-operator", body).unwrap();
        }
        let view = Built::of(&Evaluations, &office.events);
        let order = view.column("list", json!({ "year": 2020 }), "operator_id");
        let place = |who: &str| order.iter().position(|id| *id == *office.id(who)).unwrap();
        assert!(place(near) < place(far), "{near} lives nearer: {order:?}");
    }
}

#[test]
fn a_month_shows_its_signature_and_what_was_written_until_the_person_is_erased() {
    let mut office = Office::of_2020();
    let scores = json!({ "attendance": 3, "roll_call": 3, "completion": 3, "timeliness": 3, "quality": 3,
        "obligations": 3, "prohibitions": 3 });
    let mut submit = json!({ "operator_id": "$op1", "contract_id": "$op1.contract21", "month": "2021-01",
        "scores": scores, "signed_on": "2021-02-01", "note": "Rajin sekali" });
    office
        .give(PPK, "submit-monthly-appraisal", submit.clone())
        .unwrap();
    let one = json!({ "operator_id": office.id("op1"), "year": 2021 });
    let month = |office: &Office| {
        let view = Built::of(&Evaluations, &office.events);
        view.ask("get", one.clone())["months"][0].clone()
    };
    let first = month(&office);
    let signer = office.events.last().unwrap().envelope.actor.to_string();
    assert_eq!(
        (&first["signed_on"], &first["signer"], &first["note"]),
        (&json!("2021-02-01"), &json!(signer), &json!("Rajin sekali"))
    );
    assert!(first.get("reason").is_none());
    submit["reason"] = json!("Salah hitung");
    submit["scores"]["quality"] = json!(2);
    submit.as_object_mut().unwrap().remove("note");
    office
        .give(PPK, "correct-monthly-appraisal", submit)
        .unwrap();
    let corrected = month(&office);
    assert!(corrected.get("note").is_none());
    assert_eq!(corrected["reason"], "Salah hitung");
    let terminate = json!({ "operator_id": "$op1", "contract_id": "$op1.contract21", "on": "2021-01-31",
        "cause": "resignation", "reason": "pindah" });
    office.give(PPK, "terminate-contract", terminate).unwrap();
    let erase =
        json!({ "operator_id": "$op1", "reason": "permintaan", "legal_basis": "UU 27/2022" });
    office
        .give(crate::story::ADMIN, "erase-operator", erase)
        .unwrap();
    let erased = month(&office);
    assert!(erased.get("reason").is_none() && erased.get("note").is_none());
    assert_eq!(erased["signer"], json!(signer));
}
