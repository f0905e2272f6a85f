//! Cells of all views over the demonstration: nothing in the clear in a file, nothing opened without a key.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Mutex},
};

use jejak_events::{
    Event,
    operator::{self, identity},
    package::{self, officer},
    personal::{Key, Owner, Personal},
};
use serde_json::{Value, json};

use super::*;
use crate::{
    VIEWS,
    story::{Built, Office, key},
};

/// Every personal text of the demonstration that a view could show.
fn personal_texts(office: &Office) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    for recorded in &office.events {
        if let Event::Operator(operator::Event::Identity(event)) = &recorded.event
            && let identity::Event::Registered(registered) = event
            && let Personal::Open(profile) = &registered.personal
        {
            let optional = [&profile.address, &profile.phone, &profile.email];
            texts.extend(optional.into_iter().flatten().map(ToString::to_string));
            texts.insert(profile.full_name.to_string());
            texts.insert(profile.nik.as_str().to_owned());
        }
        if let Event::Package(package::Event::Officer(event)) = &recorded.event
            && let officer::Event::Assigned(assigned) = event
            && let Personal::Open(officer) = &assigned.personal
        {
            texts.insert(officer.name.to_string());
            texts.insert(officer.nip.as_str().to_owned());
        }
    }
    texts
}

fn holds(file: &[u8], text: &str) -> bool {
    file.windows(text.len())
        .any(|found| found == text.as_bytes())
}

#[test]
fn no_file_of_a_view_holds_personal_text() {
    let mut office = Office::of_2020();
    let operator_id = office.id("op1").to_owned();
    let contract_id = office.id("op1.contract").to_owned();
    let issue = json!({"operator_id": operator_id, "contract_id": contract_id, "kind": "badge",
        "label": "Kartu-Rahasia", "on": "2020-10-05"});
    office
        .give(crate::story::PPK, "issue-facility", issue)
        .unwrap();
    let mut texts = personal_texts(&office);
    assert!(texts.len() > 8, "{texts:?}");
    texts.insert("Kartu-Rahasia".to_owned());
    for view in VIEWS {
        let built = Built::of(view, &office.events);
        built.store.apply_batch(&office.events, true).unwrap();
        let path = built.path();
        let _folder = built.close();
        let file = fs::read(path).unwrap();
        assert!(holds(&file, view.name()), "the search finds what is there");
        for text in &texts {
            assert!(!holds(&file, text), "{} holds {text}", view.name());
        }
    }
}

/// Goal: a destroyed key closes the cells of its owner and no others, also before the erasure is applied.
#[test]
fn a_cell_does_not_open_once_its_key_is_destroyed() {
    let office = Office::of_2020();
    let (gone, stays) = (office.id("op1"), office.id("op2"));
    let destroyed = Arc::new(Mutex::new(BTreeSet::new()));
    let keys: CellKeys = {
        let destroyed = destroyed.clone();
        Arc::new(move |owner| {
            let is_destroyed = destroyed.lock().unwrap().contains(owner);
            Some(if is_destroyed {
                Key::Destroyed
            } else {
                key(owner)
            })
        })
    };
    let folder = tempfile::tempdir().unwrap();
    let names = |operator_id: &str| -> Vec<Value> {
        let ask = |view: usize, query: &str, params: Value| -> Value {
            let name = VIEWS[view].name();
            let path = folder.path().join(name);
            let store = crate::Store::open(&path, VIEWS[view], "one", keys.clone()).unwrap();
            store.apply_batch(&office.events, false).unwrap();
            let today = "2021-02-01".parse().unwrap();
            let params = params.to_string();
            let (_, answer) = store.answer(query, params.as_bytes(), today).unwrap();
            serde_json::from_slice(&answer).unwrap()
        };
        let operator = json!({ "operator_id": operator_id });
        let of_year = json!({ "operator_id": operator_id, "year": 2020 });
        let person = ask(0, "operator", operator.clone());
        let leave = ask(1, "entries", operator);
        let evaluation = ask(2, "get", of_year);
        vec![
            person["profile"]["full_name"].clone(),
            person["contracts"][0]["operator_name"].clone(),
            leave["operator_name"].clone(),
            evaluation["operator_name"].clone(),
        ]
    };
    let before = names(stays);
    assert!(before.iter().chain(&names(gone)).all(Value::is_string));
    let owner: Owner = format!("operator.{gone}").parse().unwrap();
    destroyed.lock().unwrap().insert(owner);
    assert!(names(gone).iter().all(Value::is_null));
    assert_eq!(names(stays), before);
}

/// Goal: a query whose key is not in memory says which one, and never shows the person as erased.
#[test]
fn a_key_that_is_not_in_memory_is_asked_for() {
    let office = Office::of_2020();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("view.redb");
    let open = |keys| crate::Store::open(&path, VIEWS[0], "one", keys).unwrap();
    let store = open(crate::story::keys());
    store.apply_batch(&office.events, true).unwrap();
    drop(store);
    let store = open(Arc::new(|_| None));
    let operator_id = office.id("op1");
    let params = json!({ "operator_id": operator_id }).to_string();
    let today = "2021-02-01".parse().unwrap();
    match store.answer("operator", params.as_bytes(), today) {
        Err(crate::QueryError::Store(ProjectionError::KeyUnknown(owner))) => {
            assert_eq!(owner.to_string(), format!("operator.{operator_id}"));
        }
        other => panic!("{other:?}"),
    }
}
