//! The list of months to appraise, after the KAK of 2020 and further commands.

use serde_json::{Value, json};

use crate::{
    QueryError,
    evaluations::Evaluations,
    story::{Built, Office, PPK},
};

fn scores(points: u32) -> Value {
    let codes = [
        "attendance",
        "roll_call",
        "completion",
        "timeliness",
        "quality",
        "obligations",
        "prohibitions",
    ];
    codes
        .iter()
        .map(|code| ((*code).to_owned(), json!(points)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn a_month_of_the_kak_has_everybody_by_name() {
    let office = Office::of_2020();
    let view = Built::of(&Evaluations, &office.events);
    let november = json!({ "month": "2020-11", "package": "2020-tenaga-it" });
    let answer = view.ask("appraisals", november);
    let items = answer["items"].as_array().unwrap();
    let names: Vec<_> = items.iter().map(|item| &item["operator_name"]).collect();
    assert_eq!(
        names,
        [
            "Contoh Operator Dua",
            "Contoh Operator Satu",
            "Contoh Operator Tiga"
        ]
    );
    let corrected = &items[0];
    for (member, value) in [
        ("status", json!("appraised")),
        ("revision", json!(2)),
        ("total", json!(17)),
        ("category", json!("poor")),
        ("reason", json!("salah hitung apel")),
        ("late", json!(false)),
        ("signed_on", json!("2020-12-03")),
        ("from", json!("2020-11-01")),
        ("to", json!("2020-11-30")),
        ("since", json!("2020-11-25")),
        ("due", json!("2020-12-05")),
        ("evaluation", json!("final")),
        ("scale_max", json!(4)),
    ] {
        assert_eq!(corrected[member], value, "{member}");
    }
    assert_eq!(
        corrected["elements"]["discipline"],
        json!(["attendance", "roll_call"])
    );
    let december = view.ask(
        "appraisals",
        json!({ "month": "2020-12", "status": "waived" }),
    );
    let waived = december["items"].as_array().unwrap();
    assert_eq!(waived.len(), 1);
    assert_eq!(waived[0]["operator_id"], *office.id("op3"));
    assert_eq!(
        (&waived[0]["scores"], &waived[0]["reason"]),
        (&json!(null), &json!("cuti persalinan sebulan penuh"))
    );
}

/// Goal: the day decides whether a month is upcoming, open or late, and the contract which days were served.
#[test]
fn a_month_is_open_from_its_first_day_to_sign_and_late_after_its_last() {
    let mut office = Office::of_2020();
    let terminate = json!({ "operator_id": "$op1", "contract_id": "$op1.contract21", "on": "2021-01-20",
        "cause": "resignation", "reason": "pindah" });
    office.give(PPK, "terminate-contract", terminate).unwrap();
    let view = Built::of(&Evaluations, &office.events);
    for (on, status, late) in [
        ("2021-01-14", "upcoming", false),
        ("2021-01-15", "open", false),
        ("2021-02-05", "open", false),
        ("2021-02-06", "open", true),
    ] {
        let asked = json!({ "month": "2021-01", "on": on, "operator": office.id("op1") });
        let answer = view.ask("appraisals", asked);
        let month = &answer["items"][0];
        assert_eq!(
            (&month["status"], &month["late"], &month["to"]),
            (&json!(status), &json!(late), &json!("2021-01-20")),
            "{on}"
        );
        let filtered = json!({ "month": "2021-01", "on": on, "status": status });
        assert_eq!(
            view.column("appraisals", filtered, "operator_id"),
            [json!(office.id("op1"))]
        );
    }
    let served = json!({ "month": "2021-02", "package": "2021-tenaga-it" });
    assert_eq!(view.ask("appraisals", served)["items"], json!([]));
}

/// Goal: pages do not skip a person, though months are done between them.
#[test]
fn a_month_done_between_two_pages_hides_nobody() {
    let mut office = Office::of_2020();
    let hire = |who: &str, spk: &str| {
        json!({ "package_id": "2021-tenaga-it", "operator_id": who, "spk_number": spk,
        "spk_date": "2020-12-31", "start": "2021-01-01", "end": "2021-12-31", "integrity_pact": true,
        "monthly": { "wage": "2500000", "health_insurance": "0", "employment_insurance": "0" } })
    };
    office
        .give(PPK, "hire-operator", hire("$op3", "800/50"))
        .unwrap();
    let asked = |cursor: Option<&str>| {
        let mut asked =
            json!({ "month": "2021-01", "on": "2021-01-31", "status": "open", "limit": 1 });
        if let Some(cursor) = cursor {
            asked["cursor"] = json!(cursor);
        }
        asked
    };
    let view = Built::of(&Evaluations, &office.events);
    let first = view.ask("appraisals", asked(None));
    assert_eq!(first["items"][0]["operator_id"], *office.id("op1"));
    let submit = json!({ "operator_id": "$op1", "contract_id": "$op1.contract21", "month": "2021-01",
        "scores": scores(3), "signed_on": "2021-01-31" });
    office
        .give(PPK, "submit-monthly-appraisal", submit)
        .unwrap();
    let view = Built::of(&Evaluations, &office.events);
    let second = view.ask("appraisals", asked(first["next"].as_str()));
    assert_eq!(second["items"][0]["operator_id"], *office.id("op3"));
    assert_eq!(second["next"], json!(null));
    for wrong in ["2f31", "312f32", "78"] {
        let refused = view.refused("appraisals", asked(Some(wrong)));
        assert!(
            matches!(&refused, QueryError::Malformed { path, .. } if path == "cursor"),
            "{refused:?}"
        );
    }
}
