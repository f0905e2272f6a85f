//! The view `leave` after the KAK of 2020, and after further commands.

use serde_json::json;

use super::*;
use crate::story::{ADMIN, Built, Office, PPK, expected};

#[test]
fn balances_of_the_kak_are_as_expected() {
    let office = Office::of_2020();
    let view = Built::of(&Leave, &office.events);
    for (who, wanted) in expected()["leave_balances_2020"].as_object().unwrap() {
        let params = json!({ "year": 2020, "operator": office.id(who) });
        let answer = view.ask("balances", params);
        let item = &answer["items"][0];
        for (field, value) in wanted.as_object().unwrap() {
            assert_eq!(item[field], *value, "{who} {field}");
        }
    }
    let all = view.column("balances", json!({ "year": 2020 }), "operator_id");
    assert_eq!(all.len(), 3, "one row for everyone engaged in the year");
}

#[test]
fn rule_20_the_revoked_joint_leave_is_charged() {
    let office = Office::of_2020();
    let view = Built::of(&Leave, &office.events);
    let answer = view.ask(
        "entries",
        json!({ "operator_id": office.id("op2"), "year": 2020 }),
    );
    let (first, second) = (&answer["entries"][0], &answer["entries"][1]);
    assert_eq!(second["leave_id"], *office.id("op2.leave1"));
    assert_eq!(
        second["charged_dates"],
        expected()["op2_leave1_charged_dates"]
    );
    assert_eq!(second["charged_days"], 6);
    assert_eq!(first["leave_id"], *office.id("op2.leave2"));
    assert_eq!(
        (&first["status"], &first["charged_days"]),
        (&json!("cancelled"), &json!(0))
    );
    assert_eq!(answer["balance"]["remaining"], 6);
}

#[test]
fn working_days_by_month_are_as_expected() {
    let view = Built::of(&Leave, &Office::of_2020().events);
    let answer = view.ask("calendar", json!({ "year": 2020 }));
    for (month, days) in expected()["working_days_2020"].as_object().unwrap() {
        assert_eq!(answer["working_days"][month], *days, "{month}");
    }
    assert_eq!(answer["holidays"][0]["date"], "2020-10-28");
}

#[test]
fn rule_22_leave_cancelled_in_part_shows_the_days_that_stand() {
    let mut office = Office::of_2020();
    let cancel = json!({ "operator_id": "$op2", "leave_id": "$op2.leave1", "from": "2020-12-28", "reason": "masuk" });
    office.give(PPK, "cancel-leave", cancel).unwrap();
    let view = Built::of(&Leave, &office.events);
    let answer = view.ask("entries", json!({ "operator_id": office.id("op2") }));
    let entry = &answer["entries"][1];
    assert_eq!(
        (&entry["to"], &entry["status"]),
        (&json!("2020-12-27"), &json!("recorded"))
    );
    assert_eq!(entry["charged_days"], 3);
    assert_eq!(
        answer["balance"],
        json!(null),
        "no contract grants op2 a pool in 2021"
    );
}

/// op1 was hired for 2020 and for 2021.
#[test]
fn leave_of_all_years_is_told_or_that_of_one() {
    let mut office = Office::of_2020();
    let mut give = |from: &str, to: &str| {
        let leave = json!({ "operator_id": "$op1", "kind": "special", "from": from, "to": to });
        office.give(PPK, "record-leave", leave).unwrap()
    };
    let (first, second) = (
        give("2020-10-05", "2020-10-06"),
        give("2021-01-04", "2021-01-06"),
    );
    let view = Built::of(&Leave, &office.events);
    let told = |year: Option<i32>| {
        let answer = view.ask(
            "entries",
            json!({ "operator_id": office.id("op1"), "year": year }),
        );
        let entries = answer["entries"].as_array().unwrap().iter();
        let ids: Vec<_> = entries
            .map(|entry| entry["leave_id"].as_str().unwrap().to_owned())
            .collect();
        (ids, answer["balance"]["special_used"].clone())
    };
    assert_eq!(told(Some(2021)), (vec![second.clone()], json!(3)));
    let (of_2020, used) = told(Some(2020));
    assert!(of_2020.contains(&first) && !of_2020.contains(&second));
    assert_eq!(
        told(None),
        ([of_2020, vec![second]].concat(), json!(3)),
        "it is 2021"
    );
    let balance = view.ask(
        "balances",
        json!({ "year": 2020, "operator": office.id("op1") }),
    );
    assert_eq!(balance["items"][0]["special_used"], used);
}

#[test]
fn rule_25_absences_are_shown_beside_the_balance() {
    let mut office = Office::of_2020();
    office
        .give(
            PPK,
            "record-absence",
            json!({ "operator_id": "$op3", "on": "2020-10-06", "reason": "-" }),
        )
        .unwrap();
    let view = Built::of(&Leave, &office.events);
    let balance = view.ask(
        "balances",
        json!({ "year": 2020, "operator": office.id("op3") }),
    );
    let item = &balance["items"][0];
    assert_eq!(
        (&item["absences"], &item["remaining"]),
        (&json!(1), &json!(12))
    );
    let of_year = |year: i32| {
        let params = json!({ "operator_id": office.id("op3"), "year": year });
        view.ask("entries", params)["absences"].clone()
    };
    assert_eq!(of_year(2020)[0]["on"], "2020-10-06");
    assert_eq!(of_year(2021), json!([]));
}

/// Goal: each day inside a charged leave is charged, or free with its cause.
#[test]
fn rule_17_an_entry_says_why_a_day_is_not_charged() {
    let mut office = Office::of_2020();
    let week = json!({ "operator_id": "$op1", "kind": "annual", "from": "2020-12-22", "to": "2020-12-28" });
    office.give(PPK, "record-leave", week).unwrap();
    let view = Built::of(&Leave, &office.events);
    let answer = view.ask(
        "entries",
        json!({ "operator_id": office.id("op1"), "year": 2020 }),
    );
    let entry = answer["entries"].as_array().unwrap().last().unwrap();
    assert_eq!(
        entry["charged_dates"],
        json!(["2020-12-22", "2020-12-23", "2020-12-28"])
    );
    let free = entry["free_dates"].as_array().unwrap().iter();
    let free: Vec<_> = free
        .map(|day| (day["on"].as_str().unwrap(), day["cause"].as_str().unwrap()))
        .collect();
    assert_eq!(
        free,
        [
            ("2020-12-24", "joint_leave"),
            ("2020-12-25", "public_holiday"),
            ("2020-12-26", "weekend"),
            ("2020-12-27", "weekend"),
        ]
    );
    assert!(entry["free_dates"][1]["name"].is_string());
    assert_eq!(entry["free_dates"][2]["name"], json!(null));
}

/// Goal: a month shows everybody who serves in it, with whole leaves, missed days and the pool.
#[test]
fn a_month_shows_those_who_serve_in_it() {
    let mut office = Office::of_2020();
    let over = json!({ "operator_id": "$op1", "kind": "annual", "from": "2020-11-27", "to": "2020-12-02" });
    office.give(PPK, "record-leave", over).unwrap();
    let missed = json!({ "operator_id": "$op1", "on": "2020-12-03", "reason": "-" });
    office.give(PPK, "record-absence", missed).unwrap();
    let terminate = json!({ "operator_id": "$op1", "contract_id": "$op1.contract21", "on": "2021-01-29",
        "cause": "resignation", "reason": "pindah" });
    office.give(PPK, "terminate-contract", terminate).unwrap();
    let view = Built::of(&Leave, &office.events);
    let month = |params| view.ask("month", params)["items"].clone();
    let december = month(json!({ "month": "2020-12" }));
    let of = |who: &str| {
        let id = json!(office.id(who));
        let items = december.as_array().unwrap().iter();
        items
            .clone()
            .find(|item| item["operator_id"] == id)
            .unwrap()
    };
    assert_eq!(december.as_array().unwrap().len(), 3);
    let (two, one) = (of("op2"), of("op1"));
    assert_eq!(
        two["entries"].as_array().unwrap().len(),
        1,
        "one was cancelled"
    );
    assert_eq!(two["entries"][0]["leave_id"], *office.id("op2.leave1"));
    assert_eq!(
        (&two["charged_days"], &two["balance"]["remaining"]),
        (&json!(6), &json!(6))
    );
    assert_eq!(one["entries"][0]["from"], "2020-11-27", "the whole leave");
    assert_eq!(
        (&one["charged_days"], &one["entries"][0]["charged_days"]),
        (&json!(2), &json!(4))
    );
    assert_eq!(one["absences"][0]["on"], "2020-12-03");
    let served = &one["contracts"][0];
    assert_eq!(
        (&served["from"], &served["to"]),
        (&json!("2020-12-01"), &json!("2020-12-31"))
    );
    let january = month(json!({ "month": "2021-01", "package": "2021-tenaga-it" }));
    assert_eq!(january[0]["contracts"][0]["to"], "2021-01-29");
    assert_eq!(january[0]["operator_id"], *office.id("op1"));
    for nobody in [
        json!({ "month": "2021-02" }),
        json!({ "month": "2020-12", "package": "2021-tenaga-it" }),
        json!({ "month": "2021-01", "operator": office.id("op2") }),
    ] {
        assert_eq!(month(nobody.clone()), json!([]), "{nobody}");
    }
    let refused = view.refused("month", json!({ "month": "2020-13" }));
    assert!(matches!(refused, crate::QueryError::Malformed { path, .. } if path == "month"));
}

#[test]
fn rule_20_a_revoked_holiday_may_overdraw_the_pool() {
    let mut office = Office::of_2020();
    let day = |name: &str| json!({ "date": "2020-11-04", "kind": "public_holiday", "name": name, "decree": "SKB" });
    office.give(ADMIN, "declare-holiday", day("Libur")).unwrap();
    let whole = json!({ "operator_id": "$op3", "kind": "annual", "from": "2020-10-30", "to": "2020-11-13" });
    office.give(PPK, "record-leave", whole).unwrap();
    let more = json!({ "operator_id": "$op3", "kind": "special", "from": "2020-10-05", "to": "2020-10-07" });
    office.give(PPK, "record-leave", more).unwrap();
    let params = json!({ "year": 2020, "operator": office.id("op3") });
    let before = Built::of(&Leave, &office.events).ask("balances", params.clone());
    assert_eq!(
        (
            &before["items"][0]["remaining"],
            &before["items"][0]["overdrawn"]
        ),
        (&json!(0), &json!(false))
    );
    office.give(ADMIN, "revoke-holiday", day("Libur")).unwrap();
    let after = Built::of(&Leave, &office.events).ask("balances", params);
    assert_eq!(
        (
            &after["items"][0]["remaining"],
            &after["items"][0]["overdrawn"]
        ),
        (&json!(-1), &json!(true))
    );
}

#[test]
fn an_entry_shows_its_paper_and_its_giver_until_the_person_is_erased() {
    let mut office = Office::of_2020();
    let digest = "ab".repeat(32);
    let record = json!({ "operator_id": "$op1", "kind": "special", "from": "2021-01-06", "to": "2021-01-06",
        "reason": "Rawat inap", "evidence_sha256": digest });
    let leave = office.give(PPK, "record-leave", record).unwrap();
    let entries = json!({ "operator_id": office.id("op1"), "year": 2021 });
    let entry =
        Built::of(&Leave, &office.events).ask("entries", entries.clone())["entries"][0].clone();
    assert_eq!(entry["leave_id"], *leave);
    assert_eq!(
        (&entry["reason"], &entry["evidence_sha256"]),
        (&json!("Rawat inap"), &json!(digest))
    );
    let last = office.events.last().unwrap();
    assert_eq!(entry["recorded_by"], last.envelope.actor.to_string());
    assert_eq!(entry["recorded_at"], json!(last.envelope.time));
    let terminate = json!({ "operator_id": "$op1", "contract_id": "$op1.contract21", "on": "2021-01-31",
        "cause": "resignation", "reason": "pindah" });
    office.give(PPK, "terminate-contract", terminate).unwrap();
    let erase =
        json!({ "operator_id": "$op1", "reason": "permintaan", "legal_basis": "UU 27/2022" });
    office.give(ADMIN, "erase-operator", erase).unwrap();
    let erased = Built::of(&Leave, &office.events).ask("entries", entries)["entries"][0].clone();
    assert!(erased.get("reason").is_none() && erased.get("evidence_sha256").is_none());
    assert_eq!(erased["recorded_by"], entry["recorded_by"]);
}

/// Goal: balances stand in order of names, page by page, and the cursor holds no name.
#[test]
fn balances_come_by_name() {
    let office = Office::of_2020();
    let view = Built::of(&Leave, &office.events);
    let names = view.column("balances", json!({ "year": 2020 }), "operator_name");
    let wanted = [
        "Contoh Operator Dua",
        "Contoh Operator Satu",
        "Contoh Operator Tiga",
    ];
    assert_eq!(names, wanted);
    let mut cursor = json!(null);
    for name in wanted {
        let page = view.ask(
            "balances",
            json!({ "year": 2020, "limit": 1, "cursor": cursor }),
        );
        assert_eq!(page["items"][0]["operator_name"], name);
        cursor = page["next"].clone();
    }
    assert_eq!(cursor, json!(null));
}
