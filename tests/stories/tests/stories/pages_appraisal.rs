//! The pages of a PPK and a PPTK in a running office: a month is appraised row by row, a refusal stands at its
//! row with what was typed, evaluations are signed, and a list is taken as a file.

use jejak_rig::{
    browser::{Browser, PageAnswer},
    http::Http,
    office::Office,
};
use serde_json::{Value, json};

use crate::accounts::{PPK, signed_in, signed_in_to_demo};

const PPTK: &str = "198203052006042001";
const PACKAGE: &str = "2021-lembar";
const SCORES: [(&str, &str); 7] = [
    ("scores.attendance", "4"),
    ("scores.roll_call", "4"),
    ("scores.completion", "3"),
    ("scores.timeliness", "3"),
    ("scores.quality", "3"),
    ("scores.obligations", "2"),
    ("scores.prohibitions", "2"),
];

/// A person with a contract in the package.
#[derive(Clone)]
struct Hired {
    operator: String,
    contract: String,
    name: String,
}

/// An office with a package of 2021 in which so many people are hired for January and February.
async fn office_with(people: usize) -> (Office, Vec<Hired>) {
    let office = Office::up(true).await;
    let admin = office.http_as("admin-1", &["admin"]);
    let terms = json!({"package_id": PACKAGE, "title": "Lembar nilai", "agency": "BKPSDM Kota Pontianak",
        "fiscal_year": 2021, "fund_source": "APBD", "budget_ceiling": "900000000", "quota": 60,
        "period": {"start": "2021-01-01", "end": "2021-02-28"}});
    given(&admin, "publish-terms", "terms", &terms).await;
    for (role, nip) in [("ppk", PPK), ("pptk", PPTK)] {
        let body = json!({"package_id": PACKAGE, "role": role, "from": "2021-01-01",
            "officer": {"nip": nip, "name": format!("Pejabat {role}")}});
        given(&admin, "assign-officer", role, &body).await;
    }
    let officer = office.http_as(PPK, &["officer"]);
    let mut hired = Vec::new();
    for n in 0..people {
        let name = format!("Penyedia {n:02}");
        let body = json!({"nik": format!("61710201019700{:02}", n + 20), "full_name": name,
            "birth_date": "1997-01-01", "sex": "male", "domicile_code": "6171", "citizenship": "WNI",
            "education": {"level": "D3", "major": "Teknik Informatika",
                "institution": "Politeknik Negeri Contoh", "gpa": "3.10", "accredited": true}});
        let answer = given(&officer, "register-operator", &format!("r-{n}"), &body).await;
        let operator = text(&answer["operator_id"]);
        let body = json!({"operator_id": operator, "package_id": PACKAGE,
            "spk_number": format!("800/{n}/LEMBAR"), "spk_date": "2020-12-31", "start": "2021-01-01",
            "end": "2021-02-28", "integrity_pact": true, "monthly": {"wage": "2800000",
                "health_insurance": "112000", "employment_insurance": "15120"}});
        let answer = given(&officer, "hire-operator", &format!("h-{n}"), &body).await;
        let contract = text(&answer["contract_id"]);
        hired.push(Hired {
            operator,
            contract,
            name,
        });
    }
    (office, hired)
}

async fn given(http: &Http, command: &str, key: &str, body: &Value) -> Value {
    let (status, answer) = http.command(command, &format!("lembar-{key}"), body).await;
    assert_eq!(status, 200, "{command}: {answer}");
    answer
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn month(month: &str, further: &str) -> String {
    format!("/penilaian?bulan={month}&paket={PACKAGE}{further}")
}

/// The part of a page about one contract.
fn row<'a>(page: &'a PageAnswer, hired: &Hired) -> &'a str {
    let begin = format!("id=\"b-{}\"", hired.contract);
    let after = page.html.split(&begin).nth(1);
    let after = after.unwrap_or_else(|| panic!("no row of {}: {}", hired.name, page.html));
    after.split("</tbody>").next().unwrap()
}

/// The value of the first field of a row with this name.
fn field<'a>(row: &'a str, name: &str) -> &'a str {
    let after = row.split(&format!("name=\"{name}\" value=\"")).nth(1);
    let value = after.and_then(|rest| rest.split('"').next());
    value.unwrap_or_else(|| panic!("no {name}: {row}"))
}

/// The address that the forms of a row are sent to.
fn action(row: &str) -> String {
    let after = row.split("action=\"").nth(1).unwrap();
    after.split('"').next().unwrap().replace("&#38;", "&")
}

/// The fields of a row as a browser sends them, with these scores and further fields.
fn filled<'a>(
    row: &'a str,
    scores: &[(&'a str, &'a str)],
    further: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let hidden = ["kunci", "perintah", "operator", "contract", "tanggal"];
    let mut fields: Vec<_> = hidden
        .iter()
        .map(|name| (*name, field(row, name)))
        .collect();
    fields.extend(scores);
    fields.extend(further);
    fields
}

async fn send(browser: &mut Browser, row: &str, fields: &[(&str, &str)]) -> PageAnswer {
    browser.post(&action(row), fields).await
}

/// The events of a person about appraisals and evaluations: the type and the clear data.
async fn events_of(office: &Office, hired: &Hired) -> Vec<(String, Value)> {
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let path = format!("/v1/events?stream=operator/{}", hired.operator);
    let lines = auditor.get(&path).await.text().await.unwrap();
    let events = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let events = events.map(|event| match &event["event"] {
        Value::Null => event,
        inner => inner.clone(),
    });
    events
        .map(|event| (text(&event["type"]), event["data"].clone()))
        .filter(|(kind, _)| kind.contains(".appraisal.") || kind.contains(".evaluation."))
        .collect()
}

/// The data of an event without what differs between two months, and without the sealed part.
fn same_in_any_month(mut data: Value) -> Value {
    for member in ["month", "signed_on", "personal"] {
        data.as_object_mut().unwrap().remove(member);
    }
    data
}

/// Goal: a month that ten people are appraised in by forms has the events that the API makes. Method: January by
/// forms, February by commands, the same scores.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sheet_filled_row_by_row_makes_the_same_events_as_the_api() {
    let (office, people) = office_with(10).await;
    let officer = office.http_as(PPK, &["officer"]);
    let mut browser = signed_in_to_demo(&office, PPK).await;
    let mut address = month("2021-01", "&tanggal=31%2F1%2F2021&hanya=terbuka");
    for (n, hired) in people.iter().enumerate() {
        let page = browser.get(&address).await;
        assert_eq!(page.status, 200, "{}", page.html);
        let at = row(&page, hired);
        assert!(
            !at.contains("Terlambat"),
            "seen from the day of signature: {at}"
        );
        if n > 0 {
            assert!(at.contains("autofocus"), "the next person follows: {at}");
        }
        let saved = send(&mut browser, at, &filled(at, &SCORES, &[])).await;
        assert_eq!(saved.status, 303, "{}", saved.html);
        address = saved.location.unwrap();
    }
    let page = browser.get(&address).await;
    assert!(page.html.contains("10 dari 10"), "{}", page.html);
    assert!(
        page.html
            .contains(&format!("Tersimpan: {}.", people[9].name))
    );
    assert!(!page.html.contains("data-baris"), "nothing is open");
    let codes = SCORES.iter().map(|(name, score)| {
        let code = name.strip_prefix("scores.").unwrap();
        (code.to_owned(), json!(score.parse::<u8>().unwrap()))
    });
    let scores: Value = codes.collect::<serde_json::Map<_, _>>().into();
    for (n, hired) in people.iter().enumerate() {
        let body = json!({"operator_id": hired.operator, "contract_id": hired.contract,
            "month": "2021-02", "scores": scores, "signed_on": "2021-02-28"});
        let key = format!("february-{n}");
        given(&officer, "submit-monthly-appraisal", &key, &body).await;
        let events = events_of(&office, hired).await;
        let [(by_form, january), (by_api, february)] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!(by_form, by_api);
        assert_eq!(january["month"], "2021-01");
        assert_eq!(january["signed_on"], "2021-01-31");
        assert_eq!(
            same_in_any_month(january.clone()),
            same_in_any_month(february.clone())
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_month_asks_why_and_a_correction_is_refused_at_its_row_without_a_reason() {
    let (office, people) = office_with(2).await;
    let mut browser = signed_in_to_demo(&office, PPK).await;
    let page = browser.get(&month("2021-01", "")).await;
    let at = row(&page, &people[0]);
    assert!(
        at.contains("Terlambat") && at.contains("Alasan terlambat"),
        "{at}"
    );
    let reason_before_save = at.find("name=\"note\"") < at.find("<button");
    assert!(reason_before_save, "{at}");
    let wrong: Vec<_> = [("scores.attendance", "5"), ("scores.roll_call", "empat")]
        .into_iter()
        .chain(SCORES.into_iter().skip(2))
        .collect();
    let refused = send(
        &mut browser,
        at,
        &filled(at, &wrong[..1], &[("note", "surat terlambat datang")]),
    )
    .await;
    assert_eq!(refused.status, 422, "{}", refused.html);
    let again = row(&refused, &people[0]);
    assert!(
        again.contains("Belum tersimpan") && again.contains("role=\"alert\""),
        "{again}"
    );
    assert_eq!(field(again, "scores.attendance"), "5");
    assert_eq!(again.matches("aria-invalid").count(), 7, "{again}");
    assert_eq!(field(again, "note"), "surat terlambat datang");
    assert!(!row(&refused, &people[1]).contains("aria-invalid"));
    let word = send(&mut browser, again, &filled(again, &wrong[1..], &[])).await;
    assert_eq!(word.status, 400, "{}", word.html);
    assert_eq!(field(row(&word, &people[0]), "scores.roll_call"), "empat");

    let late = [("note", "surat terlambat datang")];
    let saved = send(&mut browser, again, &filled(again, &SCORES, &late)).await;
    assert_eq!(saved.status, 303, "{}", saved.html);
    let page = browser.get(&saved.location.unwrap()).await;
    let at = row(&page, &people[0]);
    assert!(
        at.contains("Terlambat") && at.contains("surat terlambat datang"),
        "{at}"
    );
    assert!(
        !at.contains("data-nilai"),
        "what is saved is not typed over: {at}"
    );
    let events = events_of(&office, &people[0]).await;
    assert_eq!((events.len(), &events[0].1["late"]), (1, &json!(true)));

    let open = month("2021-01", &format!("&perbaiki={}", people[0].contract));
    let page = browser.get(&open).await;
    let at = row(&page, &people[0]);
    assert!(at.find("name=\"reason\"") < at.find("<button"), "{at}");
    let mut other = SCORES;
    other[0].1 = "3";
    let refused = send(&mut browser, at, &filled(at, &other, &late)).await;
    assert_eq!(refused.status, 400, "{}", refused.html);
    let again = row(&refused, &people[0]);
    let reason = again.split("name=\"reason\"").nth(1).unwrap();
    assert!(
        reason.split('>').next().unwrap().contains("aria-invalid"),
        "{again}"
    );
    assert_eq!(field(again, "scores.attendance"), "3");
    let why = [
        ("note", "surat terlambat datang"),
        ("reason", "salah hitung apel"),
    ];
    let saved = send(&mut browser, again, &filled(again, &other, &why)).await;
    assert_eq!(saved.status, 303, "{}", saved.html);
    let page = browser.get(&saved.location.unwrap()).await;
    let at = row(&page, &people[0]);
    assert!(
        at.contains("revisi 2") && at.contains("salah hitung apel"),
        "{at}"
    );
    assert!(
        at.contains("surat terlambat datang"),
        "the note is kept: {at}"
    );
}

/// Goal: a large package is shown in parts, and a part stays where it is while rows are saved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_sheet_is_shown_in_parts() {
    let (office, people) = office_with(52).await;
    let mut browser = signed_in_to_demo(&office, PPK).await;
    let first = browser.get(&month("2021-01", "&hanya=terbuka")).await;
    assert_eq!(first.html.matches("data-baris").count(), 50);
    let next = first
        .html
        .split("href=\"")
        .find(|rest| rest.contains("dari="));
    let next = next.and_then(|rest| rest.split('"').next()).unwrap();
    let next = next.replace("&#38;", "&");
    let second = browser.get(&next).await;
    assert_eq!(second.html.matches("data-baris").count(), 2);
    let at = row(&second, &people[50]);
    let saved = send(&mut browser, at, &filled(at, &SCORES, &[])).await;
    assert_eq!(saved.status, 303, "{}", saved.html);
    let after = browser.get(&saved.location.unwrap()).await;
    assert_eq!(after.html.matches("data-baris").count(), 1);
    assert!(row(&after, &people[51]).contains("autofocus"));
    let unknown = browser
        .get("/penilaian?bulan=2021-01&paket=tidak-ada")
        .await;
    assert!(unknown.status == 404 && unknown.html.contains("<h1>"));
}

/// Goal: of two people with the same sheet the second does not write over the first without knowing it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_row_becomes_a_correction_with_what_was_typed() {
    let (office, people) = office_with(1).await;
    let mut browser = signed_in_to_demo(&office, PPK).await;
    let page = browser.get(&month("2021-01", "")).await;
    let stale = browser.get(&month("2021-01", "")).await;
    let first = row(&page, &people[0]);
    let fields = filled(first, &SCORES, &[]);
    let saved = send(&mut browser, first, &fields).await;
    let twice = send(&mut browser, first, &fields).await;
    assert_eq!((saved.status, &saved.location), (303, &twice.location));
    assert_eq!(
        events_of(&office, &people[0]).await.len(),
        1,
        "one key, one event"
    );

    let second = row(&stale, &people[0]);
    let mut other = SCORES;
    other[0].1 = "1";
    let refused = send(&mut browser, second, &filled(second, &other, &[])).await;
    assert_eq!(refused.status, 422, "{}", refused.html);
    let at = row(&refused, &people[0]);
    assert_eq!(
        (field(at, "perintah"), field(at, "scores.attendance")),
        ("correct", "1")
    );
    let why = [("reason", "yang lebih baru")];
    let corrected = send(&mut browser, at, &filled(at, &other, &why)).await;
    assert_eq!(corrected.status, 303, "{}", corrected.html);
    let events = events_of(&office, &people[0]).await;
    assert_eq!((events.len(), &events[1].1["revision"]), (2, &json!(2)));

    // Under the key of the first appraisal other scores are another command.
    let reused = send(&mut browser, first, &filled(first, &other, &[])).await;
    assert_eq!(reused.status, 409, "{}", reused.html);
    assert_eq!(events_of(&office, &people[0]).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_without_work_is_waived_with_a_reason() {
    let (office, people) = office_with(2).await;
    let mut browser = signed_in_to_demo(&office, PPK).await;
    let page = browser.get(&month("2021-02", "")).await;
    let waiver = |page: &PageAnswer| {
        let row = row(page, &people[1]);
        let form = row.split("<details").nth(1).unwrap().to_owned();
        (form, action(row))
    };
    let (form, to) = waiver(&page);
    let fields = |form: &str, reason: &str| {
        ["kunci", "perintah", "operator", "contract"]
            .map(|name| (name.to_owned(), field(form, name).to_owned()))
            .into_iter()
            .chain([("reason".to_owned(), reason.to_owned())])
            .collect::<Vec<_>>()
    };
    let post = async |browser: &mut Browser, fields: Vec<(String, String)>| {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        browser.post(&to, &fields).await
    };
    let refused = post(&mut browser, fields(&form, "")).await;
    assert_eq!(refused.status, 400, "{}", refused.html);
    let (form, _) = waiver(&refused);
    assert!(
        form.contains("aria-invalid") && form.starts_with(" open"),
        "{form}"
    );
    let waived = post(&mut browser, fields(&form, "cuti sebulan penuh")).await;
    assert_eq!(waived.status, 303, "{}", waived.html);
    let page = browser.get(&waived.location.unwrap()).await;
    let at = row(&page, &people[1]);
    assert!(
        at.contains("Dikecualikan") && at.contains("cuti sebulan penuh"),
        "{at}"
    );
    let open = month("2021-02", &format!("&perbaiki={}", people[1].contract));
    let page = browser.get(&open).await;
    let at = row(&page, &people[1]);
    let why = [("reason", "dikecualikan karena keliru")];
    let appraised = send(&mut browser, at, &filled(at, &SCORES, &why)).await;
    assert_eq!(appraised.status, 303, "{}", appraised.html);
    let events = events_of(&office, &people[1]).await;
    let kinds: Vec<_> = events.iter().map(|event| event.0.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "jejak.operator.appraisal.waived.v1",
            "jejak.operator.appraisal.corrected.v1"
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_may_not_appraise_read_the_sheet_or_get_the_answer_of_the_api() {
    let (office, people) = office_with(1).await;
    let address = month("2021-01", "");
    let mut ppk = signed_in_to_demo(&office, PPK).await;
    let page = ppk.get(&address).await;
    let at = row(&page, &people[0]);
    let fields = filled(at, &SCORES, &[]);

    let mut auditor = signed_in(&office, "auditor-9", "auditor-9", "auditor").await;
    let read = auditor.get(&address).await;
    assert_eq!(read.status, 200, "{}", read.html);
    let seen = row(&read, &people[0]);
    assert!(
        !seen.contains("<input") && !seen.contains("<button"),
        "{seen}"
    );
    assert_eq!(send(&mut auditor, at, &fields).await.status, 403);

    let mut operator = signed_in_to_demo(&office, "operator-satu").await;
    for path in [address.as_str(), "/evaluasi", "/seleksi", "/evaluasi.xlsx"] {
        assert_eq!(operator.get(path).await.status, 403, "{path}");
    }

    let mut pptk = signed_in_to_demo(&office, PPTK).await;
    let refused = send(&mut pptk, at, &fields).await;
    assert_eq!(refused.status, 422, "{}", refused.html);
    let said = row(&refused, &people[0]);
    assert!(said.contains("role=\"alert\""), "{said}");
    assert_eq!(field(said, "scores.attendance"), "4");
    assert_eq!(events_of(&office, &people[0]).await, []);
}

/// Goal: the two signatures of a year are given by the pages, and each refusal stands at its row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_evaluation_is_proposed_made_final_and_reopened() {
    let (office, people) = office_with(1).await;
    let hired = &people[0];
    let mut ppk = signed_in_to_demo(&office, PPK).await;
    let mut pptk = signed_in_to_demo(&office, PPTK).await;
    let evaluations = format!("/evaluasi?tahun=2021&paket={PACKAGE}");
    let step = async |browser: &mut Browser, page: &PageAnswer, further: &[(&str, &str)]| {
        let at = row(page, hired);
        let hidden = ["kunci", "perintah", "operator", "contract"];
        let mut fields: Vec<_> = hidden.iter().map(|name| (*name, field(at, name))).collect();
        fields.extend(further);
        browser.post(&action(at), &fields).await
    };
    let page = pptk.get(&evaluations).await;
    let refused = step(&mut pptk, &page, &[]).await;
    assert_eq!(refused.status, 422, "{}", refused.html);
    assert!(
        row(&refused, hired).contains("Januari 2021"),
        "{}",
        refused.html
    );
    for month_of in ["2021-01", "2021-02"] {
        let page = ppk.get(&month(month_of, "&tanggal=28%2F2%2F2021")).await;
        let at = row(&page, hired);
        let saved = send(&mut ppk, at, &filled(at, &SCORES, &[])).await;
        assert_eq!(saved.status, 303, "{}", saved.html);
        assert_eq!(ppk.get(&saved.location.unwrap()).await.status, 200);
    }
    let signed = [("tanggal", "28/2/2021")];
    let page = pptk.get(&evaluations).await;
    assert!(
        row(&page, hired).contains("btn-main"),
        "it is on the work list"
    );
    let proposed = step(&mut pptk, &page, &signed).await;
    assert_eq!(proposed.status, 303, "{}", proposed.html);
    let page = pptk.get(&proposed.location.unwrap()).await;
    assert!(row(&page, hired).contains("Diusulkan"));
    let refused = step(&mut pptk, &page, &signed).await;
    assert_eq!(refused.status, 422, "the proposer does not make it final");
    let page = ppk.get(&evaluations).await;
    let made = step(&mut ppk, &page, &signed).await;
    assert_eq!(made.status, 303, "{}", made.html);
    let page = ppk.get(&made.location.unwrap()).await;
    let sheet = ppk.get(&month("2021-01", "")).await;
    assert!(
        !row(&sheet, hired).contains("Perbaiki"),
        "a final year is not corrected"
    );
    let refused = step(&mut ppk, &page, &[]).await;
    assert_eq!(refused.status, 400, "{}", refused.html);
    assert!(
        row(&refused, hired).contains("aria-invalid"),
        "{}",
        refused.html
    );
    let reopened = step(&mut ppk, &refused, &[("reason", "nilai keliru")]).await;
    assert_eq!(reopened.status, 303, "{}", reopened.html);
    let kinds: Vec<_> = events_of(&office, hired)
        .await
        .into_iter()
        .map(|event| event.0)
        .collect();
    let kinds: Vec<_> = kinds
        .iter()
        .map(|kind| kind.split('.').nth(3).unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "submitted",
            "submitted",
            "proposed",
            "finalized",
            "reopened"
        ]
    );
}

/// Goal: a link of a page gives the file that the API gives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_taken_as_the_file_that_the_api_makes() {
    let office = Office::up(true).await;
    let mut browser = signed_in_to_demo(&office, PPK).await;
    let officer = office.http_as(PPK, &["officer"]);
    for (page, list) in [
        ("/evaluasi.csv?tahun=2020", "/v1/evaluations?year=2020"),
        ("/orang.csv?q=satu", "/v1/operators?q=satu"),
        (
            "/penilaian.csv?bulan=2020-11",
            "/v1/appraisals?month=2020-11",
        ),
        (
            "/seleksi.csv?paket=2021-tenaga-it",
            "/v1/packages/2021-tenaga-it/candidates",
        ),
        ("/paket.csv", "/v1/packages"),
        ("/cuti.csv?tahun=2020", "/v1/leave-balances?year=2020"),
        ("/pekerjaan.csv", "/v1/work"),
    ] {
        let file = browser.get(page).await;
        let asked = officer.request(reqwest::Method::GET, list);
        let answer = asked.header("accept", "text/csv").send().await.unwrap();
        assert_eq!(file.status, 200, "{page}: {}", file.html);
        assert_eq!(file.html, answer.text().await.unwrap(), "{page}");
        assert!(file.html.contains(';'), "{page}: {}", file.html);
    }
    let evaluations = browser.get("/evaluasi").await;
    assert!(
        evaluations.html.contains("/evaluasi.xlsx?tahun="),
        "{}",
        evaluations.html
    );
    let unknown = browser.get("/seleksi.xlsx?paket=tidak-ada").await;
    assert!(
        unknown.status == 404 && unknown.html.contains("<h1>"),
        "{}",
        unknown.html
    );
}
