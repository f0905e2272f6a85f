//! The view `contracts` after the KAK of 2020, and after further commands.

use jejak_events::{Event, RecordedEvent, operator, personal::Personal};
use serde_json::json;

use super::*;
use crate::error::QueryError;
use crate::story::{ADMIN, Built, Office, PPK, expected, forget};

#[test]
fn contracts_of_the_kak_run_on_2_november_2020() {
    let office = Office::of_2020();
    let view = Built::of(&Contracts, &office.events);
    let wanted = &expected()["contracts_on_2020_11_02"];
    let params = json!({ "on": "2020-11-02", "status": "active" });
    let mut active = view.column("list", params.clone(), "operator_id");
    let mut people: Vec<_> = wanted["active"]
        .as_array()
        .unwrap()
        .iter()
        .map(|who| json!(office.id(who.as_str().unwrap())))
        .collect();
    active.sort_by_key(ToString::to_string);
    people.sort_by_key(ToString::to_string);
    assert_eq!(active, people);
    assert!(
        view.column("list", params, "value")
            .iter()
            .all(|value| *value == wanted["value_each"])
    );
    let ended = view.column(
        "list",
        json!({ "on": "2021-01-01", "status": "ended" }),
        "operator_id",
    );
    assert_eq!(ended.len(), 3);
}

#[test]
fn a_hire_shows_the_evaluation_it_considered() {
    let office = Office::of_2020();
    let view = Built::of(&Contracts, &office.events);
    let contract = view.ask("get", json!({ "contract_id": office.id("op1.contract21") }));
    assert_eq!(contract["prior_evaluation"]["mean"], "25");
    assert_eq!(
        (&contract["status"], &contract["spk_date"]),
        (&json!("active"), &json!("2020-12-31"))
    );
    assert!(contract.get("justification").is_none() && contract.get("terminated_on").is_none());
}

#[test]
fn lists_filter_and_go_on_where_they_stopped() {
    let office = Office::of_2020();
    let view = Built::of(&Contracts, &office.events);
    let of_op1 = view.column(
        "list",
        json!({ "operator": office.id("op1") }),
        "contract_id",
    );
    assert_eq!(of_op1.len(), 2);
    let of_package = view.column(
        "list",
        json!({ "package": "2021-tenaga-it" }),
        "contract_id",
    );
    assert_eq!(of_package, [office.id("op1.contract21")]);
    assert_eq!(pages(&view), view.column("list", json!({}), "contract_id"));
    assert_eq!(view.column("operators", json!({}), "operator_id").len(), 4);
}

#[test]
fn people_are_listed_by_package_and_status_of_one_contract() {
    let office = Office::of_2020();
    let view = Built::of(&Contracts, &office.events);
    let listed = |params| view.column("operators", params, "operator_id");
    let one = office.id("op1");
    assert_eq!(listed(json!({ "package": "2021-tenaga-it" })), [one]);
    assert_eq!(listed(json!({ "package": "2020-tenaga-it" })).len(), 3);
    assert_eq!(listed(json!({ "status": "active" })), [one]);
    assert_eq!(listed(json!({ "status": "ended" })).len(), 3);
    let both = json!({ "package": "2020-tenaga-it", "status": "active" });
    assert_eq!(
        listed(both),
        [""; 0],
        "the active contract is in another package"
    );
}

#[test]
fn parameters_that_are_not_the_query_s_are_refused_with_their_path() {
    let view = Built::of(&Contracts, &[]);
    let cases = [
        (json!({ "status": "gone" }), "status"),
        (json!({ "on": "2020-02-30" }), "on"),
        (json!({ "on": "2020-2-3" }), "on"),
        (json!({ "limit": 501 }), "limit"),
        (json!({ "cursor": "?" }), "cursor"),
        (json!({ "package": "No Slug" }), "package"),
    ];
    for (params, wanted) in cases {
        let refused = view.refused("list", params);
        assert!(
            matches!(&refused, QueryError::Malformed { path, .. } if path == wanted),
            "{refused}"
        );
    }
    assert!(matches!(
        view.refused("list", json!({ "colour": 1 })),
        QueryError::Malformed { .. }
    ));
    assert!(matches!(
        view.refused("list", json!([1])),
        QueryError::Malformed { .. }
    ));
}

#[test]
fn an_erased_person_is_forgotten_and_the_rest_stays() {
    let mut office = Office::of_2020();
    let hire = json!({ "package_id": "2021-tenaga-it", "operator_id": "$op2", "spk_number": "2",
        "spk_date": "2021-01-04", "start": "2021-01-01", "end": "2021-01-31", "integrity_pact": true,
        "justification": "Alasan rahasia",
        "monthly": { "wage": "2800000", "health_insurance": "112000", "employment_insurance": "15120" } });
    let contract = office.give(PPK, "hire-operator", hire).unwrap();
    let shown =
        Built::of(&Contracts, &office.events).ask("get", json!({ "contract_id": contract }));
    assert_eq!(shown["justification"], "Alasan rahasia");
    let erase =
        json!({ "operator_id": "$op2", "reason": "permintaan", "legal_basis": "UU 27/2022" });
    office.give(ADMIN, "erase-operator", erase).unwrap();
    let view = Built::of(&Contracts, &office.events);
    let operator = view.ask("operator", json!({ "operator_id": office.id("op2") }));
    assert_eq!(operator["profile"], json!(null));
    assert_eq!(operator["contracts"].as_array().unwrap().len(), 2);
    assert!(!operator.to_string().contains("rahasia"));
    let rebuilt = Built::of(&Contracts, &forget(&office.events, office.id("op2")));
    assert_eq!(
        view.store.content_hash().unwrap(),
        rebuilt.store.content_hash().unwrap()
    );
}

#[test]
fn statuses_follow_the_day_and_the_ending() {
    let mut office = Office::of_2020();
    let terminate = json!({ "operator_id": "$op1", "contract_id": "$op1.contract21", "on": "2021-01-03",
        "cause": "resignation", "reason": "pindah" });
    office.give(PPK, "terminate-contract", terminate).unwrap();
    let view = Built::of(&Contracts, &office.events);
    for (on, status) in [
        ("2020-12-31", "upcoming"),
        ("2021-01-03", "active"),
        ("2021-01-04", "terminated"),
    ] {
        let contract = view.ask(
            "get",
            json!({ "contract_id": office.id("op1.contract21"), "on": on }),
        );
        assert_eq!(
            (&contract["status"], &contract["terminated_on"]),
            (&json!(status), &json!("2021-01-03"))
        );
    }
    let contract = view.ask("get", json!({ "contract_id": office.id("op1.contract21") }));
    let Event::Operator(operator::Event::Contract(contract::Event::Terminated(terminated))) =
        &office
            .events
            .iter()
            .rev()
            .find(|event| event.topic() == "operator.contract")
            .unwrap()
            .event
    else {
        unreachable!("the contract was terminated last")
    };
    assert_eq!(contract["earned"], json!(terminated.earned));
    let other = view.ask("get", json!({ "contract_id": office.id("op2.contract") }));
    assert!(other.get("earned").is_none());
}

#[test]
fn a_contract_shows_the_title_of_its_package() {
    let mut office = Office::of_2020();
    let of_op2 = json!({ "contract_id": office.id("op2.contract") });
    let title = |office: &Office| {
        let view = Built::of(&Contracts, &office.events);
        view.ask("get", of_op2.clone())["package_title"].clone()
    };
    assert!(
        title(&office)
            .as_str()
            .unwrap()
            .contains("Tenaga Informasi Teknologi")
    );
    let amend =
        json!({ "package_id": "2020-tenaga-it", "reason": "salah judul", "title": "Judul baru" });
    office.give(ADMIN, "amend-terms", amend).unwrap();
    assert_eq!(title(&office), "Judul baru");
}

/// Goal: two people hired under one id keep both contracts. Method: the last hire once
/// more, of another person in another package, as a second replica may have decided it.
#[test]
fn two_people_under_one_id_keep_both_contracts() {
    let office = Office::of_2020();
    let (first, second) = (office.id("op1"), office.id("op2"));
    let contract_id = office.id("op1.contract21");
    let mut events = office.events.clone();
    let hire = events
        .iter()
        .rev()
        .find(|recorded| hired(recorded).is_some_and(|id| id == contract_id));
    let mut again = hire.unwrap().clone();
    again.position = office.events.len() as u64 + 1;
    again.envelope.stream = format!("operator/{second}").parse().unwrap();
    let Event::Operator(operator::Event::Contract(contract::Event::Hired(other))) =
        &mut again.event
    else {
        unreachable!("a hire was looked for")
    };
    other.package_id = "2021-lain".parse().unwrap();
    other.personal = Some(Personal::Open(contract::HireParticulars {
        spk_number: Some("lain/1".to_owned()),
        justification: None,
    }));
    events.push(again);
    let view = Built::of(&Contracts, &events);
    assert_eq!(
        view.ask("get", json!({ "contract_id": contract_id }))["operator_id"],
        first
    );
    let items = view.ask("list", json!({}))["items"].clone();
    let under_it = items
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["contract_id"] == contract_id);
    assert_eq!(
        under_it
            .map(|item| &item["operator_id"])
            .collect::<Vec<_>>(),
        [first, second]
    );
    for (package, person) in [("2021-tenaga-it", first), ("2021-lain", second)] {
        assert_eq!(
            view.column("list", json!({ "package": package }), "operator_id"),
            [person]
        );
    }
    let of_second = view.ask("operator", json!({ "operator_id": second }));
    assert_eq!(
        of_second["contracts"].as_array().unwrap().last().unwrap()["spk_number"],
        "lain/1"
    );
    assert_eq!(pages(&view), view.column("list", json!({}), "contract_id"));
}

fn hired(recorded: &RecordedEvent) -> Option<String> {
    match &recorded.event {
        Event::Operator(operator::Event::Contract(contract::Event::Hired(hired))) => {
            Some(hired.contract_id.to_string())
        }
        _ => None,
    }
}

/// The ids of all contracts, one a page.
fn pages(view: &Built) -> Vec<serde_json::Value> {
    let mut seen = Vec::new();
    let mut cursor = json!(null);
    loop {
        let part = view.ask("list", json!({ "limit": 1, "cursor": cursor }));
        seen.extend(
            part["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["contract_id"].clone()),
        );
        cursor = part["next"].clone();
        if cursor.is_null() {
            return seen;
        }
    }
}
