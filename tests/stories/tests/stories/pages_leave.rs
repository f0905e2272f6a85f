//! Pages of leave and of a person's records: a check says what the API's dry run says and records nothing, forms
//! give the events of the API, a person sees his own, and a proof is checked outside the office.

use jejak_rig::{browser::Browser, http::Http, office::Office, process};
use jejak_stories::audited::signed;
use serde_json::{Value, json};

use crate::accounts::{PPK, signed_in, signed_in_to_demo};

/// The id of a person of the demonstration.
async fn id_of(officer: &Http, name: &str) -> String {
    let people = officer.json("/v1/operators").await;
    let mut people = people["items"].as_array().unwrap().iter();
    let found = people.find(|person| person["profile"]["full_name"] == name);
    found.unwrap()["operator_id"].as_str().unwrap().to_owned()
}

/// The last position of the log.
async fn position(http: &Http) -> u64 {
    let answer = http.json("/v1/leave-balances?limit=1").await;
    answer["position"].as_u64().unwrap()
}

/// Sends a form with the key that it was drawn with, and follows it to the page that shows what was done.
async fn send(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> String {
    let form = browser.get(path).await;
    assert_eq!(form.status, 200, "{path}: {}", form.html);
    let fields = [&[("kunci", form.key())], fields].concat();
    let sent = browser.post(path, &fields).await;
    let location = sent
        .location
        .unwrap_or_else(|| panic!("{path}: {} {}", sent.status, sent.html));
    let page = browser.get(&location).await;
    assert_eq!(page.status, 200, "{location}");
    page.html
}

/// The last event of a person: its type and its clear data.
async fn last_event(office: &Office, id: &str) -> (String, Value) {
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let stream = format!("/v1/events?stream=operator/{id}&limit=1000");
    let text = auditor.get(&stream).await.text().await.unwrap();
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let event = match &last["event"] {
        Value::Object(_) => &last["event"],
        _ => &last,
    };
    let mut data = event["data"].clone();
    data.as_object_mut().unwrap().remove("personal");
    (event["type"].as_str().unwrap().to_owned(), data)
}

/// Goal: a check shows the days and the balance of the API's dry run, and leaves nothing behind. Sending the same
/// form afterwards records the leave, and the page of the month shows it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_says_what_the_dry_run_says_and_records_nothing() {
    let office = Office::up(true).await;
    let officer = office.http_as(PPK, &["officer"]);
    let id = id_of(&officer, "Contoh Operator Satu").await;
    let body =
        json!({"operator_id": id, "kind": "annual", "from": "2020-12-22", "to": "2020-12-29"});
    let (status, dry) = officer
        .command("record-leave?dry_run=1", "dry", &body)
        .await;
    assert_eq!(status, 200, "{dry}");
    let leave = &dry["leave"];
    assert_eq!(
        leave["charged_dates"],
        json!(["2020-12-22", "2020-12-23", "2020-12-28", "2020-12-29"])
    );
    assert_eq!(
        (&leave["remaining_before"], &leave["remaining"]),
        (&json!(7), &json!(3))
    );
    let before = position(&officer).await;
    let mut browser = signed_in_to_demo(&office, PPK).await;
    let path = format!("/orang/{id}/cuti");
    let form = browser.get(&path).await;
    let typed = [
        ("kunci", form.key()),
        ("kind", "annual"),
        ("from", "22/12/2020"),
        ("to", "29/12/2020"),
    ];
    let check = [&typed[..], &[("periksa", "1")]].concat();
    let checked = browser.post(&path, &check).await;
    assert_eq!(checked.status, 200, "{}", checked.html);
    for said in ["4 hari: 22, 23, 28, 29 Desember 2020", "7, menjadi 3"] {
        assert!(checked.html.contains(said), "{said}: {}", checked.html);
    }
    assert_eq!(checked.key(), form.key(), "the same form, the same key");
    assert_eq!(position(&officer).await, before, "nothing was recorded");

    let sent = browser.post(&path, &typed).await;
    assert_eq!(sent.status, 303, "{}", sent.html);
    assert_eq!(browser.get(&sent.location.unwrap()).await.status, 200);
    let (kind, data) = last_event(&office, &id).await;
    assert_eq!(kind, "jejak.operator.leave.recorded.v1");
    for (member, value) in body.as_object().unwrap() {
        assert!(member == "operator_id" || data[member] == *value, "{data}");
    }
    let month = browser
        .get("/cuti?bulan=2020-12&paket=2020-tenaga-it")
        .await
        .html;
    assert!(month.contains("sisa 3 dari 12"), "{month}");
    let leave_id = data["leave_id"].as_str().unwrap();
    let cancel = format!("/orang/{id}/cuti/{leave_id}/batal");
    assert!(month.contains(&cancel), "{month}");
    assert_eq!(browser.get("/cuti?bulan=2020-13").await.status, 400);
    // A cancellation tells which days come back.
    let form = browser.get(&cancel).await;
    let fields = [
        ("kunci", form.key()),
        ("from", "28/12/2020"),
        ("reason", "masuk kerja"),
        ("periksa", "1"),
    ];
    let checked = browser.post(&cancel, &fields).await.html;
    assert!(
        checked.contains("2 hari: 28, 29 Desember 2020"),
        "{checked}"
    );
    let fields = [("from", "28/12/2020"), ("reason", "masuk kerja")];
    send(&mut browser, &cancel, &fields).await;
    let (kind, data) = last_event(&office, &id).await;
    assert_eq!(kind, "jejak.operator.leave.cancelled.v1");
    assert_eq!(data, json!({"leave_id": leave_id, "from": "2020-12-28"}));
}

/// Goal: the other forms of a person give their commands, and what they did is on the page.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn absences_facilities_and_a_nik_are_recorded_by_forms() {
    let office = Office::up(true).await;
    let officer = office.http_as(PPK, &["officer"]);
    let id = id_of(&officer, "Contoh Operator Satu").await;
    let mut browser = signed_in_to_demo(&office, PPK).await;
    let chosen = browser
        .get(&format!("/cuti/catat?orang={id}&apa=tidak-hadir"))
        .await;
    let absence = chosen.location.unwrap();
    let fields = [("on", "3/12/2020"), ("reason", "tanpa kabar")];
    send(&mut browser, &absence, &fields).await;
    let page = browser.get(&format!("/orang/{id}?tahun=2020")).await.html;
    assert!(page.contains("Tidak hadir: 3 Desember 2020"), "{page}");
    let month = browser.get("/cuti?bulan=2020-12").await.html;
    assert_eq!(month.matches("class=\"absent\"><abbr").count(), 1);
    // The day cannot become leave any more. The refusal stands at a field.
    let leave = format!("/orang/{id}/cuti");
    let form = browser.get(&leave).await;
    let fields = [
        ("kunci", form.key()),
        ("kind", "special"),
        ("from", "3/12/2020"),
        ("to", "3/12/2020"),
    ];
    let refused = browser.post(&leave, &fields).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.html.contains("id=\"from-salah\""),
        "{}",
        refused.html
    );
    assert!(refused.html.contains("value=\"3/12/2020\""));

    let person = officer.json(&format!("/v1/operators/{id}")).await;
    let contract = person["contracts"][0]["contract_id"].as_str().unwrap();
    let issue = format!("/orang/{id}/kontrak/{contract}/fasilitas");
    let fields = [
        ("kind", "badge"),
        ("label", "Kartu <12>"),
        ("on", "1/10/2020"),
    ];
    let page = send(&mut browser, &issue, &fields).await;
    assert!(page.contains("Kartu &#60;12&#62;"), "{page}");
    let back = page
        .split(&format!("/orang/{id}/fasilitas/"))
        .nth(1)
        .unwrap();
    let back = back.split('"').next().unwrap();
    let back = format!("/orang/{id}/fasilitas/{back}");
    let page = send(
        &mut browser,
        &back,
        &[("on", "31/12/2020"), ("note", "utuh")],
    )
    .await;
    assert!(!page.contains("/kembali\""), "it is back");
    assert_eq!(
        last_event(&office, &id).await.0,
        "jejak.operator.facility.returned.v1"
    );

    let nik = [("nik", "6171031503950009"), ("reason", "salah ketik")];
    send(&mut browser, &format!("/orang/{id}/nik"), &nik).await;
    let corrected = officer.json(&format!("/v1/operators/{id}")).await;
    assert_eq!(corrected["profile"]["nik"], "6171031503950009");
    let erase = browser.get(&format!("/orang/{id}/hapus")).await;
    assert_eq!(erase.status, 403, "an officer erases nobody");
}

/// Goal: the administration erases a person by a form that warns.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_erased_by_the_administration() {
    let office = Office::up(true).await;
    let officer = office.http_as(PPK, &["officer"]);
    let id = id_of(&officer, "Contoh Operator Empat").await;
    let mut browser = signed_in(&office, "admin-9", "admin-9", "admin").await;
    let path = format!("/orang/{id}/hapus");
    let form = browser.get(&path).await.html;
    assert!(form.contains("tidak dapat dibatalkan"), "{form}");
    let fields = [("legal_basis", "UU 27/2022"), ("reason", "permintaan")];
    let page = send(&mut browser, &path, &fields).await;
    assert!(page.contains("(data dihapus)") && !page.contains("/hapus\""));
    let erased = officer.json(&format!("/v1/operators/{id}")).await;
    assert_eq!(erased["profile"], json!(null));
}

/// Goal: a person reads his own leave, history and proofs, and nobody else's. A proof is checked without the office.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_takes_the_proof_of_his_own_event() {
    let office = Office::up(true).await;
    let officer = office.http_as(PPK, &["officer"]);
    let [own, other] = [
        id_of(&officer, "Contoh Operator Satu").await,
        id_of(&officer, "Contoh Operator Dua").await,
    ];
    let mut browser = signed_in_to_demo(&office, "operator-satu").await;
    let leave = browser.get("/cuti?tahun=2020").await;
    assert_eq!(leave.status, 200, "{}", leave.html);
    assert!(
        leave.html.contains("2 hari dihitung: 26, 27 Oktober 2020"),
        "{}",
        leave.html
    );
    assert!(leave.html.contains("libur nasional") && !leave.html.contains("/batal"));
    assert!(!leave.html.contains("Contoh Operator Dua"));
    for path in ["/cuti/catat?orang=x", "/orang/x/cuti"] {
        assert_ne!(browser.get(path).await.status, 200, "{path}");
    }
    let page = browser.get(&format!("/orang/{own}")).await.html;
    let proof = page.split("/bukti/").nth(1).unwrap();
    let at: u64 = proof.split('"').next().unwrap().parse().unwrap();
    signed(&officer, at).await;
    let proof = browser.get(&format!("/orang/{own}/bukti/{at}")).await;
    assert_eq!(proof.status, 200, "{}", proof.html);
    std::fs::write(office.dir().join("own.tlog-proof"), &proof.html).unwrap();
    let key = "data/keys/log.vkey";
    let arguments = ["audit", "check", "own.tlog-proof", "--key", key];
    let (status, said, stderr) = process::run(office.dir(), &arguments);
    assert!(status.success(), "{stderr}");
    assert!(said.contains(&format!("operator/{own}")), "{said}");

    let auditor = office.http_as("auditor-1", &["auditor"]);
    let others = auditor
        .json(&format!("/v1/operators/{other}/history?limit=1"))
        .await;
    let others = others["items"][0]["position"].as_u64().unwrap();
    for (path, status) in [
        (format!("/orang/{own}/bukti/{others}"), 404),
        (format!("/orang/{other}/bukti/{others}"), 403),
        (format!("/orang/{own}/bukti/0"), 404),
        (format!("/orang/{own}/bukti/x"), 400),
    ] {
        let answer = browser.get(&path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.html);
        assert!(answer.html.contains("<h1>"), "{path}");
    }
    // An officer reads the histories of all, and so their proofs.
    let file = officer
        .get(&format!("/v1/operators/{other}/proofs/{others}"))
        .await;
    assert_eq!(file.status(), 200);
}

/// Goal: a history begins with its newest event, and older ones follow page by page.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_history_is_read_in_parts() {
    let office = Office::up(true).await;
    let officer = office.http_as(PPK, &["officer"]);
    let id = id_of(&officer, "Contoh Operator Empat").await;
    for n in 0..60 {
        let phone = format!("08125600{n:04}");
        let body = json!({"operator_id": id, "reason": "nomor baru", "phone": phone});
        let (status, answer) = officer
            .command("correct-operator", &format!("p-{n}"), &body)
            .await;
        assert_eq!(status, 200, "{answer}");
    }
    let all = officer
        .json(&format!(
            "/v1/operators/{id}/history?limit=500&min_position=117"
        ))
        .await;
    let mut expected: Vec<u64> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["position"].as_u64().unwrap())
        .collect();
    expected.reverse();
    let mut browser = signed_in_to_demo(&office, PPK).await;
    let (mut shown, mut path) = (Vec::new(), format!("/orang/{id}"));
    for _ in 0..3 {
        let page = browser.get(&path).await.html;
        let proofs = page.split("/bukti/").skip(1);
        shown.extend(proofs.map(|rest| rest.split('"').next().unwrap().parse::<u64>().unwrap()));
        // The link to another language has the cursor of this page.
        let links = page
            .split("href=\"")
            .map(|rest| rest.split('"').next().unwrap());
        let mut older =
            links.filter(|link| link.contains("?riwayat=") && link.ends_with("#riwayat"));
        let Some(link) = older.next() else {
            break;
        };
        path = link.split('#').next().unwrap().to_owned();
    }
    assert_eq!(shown.len(), 61);
    assert_eq!(shown, expected);
}
