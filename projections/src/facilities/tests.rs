//! The view `facilities` after the KAK of 2020 and further commands.

use serde_json::{Value, json};

use super::*;
use crate::story::{ADMIN, Built, Office, PPK};

/// Two facilities of op1 and one of op2, of which op1 gave one back.
fn office() -> Office {
    let mut office = Office::of_2020();
    let issue = |who: &str, contract: &str, kind: &str, label: &str, on: &str| {
        json!({
            "operator_id": format!("${who}"), "contract_id": format!("${contract}"), "kind": kind, "label": label, "on": on,
        })
    };
    for (who, contract, kind, label, on) in [
        (
            "op1",
            "op1.contract21",
            "badge",
            "Tanda pengenal 1",
            "2021-01-04",
        ),
        (
            "op1",
            "op1.contract21",
            "access",
            "Kartu akses 1",
            "2021-01-05",
        ),
        ("op2", "op2.contract", "uniform", "Seragam 2", "2020-10-01"),
    ] {
        let body = issue(who, contract, kind, label, on);
        office.give(PPK, "issue-facility", body).unwrap();
    }
    let badge = held(&office, "Tanda pengenal 1");
    let back =
        json!({ "operator_id": "$op1", "facility_id": badge, "on": "2021-01-29", "note": "baik" });
    office.give(PPK, "return-facility", back).unwrap();
    office
}

fn items(office: &Office, params: Value) -> Vec<Value> {
    let view = Built::of(&Facilities, &office.events);
    view.ask("list", params)["items"]
        .as_array()
        .unwrap()
        .clone()
}

/// The id of the facility with a label.
fn held(office: &Office, label: &str) -> Value {
    let all = items(office, json!({}));
    let held = all.iter().find(|item| item["label"] == label);
    held.unwrap()["facility_id"].clone()
}

fn labels(items: &[Value]) -> Vec<&str> {
    let mut labels: Vec<_> = items
        .iter()
        .map(|item| item["label"].as_str().unwrap())
        .collect();
    labels.sort_unstable();
    labels
}

#[test]
fn rule_47_a_row_tells_what_is_out_and_what_came_back() {
    let office = office();
    let all = items(&office, json!({ "operator": office.id("op1") }));
    assert_eq!(labels(&all), ["Kartu akses 1", "Tanda pengenal 1"]);
    let badge = all.iter().find(|item| item["kind"] == "badge").unwrap();
    assert_eq!(
        (&badge["status"], &badge["returned_on"], &badge["note"]),
        (&json!("returned"), &json!("2021-01-29"), &json!("baik"))
    );
    assert_eq!(badge["contract_id"], *office.id("op1.contract21"));
    assert_eq!(badge["issued_on"], "2021-01-04");
    let access = all.iter().find(|item| item["kind"] == "access").unwrap();
    assert_eq!(
        (&access["status"], &access["returned_on"], &access["note"]),
        (&json!("out"), &json!(null), &json!(null))
    );
}

#[test]
fn facilities_are_found_by_status_package_and_page() {
    let office = office();
    let out = items(&office, json!({ "status": "out" }));
    assert_eq!(labels(&out), ["Kartu akses 1", "Seragam 2"]);
    let of_2020 = items(&office, json!({ "package": "2020-tenaga-it" }));
    assert_eq!(labels(&of_2020), ["Seragam 2"]);
    let view = Built::of(&Facilities, &office.events);
    let first = view.ask("list", json!({ "limit": 2 }));
    let rest = view.ask("list", json!({ "limit": 2, "cursor": first["next"] }));
    let mut paged = first["items"].as_array().unwrap().clone();
    paged.extend(rest["items"].as_array().unwrap().clone());
    assert_eq!(rest["next"], json!(null));
    assert_eq!(
        labels(&paged),
        ["Kartu akses 1", "Seragam 2", "Tanda pengenal 1"]
    );
}

#[test]
fn an_erased_person_leaves_no_label_no_note_and_no_name() {
    let mut office = office();
    let end = json!({ "operator_id": "$op1", "contract_id": "$op1.contract21", "on": "2021-01-30",
        "cause": "resignation", "reason": "pindah" });
    office.give(PPK, "terminate-contract", end).unwrap();
    let erase =
        json!({ "operator_id": "$op1", "reason": "permintaan", "legal_basis": "UU 27/2022" });
    office.give(ADMIN, "erase-operator", erase).unwrap();
    let all = items(&office, json!({ "operator": office.id("op1") }));
    assert_eq!(all.len(), 2);
    for item in all {
        for field in ["label", "note", "operator_name"] {
            assert_eq!(item[field], json!(null), "{field}");
        }
    }
}
