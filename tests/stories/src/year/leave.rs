//! Leave of the year, absences, and later decrees that change the charged days.

use serde_json::{Value, json};

use super::{
    office::{YearOffice, leave},
    people::{HOLIDAYS, decree as body_of},
};

/// Number, person, kind, first and last day.
const GRANTED: &[(u32, &str, &str, &str, &str)] = &[
    (11, "adi", "annual", "2023-04-17", "2023-04-28"),
    (12, "adi", "special", "2023-08-14", "2023-08-18"),
    (21, "bela", "maternity", "2023-02-13", "2023-05-12"),
    (22, "bela", "annual", "2023-12-20", "2023-12-22"),
    (31, "candra", "annual", "2023-06-26", "2023-06-30"),
    (32, "candra", "annual", "2023-09-25", "2023-09-29"),
    (41, "dewi", "annual", "2023-12-22", "2023-12-27"),
    (50, "eko", "annual", "2023-02-06", "2023-02-10"),
    (51, "eko", "annual", "2023-05-22", "2023-05-24"),
    (91, "gilang", "annual", "2023-04-20", "2023-04-25"),
    (71, "hana", "annual", "2023-03-13", "2023-03-17"),
    (101, "indra", "special", "2023-11-06", "2023-11-08"),
    (111, "joko", "work_accident", "2023-05-08", "2023-07-07"),
    (112, "joko", "annual", "2023-12-18", "2023-12-19"),
    (121, "kartika", "annual", "2023-06-01", "2023-06-05"),
];

fn body(office: &YearOffice, number: u32, who: &str, kind: &str, from: &str, to: &str) -> Value {
    json!({"operator_id": office.id(who), "kind": kind, "from": from, "to": to, "leave_id": leave(number)})
}

/// The leave of everyone but Fitri, and the refusals on the way.
pub async fn take(office: &mut YearOffice) {
    for (number, who, kind, from, to) in GRANTED {
        let body = body(office, *number, who, kind, from, to);
        office.accepted("sari", "record-leave", body).await;
    }
    refusals(office).await;
    for (number, who, from, to) in [
        (13, "adi", "2023-10-10", "2023-10-10"),
        (72, "hana", "2023-09-04", "2023-09-12"),
    ] {
        let body = body(office, number, who, "annual", from, to);
        office.accepted("sari", "record-leave", body).await;
    }
    for (who, on) in [("adi", "2023-10-09"), ("joko", "2023-08-02")] {
        let body = json!({"operator_id": office.id(who), "on": on, "reason": "tanpa kabar"});
        office.accepted("sari", "record-absence", body).await;
    }
    sick_during_leave(office).await;
}

async fn refusals(office: &mut YearOffice) {
    let refused = [
        (
            "adi",
            "annual",
            "2023-10-09",
            "2023-10-10",
            "leave.balance_exceeded",
            json!({"remaining": 1, "requested": 2}),
        ),
        (
            "adi",
            "maternity",
            "2023-11-01",
            "2023-12-31",
            "leave.not_applicable",
            json!({"kind": "maternity"}),
        ),
        (
            "hana",
            "annual",
            "2023-06-29",
            "2023-07-03",
            "leave.outside_contract",
            json!({}),
        ),
        (
            "hana",
            "annual",
            "2023-09-04",
            "2023-09-13",
            "leave.balance_exceeded",
            json!({"remaining": 7, "requested": 8}),
        ),
        (
            "fitri",
            "annual",
            "2023-06-05",
            "2023-06-05",
            "leave.outside_contract",
            json!({}),
        ),
        (
            "indra",
            "annual",
            "2023-11-08",
            "2023-11-09",
            "leave.overlaps",
            json!({"leave_id": leave(101)}),
        ),
        (
            "kartika",
            "annual",
            "2023-07-08",
            "2023-07-09",
            "leave.no_working_days",
            json!({}),
        ),
        (
            "kartika",
            "maternity",
            "2023-08-01",
            "2023-11-01",
            "leave.too_long",
            json!({"latest": "2023-10-31"}),
        ),
    ];
    for (who, kind, from, to, code, numbers) in refused {
        let body = body(office, 999, who, kind, from, to);
        office
            .refused("sari", "record-leave", body, code, numbers)
            .await;
    }
}

/// Rule 23: the rest of the leave is taken back, and recorded as special.
async fn sick_during_leave(office: &mut YearOffice) {
    let back = json!({"operator_id": office.id("candra"), "leave_id": leave(32), "from": "2023-09-27",
        "reason": "sakit"});
    office.accepted("sari", "cancel-leave", back.clone()).await;
    office
        .refused(
            "sari",
            "cancel-leave",
            back,
            "leave.unknown",
            json!({"leave_id": leave(32)}),
        )
        .await;
    let sick = body(office, 33, "candra", "special", "2023-09-27", "2023-09-29");
    office.accepted("sari", "record-leave", sick).await;
}

/// 30 June becomes joint leave, and Candra gets a day back; 26 December is joint leave no more, and
/// two people are charged again, one of them more than she has.
pub async fn decree(office: &mut YearOffice) {
    for (number, from, to) in [
        (81, "2023-08-21", "2023-08-25"),
        (82, "2023-12-26", "2023-12-27"),
    ] {
        let body = body(office, number, "fitri", "annual", from, to);
        office.accepted("sari", "record-leave", body).await;
    }
    charged(
        office,
        "candra",
        31,
        &["2023-06-26", "2023-06-27", "2023-06-30"],
    )
    .await;
    charged(office, "fitri", 82, &["2023-12-27"]).await;
    let joint = body_of(("2023-06-30", "joint_leave", "Cuti bersama Iduladha"));
    office.accepted("admin", "declare-holiday", joint).await;
    let last = *HOLIDAYS.last().expect("there are holidays");
    office
        .accepted("admin", "revoke-holiday", body_of(last))
        .await;
    let day = json!({"date": "2023-12-26"});
    office
        .refused(
            "admin",
            "revoke-holiday",
            body_of(last),
            "holiday.unknown",
            day,
        )
        .await;
    charged(office, "candra", 31, &["2023-06-26", "2023-06-27"]).await;
    charged(office, "fitri", 82, &["2023-12-26", "2023-12-27"]).await;
}

/// Asserts the days that a leave is charged.
async fn charged(office: &YearOffice, who: &str, number: u32, days: &[&str]) {
    let answer = office
        .ask(&format!("/v1/operators/{}/leave?year=2023", office.id(who)))
        .await;
    let entries = answer["entries"].as_array().expect("a list");
    let entry = entries
        .iter()
        .find(|entry| entry["leave_id"] == json!(leave(number)));
    assert_eq!(
        entry.expect("the leave")["charged_dates"],
        json!(days),
        "{who} {number}"
    );
}
