//! Queries at the end of the year, and their answers, worked out by hand in
//! `tests/stories/year.rs`.

use serde_json::{Value, json};

use super::{months::LATE, office::YearOffice};

fn items(answer: &Value) -> &Vec<Value> {
    assert_eq!(answer["next"], Value::Null, "all of it is on one page");
    answer["items"].as_array().expect("a list has items")
}

/// Quota and money of the three packages.
pub async fn packages(office: &YearOffice) {
    let packages = [
        (
            "2023-tik",
            2,
            [6, 6, 0],
            ["178000000", "177440476", "559524"],
        ),
        (
            "2023-arsip",
            1,
            [6, 6, 0],
            ["140000000", "130269441", "9730559"],
        ),
        // Three times eleven months of 2,750,000.
        (
            "2024-tik",
            1,
            [5, 3, 2],
            ["170000000", "90750000", "79250000"],
        ),
    ];
    for (id, version, [total, filled, free], [ceiling, committed, left]) in packages {
        let package = office.ask(&format!("/v1/packages/{id}")).await;
        assert_eq!(package["terms_version"], version, "{id}");
        assert_eq!(
            package["quota"],
            json!({"total": total, "filled": filled, "free": free}),
            "{id}"
        );
        let budget = json!({"ceiling": ceiling, "committed": committed, "free": left});
        assert_eq!(package["budget"], budget, "{id}");
    }
    let officers = office.ask("/v1/packages/2023-tik").await["officers"].clone();
    let ppk: Vec<_> = officers
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["role"] == "ppk")
        .collect();
    let terms = ppk
        .iter()
        .map(|one| (one["from"].clone(), one["to"].clone()))
        .collect::<Vec<_>>();
    let wanted = [
        (json!("2023-01-01"), json!("2023-06-30")),
        (json!("2023-07-01"), Value::Null),
    ];
    assert_eq!(terms, wanted, "both stay in the record");
}

/// Contracts by day, as amended, and the evaluations that the hires of 2024 cite.
pub async fn contracts(office: &YearOffice) {
    let of_day: [(&str, &[(u32, &str)]); 4] = [
        (
            "2023-05-16",
            &[
                (1, "active"),
                (5, "active"),
                (6, "voided"),
                (7, "active"),
                (8, "upcoming"),
            ],
        ),
        (
            "2023-05-17",
            &[
                (1, "active"),
                (5, "terminated"),
                (6, "voided"),
                (7, "active"),
                (8, "upcoming"),
            ],
        ),
        (
            "2023-07-01",
            &[(7, "ended"), (8, "active"), (11, "active"), (14, "active")],
        ),
        (
            "2023-11-01",
            &[(8, "active"), (11, "ended"), (13, "active"), (14, "active")],
        ),
    ];
    for (on, statuses) in of_day {
        for (number, status) in statuses {
            let found = office
                .ask(&format!(
                    "/v1/contracts/{}?on={on}",
                    office.contract(*number)
                ))
                .await;
            assert_eq!(found["status"], *status, "{number} on {on}");
        }
    }
    for (number, end, value) in [
        (1, "2023-12-31", "33000000"),
        (8, "2023-12-31", "19250000"),
        (9, "2023-12-31", "24855000"),
        (11, "2023-10-31", "19884000"),
        (13, "2023-12-31", "20907441"),
        (14, "2023-12-31", "14913000"),
    ] {
        let found = office
            .ask(&format!("/v1/contracts/{}", office.contract(number)))
            .await;
        assert_eq!(
            (&found["end"], &found["value"]),
            (&json!(end), &json!(value)),
            "{number}"
        );
    }
    for (number, months, total, mean, category) in [
        (21, 12, 215, "17.92", "poor"),
        (22, 12, 210, "17.5", "poor"),
        (23, 12, 312, "26", "good"),
    ] {
        let found = office
            .ask(&format!("/v1/contracts/{}", office.contract(number)))
            .await;
        let cited = &found["prior_evaluation"];
        let of_2023 = json!({"fiscal_year": 2023, "contract_id": cited["contract_id"], "revision": 1,
            "months": months, "total": total, "mean": mean, "category": category});
        assert_eq!(*cited, of_2023, "{number}");
        assert_eq!(
            found["justification"].is_string(),
            category == "poor",
            "{number}"
        );
    }
    let candra = office
        .ask(&format!("/v1/contracts/{}", office.contract(3)))
        .await;
    let warnings = candra["warnings"].as_array().expect("a list").iter();
    let until: Vec<_> = warnings.map(|warning| &warning["until"]).collect();
    assert_eq!(until, ["2023-11-14", "2024-03-03"], "six months each");
}

/// Balances of all twelve, by package too, and the calendar they follow from.
pub async fn leave(office: &YearOffice) {
    // Person, days granted, annual, special, left, left for special, absences.
    let wanted = [
        ("adi", 12, 8, 4, 0, 0, 1),
        ("bela", 12, 3, 0, 9, 9, 0),
        ("candra", 12, 4, 2, 6, 6, 0),
        ("dewi", 12, 3, 0, 9, 9, 0),
        ("eko", 12, 5, 0, 7, 7, 0),
        ("fitri", 6, 7, 0, -1, -1, 0),
        ("gilang", 12, 4, 0, 8, 8, 0),
        ("hana", 12, 12, 0, 0, 0, 0),
        ("indra", 12, 0, 3, 9, 9, 0),
        ("joko", 12, 0, 0, 12, 12, 1),
        ("kartika", 12, 2, 0, 10, 10, 0),
        ("lukman", 12, 0, 0, 12, 12, 0),
    ];
    let balances = office.ask("/v1/leave-balances?year=2023").await;
    assert_eq!(items(&balances).len(), wanted.len());
    for (who, entitlement, annual, special, remaining, special_remaining, absences) in wanted {
        let found = items(&balances)
            .iter()
            .find(|row| row["operator_id"] == json!(office.id(who)));
        let found = found.unwrap_or_else(|| panic!("no balance of {who}"));
        let row = json!({"operator_id": office.id(who), "operator_name": format!("Contoh {who}"), "year": 2023,
            "entitlement": entitlement, "annual_used": annual, "special_used": special,
            "used": annual + special, "remaining": remaining, "special_remaining": special_remaining,
            "overdrawn": remaining < 0, "absences": absences});
        assert_eq!(*found, row, "{who}");
    }
    let of_archive = office
        .ask("/v1/leave-balances?year=2023&package=2023-arsip")
        .await;
    let mut who: Vec<_> = items(&of_archive)
        .iter()
        .map(|row| office.who(&row["operator_id"]))
        .collect();
    who.sort_unstable();
    assert_eq!(
        who,
        ["gilang", "hana", "indra", "joko", "kartika", "lukman"]
    );
    let calendar = office.ask("/v1/calendars/2023").await;
    let days = calendar["working_days"]
        .as_object()
        .expect("months")
        .values()
        .cloned()
        .collect::<Vec<_>>();
    assert_eq!(
        json!(days),
        json!([21, 20, 23, 17, 21, 17, 21, 22, 20, 22, 22, 20])
    );
}

/// The ranking of the year over both packages.
pub async fn evaluations(office: &YearOffice) {
    // Person, contract, months assessed, months of the contract, sum, mean, category, revision,
    // warnings.
    let wanted = [
        ("fitri", 8, 7, 7, 194, "27.71", "good", 1, 0),
        ("kartika", 12, 10, 10, 270, "27", "good", 0, 0),
        ("adi", 1, 12, 12, 312, "26", "good", 1, 0),
        ("bela", 2, 10, 12, 238, "23.8", "good", 1, 0),
        ("hana", 14, 6, 6, 138, "23", "good", 1, 0),
        ("hana", 7, 5, 5, 110, "22", "good", 1, 0),
        ("indra", 10, 10, 10, 205, "20.5", "good", 1, 0),
        ("gilang", 9, 10, 10, 200, "20", "good", 1, 0),
        ("joko", 11, 7, 8, 140, "20", "good", 1, 0),
        ("eko", 5, 5, 5, 100, "20", "good", 1, 0),
        ("dewi", 4, 12, 12, 216, "18", "good", 2, 0),
        ("candra", 3, 12, 12, 210, "17.5", "poor", 1, 2),
        ("lukman", 13, 9, 9, 152, "16.89", "poor", 1, 0),
    ];
    let ranked = office.ask("/v1/evaluations?year=2023").await;
    assert_eq!(items(&ranked).len(), wanted.len());
    for ((row, wanted), rank) in items(&ranked).iter().zip(wanted).zip(1..) {
        let (who, number, months, expected, total, mean, category, revision, warnings) = wanted;
        let found = json!([
            office.who(&row["operator_id"]),
            row["contract_id"],
            row["rank"],
            row["months_assessed"],
            row["months_expected"],
            row["total"],
            row["mean"],
            row["category"],
            row["status"],
            row["revision"],
            row["warnings"]
        ]);
        let status = if revision == 0 { "proposed" } else { "final" };
        let by_hand = json!([
            who,
            office.contract(number),
            rank,
            months,
            expected,
            total,
            mean,
            category,
            status,
            revision,
            warnings
        ]);
        assert_eq!(found, by_hand);
    }
    months(office).await;
    two_contracts(office).await;
}

/// Hana has two contracts in the year, each with its evaluation and its months.
async fn two_contracts(office: &YearOffice) {
    let detail = office
        .ask(&format!(
            "/v1/operators/{}/evaluations/2023",
            office.id("hana")
        ))
        .await;
    assert_eq!(
        detail["others"]
            .as_array()
            .expect("the first contract")
            .len(),
        1
    );
    for (part, number, total, months) in [(&detail, 14, 138, 6), (&detail["others"][0], 7, 110, 5)]
    {
        assert_eq!(
            (&part["contract_id"], &part["total"]),
            (&json!(office.contract(number)), &json!(total))
        );
        let own = part["months"].as_array().expect("a list");
        assert_eq!(own.len(), months);
        assert!(
            own.iter()
                .all(|month| month["contract_id"] == json!(office.contract(number)))
        );
    }
}

/// Month by month: the late, waived and corrected ones.
async fn months(office: &YearOffice) {
    let (mut late, mut waived, mut corrected) = (vec![], vec![], vec![]);
    for who in ["adi", "bela", "dewi", "indra", "joko", "lukman"] {
        let detail = office
            .ask(&format!(
                "/v1/operators/{}/evaluations/2023",
                office.id(who)
            ))
            .await;
        for month in detail["months"].as_array().expect("a list") {
            let name = month["month"].as_str().expect("a month").to_owned();
            if month["late"] == true {
                late.push((who, name.clone()));
            }
            if month["waived"] == true {
                waived.push((who, name.clone()));
            }
            if month["revision"] == 2 {
                corrected.push((who, name, month["total"].clone()));
            }
        }
    }
    assert_eq!(late, LATE.map(|(who, month)| (who, month.to_owned())));
    let wanted = [
        ("bela", "2023-03"),
        ("bela", "2023-04"),
        ("joko", "2023-06"),
    ];
    assert_eq!(waived, wanted.map(|(who, month)| (who, month.to_owned())));
    assert_eq!(corrected, [("dewi", "2023-12".to_owned(), json!(18))]);
}

/// The selection for 2024, with the reasons of each rank. Being eligible is shown and does not rank.
pub async fn candidates(office: &YearOffice) {
    // Person, revision, sum and category of the evaluation weighed, whether eligible, whether hired
    // already. Gilang's major is not one of the list; Kartika is 36, and her evaluation is not
    // final.
    let ranked = [
        ("fitri", Some((1, 194, "good")), true, false),
        ("adi", Some((1, 312, "good")), true, true),
        ("bela", Some((1, 238, "good")), true, false),
        ("hana", Some((1, 138, "good")), true, false),
        ("indra", Some((1, 205, "good")), true, false),
        ("gilang", Some((1, 200, "good")), false, false),
        ("joko", Some((1, 140, "good")), true, false),
        ("eko", Some((1, 100, "good")), true, false),
        ("dewi", Some((2, 216, "good")), true, true),
        ("kartika", None, false, false),
        ("candra", Some((1, 210, "poor")), true, true),
        ("lukman", Some((1, 152, "poor")), true, false),
    ];
    let answer = office.ask("/v1/packages/2024-tik/candidates").await;
    let found: Vec<Value> = items(&answer)
        .iter()
        .map(|row| {
            let prior = &row["prior_evaluation"];
            let prior = json!([prior["revision"], prior["total"], prior["category"]]);
            json!([
                row["rank"],
                office.who(&row["operator_id"]),
                prior,
                row["eligible"],
                row["engaged"]
            ])
        })
        .collect();
    let wanted: Vec<Value> = ranked
        .iter()
        .zip(1..)
        .map(|((who, prior, eligible, engaged), rank)| {
            let prior = prior.map_or(json!([null, null, null]), |(revision, total, category)| {
                json!([revision, total, category])
            });
            json!([rank, who, prior, eligible, engaged])
        })
        .collect();
    assert_eq!(found, wanted);
}
