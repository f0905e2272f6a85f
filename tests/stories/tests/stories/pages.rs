//! Pages of a running office: forms make the same events as the API, once; names are shown as they are; and
//! each person sees what the API lets him see.

use jejak_rig::{browser::Browser, office::Office};
use serde_json::{Value, json};

use crate::accounts::{PPK, signed_in, signed_in_to_demo};

/// The fields of the form for a person.
fn person<'a>(key: &'a str, nik: &'a str, name: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("kunci", key),
        ("nik", nik),
        ("full_name", name),
        ("birth_date", "01/01/1997"),
        ("sex", "male"),
        ("domicile_code", "6171"),
        ("citizenship", "WNI"),
        ("education.level", "D3"),
        ("education.major", "Teknik Informatika"),
        ("education.institution", "Politeknik Negeri Contoh"),
        ("education.gpa", "3,10"),
        ("education.accredited", "1"),
    ]
}

/// The id in the address of a person's page, such as `/orang/<id>?posisi=7`.
fn id_in(location: &str) -> String {
    let rest = location.strip_prefix("/orang/").unwrap();
    rest.split('?').next().unwrap().to_owned()
}

/// Registers a person by the form. Returns his id.
pub(crate) async fn register(browser: &mut Browser, nik: &str, name: &str) -> String {
    let form = browser.get("/orang/baru").await;
    let sent = browser
        .post("/orang/baru", &person(form.key(), nik, name))
        .await;
    let location = sent
        .location
        .unwrap_or_else(|| panic!("{}: {}", sent.status, sent.html));
    // The page shows what was done, so every later page does.
    assert_eq!(browser.get(&location).await.status, 200);
    id_in(&location)
}

/// The types of a person's events and their clear data, with the ids that differ between people taken out.
async fn events_of(office: &Office, id: &str) -> Vec<(String, Vec<String>)> {
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let stream = format!("/v1/events?stream=operator/{id}");
    let text = auditor.get(&stream).await.text().await.unwrap();
    let events = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    events
        .map(|event| {
            let event = if event["event"].is_object() {
                &event["event"]
            } else {
                &event
            };
            let members = event["data"].as_object().unwrap().iter();
            let own = [
                "operator_id",
                "contract_id",
                "personal",
                "particulars",
                "spk_number",
            ];
            let members = members.filter(|(name, _)| !own.contains(&name.as_str()));
            let members = members.map(|(name, value)| match value {
                Value::String(text) if text.len() > 40 => format!("{name} sealed"),
                value => format!("{name} {value}"),
            });
            (
                event["type"].as_str().unwrap().to_owned(),
                members.collect(),
            )
        })
        .collect()
}

/// Goal: from registering to a voided contract, forms give what the API gives. Method: two people of the
/// same particulars, one by forms and one by commands; their events and records are compared.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forms_make_the_same_events_as_the_api() {
    let office = Office::up(true).await;
    let mut browser = signed_in_to_demo(&office, PPK).await;
    let by_form = register(&mut browser, "6171020101970011", "Orang Formulir").await;
    let path = format!("/orang/{by_form}/kontrak");
    let form = browser.get(&path).await;
    let contract = [
        ("kunci", form.key()),
        ("package_id", "2021-tenaga-it"),
        ("spk_number", "800/7/SPK/BKPSDM/2021"),
        ("spk_date", "31/12/2020"),
        ("start", "1/1/2021"),
        ("end", "31/12/2021"),
        ("monthly.wage", "Rp 2.800.000"),
        ("monthly.health_insurance", "112.000"),
        ("monthly.employment_insurance", "15120"),
        ("integrity_pact", "1"),
    ];
    let hired = browser.post(&path, &contract).await;
    assert_eq!(hired.status, 303, "{}", hired.html);
    let page = browser.get(&hired.location.unwrap()).await;
    assert!(
        page.html.contains("800/7/SPK/BKPSDM/2021"),
        "people see what they did"
    );
    let officer = office.http_as(PPK, &["officer"]);
    let record = officer.json(&format!("/v1/operators/{by_form}")).await;
    let contract_id = record["contracts"][0]["contract_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let void = format!("/orang/{by_form}/kontrak/{contract_id}/batal");
    let form = browser.get(&void).await;
    let voided = browser
        .post(&void, &[("kunci", form.key()), ("reason", "salah ketik")])
        .await;
    assert_eq!(voided.status, 303, "{}", voided.html);

    let body = json!({"nik": "6171020101970012", "full_name": "Orang Antarmuka", "birth_date": "1997-01-01",
        "sex": "male", "domicile_code": "6171", "citizenship": "WNI",
        "education": {"level": "D3", "major": "Teknik Informatika",
            "institution": "Politeknik Negeri Contoh", "gpa": "3.10", "accredited": true}});
    let (status, answer) = officer.command("register-operator", "api-1", &body).await;
    assert_eq!(status, 200, "{answer}");
    let by_api = answer["operator_id"].as_str().unwrap().to_owned();
    let body = json!({"operator_id": by_api, "package_id": "2021-tenaga-it",
        "spk_number": "800/8/SPK/BKPSDM/2021", "spk_date": "2020-12-31", "start": "2021-01-01",
        "end": "2021-12-31", "integrity_pact": true, "monthly": {"wage": "2800000",
            "health_insurance": "112000", "employment_insurance": "15120"}});
    let (status, answer) = officer.command("hire-operator", "api-2", &body).await;
    assert_eq!(status, 200, "{answer}");
    let body = json!({"operator_id": by_api, "contract_id": answer["contract_id"],
        "reason": "salah ketik"});
    let (status, answer) = officer.command("void-contract", "api-3", &body).await;
    assert_eq!(status, 200, "{answer}");

    let (of_form, of_api) = (
        events_of(&office, &by_form).await,
        events_of(&office, &by_api).await,
    );
    assert_eq!(of_form.len(), 3, "{of_form:?}");
    assert_eq!(of_form, of_api);
    let path = format!("/v1/operators/{by_api}?min_position={}", answer["position"]);
    let of_api = officer.json(&path).await;
    let of_form = officer.json(&format!("/v1/operators/{by_form}")).await;
    for member in [
        "birth_date",
        "sex",
        "domicile_code",
        "citizenship",
        "education",
    ] {
        assert_eq!(
            of_form["profile"][member], of_api["profile"][member],
            "{member}"
        );
    }
    for member in [
        "start",
        "end",
        "spk_date",
        "monthly",
        "value",
        "status",
        "package_id",
    ] {
        let of = |record: &Value| record["contracts"][0][member].clone();
        assert_eq!(of(&of_form), of(&of_api), "{member}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_sent_twice_is_one_event() {
    let office = Office::up(false).await;
    let mut browser = signed_in(&office, PPK, PPK, "officer").await;
    let form = browser.get("/orang/baru").await;
    let fields = person(form.key(), "6171020101970011", "Orang Sekali");
    let first = browser.post("/orang/baru", &fields).await.location.unwrap();
    let second = browser.post("/orang/baru", &fields).await.location.unwrap();
    assert_eq!(first, second);
    assert_eq!(events_of(&office, &id_in(&first)).await.len(), 1);
    // Another body under the key of a command that was done is refused, and gets a new key.
    let other = person(form.key(), "6171020101970011", "Orang Lain");
    let refused = browser.post("/orang/baru", &other).await;
    assert_eq!(refused.status, 409, "{}", refused.html);
    assert_ne!(refused.key(), form.key());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_value_is_told_at_its_field_and_what_was_typed_stays() {
    let office = Office::up(false).await;
    let mut browser = signed_in(&office, PPK, PPK, "officer").await;
    let form = browser.get("/orang/baru").await;
    for (name, wrong) in [
        ("birth_date", "31/02/1997"),
        ("nik", "123"),
        ("education.gpa", "lima"),
    ] {
        let mut fields = person(form.key(), "6171020101970011", "Orang Salah");
        fields.retain(|(field, _)| *field != name);
        fields.push((name, wrong));
        let refused = browser.post("/orang/baru", &fields).await;
        assert!(
            [400, 422].contains(&refused.status),
            "{name}: {}",
            refused.status
        );
        let at_field = refused.html.contains(&format!("id=\"{name}-salah\""));
        assert!(at_field, "{name}: {}", refused.html);
        assert!(
            refused.html.contains(&format!("value=\"{wrong}\"")),
            "{name}"
        );
        assert!(refused.html.contains("value=\"Orang Salah\""));
        assert_eq!(refused.key(), form.key(), "the same form, the same key");
    }
    let empty = browser.post("/orang/baru", &[("kunci", form.key())]).await;
    assert_eq!(empty.status, 400);
    for field in ["nik-salah", "full_name-salah", "birth_date-salah"] {
        assert!(empty.html.contains(field), "{field}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_shown_and_never_run() {
    let office = Office::up(false).await;
    let mut browser = signed_in(&office, PPK, PPK, "officer").await;
    let long = "n".repeat(2_000);
    let names = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        &long,
    ];
    for (n, name) in names.into_iter().enumerate() {
        let nik = format!("617102010197001{n}");
        let id = register(&mut browser, &nik, name).await;
        for path in [
            format!("/orang/{id}"),
            "/orang".to_owned(),
            format!("/orang/{id}/perbaiki"),
        ] {
            let page = browser.get(&path).await;
            assert_eq!(page.status, 200, "{path}");
            // The page's own script is the only one.
            let scripts: Vec<_> = page.html.match_indices("<script").collect();
            assert_eq!(scripts.len(), 1, "{path}");
            assert!(page.html.contains("<script src=\"/aset/jejak-"), "{path}");
            assert!(!page.html.contains("<img"), "{path}");
        }
    }
    let list = browser.get("/orang").await.html;
    assert!(list.contains(&long) && list.contains("&#60;script&#62;"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_sees_his_own_records_alone() {
    let office = Office::up(true).await;
    let officer = office.http_as(PPK, &["officer"]);
    let people = officer.json("/v1/operators").await;
    let name = "Contoh Operator Satu";
    let people = people["items"].as_array().unwrap();
    let (own, others): (Vec<&Value>, Vec<&Value>) = people
        .iter()
        .partition(|person| person["profile"]["full_name"] == name);
    let ids = [own[0], others[0]].map(|person| person["operator_id"].as_str().unwrap());
    let id = |n: usize| ids[n];
    let mut browser = signed_in_to_demo(&office, "operator-satu").await;
    let own = browser.get("/").await;
    assert!(own.status == 200 && own.html.contains(name), "{}", own.html);
    let page = browser.get(&format!("/orang/{}", id(0))).await;
    assert_eq!(page.status, 200);
    assert!(
        !page.html.contains("/perbaiki"),
        "no button that would be refused"
    );
    for path in [
        format!("/orang/{}", id(1)),
        "/orang".to_owned(),
        "/orang/baru".to_owned(),
    ] {
        assert_eq!(browser.get(&path).await.status, 403, "{path}");
    }
    let form = [("kunci", "k-1"), ("reason", "x")];
    let sent = browser
        .post(&format!("/orang/{}/perbaiki", id(0)), &form)
        .await;
    assert_eq!(sent.status, 403, "{}", sent.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_gets_a_page_for_every_refusal_and_a_program_gets_json() {
    let office = Office::up(false).await;
    let mut browser = Browser::new(&office.http.base);
    let page = browser.get("/tidak-ada").await;
    assert!(
        page.status == 404 && page.html.contains("<h1>"),
        "{}",
        page.html
    );
    let method = browser.post("/orang", &[]).await;
    assert!(
        method.status == 405 && method.html.contains("<h1>"),
        "{}",
        method.html
    );
    let api = browser.get("/v1/packages").await;
    assert!(
        api.status == 401 && api.html.starts_with('{'),
        "{}",
        api.html
    );
    let program = office.http.get("/tidak-ada").await;
    assert_eq!(
        program.headers()["content-type"],
        "application/problem+json"
    );
}
