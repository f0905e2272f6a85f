//! The expected answers of queries after the KAK of 2020 (`deploy/demo/kak-2020-expected.json`).

use std::collections::BTreeMap;

use jejak_rig::http::Http;
use serde_json::{Value, json};

const EXPECTED: &str = include_str!("../../../deploy/demo/kak-2020-expected.json");

/// Compares every query with the answer that the file expects; `saved` names the people and their leave.
pub async fn check(http: &Http, saved: &BTreeMap<String, String>, position: u64) {
    let expected: Value = serde_json::from_str(EXPECTED).expect("the file is JSON");
    let at = format!("min_position={position}");
    package(http, &expected, &at).await;
    contracts(http, &expected, saved, &at).await;
    leave(http, &expected, saved, &at).await;
    evaluations(http, &expected, saved, &at).await;
    let path = format!("/v1/packages/2021-tenaga-it/candidates?{at}");
    assert_eq!(
        json!(names(&http.json(&path).await, saved)),
        expected["candidates_2021"],
        "candidates"
    );
}

async fn package(http: &Http, expected: &Value, at: &str) {
    let package = http
        .json(&format!("/v1/packages/2020-tenaga-it?{at}"))
        .await;
    includes(&package, &expected["package"], "package");
}

async fn contracts(http: &Http, expected: &Value, saved: &BTreeMap<String, String>, at: &str) {
    let path = format!("/v1/contracts?on=2020-11-02&status=active&package=2020-tenaga-it&{at}");
    let active = http.json(&path).await;
    let mut who = names(&active, saved);
    who.sort();
    assert_eq!(json!(who), expected["contracts_on_2020_11_02"]["active"]);
    for contract in items(&active) {
        assert_eq!(
            contract["value"],
            expected["contracts_on_2020_11_02"]["value_each"]
        );
    }
}

async fn leave(http: &Http, expected: &Value, saved: &BTreeMap<String, String>, at: &str) {
    let balances = http
        .json(&format!("/v1/leave-balances?year=2020&{at}"))
        .await;
    let wanted = expected["leave_balances_2020"]
        .as_object()
        .expect("an object");
    assert_eq!(items(&balances).len(), wanted.len());
    for (name, balance) in wanted {
        let found = items(&balances)
            .iter()
            .find(|row| row["operator_id"] == json!(saved[name]));
        includes(
            found.unwrap_or_else(|| panic!("no balance of {name}")),
            balance,
            name,
        );
    }
    let entries = http
        .json(&format!(
            "/v1/operators/{}/leave?year=2020&{at}",
            saved["op2"]
        ))
        .await;
    let leave1 = entries["entries"].as_array().expect("a list").iter();
    let leave1 = leave1
        .clone()
        .find(|entry| entry["leave_id"] == json!(saved["op2.leave1"]));
    assert_eq!(
        leave1.expect("the leave")["charged_dates"],
        expected["op2_leave1_charged_dates"]
    );
    let calendar = http.json(&format!("/v1/calendars/2020?{at}")).await;
    includes(
        &calendar["working_days"],
        &expected["working_days_2020"],
        "working days",
    );
}

async fn evaluations(http: &Http, expected: &Value, saved: &BTreeMap<String, String>, at: &str) {
    let ranked = http
        .json(&format!(
            "/v1/evaluations?year=2020&package=2020-tenaga-it&{at}"
        ))
        .await;
    let wanted = expected["evaluations_2020_ranked"]
        .as_array()
        .expect("a list");
    assert_eq!(items(&ranked).len(), wanted.len());
    for (row, wanted) in items(&ranked).iter().zip(wanted) {
        let mut wanted = wanted.clone();
        let name = wanted["operator"].as_str().expect("a name").to_owned();
        wanted
            .as_object_mut()
            .expect("an object")
            .remove("operator");
        assert_eq!(row["operator_id"], json!(saved[&name]));
        includes(row, &wanted, &name);
        let one = http
            .json(&format!(
                "/v1/operators/{}/evaluations/2020?{at}",
                saved[&name]
            ))
            .await;
        let months = one["months"].as_array().expect("a list").iter();
        let late: Vec<&Value> = months
            .filter(|month| month["late"] == true)
            .map(|month| &month["month"])
            .collect();
        let wanted_late = expected["late_months"]
            .get(&name)
            .cloned()
            .unwrap_or(json!([]));
        assert_eq!(json!(late), wanted_late, "late months of {name}");
    }
}

/// The items of a list.
pub fn items(answer: &Value) -> &Vec<Value> {
    answer["items"].as_array().expect("a list has items")
}

/// The people of a list, by the names they were saved under.
fn names(answer: &Value, saved: &BTreeMap<String, String>) -> Vec<String> {
    let name = |id: &Value| {
        saved
            .iter()
            .find(|(name, saved)| !name.contains('.') && json!(saved) == *id)
    };
    items(answer)
        .iter()
        .filter_map(|row| name(&row["operator_id"]))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Asserts that an answer holds at least the expected fields.
fn includes(found: &Value, expected: &Value, what: &str) {
    match expected {
        Value::Object(fields) => {
            for (field, value) in fields {
                includes(&found[field], value, &format!("{what}.{field}"));
            }
        }
        value => assert_eq!(found, value, "{what}"),
    }
}
