//! Pages of leave, and forms that are checked before they are sent.

use super::*;

/// Goal: the month's grid shows each charged day, each missed day and each holiday of the API's answer once.
#[tokio::test]
async fn a_month_shows_the_days_of_the_api() {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let example = |path: &str| {
        let content = &document["paths"][path]["get"]["responses"]["200"]["content"];
        content["application/json"]["example"].clone()
    };
    let people = example("/v1/leave")["items"].clone();
    let in_month = |day: &Value| day.as_str().unwrap().starts_with("2020-12-");
    let page = get(Role::Auditor, "/cuti?bulan=2020-12").await.html;
    let grid = page.split("<table").nth(1).unwrap();
    let grid = grid.split("</table>").next().unwrap();
    let mut charged = 0;
    for person in people.as_array().unwrap() {
        let id = person["operator_id"].as_str().unwrap();
        assert_eq!(grid.matches(id).count(), 1, "{id}");
        for entry in person["entries"].as_array().unwrap() {
            let days = entry["charged_dates"].as_array().unwrap().iter();
            charged += days.filter(|day| in_month(day)).count();
        }
    }
    assert!(charged > 0, "the example has leave in the month");
    assert_eq!(grid.matches("class=\"leave\"").count(), charged);
    let holidays = example("/v1/calendars/{year}")["holidays"].clone();
    let holidays = holidays.as_array().unwrap().iter();
    let named = holidays.filter(|day| in_month(&day["date"])).count();
    assert!(named > 0);
    assert_eq!(grid.matches(" named").count(), named);
    assert!(!page.contains("/batal"), "an auditor cancels nothing");
    let officer = get(Role::Officer, "/cuti?bulan=2020-12").await.html;
    assert!(officer.contains("/batal") && officer.contains("action=\"/cuti/catat\""));
}

/// Goal: checking a form sends nothing: the refusal stands at its field, and key and text stay.
#[tokio::test]
async fn a_check_is_told_and_keeps_the_form() {
    let typed = "kunci=k&kind=annual&from=24%2F12%2F2020&to=31%2F12%2F2020&periksa=1";
    let path = "/orang/b6696fa5/cuti";
    let answer = post(Role::Officer, path, typed, "http://localhost").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for kept in [
        "value=\"k\"",
        "value=\"24/12/2020\"",
        "Hasil pemeriksaan",
        "Sisa cuti 2020",
        "name=\"periksa\"",
    ] {
        assert!(answer.html.contains(kept), "{kept}: {}", answer.html);
    }
    assert_eq!(faults(&answer.html), Vec::<String>::new());
    let plain = get(Role::Officer, path).await.html;
    assert!(!plain.contains("Hasil pemeriksaan"), "nothing was checked");
}

/// Goal: people of a like name are shown once the form is checked, and never before.
#[tokio::test]
async fn people_of_a_like_name_are_shown_after_a_check() {
    let typed = "kunci=k&full_name=Contoh+Operator+Dua&birth_date=1%2F1%2F1990&periksa=1";
    let answer = post(Role::Officer, "/orang/baru", typed, "http://localhost").await;
    let aside = answer.html.split("class=\"stack aside\"").nth(1).unwrap();
    let aside = aside.split("<form").next().unwrap();
    assert!(
        aside.contains("href=\"/orang/") && aside.contains("Nama serupa"),
        "{aside}"
    );
    let before = get(Role::Officer, "/orang/baru").await.html;
    assert!(!before.contains("Nama serupa"));
}

#[tokio::test]
async fn a_chosen_person_leads_to_the_form() {
    for (asked, form) in [
        ("orang=a%2Fb&apa=cuti", "/orang/a%2Fb/cuti"),
        ("orang=x&apa=tidak-hadir", "/orang/x/tidak-hadir"),
        ("apa=cuti", "/cuti"),
    ] {
        let answer = get(Role::Officer, &format!("/cuti/catat?{asked}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(answer.headers[LOCATION], form);
    }
}
