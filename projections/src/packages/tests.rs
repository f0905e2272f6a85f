//! The view `packages` after the KAK of 2020, and after further commands.

use jejak_events::{Rejection, kinds::ItemKind};
use serde_json::json;

use super::*;
use crate::error::QueryError;
use crate::story::{ADMIN, Built, Office, PPK, expected};

#[test]
fn quota_and_budget_of_the_kak_are_as_expected() {
    let view = Built::of(&Packages, &Office::of_2020().events);
    let package = view.ask("get", json!({ "package_id": "2020-tenaga-it" }));
    let wanted = expected();
    assert_eq!(package["quota"], wanted["package"]["quota"]);
    assert_eq!(package["budget"], wanted["package"]["budget"]);
    assert_eq!(package["terms_version"], 1);
    assert_eq!(package["officers"][1]["name"], "Ahmad Fadli, S.Sos");
    let all = view.column("list", json!({}), "package_id");
    assert_eq!(all, ["2020-tenaga-it", "2021-tenaga-it"]);
}

#[test]
fn candidates_of_2021_are_ranked_by_the_year_before() {
    let office = Office::of_2020();
    let view = Built::of(&Packages, &office.events);
    let answer = view.ask("candidates", json!({ "package_id": "2021-tenaga-it" }));
    let wanted = expected();
    let wanted: Vec<_> = wanted["candidates_2021"]
        .as_array()
        .unwrap()
        .iter()
        .map(|who| office.id(who.as_str().unwrap()))
        .collect();
    let items = answer["items"].as_array().unwrap();
    let found: Vec<_> = items
        .iter()
        .map(|item| item["operator_id"].as_str().unwrap())
        .collect();
    assert_eq!(found, wanted);
    assert_eq!(
        (&items[0]["engaged"], &items[0]["rank"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(items[2]["prior_evaluation"], json!(null));
    assert_eq!(items[3]["prior_evaluation"]["mean"], "17.33");
}

/// Goal: a list of candidates shows the evaluation that a hire considers, also of the package's own year.
#[test]
fn rule_9_the_evaluation_shown_is_the_one_a_hire_considers() {
    let mut office = Office::of_2020();
    let cancel = json!({ "operator_id": "$op2", "leave_id": "$op2.leave1", "reason": "pindah" });
    office.give(PPK, "cancel-leave", cancel).unwrap();
    let terminate = json!({ "operator_id": "$op2", "contract_id": "$op2.contract", "on": "2020-12-29",
        "cause": "resignation", "reason": "pindah" });
    office.give(PPK, "terminate-contract", terminate).unwrap();
    let hire = json!({ "package_id": "2020-tenaga-it", "operator_id": "$op2", "spk_number": "800/99",
        "spk_date": "2020-12-30", "start": "2020-12-30", "end": "2020-12-31", "value": "100000",
        "monthly": { "wage": "100000", "health_insurance": "0", "employment_insurance": "0" },
        "integrity_pact": true });
    let refused = office.give(PPK, "hire-operator", hire).unwrap_err();
    let Rejection::OperatorPoorEvaluation {
        fiscal_year: 2020,
        months,
        total,
        ..
    } = refused
    else {
        panic!("{refused:?}");
    };
    let view = Built::of(&Packages, &office.events);
    let answer = view.ask("candidates", json!({ "package_id": "2020-tenaga-it" }));
    let items = answer["items"].as_array().unwrap();
    let shown = items
        .iter()
        .find(|item| item["operator_id"] == office.id("op2"))
        .unwrap();
    let prior = &shown["prior_evaluation"];
    assert_eq!(
        (&prior["category"], &prior["fiscal_year"]),
        (&json!("poor"), &json!(2020))
    );
    assert_eq!(
        (&prior["months"], &prior["total"]),
        (&json!(months), &json!(total))
    );
}

#[test]
fn rule_13_a_terminated_contract_frees_its_place_and_what_was_not_earned() {
    let mut office = Office::of_2020();
    let terminate = json!({ "operator_id": "$op1", "contract_id": "$op1.contract21", "on": "2021-01-31",
        "cause": "resignation", "reason": "pindah" });
    office.give(PPK, "terminate-contract", terminate).unwrap();
    let view = Built::of(&Packages, &office.events);
    let package = view.ask("get", json!({ "package_id": "2021-tenaga-it" }));
    assert_eq!(
        package["quota"],
        json!({ "total": 2, "filled": 0, "free": 2 })
    );
    assert_eq!(package["budget"]["committed"], "2927120");
}

#[test]
fn an_officer_replaced_keeps_his_record() {
    let mut office = Office::of_2020();
    let release =
        json!({ "package_id": "2021-tenaga-it", "role": "ppk", "nip": PPK, "on": "2021-06-30" });
    office.give(ADMIN, "release-officer", release).unwrap();
    let next = json!({ "package_id": "2021-tenaga-it", "role": "ppk", "from": "2021-07-01", "acting": true,
        "officer": { "nip": "198203052006042001", "name": "Contoh PPTK" }, "decree": "SK 1" });
    office.give(ADMIN, "assign-officer", next).unwrap();
    let view = Built::of(&Packages, &office.events);
    let officers = view.ask("get", json!({ "package_id": "2021-tenaga-it" }))["officers"].clone();
    assert_eq!(
        (&officers[0]["to"], &officers[0]["nip"]),
        (&json!("2021-06-30"), &json!(PPK))
    );
    assert_eq!(
        (&officers[1]["acting"], &officers[1]["decree"]),
        (&json!(true), &json!("SK 1"))
    );
}

/// Rule 37: one assigned by mistake never held the office, and is shown nowhere.
#[test]
fn an_assignment_taken_back_is_not_shown() {
    let mut office = Office::of_2020();
    let package = "2021-tenaga-it";
    let officers = |office: &Office| {
        let view = Built::of(&Packages, &office.events);
        view.ask("get", json!({ "package_id": package }))["officers"].clone()
    };
    let before = officers(&office);
    let nip = "198203052006042001";
    let assign = json!({ "package_id": package, "role": "pa", "from": "2021-03-01",
        "officer": { "nip": nip, "name": "Keliru" } });
    office.give(ADMIN, "assign-officer", assign).unwrap();
    assert_ne!(officers(&office), before);
    let release = json!({ "package_id": package, "role": "pa", "nip": nip, "on": "2021-02-28" });
    office.give(ADMIN, "release-officer", release).unwrap();
    assert_eq!(officers(&office), before);
}

#[test]
fn what_is_not_there_is_unknown() {
    let view = Built::of(&Packages, &[]);
    for query in ["get", "candidates"] {
        let refused = view.refused(query, json!({ "package_id": "none" }));
        assert!(
            matches!(refused, QueryError::ItemUnknown { thing: ItemKind::Package, item } if item == "packages/none")
        );
    }
    assert!(matches!(
        view.refused("nothing", json!({})),
        QueryError::UnknownQuery
    ));
}
