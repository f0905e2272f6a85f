//! Forms that are checked before they are sent, in a real browser: the answer stands beside the form and keeps
//! nobody out.

use jejak_rig::{
    chromium::{Chromium, Colours},
    office::Office,
};

use crate::every_page::faults;

const PPK: &str = "197701161997031006";

/// Judges the page that is open, in both colours.
async fn judge(browser: &Chromium, what: &str) {
    for colours in [Colours::Light, Colours::Dark] {
        browser.choose(colours).await;
        browser.resize(1280, 900).await;
        let mut found = faults(browser).await;
        // The browser notes the status of a refusal.
        found.retain(|fault| !fault.contains("responded with a status of 4"));
        assert_eq!(found, Vec::<String>::new(), "{what}");
    }
    browser.resize(1280, 900).await;
}

/// Goal: the answer of a check can be read by everybody, and the form stays as it was typed. Method: leave that can
/// be recorded, leave that cannot, and a registration of somebody with a like name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_of_a_check_keeps_nobody_out() {
    let office = Office::up(true).await;
    let officer = office.http_as(PPK, &["officer"]);
    let people = officer.json("/v1/operators?q=satu").await;
    let id = people["items"][0]["operator_id"].as_str().unwrap();
    let password = std::fs::read_to_string(office.data().join("demo.password")).unwrap();
    let browser = Chromium::open(&office.http.base).await;
    browser.sign_in(PPK, password.trim()).await;
    for (from, answer) in [
        ("22/12/2020", "Akan dihitung"),
        ("26/10/2020", "Belum dapat dicatat"),
    ] {
        browser.goto(&format!("/orang/{id}/cuti")).await;
        let kind = browser
            .find("main [name=\"kind\"] option[value=\"annual\"]")
            .await;
        kind.click().await.unwrap();
        browser.fill("from", from).await;
        browser.fill("to", from).await;
        browser.follow("main button[name=\"periksa\"]").await;
        browser.wait_for_text("[role=\"status\"]", answer).await;
        let kept = "return document.querySelector('[name=from]').value";
        assert_eq!(browser.value_of(kept).await, from);
        judge(&browser, answer).await;
    }
    browser.goto("/orang/baru").await;
    browser.fill("full_name", "Contoh Operator").await;
    browser.fill("birth_date", "15/03/1995").await;
    browser.follow("main button[name=\"periksa\"]").await;
    browser.wait_for_text(".like", "tanggal lahir sama").await;
    judge(&browser, "a registration").await;
    browser.close().await;
}
