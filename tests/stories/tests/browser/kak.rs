//! The KAK of 2020, played wholly through pages by the people of an office, each in a browser of his own.

use std::collections::BTreeMap;

use jejak_rig::{chromium::Chromium, office::Office, process};
use jejak_stories::kak;
use serde_json::{Value, json};

/// The steps of the demonstration, which commands play elsewhere.
const STEPS: &str = include_str!("../../../../deploy/demo/kak-2020.json");
const PASSWORD: &str = "kuda biru di laut";
const ADMINISTRATION: &str = "admin-bkpsdm";
const PPK: &str = "197701161997031006";
const PPTK: &str = "198203052006042001";
const AUDITOR: &str = "auditor-bkpsdm";

/// The people of the office with their browsers, and the ids that steps made.
struct Play {
    browsers: BTreeMap<String, Chromium>,
    saved: BTreeMap<String, String>,
}

/// Adds an account, and chooses its password behind its link.
async fn browser_of(office: &Office, subject: &str, role: &str) -> Chromium {
    let arguments = [
        "account",
        "add",
        "--subject",
        subject,
        "--role",
        role,
        "--data",
        "data",
    ];
    let (status, link, stderr) = process::run(office.dir(), &arguments);
    assert!(status.success(), "{stderr}");
    let browser = Chromium::open(&office.http.base).await;
    let at = link.find("/sandi/").expect("a link has its path");
    browser.goto(link[at..].trim()).await;
    browser.fill("sandi", PASSWORD).await;
    browser.fill("ulang", PASSWORD).await;
    browser.follow("main button").await;
    browser.sign_in(subject, PASSWORD).await;
    browser
}

/// What a clerk types for a value of a command: `31/12/2020`, `2.601.875`, `3,10`.
fn typed(path: &str, value: &str) -> String {
    let parts: Vec<_> = value.split('-').collect();
    match parts[..] {
        [year, month, day] if year.len() == 4 && month.len() == 2 && day.len() == 2 => {
            return format!("{day}/{month}/{year}");
        }
        _ => {}
    }
    if path == "education.gpa" {
        return value.replace('.', ",");
    }
    if path.starts_with("monthly.") || path == "budget_ceiling" {
        let digits: Vec<char> = value.chars().rev().collect();
        let groups = digits
            .chunks(3)
            .map(|group| group.iter().collect::<String>());
        let grouped = groups.collect::<Vec<_>>().join(".");
        return grouped.chars().rev().collect();
    }
    value.to_owned()
}

/// The fields of a command's body, by their paths.
fn fields(body: &Value, outer: &str, found: &mut Vec<(String, Value)>) {
    for (name, value) in body.as_object().unwrap() {
        let path = if outer.is_empty() {
            name.clone()
        } else {
            format!("{outer}.{name}")
        };
        match value {
            Value::Object(_) => fields(value, &path, found),
            value => found.push((path, value.clone())),
        }
    }
}

/// Fills in one field of the form that is open, by what it is.
async fn fill(browser: &Chromium, path: &str, value: &Value) {
    let field = browser.find(&format!("main [name=\"{path}\"]")).await;
    let is = |kind: &str| format!("option[value=\"{kind}\"]");
    match (field.tag_name().await.unwrap().as_str(), value) {
        ("select", Value::String(code)) => {
            let option = browser
                .find(&format!("main [name=\"{path}\"] {}", is(code)))
                .await;
            option.click().await.unwrap();
        }
        (_, Value::Bool(wanted)) => {
            if field.is_selected().await.unwrap() != *wanted {
                field.click().await.unwrap();
            }
        }
        (_, value) => {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), |text| typed(path, text));
            browser.fill(path, &text).await;
        }
    }
}

impl Play {
    /// The body of a step with the ids that earlier steps made.
    fn body(&self, body: &Value) -> Value {
        let mut text = body.to_string();
        // The longer names first: `$op1.contract` holds `$op1`.
        for (name, id) in self.saved.iter().rev() {
            text = text.replace(&format!("\"${name}\""), &format!("\"{id}\""));
        }
        serde_json::from_str(&text).unwrap()
    }

    /// Opens the form of a command, fills it in and sends it.
    async fn send_form(&self, browser: &Chromium, step: &Step, body: &Value, address: &str) {
        browser.goto(address).await;
        let mut all = vec![];
        fields(body, "", &mut all);
        for (path, value) in &all {
            // Ids stand in the address.
            let is_there =
                path.ends_with("_id") && address.contains(value.as_str().unwrap_or("\n"));
            if !is_there {
                fill(browser, path, value).await;
            }
        }
        browser
            .picture(&format!("kak-{:02}-{}", step.number, step.command))
            .await;
        browser.follow("main form button.btn-main").await;
    }

    /// Fills in a row of the sheet of a month, and saves it in place.
    async fn appraise(&self, browser: &Chromium, step: &Step, body: &Value) {
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        let (month, contract) = (text("month"), text("contract_id"));
        let signed = body["signed_on"].as_str().map(|day| typed("", day));
        let signed = signed.unwrap_or_default();
        browser
            .goto(&format!(
                "/penilaian?bulan={month}&paket=2020-tenaga-it&tanggal={signed}"
            ))
            .await;
        let row = format!("#b-{contract}");
        if step.command == "waive-month" {
            browser.press(&format!("{row} summary")).await;
            browser
                .find(&format!("#w-{contract}"))
                .await
                .send_keys(&text("reason"))
                .await
                .unwrap();
            browser.press(&format!("{row} details button")).await;
            browser.wait_for(&format!("{row} [data-buka]")).await;
            return;
        }
        if step.command == "correct-monthly-appraisal" {
            browser.press(&format!("{row} a[data-buka]")).await;
            let reason = browser.wait_for(&format!("#a-{contract}")).await;
            reason.send_keys(&text("reason")).await.unwrap();
        }
        for (indicator, score) in body["scores"].as_object().unwrap() {
            let field = format!("[form=\"n-{contract}\"][name=\"scores.{indicator}\"]");
            let field = browser.find(&field).await;
            field.clear().await.unwrap();
            field.send_keys(&score.to_string()).await.unwrap();
        }
        browser
            .picture(&format!("kak-{:02}-{}", step.number, step.command))
            .await;
        browser.press(&format!("#n-{contract} button")).await;
        // The row is saved once it has a way to correct it and no fields.
        browser
            .wait_for(&format!("{row}:not(:has(input[data-nilai])) a[data-buka]"))
            .await;
    }

    /// Proposes an evaluation, or makes it final.
    async fn evaluate(&self, browser: &Chromium, step: &Step, body: &Value) {
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        let (signed, contract) = (typed("", &text("signed_on")), text("contract_id"));
        browser
            .goto(&format!(
                "/evaluasi?tahun=2020&paket=2020-tenaga-it&tanggal={signed}"
            ))
            .await;
        let row = format!("#b-{contract}");
        let button = browser.find(&format!("{row} .do button")).await;
        let label = button.text().await.unwrap();
        browser
            .picture(&format!("kak-{:02}-{}", step.number, step.command))
            .await;
        button.click().await.unwrap();
        match step.refused.as_deref() {
            Some(_) => browser.wait_for(&format!("{row} .error")).await,
            None => {
                let status = if label.contains("Usulkan") {
                    "Diusulkan"
                } else {
                    "Final"
                };
                browser.wait_for_text(&row, status).await
            }
        };
    }

    /// Keeps the id that a step made, as the page of the person shows it.
    async fn save(&mut self, account: &str, name: &str, step: &Step) {
        let browser = &self.browsers[account];
        let id = match step.command.as_str() {
            "register-operator" => {
                let path = browser.path().await;
                let rest = path
                    .strip_prefix("/orang/")
                    .unwrap_or_else(|| panic!("{path}"));
                rest.split('?').next().unwrap().to_owned()
            }
            "hire-operator" => {
                let link = browser
                    .find("a[href*=\"/kontrak/\"][href$=\"/ubah\"]")
                    .await;
                part_before_last(&link.attr("href").await.unwrap().unwrap())
            }
            _ => {
                let from = step.body["from"].as_str().unwrap().to_owned();
                let id = browser
                    .value_of(&format!(
                        "return [...document.querySelectorAll('a[href*=\"/cuti/\"][href$=\"/batal\"]')]\
                        .map(link => [link.closest('tr').textContent, link.pathname])\
                        .find(([text]) => text.includes(' {}'))?.[1]",
                        month_name(&from)
                    ))
                    .await;
                part_before_last(id.as_str().unwrap())
            }
        };
        self.saved.insert(name.to_owned(), id);
    }
}

fn part_before_last(path: &str) -> String {
    path.rsplit('/').nth(1).unwrap().to_owned()
}

fn month_name(day: &str) -> &'static str {
    match day.get(5..7) {
        Some("10") => "Oktober",
        Some("11") => "November",
        _ => "Desember",
    }
}

struct Step {
    number: usize,
    command: String,
    account: String,
    body: Value,
    save: Option<String>,
    refused: Option<String>,
}

fn steps() -> Vec<Step> {
    let script: Value = serde_json::from_str(STEPS).unwrap();
    let steps = script["steps"].as_array().unwrap().iter().enumerate();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    steps
        .map(|(number, step)| Step {
            number,
            command: text(&step["command"]).unwrap(),
            account: text(&step["as"]).unwrap(),
            body: step["body"].clone(),
            save: text(&step["save"]),
            refused: text(&step["refused"]),
        })
        .collect()
}

/// The address of a command's form.
fn address(command: &str, body: &Value) -> String {
    let id = |name: &str| body[name].as_str().unwrap_or_default();
    match command {
        "publish-terms" => "/paket/baru".to_owned(),
        "assign-officer" => format!("/paket/{}/pejabat", id("package_id")),
        "declare-holiday" => "/kalender/tetapkan".to_owned(),
        "revoke-holiday" => "/kalender/cabut".to_owned(),
        "register-operator" => "/orang/baru".to_owned(),
        "hire-operator" => format!("/orang/{}/kontrak", id("operator_id")),
        "record-leave" => format!("/orang/{}/cuti", id("operator_id")),
        "cancel-leave" => format!("/orang/{}/cuti/{}/batal", id("operator_id"), id("leave_id")),
        other => panic!("{other} has no form of its own"),
    }
}

/// The events of an office without what differs between two plays: ids, times, and what is sealed.
async fn events(office: &Office) -> Vec<Value> {
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let text = auditor
        .get("/v1/events?limit=10000")
        .await
        .text()
        .await
        .unwrap();
    let mut ids = BTreeMap::new();
    text.lines()
        .map(|line| {
            let event: Value = serde_json::from_str(line).unwrap();
            json!({ "type": event["type"], "data": plain(&event["data"], &mut ids) })
        })
        .collect()
}

/// Whether a text is a UUID, or a pseudonym such as `officer/<uuid>`.
fn is_id(text: &str) -> bool {
    let last = text.rsplit('/').next().unwrap_or_default();
    last.len() == 36 && last.matches('-').count() == 4
}

/// A value with each id as its number of first appearance, and each sealed text as its being there.
fn plain(value: &Value, ids: &mut BTreeMap<String, usize>) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), plain(value, ids)))
            .collect(),
        Value::Array(items) => items.iter().map(|item| plain(item, ids)).collect(),
        // Ids and digests are of one office: made by its keys, or by chance.
        Value::String(text) if is_id(text) || text.starts_with("digest/") => {
            let next = ids.len();
            json!(format!("id {}", ids.entry(text.clone()).or_insert(next)))
        }
        Value::String(text) if text.len() > 40 && !text.contains(' ') => json!("sealed"),
        value => value.clone(),
    }
}

/// Goal: what an office does through pages is what the API records. Method: every step of the demonstration
/// is typed into its page by whom it concerns; then the events are those of the demonstration.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_kak_is_played_through_pages() {
    let office = Office::up(false).await;
    let mut play = Play {
        browsers: BTreeMap::new(),
        saved: BTreeMap::new(),
    };
    for (account, role) in [
        (ADMINISTRATION, "admin"),
        (PPK, "officer"),
        (PPTK, "officer"),
    ] {
        let browser = browser_of(&office, account, role).await;
        play.browsers.insert(account.to_owned(), browser);
    }
    for step in steps() {
        let browser = &play.browsers[&step.account];
        let body = play.body(&step.body);
        match (step.command.as_str(), step.refused.as_deref()) {
            // A month outside the contract has no row, and a saved or final one no fields: nothing can be sent.
            ("submit-monthly-appraisal", Some(_)) => {
                let (month, contract) = (
                    body["month"].as_str().unwrap(),
                    body["contract_id"].as_str().unwrap(),
                );
                browser
                    .goto(&format!("/penilaian?bulan={month}&paket=2020-tenaga-it"))
                    .await;
                browser.find("main h1").await;
                browser.has_no(&format!("[form=\"n-{contract}\"]")).await;
            }
            ("correct-monthly-appraisal", Some(_)) => {
                let contract = body["contract_id"].as_str().unwrap();
                browser
                    .goto("/penilaian?bulan=2020-12&paket=2020-tenaga-it")
                    .await;
                browser.find(&format!("#b-{contract}")).await;
                browser.has_no(&format!("#b-{contract} a[data-buka]")).await;
            }
            ("submit-monthly-appraisal" | "correct-monthly-appraisal" | "waive-month", None) => {
                play.appraise(browser, &step, &body).await;
            }
            ("propose-evaluation" | "finalize-evaluation", _) => {
                play.evaluate(browser, &step, &body).await;
            }
            (command, refused) => {
                play.send_form(browser, &step, &body, &address(command, &body))
                    .await;
                match refused {
                    Some(_) => browser.find("main .error, main #salah").await,
                    None => browser.find(".note-good").await,
                };
            }
        }
        if let Some(name) = &step.save {
            play.save(&step.account.clone(), name, &step).await;
        }
    }

    let position = u64::try_from(events(&office).await.len()).unwrap();
    let auditor = office.http_as("auditor-1", &["auditor"]);
    kak::check(&auditor, &play.saved, position).await;
    let demo = Office::up(true).await;
    let (typed, sent) = (events(&office).await, events(&demo).await);
    for (number, (typed, sent)) in typed.iter().zip(&sent).enumerate() {
        assert_eq!(typed, sent, "event {number}");
    }
    assert_eq!(typed.len(), sent.len());

    // The person and the auditor see what was done.
    let person = browser_of(&office, &play.saved["op1"], "operator").await;
    person.goto("/?tahun=2020").await;
    person.wait_for_text("main", "Contoh Operator Satu").await;
    person.picture("kak-person").await;
    let reader = browser_of(&office, AUDITOR, "auditor").await;
    reader.goto("/audit").await;
    reader.wait_for_text("main", "57").await;
    reader.picture("kak-auditor").await;
    for browser in play.browsers.into_values().chain([person, reader]) {
        let mut complaints = browser.complaints().await;
        // A refusal of a rule is answered 422, which a browser notes too.
        complaints.retain(|complaint| !complaint.contains("status of 422"));
        assert_eq!(complaints, Vec::<String>::new());
        browser.close().await;
    }
}
