//! The register of people: its order, its pages and its search.

use serde_json::{Value, json};

use super::*;
use crate::story::{ADMIN, Built, Office};

/// The names of a search, in the order of the answer.
fn found(view: &Built, q: &str) -> Vec<Value> {
    let items = view.ask("operators", json!({ "q": q }))["items"].clone();
    let items = items.as_array().unwrap().iter();
    items
        .map(|item| item["profile"]["full_name"].clone())
        .collect()
}

#[test]
fn people_come_by_name_and_are_found_by_words_nik_and_spk_number() {
    let office = Office::of_2020();
    let view = Built::of(&Contracts, &office.events);
    let [two, four, one, three] =
        ["Dua", "Empat", "Satu", "Tiga"].map(|n| json!(format!("Contoh Operator {n}")));
    let everyone = [two.clone(), four.clone(), one.clone(), three.clone()];
    assert_eq!(found(&view, ""), everyone);
    assert_eq!(found(&view, "operator CONTOH"), everyone);
    assert_eq!(found(&view, "sat\u{fa} op"), std::slice::from_ref(&one));
    assert_eq!(found(&view, "contoh lima"), [json!(null); 0]);
    let all = view.ask("operators", json!({}))["items"].clone();
    for item in all.as_array().unwrap() {
        let nik = item["profile"]["nik"].as_str().unwrap();
        assert_eq!(found(&view, nik), [item["profile"]["full_name"].clone()]);
        assert_eq!(found(&view, &nik[..15]), [json!(null); 0]);
        for contract in item["contracts"].as_array().unwrap() {
            let number = contract["spk_number"].as_str().unwrap();
            assert_eq!(
                found(&view, &number.to_lowercase()),
                [item["profile"]["full_name"].clone()]
            );
        }
    }
    let refused = view.refused("operators", json!({ "q": "a".repeat(201) }));
    assert!(matches!(refused, crate::QueryError::Malformed { path, .. } if path == "q"));
}

/// Goal: names in memory follow the rows. Method: a view that was searched takes in a correction and an erasure.
#[test]
fn a_search_follows_corrections_and_erasures() {
    let mut office = Office::of_2020();
    let view = Built::of(&Contracts, &office.events);
    assert_eq!(found(&view, "tiga").len(), 1);
    let correct =
        json!({ "operator_id": "$op3", "reason": "salah ketik", "full_name": "Ananda Baru" });
    office
        .give(crate::story::PPK, "correct-operator", correct)
        .unwrap();
    view.store.apply_batch(&office.events, false).unwrap();
    assert!(found(&view, "tiga").is_empty());
    assert_eq!(found(&view, "")[0], "Ananda Baru");
    let erase =
        json!({ "operator_id": "$op3", "reason": "permintaan", "legal_basis": "UU 27/2022" });
    office.give(ADMIN, "erase-operator", erase).unwrap();
    view.store.apply_batch(&office.events, false).unwrap();
    assert!(found(&view, "ananda").is_empty());
    assert_eq!(
        found(&view, "").last(),
        Some(&json!(null)),
        "an erased person comes last"
    );
    assert_eq!(
        found(&view, ""),
        found(&Built::of(&Contracts, &office.events), "")
    );
}

/// Goal: no person is passed over between two pages, also after the last one of a page was erased. The cursor holds
/// no name.
#[test]
fn a_cursor_goes_on_after_the_last_person_of_the_page() {
    let mut office = Office::of_2020();
    let view = Built::of(&Contracts, &office.events);
    let page = |cursor: &Value| view.ask("operators", json!({ "limit": 2, "cursor": cursor }));
    let names = |page: &Value| {
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|item| item["profile"]["full_name"].clone())
            .collect::<Vec<_>>()
    };
    let first = page(&json!(null));
    assert_eq!(
        names(&first),
        ["Contoh Operator Dua", "Contoh Operator Empat"]
    );
    let key = crate::page::after(first["next"].as_str()).unwrap().unwrap();
    assert_eq!(key, format!("2/{}", office.id("op4")));
    assert_eq!(
        names(&page(&first["next"])),
        ["Contoh Operator Satu", "Contoh Operator Tiga"]
    );
    let erase =
        json!({ "operator_id": "$op4", "reason": "permintaan", "legal_basis": "UU 27/2022" });
    office.give(ADMIN, "erase-operator", erase).unwrap();
    view.store.apply_batch(&office.events, false).unwrap();
    let rest = page(&first["next"]);
    assert_eq!(
        names(&rest),
        ["Contoh Operator Satu", "Contoh Operator Tiga"]
    );
    let last = page(&rest["next"]);
    assert_eq!(
        (names(&last), &last["next"]),
        (vec![json!(null)], &json!(null))
    );
    for wrong in ["x", "x/y", "2/17"] {
        let cursor: String = wrong.bytes().map(|byte| format!("{byte:02x}")).collect();
        view.refused("operators", json!({ "cursor": cursor }));
    }
}
