//! Pages of packages, calendar, audit and system in a running office: forms make the same events as the API,
//! once, and the administration manages accounts.

use std::time::{Duration, Instant};

use jejak_rig::{
    browser::{Browser, PageAnswer},
    office::Office,
    process,
};
use jejak_stories::audited::signed;
use serde_json::{Value, json};

use crate::accounts::{PASSWORD, PPK, signed_in, signed_in_to_demo};

const ADMIN: &str = "admin-bkpsdm";
const AUDITOR: &str = "auditor-bkpsdm";

/// Draws a form, changes some of its fields, and sends it with everything else that it holds.
async fn send(browser: &mut Browser, path: &str, typed: &[(&str, &str)]) -> PageAnswer {
    let form = browser.get(path).await;
    assert_eq!(form.status, 200, "{path}: {}", form.html);
    let mut fields = fields_of(&form.html);
    for (name, value) in typed {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    let action = path.split('?').next().unwrap();
    post(browser, action, &fields).await
}

async fn post(browser: &mut Browser, path: &str, fields: &[(String, String)]) -> PageAnswer {
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    browser.post(path, &fields).await
}

/// The fields of the form on a page, as a browser would send them.
fn fields_of(html: &str) -> Vec<(String, String)> {
    let form = html.split("<form method=\"post\"").skip(1);
    let form = form.last().unwrap().split("</form>").next().unwrap();
    let mut fields = Vec::new();
    for tag in form.split('<').skip(1) {
        let (attributes, text) = tag.split_once('>').unwrap_or((tag, ""));
        let value_of = |name: &str| {
            let after = attributes.split(&format!(" {name}=\"")).nth(1)?;
            Some(plain(after.split('"').next()?))
        };
        let Some(name) = value_of("name") else {
            if attributes.starts_with("option") && attributes.contains(" selected") {
                let select: &mut (String, String) = fields.last_mut().unwrap();
                select.1 = value_of("value").unwrap();
            }
            continue;
        };
        let is_box = attributes.contains("type=\"checkbox\"");
        if is_box && !attributes.contains(" checked") || attributes.starts_with("button") {
            continue;
        }
        let value = match attributes.starts_with("textarea") {
            true => plain(text),
            false => value_of("value").unwrap_or_default(),
        };
        fields.push((name, value));
    }
    fields
}

/// A text of HTML without its escapes.
fn plain(text: &str) -> String {
    let text = text.replace("&#38;", "&").replace("&amp;", "&");
    let text = text.replace("&#34;", "\"");
    text.replace("&#60;", "<").replace("&#62;", ">")
}

/// The types and the clear data of a stream's events.
async fn events_of(office: &Office, stream: &str) -> Vec<(String, Value)> {
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let text = auditor.get(&format!("/v1/events?stream={stream}")).await;
    let text = text.text().await.unwrap();
    let events = text.lines().map(|line| {
        let event: Value = serde_json::from_str(line).unwrap();
        let mut data = event["data"].clone();
        data.as_object_mut().unwrap().remove("personal");
        (event["type"].as_str().unwrap().to_owned(), data)
    });
    events.collect()
}

fn done(answer: &PageAnswer) -> String {
    let location = answer.location.clone();
    location.unwrap_or_else(|| panic!("{}: {}", answer.status, answer.html))
}

/// Goal: publishing, amending, assigning and releasing by forms gives what the API gives. Method: two
/// packages, one by forms and one by commands; their events are compared.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forms_of_a_package_make_the_same_events_as_the_api() {
    let office = Office::up(false).await;
    let mut browser = signed_in(&office, "admin-1", "admin-1", "admin").await;
    let published = send(
        &mut browser,
        "/paket/baru",
        &[
            ("package_id", "2027-formulir"),
            ("title", "Tenaga <IT>"),
            ("agency", "BKPSDM Kota Pontianak"),
            ("period.start", "1/1/2027"),
            ("period.end", "31/12/2027"),
            ("quota", "2"),
            ("fiscal_year", "2027"),
            ("fund_source", "APBD 2027"),
            ("budget_ceiling", "Rp 72.000.000"),
            ("eligibility.majors", "Informatika\r\nSistem Informasi\r\n"),
            ("eligibility.gpa_min", "3,00"),
            ("appraisal.good_from", "19"),
            ("officers_may", "any"),
        ],
    )
    .await;
    let page = browser.get(&done(&published)).await;
    assert!(page.html.contains("Tenaga &#60;IT&#62;"), "{}", page.html);
    assert!(done(&published).starts_with("/paket/2027-formulir?posisi="));
    let amended = send(
        &mut browser,
        "/paket/2027-formulir/ubah",
        &[("quota", "3"), ("reason", "tambah satu orang")],
    );
    assert_eq!(browser_status(amended.await), 303);
    let assigned = send(
        &mut browser,
        "/paket/2027-formulir/pejabat",
        &[
            ("role", "ppk"),
            ("officer.nip", PPK),
            ("officer.name", "Ahmad Fadli, S.Sos"),
            ("from", "1/1/2027"),
            ("acting", "1"),
            ("decree", "SK 1/2027"),
        ],
    );
    let page = browser_location(assigned.await);
    let page = browser.get(&page).await.html;
    assert!(
        page.contains("Ahmad Fadli, S.Sos") && page.contains("Plt. PPK"),
        "{page}"
    );
    let release = page.split("href=\"").find(|link| link.contains("/akhiri?"));
    let release = plain(release.unwrap().split('"').next().unwrap());
    assert!(!release.contains(PPK), "no NIP stands in an address");
    let released = send(&mut browser, &release, &[("on", "30/6/2027")]).await;
    assert_eq!(released.status, 303, "{}", released.html);

    let admin = office.http_as("admin-1", &["admin"]);
    let give = async |command: &str, key: &str, body: Value| {
        let (status, answer) = admin.command(command, key, &body).await;
        assert_eq!(status, 200, "{answer}");
    };
    let id = "2027-antarmuka";
    let publish = json!({"package_id": id, "title": "Tenaga <IT>", "agency": "BKPSDM Kota Pontianak",
        "period": {"start": "2027-01-01", "end": "2027-12-31"}, "quota": 2, "fiscal_year": 2027,
        "fund_source": "APBD 2027", "budget_ceiling": "72000000", "officers_may": "any",
        "eligibility": {"majors": ["Informatika", "Sistem Informasi"], "gpa_min": "3.00"},
        "appraisal": {"good_from": 19}});
    give("publish-terms", "api-1", publish).await;
    let amend = json!({"package_id": id, "quota": 3, "reason": "tambah satu orang"});
    give("amend-terms", "api-2", amend).await;
    let assign = json!({"package_id": id, "role": "ppk", "acting": true, "decree": "SK 1/2027",
        "officer": {"nip": PPK, "name": "Ahmad Fadli, S.Sos"}, "from": "2027-01-01"});
    give("assign-officer", "api-3", assign).await;
    let release = json!({"package_id": id, "role": "ppk", "nip": PPK, "on": "2027-06-30"});
    give("release-officer", "api-4", release).await;

    let by_form = events_of(&office, "package/2027-formulir").await;
    assert_eq!(by_form.len(), 4, "{by_form:?}");
    assert_eq!(by_form, events_of(&office, "package/2027-antarmuka").await);
}

fn browser_status(answer: PageAnswer) -> u16 {
    assert!(answer.location.is_some(), "{}", answer.html);
    answer.status
}

fn browser_location(answer: PageAnswer) -> String {
    done(&answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_terms_stands_at_its_field_and_what_was_typed_stays() {
    let office = Office::up(true).await;
    let mut browser = signed_in_to_demo(&office, ADMIN).await;
    let typed = [
        ("quota", "0"),
        ("period.end", "1/1/2019"),
        ("eligibility.age_min", "40"),
        ("warnings.levels", "9"),
        ("reason", "salah"),
    ];
    let refused = send(&mut browser, "/paket/2020-tenaga-it/ubah", &typed).await;
    assert_eq!(refused.status, 422, "{}", refused.html);
    for field in [
        "quota",
        "period.start",
        "eligibility.age_min",
        "warnings.levels",
    ] {
        let at_field = refused.html.contains(&format!("id=\"{field}-salah\""));
        assert!(at_field, "{field}: {}", refused.html);
    }
    for (name, value) in typed.iter().take(4) {
        let kept = format!("name=\"{name}\" value=\"{value}\"");
        assert!(refused.html.contains(&kept), "{kept}");
    }
    assert!(refused.html.contains("1 sampai 3"), "a bound in Indonesian");
    let number = send(
        &mut browser,
        "/paket/2020-tenaga-it/ubah",
        &[("quota", "tiga")],
    )
    .await;
    assert!(
        number.html.contains("id=\"quota-salah\""),
        "{}",
        number.html
    );
    let taken = [
        ("package_id", "2020-tenaga-it"),
        ("title", "x"),
        ("agency", "x"),
        ("quota", "1"),
        ("period.start", "1/1/2020"),
        ("period.end", "31/12/2020"),
        ("fiscal_year", "2020"),
        ("fund_source", "x"),
        ("budget_ceiling", "1"),
    ];
    let taken = send(&mut browser, "/paket/baru", &taken).await;
    assert!(
        taken.html.contains("id=\"package_id-salah\""),
        "{}",
        taken.html
    );
    let overlaps = [
        ("role", "ppk"),
        ("officer.nip", PPK),
        ("officer.name", "x"),
        ("from", "1/11/2020"),
    ];
    let overlaps = send(&mut browser, "/paket/2020-tenaga-it/pejabat", &overlaps).await;
    assert!(
        overlaps.html.contains("id=\"from-salah\""),
        "{}",
        overlaps.html
    );
    // An officer sees no such form, and the API refuses what he sends all the same.
    let mut officer = signed_in_to_demo(&office, PPK).await;
    assert_eq!(officer.get("/paket/baru").await.status, 403);
    let sent = officer.post("/paket/baru", &[("kunci", "k-1")]).await;
    assert!(sent.status == 403 || sent.status == 400, "{}", sent.status);
    assert_eq!(events_of(&office, "package/2020-tenaga-it").await.len(), 7);
}

/// Goal: a decree of many days records each day once, says what became of each row, and a corrected form
/// sends only what was refused. Method: the stream of the year after each sending.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decree_of_many_days_records_each_day_once() {
    let office = Office::up(false).await;
    let mut browser = signed_in(&office, "admin-1", "admin-1", "admin").await;
    let rows = [
        ("decree", "SKB 3 Menteri 2027"),
        ("date-1", "1/1/2027"),
        ("kind-1", "public_holiday"),
        ("name-1", "Tahun Baru"),
        ("date-4", "31/02/2027"),
        ("kind-4", "joint_leave"),
        ("name-4", "Cuti bersama Imlek"),
        ("date-5", "17/8/2027"),
        ("name-5", "Hari Kemerdekaan"),
    ];
    let form = browser.get("/kalender/keputusan").await;
    let mut fields = fields_of(&form.html);
    for (name, value) in rows {
        fields.retain(|(known, _)| known != name);
        fields.push((name.to_owned(), value.to_owned()));
    }
    let path = "/kalender/keputusan";
    for _ in 0..2 {
        let partly = post(&mut browser, path, &fields).await;
        assert_eq!(partly.status, 422, "{}", partly.html);
        assert!(
            partly.html.contains("2 hari tercatat, 1 ditolak"),
            "{}",
            partly.html
        );
        assert!(partly.html.contains("id=\"baris-4-salah\""));
        assert_eq!(events_of(&office, "calendar/2027").await.len(), 2);
    }
    fields.retain(|(name, _)| name != "date-4");
    fields.push(("date-4".to_owned(), "5/2/2027".to_owned()));
    let first = done(&post(&mut browser, path, &fields).await);
    assert!(
        first.starts_with("/kalender/2027?") && first.ends_with("tercatat=3"),
        "{first}"
    );
    let again = done(&post(&mut browser, path, &fields).await);
    assert_eq!(first, again);
    let page = browser.get(&first).await.html;
    assert!(
        page.contains("3 hari tercatat") && page.contains("Cuti bersama Imlek"),
        "{page}"
    );
    let declared = send(
        &mut browser,
        "/kalender/tetapkan",
        &[
            ("date", "25/12/2027"),
            ("kind", "public_holiday"),
            ("name", "Hari Raya Natal"),
            ("decree", "SKB 3 Menteri 2027"),
        ],
    );
    let year = browser_location(declared.await);
    let year = browser_location(browser.get(&year).await);
    assert!(browser.get(&year).await.html.contains("Hari Raya Natal"));
    let revoke = "/kalender/cabut?tanggal=2027-02-05&jenis=joint_leave";
    let revoked = send(&mut browser, revoke, &[("decree", "SKB perubahan")]).await;
    assert_eq!(revoked.status, 303, "{}", revoked.html);
    let day = |date: &str, kind: &str, name: &str, decree: &str| json!({"date": date, "kind": kind, "name": name, "decree": decree});
    let skb = "SKB 3 Menteri 2027";
    let declared = "jejak.calendar.holiday.declared.v1";
    let expected = [
        (
            declared,
            day("2027-01-01", "public_holiday", "Tahun Baru", skb),
        ),
        (
            declared,
            day("2027-08-17", "public_holiday", "Hari Kemerdekaan", skb),
        ),
        (
            declared,
            day("2027-02-05", "joint_leave", "Cuti bersama Imlek", skb),
        ),
        (
            declared,
            day("2027-12-25", "public_holiday", "Hari Raya Natal", skb),
        ),
        (
            "jejak.calendar.holiday.revoked.v1",
            day(
                "2027-02-05",
                "joint_leave",
                "Cuti bersama Imlek",
                "SKB perubahan",
            ),
        ),
    ];
    let expected = expected.map(|(kind, data)| (kind.to_owned(), data));
    assert_eq!(events_of(&office, "calendar/2027").await, expected);
}

/// Goal: an auditor finds an event, and proves it without the office. Method: the proof of the page, checked
/// by the command with the public key alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor_downloads_a_proof_that_holds_without_the_office() {
    let office = Office::up(true).await;
    signed(&office.http, 57).await;
    let mut browser = signed_in_to_demo(&office, AUDITOR).await;
    let page = browser.get("/audit").await;
    assert_eq!(page.status, 200, "{}", page.html);
    for shown in ["jejak/pontianak", "href=\"/audit/bukti/57\"", "evaluations"] {
        assert!(page.html.contains(shown), "{shown}: {}", page.html);
    }
    let older = browser.get("/audit?sebelum=8").await.html;
    assert!(older.contains("/audit/bukti/7\"") && !older.contains("/audit/bukti/8\""));
    let stream = browser.get("/audit?aliran=calendar/2020").await.html;
    assert!(stream.contains("/kalender/2020") && !stream.contains("operator.identity"));
    let kind = browser
        .get("/audit?jenis=package.terms.published.v1")
        .await
        .html;
    assert_eq!(kind.matches("href=\"/audit/bukti/").count(), 2, "{kind}");
    let wrong = browser.get("/audit?aliran=operator/17").await;
    assert!(
        wrong.status == 200 && wrong.html.contains("id=\"saring-salah\""),
        "{}",
        wrong.html
    );
    let proof = browser.get("/audit/bukti/20").await;
    assert_eq!(proof.status, 200);
    std::fs::write(office.dir().join("20.tlog-proof"), &proof.html).unwrap();
    let key = office.data().join("keys/log.vkey");
    let key = key.to_string_lossy().into_owned();
    let check = ["audit", "check", "20.tlog-proof", "--key", &key];
    let (status, said, stderr) = process::run(office.dir(), &check);
    assert!(status.success(), "{said} {stderr}");
    let event = browser.get("/audit/peristiwa/1").await;
    assert!(event.html.starts_with("{\"specversion\""), "{}", event.html);
    assert_eq!(browser.get("/audit/bukti/999999").await.status, 404);
    for other in [PPK, ADMIN] {
        let mut browser = signed_in_to_demo(&office, other).await;
        for path in ["/audit", "/audit/bukti/20", "/audit/peristiwa/1"] {
            assert_eq!(browser.get(path).await.status, 403, "{other} {path}");
        }
        assert!(!browser.get("/").await.html.contains("href=\"/audit\""));
    }
}

/// The one-time link on a page, as a path.
fn link_in(answer: &PageAnswer) -> String {
    let link = answer.html.split("/sandi/").nth(1);
    let link = link.unwrap_or_else(|| panic!("{}: {}", answer.status, answer.html));
    format!("/sandi/{}", link.split('<').next().unwrap())
}

async fn sign_in(office: &Office, login: &str, password: &str) -> (Browser, u16) {
    let mut browser = Browser::new(&office.http.base);
    let fields = [("akun", login), ("sandi", password)];
    let status = browser.post("/masuk", &fields).await.status;
    (browser, status)
}

/// Goal: an administrator adds, resets and disables accounts, and the access log tells it. Nobody else does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_administration_manages_accounts_on_the_pages() {
    let mut office = Office::up(true).await;
    let mut admin = signed_in_to_demo(&office, ADMIN).await;
    let new = [
        ("subject", "198001012005011001"),
        ("name", "Sari Dewi"),
        ("login", "sari"),
    ];
    let missing = send(&mut admin, "/sistem/akun/baru", &new).await;
    assert!(
        missing.status == 422 && missing.html.contains("id=\"role-salah\""),
        "{}",
        missing.html
    );
    let wrong = [("subject", "123"), ("role", "officer"), ("login", "sari")];
    let wrong = send(&mut admin, "/sistem/akun/baru", &wrong).await;
    assert!(wrong.html.contains("id=\"subject-salah\"") && wrong.html.contains("value=\"sari\""));
    let added = [&new[..], &[("role", "officer")]].concat();
    let added = send(&mut admin, "/sistem/akun/baru", &added).await;
    assert_eq!(added.status, 200, "{}", added.html);
    let chosen = [("sandi", PASSWORD), ("ulang", PASSWORD)];
    let mut owner = Browser::new(&office.http.base);
    assert_eq!(owner.post(&link_in(&added), &chosen).await.status, 303);
    let (mut owner, status) = sign_in(&office, "sari", PASSWORD).await;
    assert_eq!(status, 303);
    let taken = [&new[..], &[("role", "officer")]].concat();
    let taken = send(&mut admin, "/sistem/akun/baru", &taken).await;
    assert!(taken.html.contains("id=\"login-salah\""), "{}", taken.html);

    let list = admin.get("/sistem/akun").await.html;
    let row = list
        .split("<tr>")
        .find(|row| row.contains(">sari<"))
        .unwrap();
    let change = row
        .split("href=\"")
        .find(|link| link.contains("/nonaktifkan"));
    let disable = change.unwrap().split('"').next().unwrap().to_owned();
    let reset = disable.replace("nonaktifkan", "atur-ulang");
    let end = disable.replace("nonaktifkan", "akhiri-sesi");
    assert_eq!(owner.get("/").await.status, 200);
    assert_eq!(send(&mut admin, &end, &[]).await.status, 303);
    assert_eq!(owner.get("/").await.location.as_deref(), Some("/masuk"));
    assert_eq!(sign_in(&office, "sari", PASSWORD).await.1, 303);
    assert_eq!(send(&mut admin, &disable, &[]).await.status, 303);
    assert_eq!(sign_in(&office, "sari", PASSWORD).await.1, 422);
    let link = link_in(&send(&mut admin, &reset, &[]).await);
    assert_eq!(owner.post(&link, &chosen).await.status, 303);
    assert_eq!(sign_in(&office, "sari", PASSWORD).await.1, 303);

    let own = list
        .split("<tr>")
        .find(|row| row.contains(&format!(">{ADMIN}<")));
    let own = own.unwrap();
    assert!(!own.contains("/nonaktifkan"), "nobody disables himself");
    let own = own
        .split("href=\"")
        .find(|link| link.contains("/atur-ulang"));
    let own = own.unwrap().split('"').next().unwrap();
    let own = own.replace("atur-ulang", "nonaktifkan");
    assert_eq!(admin.post(&own, &[]).await.status, 422);
    // The access log is written a moment later.
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let system = admin.get("/sistem").await;
        assert_eq!(system.status, 200, "{}", system.html);
        let mut shown = ["view leave", "nats-server", "Akun diubah", "Sandi keliru"].into_iter();
        let Some(missing) = shown.find(|shown| !system.html.contains(shown)) else {
            break;
        };
        assert!(Instant::now() < until, "{missing}: {}", system.html);
    }
    for other in [PPK, AUDITOR, "operator-satu"] {
        let mut browser = signed_in_to_demo(&office, other).await;
        for path in ["/sistem", "/sistem/akun", "/sistem/akun/baru", &disable] {
            assert_eq!(browser.get(path).await.status, 403, "{other} {path}");
        }
        assert_eq!(browser.post(&disable, &[]).await.status, 403, "{other}");
        let forged = [("subject", "x"), ("role", "admin")];
        assert_eq!(browser.post("/sistem/akun/baru", &forged).await.status, 403);
    }
    assert_eq!(sign_in(&office, "sari", PASSWORD).await.1, 303);
    let all = admin.post("/sistem/akun/akhiri-semua", &[]).await;
    assert_eq!(all.status, 303, "{}", all.html);
    assert_eq!(admin.get("/").await.location.as_deref(), Some("/masuk"));
    office.terminate();
    let log = std::fs::read_to_string(office.data().join("access.log")).unwrap();
    for change in ["added", "sessions_ended", "disabled", "reset"] {
        let line = log.lines().find(|line| {
            line.contains("\"account_changed\"")
                && line.contains(&format!("\"change\":\"{change}\""))
        });
        let line = line.unwrap_or_else(|| panic!("{change}: {log}"));
        assert!(line.contains("\"by\":\"account/"), "{line}");
    }
    assert!(log.contains("\"what\":\"key_replaced\""), "{log}");
    for clear in ["sari", "Sari", "198001012005011001", ADMIN] {
        assert!(!log.contains(clear), "{clear}");
    }
}
