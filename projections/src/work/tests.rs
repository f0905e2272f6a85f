//! The view `work` in the course of the KAK of 2020, and after further commands.

use jejak_events::RecordedEvent;
use serde_json::{Value, json};

use super::*;
use crate::story::{ADMIN, Built, Office, PPK, forget};

/// The work after some events, as kind, month and due day.
fn work(events: &[RecordedEvent], params: Value) -> Vec<(String, Value, Value)> {
    let items = items(events, params);
    let told = |item: &Value| {
        let kind = item["kind"].as_str().unwrap().to_owned();
        (kind, item["month"].clone(), item["due"].clone())
    };
    items.iter().map(told).collect()
}

fn items(events: &[RecordedEvent], params: Value) -> Vec<Value> {
    let answer = Built::of(&Work, events).ask("list", params);
    answer["items"].as_array().unwrap().clone()
}

/// The events before the first of a topic.
fn before<'o>(office: &'o Office, topic: &str) -> &'o [RecordedEvent] {
    let mut events = office.events.iter();
    let first = events.position(|recorded| recorded.event.topic() == topic);
    &office.events[..first.unwrap()]
}

fn due(kind: &str, month: &str, due: &str) -> (String, Value, Value) {
    (kind.to_owned(), json!(month), json!(due))
}

#[test]
fn a_month_is_due_from_five_days_before_its_end_and_late_after_the_fifth() {
    let office = Office::of_2020();
    let events = before(&office, "appraisal");
    let of_op1 = |on: &str| work(events, json!({"operator": office.id("op1"), "on": on}));
    assert_eq!(of_op1("2020-10-25"), []);
    let october = |kind| due(kind, "2020-10", "2020-11-05");
    assert_eq!(of_op1("2020-10-26"), [october("appraisal_due")]);
    assert_eq!(of_op1("2020-11-05"), [october("appraisal_due")]);
    assert_eq!(of_op1("2020-11-06"), [october("appraisal_late")]);
    let all = work(events, json!({"on": "2020-11-25"}));
    assert_eq!(all.len(), 6, "{all:?}");
    assert!(
        all[..3]
            .iter()
            .all(|item| *item == october("appraisal_late"))
    );
    let november = due("appraisal_due", "2020-11", "2020-12-05");
    assert!(all[3..].iter().all(|item| *item == november));
    let roles = items(events, json!({"on": "2020-11-25"}));
    assert!(roles.iter().all(|item| item["role"] == "ppk"));
    assert_eq!(
        work(
            events,
            json!({"on": "2020-11-25", "package": "2021-tenaga-it"})
        ),
        []
    );
    let of_kind = |kind: &str| work(events, json!({"on": "2020-11-25", "kind": kind}));
    assert_eq!(of_kind("appraisal_due"), all[3..]);
    assert_eq!(of_kind("evaluation_to_propose"), []);
}

#[test]
fn an_evaluation_is_proposed_once_every_month_is_done_and_then_made_final() {
    let office = Office::of_2020();
    let kinds = |events: &[RecordedEvent], on: &str| {
        let items = items(events, json!({"on": on}));
        let kinds = items
            .iter()
            .filter(|item| item["kind"] != "contract_ending");
        let told = |item: &Value| {
            let who = item["operator_id"].as_str().unwrap().to_owned();
            let kind = item["kind"].as_str().unwrap().to_owned();
            (kind, who, item["role"].as_str().unwrap().to_owned())
        };
        kinds.map(told).collect::<Vec<_>>()
    };
    let appraised = before(&office, "evaluation");
    let proposals = kinds(appraised, "2020-12-31");
    assert_eq!(proposals.len(), 3, "{proposals:?}");
    for (kind, _, role) in &proposals {
        assert_eq!(
            (kind.as_str(), role.as_str()),
            ("evaluation_to_propose", "pptk")
        );
    }
    assert_eq!(kinds(appraised, "2020-12-30"), [], "the contracts run");
    // The waiver of December is the last month of the third person.
    let without = &appraised[..appraised.len() - 1];
    let third = office.id("op3").to_owned();
    let december = kinds(without, "2020-12-31");
    assert!(december.contains(&("appraisal_due".to_owned(), third, "ppk".to_owned())));
    let mut proposed = office.events.iter();
    let last = proposed
        .rposition(|recorded| recorded.event.type_name() == "operator.evaluation.proposed.v1");
    let proposed = kinds(&office.events[..=last.unwrap()], "2020-12-31");
    assert_eq!(proposed.len(), 3, "{proposed:?}");
    for (kind, _, role) in &proposed {
        assert_eq!(
            (kind.as_str(), role.as_str()),
            ("evaluation_to_finalize", "ppk")
        );
    }
    assert_eq!(kinds(&office.events, "2020-12-31"), []);
}

#[test]
fn contracts_that_end_are_told_for_thirty_days() {
    let office = Office::of_2020();
    let contract = office.id("op1.contract21");
    let ending = |on: &str| {
        let all = items(&office.events, json!({"on": on}));
        let ending = all
            .into_iter()
            .filter(|item| item["kind"] == "contract_ending");
        ending.collect::<Vec<_>>()
    };
    assert_eq!(ending("2021-11-30"), Vec::<Value>::new());
    let [item] = &ending("2021-12-01")[..] else {
        panic!("one contract ends");
    };
    assert_eq!(
        (&item["contract_id"], &item["due"], &item["role"]),
        (&json!(contract), &json!("2021-12-31"), &json!("clerk"))
    );
    assert_eq!(ending("2021-12-31").len(), 1);
    assert_eq!(ending("2022-01-01"), Vec::<Value>::new());
}

#[test]
fn rule_47_a_facility_is_out_after_the_contract_until_it_is_returned() {
    let mut office = Office::of_2020();
    let issued = json!({"operator_id": "$op2", "contract_id": "$op2.contract", "kind": "badge",
        "label": "Tanda pengenal 2", "on": "2020-10-01"});
    office.give(PPK, "issue-facility", issued).unwrap();
    let out = |office: &Office, on: &str| {
        let all = items(
            &office.events,
            json!({"on": on, "operator": office.id("op2")}),
        );
        let out = all
            .into_iter()
            .filter(|item| item["kind"] == "facility_out");
        out.collect::<Vec<_>>()
    };
    assert_eq!(out(&office, "2020-12-31"), Vec::<Value>::new());
    let found = out(&office, "2021-01-01");
    assert_eq!((found.len(), &found[0]["since"]), (1, &json!("2021-01-01")));
    let facility = &found[0]["facility_id"];
    let back = json!({"operator_id": "$op2", "facility_id": facility, "on": "2020-12-31"});
    office.give(PPK, "return-facility", back).unwrap();
    assert_eq!(out(&office, "2021-01-01"), Vec::<Value>::new());
}

#[test]
fn a_warning_is_told_in_its_last_thirty_days() {
    let mut office = Office::of_2020();
    let warning = json!({"operator_id": "$op1", "contract_id": "$op1.contract21", "level": 1,
        "on": "2021-01-15", "reason": "terlambat"});
    office.give(PPK, "issue-warning", warning).unwrap();
    let levels = |on: &str| {
        let all = items(&office.events, json!({"on": on}));
        let warned = all.iter().filter(|item| item["kind"] == "warning_running");
        warned
            .map(|item| (item["level"].clone(), item["due"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(levels("2021-06-13"), []);
    assert_eq!(levels("2021-06-14"), [(json!(1), json!("2021-07-14"))]);
    assert_eq!(levels("2021-07-14").len(), 1);
    assert_eq!(levels("2021-07-15"), []);
}

/// Goal: a revoked holiday overdraws a pool, and the list says so (rule 20).
#[test]
fn rule_20_an_overdrawn_pool_is_told() {
    let mut office = Office::of_2020();
    let year = |office: &Office| {
        let all = items(
            &office.events,
            json!({"on": "2021-02-01", "operator": office.id("op1")}),
        );
        let over = all.iter().filter(|item| item["kind"] == "pool_overdrawn");
        over.map(|item| item["contract_id"].clone())
            .collect::<Vec<_>>()
    };
    let holiday = json!({"date": "2021-03-11", "kind": "public_holiday", "name": "Isra Mikraj", "decree": "SKB"});
    office
        .give(ADMIN, "declare-holiday", holiday.clone())
        .unwrap();
    let leave =
        json!({"operator_id": "$op1", "kind": "annual", "from": "2021-03-01", "to": "2021-03-17"});
    office.give(PPK, "record-leave", leave).unwrap();
    assert_eq!(year(&office), Vec::<Value>::new(), "twelve days of twelve");
    office.give(ADMIN, "revoke-holiday", holiday).unwrap();
    assert_eq!(year(&office), [json!(office.id("op1.contract21"))]);
}

#[test]
fn an_erased_person_has_no_name_and_a_list_has_pages() {
    let office = Office::of_2020();
    let events = before(&office, "appraisal");
    let view = Built::of(&Work, &forget(events, office.id("op1")));
    let first = view.ask("list", json!({"on": "2020-11-25", "limit": 4}));
    let rest = json!({"on": "2020-11-25", "limit": 4, "cursor": first["next"]});
    let rest = view.ask("list", rest);
    assert_eq!(rest["next"], Value::Null);
    let all: Vec<_> = [&first, &rest]
        .into_iter()
        .flat_map(|page| page["items"].as_array().unwrap().clone())
        .collect();
    assert_eq!(all.len(), 6);
    for item in &all {
        let is_erased = item["operator_id"] == office.id("op1");
        assert_eq!(item["operator_name"].is_null(), is_erased, "{item}");
    }
}
