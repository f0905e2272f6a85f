//! The sheet of a month in a real browser, by keyboard alone: rows are saved in place and the next person follows.

use std::time::{Duration, Instant};

use jejak_rig::{
    chromium::{Chromium, Key},
    http::Http,
    office::Office,
};
use serde_json::{Value, json};

const PPK: &str = "197701161997031006";
const SHEET: &str = "/penilaian?bulan=2021-01&paket=2021-tenaga-it";
/// The field that has the focus: its name, its value, and the name of the person of its row.
const FOCUS: &str = "const field = document.activeElement, row = field.closest('[data-baris]'); \
    return [field.name ?? '', field.value ?? '', row?.querySelector('a').textContent ?? '']";

/// An office in which two people are hired for 2021, and a browser of the ppk.
async fn open() -> (Office, Http, Chromium) {
    let office = Office::up(true).await;
    let officer = office.http_as(PPK, &["officer"]);
    let found = officer.json("/v1/operators?q=tiga").await;
    let hire = json!({"package_id": "2021-tenaga-it", "operator_id": found["items"][0]["operator_id"],
        "spk_number": "800/9/LEMBAR", "spk_date": "2020-12-31", "start": "2021-01-01",
        "end": "2021-12-31", "integrity_pact": true, "monthly": {"wage": "2800000",
            "health_insurance": "112000", "employment_insurance": "15120"}});
    let (status, answer) = officer.command("hire-operator", "lembar-1", &hire).await;
    assert_eq!(status, 200, "{answer}");
    let browser = Chromium::open(&office.http.base).await;
    let password = std::fs::read_to_string(office.data().join("demo.password")).unwrap();
    browser.sign_in(PPK, password.trim()).await;
    browser.goto(SHEET).await;
    browser.value_of("window.stays = true").await;
    (office, officer, browser)
}

/// Presses Tab until a field of this name has the focus.
async fn tab_to(browser: &Chromium, name: &str) {
    for _ in 0..60 {
        if browser.value_of(FOCUS).await[0] == name {
            return;
        }
        browser.keys(&Key::Tab).await;
    }
    panic!("no key leads to {name}");
}

/// Waits until a script returns this.
async fn until(browser: &Chromium, script: &str, wanted: Value) {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let value = browser.value_of(script).await;
        if value == wanted {
            return;
        }
        assert!(Instant::now() < end, "{script}: {value} is not {wanted}");
    }
}

async fn months(officer: &Http) -> Vec<Value> {
    let asked = "/v1/appraisals?month=2021-01&package=2021-tenaga-it";
    let months = officer.json(asked).await;
    months["items"].as_array().unwrap().clone()
}

/// Goal: a month is appraised and corrected without a mouse, and without leaving the page.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_is_appraised_by_keyboard_alone() {
    let (_office, officer, browser) = open().await;
    let (satu, tiga) = ("Contoh Operator Satu", "Contoh Operator Tiga");
    let news = "return document.querySelector('[data-kabar]').textContent";
    tab_to(&browser, "scores.attendance").await;
    for score in "4433322".chars() {
        // Each score leads to the next cell, and the last one to the reason of the delay.
        browser.keys(&score.to_string()).await;
    }
    assert_eq!(browser.value_of(FOCUS).await, json!(["note", "", satu]));
    browser.keys(&("surat terlambat" + &Key::Enter)).await;
    until(&browser, news, json!(format!("Tersimpan: {satu}."))).await;
    let next = json!(["scores.attendance", "", tiga]);
    assert_eq!(
        browser.value_of(FOCUS).await,
        next,
        "the next person follows"
    );
    let summary =
        "return document.querySelector('[data-ringkas]').textContent.includes('1 dari 2')";
    assert_eq!(browser.value_of(summary).await, true);
    let saved = &months(&officer).await[0];
    assert_eq!(
        (&saved["total"], &saved["note"]),
        (&json!(21), &json!("surat terlambat"))
    );

    browser.keys("9").await;
    browser.keys(&Key::Left).await;
    assert_eq!(
        browser.value_of(FOCUS).await,
        json!(["scores.attendance", "9", tiga])
    );
    browser.keys(&Key::Enter).await;
    let said = "return document.querySelector('[data-baris] [role=alert]')?.textContent \
        .startsWith('Nilai tidak sah') ?? false";
    until(&browser, said, json!(true)).await;
    assert_eq!(
        browser.value_of(FOCUS).await,
        json!(["scores.attendance", "9", tiga])
    );
    assert_eq!(months(&officer).await[1]["status"], "open");

    let link = browser.find("a[data-buka]").await;
    link.send_keys(&Key::Enter).await.unwrap();
    let opened = json!(["scores.attendance", "4", satu]);
    until(&browser, FOCUS, opened).await;
    browser.keys("3").await;
    // The other row keeps what was typed: the arrow leads there and back.
    browser.keys(&Key::Down).await;
    assert_eq!(
        browser.value_of(FOCUS).await,
        json!(["scores.roll_call", "", tiga])
    );
    browser.keys(&Key::Up).await;
    browser.keys(&Key::Enter).await;
    until(&browser, FOCUS, json!(["reason", "", satu])).await;
    browser.keys(&("salah hitung" + &Key::Enter)).await;
    until(&browser, news, json!(format!("Tersimpan: {satu}."))).await;
    let corrected = &months(&officer).await[0];
    assert_eq!(
        (&corrected["total"], &corrected["revision"]),
        (&json!(20), &json!(2))
    );
    assert_eq!(
        corrected["note"], "surat terlambat",
        "a correction keeps the note"
    );
    assert_eq!(
        browser.value_of("return window.stays").await,
        true,
        "no page was left"
    );
    let forbidden = browser.complaints().await.into_iter();
    let forbidden: Vec<_> = forbidden
        .filter(|said| said.contains("Content Security Policy"))
        .collect();
    assert_eq!(forbidden, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_searches_while_one_types_and_an_ended_session_leads_to_signing_in() {
    let (_office, officer, browser) = open().await;
    browser.goto("/orang").await;
    browser.value_of("window.stays = true").await;
    tab_to(&browser, "q").await;
    // The first field of this name searches from every page, the second one filters the list.
    browser.keys(&Key::Tab).await;
    tab_to(&browser, "q").await;
    browser.keys("SATU").await;
    let people = "return [document.querySelectorAll('.people tbody th').length, location.search, window.stays]";
    until(&browser, people, json!([1, "?q=SATU", true])).await;

    browser.goto(SHEET).await;
    let end = "const over = arguments[0]; fetch('/keluar', {method: 'POST'}).then(over, over)";
    browser.driver.execute_async(end, vec![]).await.unwrap();
    tab_to(&browser, "scores.attendance").await;
    browser.keys(&("4" + &Key::Enter)).await;
    let path = "return location.pathname";
    until(&browser, path, json!("/masuk")).await;
    assert!(
        months(&officer)
            .await
            .iter()
            .all(|month| month["status"] == "open")
    );
    browser.close().await;
}
