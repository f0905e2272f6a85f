//! The sheets of appraisals and evaluations, drawn from the documented answers.

use super::*;

/// Goal: a row is a form for those who may appraise, and text for all others.
#[tokio::test]
async fn rows_are_forms_for_those_who_may_appraise() {
    let officer = get(Role::Officer, DECEMBER).await.html;
    assert_eq!(officer.matches("data-nilai").count(), 7, "{officer}");
    let in_order = [
        "attendance",
        "roll_call",
        "completion",
        "timeliness",
        "quality",
        "obligations",
    ];
    let places = in_order.map(|code| officer.find(&format!("name=\"scores.{code}\"")));
    assert!(places.is_sorted() && places[0].is_some(), "{places:?}");
    assert!(officer.contains("Alasan terlambat") && officer.contains("Kecualikan"));
    assert!(officer.contains("Belum waktunya"));
    let auditor = get(Role::Auditor, DECEMBER).await.html;
    assert!(!auditor.contains("data-nilai") && !auditor.contains("Kecualikan"));
    for (role, is_drawn) in [(Role::Officer, true), (Role::Auditor, false)] {
        let evaluations = get(role, "/evaluasi?tahun=2020").await.html;
        assert_eq!(evaluations.contains("Buka kembali"), is_drawn);
    }
}

#[tokio::test]
async fn a_refused_row_stands_in_its_sheet_with_what_was_typed() {
    let page = get(Role::Officer, DECEMBER).await.html;
    let contract = page.split("name=\"contract\" value=\"").nth(1).unwrap();
    let contract = contract.split('"').next().unwrap();
    let fields = format!(
        "kunci=k-1&perintah=submit&operator=o&contract={contract}&scores.quality=%3C9%3E&note=terlambat+datang"
    );
    let answer = post(Role::Officer, DECEMBER, fields.leak(), "http://localhost").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let html = answer.html;
    for kept in [
        "value=\"k-1\"",
        "value=\"&#60;9&#62;\"",
        "value=\"terlambat datang\"",
        "Judul &#60;i&#62;penolakan&#60;/i&#62;. Sebabnya begini.",
    ] {
        assert!(html.contains(kept), "{kept}: {html}");
    }
    assert_eq!(faults(&html), Vec::<String>::new());
    for (path, body) in [("/penilaian", "perintah=erase"), ("/evaluasi", "kunci=k")] {
        let unknown = post(Role::Officer, path, body, "http://localhost").await;
        assert_eq!(unknown.status, StatusCode::BAD_REQUEST, "{path}");
    }
}
