//! Attacks on sessions and forms of pages: cookies of others, forms of other sites and of ended sessions, pages after
//! the sign-out, and text that wants to be more than text.

use jejak_rig::{browser::Browser, office::Office};
use serde_json::json;

use crate::{
    accounts::{PPK, signed_in, signed_in_to_demo},
    pages::register,
};

const ADMIN: &str = "admin-bkpsdm";

/// The position of the log's last event.
async fn last_position(office: &Office) -> u64 {
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let events = auditor.get("/v1/events").await.text().await.unwrap();
    let count = events.lines().filter(|line| !line.trim().is_empty());
    u64::try_from(count.count()).unwrap()
}

async fn is_in(browser: &mut Browser) -> bool {
    browser.get("/").await.status == 200
}

/// The forms of a person and of his contract in the demonstration, each with its path.
async fn forms(browser: &mut Browser) -> Vec<String> {
    let list = browser.get("/orang").await.html;
    let person = between(&list, "href=\"/orang/", "\"")
        .into_iter()
        .find(|id| id.len() == 36)
        .expect("the demonstration has people");
    let page = browser.get(&format!("/orang/{person}")).await.html;
    let links = between(&page, &format!("href=\"/orang/{person}/"), "\"");
    // A proof is a file.
    let mut forms: Vec<_> = links
        .iter()
        .filter(|rest| !rest.starts_with("bukti/"))
        .map(|rest| format!("/orang/{person}/{rest}"))
        .collect();
    forms.push("/orang/baru".to_owned());
    forms.sort_unstable();
    forms.dedup();
    assert!(forms.len() >= 5, "{forms:?}");
    forms
}

/// The texts between two marks.
fn between(text: &str, from: &str, to: &str) -> Vec<String> {
    let parts = text.split(from).skip(1);
    let found = parts.filter_map(|part| part.split(to).next());
    found.map(str::to_owned).collect()
}

/// Goal: a cookie opens the office that sealed it, as it was sealed, for what it was sealed. Method: cookies of another
/// office with the same people, of another person edited into one's own, and under other names.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cookie_of_elsewhere_opens_nothing() {
    let (here, there) = (Office::up(false).await, Office::up(false).await);
    let mut own = signed_in(&here, PPK, PPK, "officer").await;
    let mut admin = signed_in(&here, ADMIN, ADMIN, "admin").await;
    let foreign = signed_in(&there, PPK, PPK, "officer").await;
    let mut stranger = Browser::new(&here.http.base);
    stranger.cookies = foreign.cookies.clone();
    assert!(!is_in(&mut stranger).await, "another office's");

    let cookie = own.cookies["jejak"].clone();
    let others = admin.cookies["jejak"].clone();
    let half = cookie.len().min(others.len()) / 2;
    for edited in [
        format!("{}{}", &cookie[..half], &others[half..]),
        format!("{}{}", &others[..half], &cookie[half..]),
        cookie[..cookie.len() - 1].to_owned(),
        format!("{cookie}A"),
        format!(" {cookie}="),
        String::new(),
    ] {
        stranger.cookies = [("jejak".to_owned(), edited.clone())].into();
        assert!(!is_in(&mut stranger).await, "{edited}");
    }
    for name in ["__Host-jejak", "Jejak", "jejak-masuk", "sesi"] {
        stranger.cookies = [(name.to_owned(), cookie.clone())].into();
        assert!(!is_in(&mut stranger).await, "{name}");
    }
    assert!(is_in(&mut own).await && is_in(&mut admin).await);
    // Signing in begins another session: the one that a stranger may have planted is not taken over.
    let mut planted = own.clone();
    planted.cookies.insert("jejak".to_owned(), others);
    let mut person = planted.clone();
    let fields = [("akun", PPK), ("sandi", crate::accounts::PASSWORD)];
    assert_eq!(person.post("/masuk", &fields).await.status, 303);
    assert_ne!(person.cookies, planted.cookies);
    let page = person.get("/").await.html;
    assert!(page.contains("<small>Pejabat</small>"), "{page}");
}

/// Goal: a form that comes after the sign-out records nothing and is said to; after signing in the form is there again.
/// What was typed is gone, as the page says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_of_an_ended_session_records_nothing_and_says_so() {
    let office = Office::up(true).await;
    let mut browser = signed_in_to_demo(&office, PPK).await;
    let before = last_position(&office).await;
    for path in forms(&mut browser).await {
        let mut tab = signed_in_to_demo(&office, PPK).await;
        let form = tab.get(&path).await;
        let mut other_tab = tab.clone();
        other_tab.post("/keluar", &[]).await;
        let fields = [("kunci", form.key()), ("reason", "alasan yang diketik")];
        let sent = tab.post(&path, &fields).await;
        assert_eq!(sent.status, 303, "{path}");
        let led_to = sent.location.unwrap();
        assert!(
            led_to.starts_with("/masuk?ke=%2Forang") && led_to.ends_with("&belum=1"),
            "{led_to}"
        );
        let page = tab.get(&led_to).await.html;
        assert!(page.contains("formulir tadi tidak dicatat"), "{page}");
        assert!(!page.contains("alasan yang diketik"), "{page}");
        let english = tab.get(&format!("{led_to}&bahasa=en")).await.html;
        assert!(english.contains("the form was not recorded"), "{english}");
        let back = between(&page, "name=\"ke\" value=\"", "\"");
        assert_eq!(back, [path.as_str()]);
    }
    assert_eq!(last_position(&office).await, before);
    // A form may be the only answer of its address: the browser says on which page it stands.
    browser.cookies.clear();
    let referer = format!("{}/orang?q=satu", office.http.base);
    let headers = [("origin", office.http.base.as_str()), ("referer", &referer)];
    let sent = browser.post_with("/orang/baru", &[], &headers).await;
    let expected = "/masuk?ke=%2Forang%3Fq%3Dsatu&belum=1";
    assert_eq!(sent.location.as_deref(), Some(expected));
}

/// Goal: no form of another site reaches a command, whatever the browser says of it. Method: every form, with each way to
/// say where it comes from; the log is compared.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_form_of_another_site_is_refused() {
    let office = Office::up(true).await;
    let mut browser = signed_in_to_demo(&office, PPK).await;
    let own = office.http.base.clone();
    let before = last_position(&office).await;
    let mut paths = forms(&mut browser).await;
    paths.extend(["/keluar", "/masuk", "/sandi/x"].map(str::to_owned));
    for path in paths {
        for headers in [
            &[][..],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            &[("origin", "http://127.0.0.1:1")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "cross-site"), ("origin", &own)],
            &[("referer", &own)],
        ] {
            let fields = [("kunci", "k-1"), ("reason", "x")];
            let answer = browser.post_with(&path, &fields, headers).await;
            assert_eq!(answer.status, 403, "{path} {headers:?}");
        }
    }
    assert!(
        is_in(&mut browser).await,
        "nobody else signs the person out"
    );
    assert_eq!(last_position(&office).await, before);
    let same = [("sec-fetch-site", "same-origin")];
    let answer = browser
        .post_with("/orang/baru", &[("kunci", "k-1")], &same)
        .await;
    assert_eq!(answer.status, 400, "its own form comes through");
}

/// Goal: the back button shows no record after the sign-out. Method: each page forbids copies, and is not answered again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_back_button_shows_nothing_after_the_sign_out() {
    let office = Office::up(true).await;
    let mut browser = signed_in_to_demo(&office, PPK).await;
    let mut paths = forms(&mut browser).await;
    let person = paths[1].split('/').nth(2).unwrap().to_owned();
    paths.extend([
        "/".to_owned(),
        "/orang".to_owned(),
        "/orang?q=satu".to_owned(),
    ]);
    paths.push(format!("/orang/{person}"));
    let mut seen = Vec::new();
    for path in &paths {
        let page = browser.get(path).await;
        assert_eq!(
            (page.status, page.cache.as_str()),
            (200, "no-store"),
            "{path}"
        );
        seen.push((path, browser.clone()));
    }
    let out = browser.post("/keluar", &[]).await;
    assert_eq!(out.cache, "no-store");
    // The browser still has the cookie where the answer to the sign-out was lost.
    for (path, mut before) in seen {
        let again = before.get(path).await;
        assert_eq!(again.status, 303, "{path}");
        assert!(again.location.unwrap().starts_with("/masuk"), "{path}");
        assert_eq!(again.cache, "no-store", "{path}");
    }
}

/// Goal: what is typed is text, in every field of every form and in every parameter. Method: a script in each of them;
/// the answers hold it as text and as nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_in_any_field_stays_text() {
    let office = Office::up(true).await;
    let mut browser = signed_in_to_demo(&office, PPK).await;
    let evil = "\"'></textarea></option><script>alert(1)</script>";
    let is_text = |html: &str, at: &str| {
        assert!(
            !html.contains("<script>") && !html.contains("</textarea></option>"),
            "{at}"
        );
    };
    for path in forms(&mut browser).await {
        let form = browser.get(&path).await;
        let names = between(&form.html, " name=\"", "\"");
        let names: Vec<_> = names.iter().filter(|name| *name != "q").collect();
        assert!(names.len() > 1, "{path}");
        for key in [form.key(), evil] {
            let fields = names.iter().map(|name| (name.as_str(), evil));
            let mut fields: Vec<(&str, &str)> = fields.collect();
            fields.retain(|(name, _)| *name != "kunci");
            fields.push(("kunci", key));
            let refused = browser.post(&path, &fields).await;
            assert!(
                [400, 409, 422].contains(&refused.status),
                "{path}: {}",
                refused.status
            );
            is_text(&refused.html, &path);
            assert!(refused.html.contains("&#60;script&#62;alert(1)"), "{path}");
        }
    }
    let query = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    for path in ["/orang?q=", "/orang?bahasa=", "/?posisi=", "/orang/", "/"] {
        let page = browser.get(&format!("{path}{query}")).await;
        is_text(&page.html, path);
    }
    browser.cookies.clear();
    for path in [
        "/masuk?ke=",
        "/masuk?keluar=",
        "/sandi/",
        "/masuk/oidc?ke=",
        "/masuk/oidc/kembali?error=",
    ] {
        let page = browser.get(&format!("{path}{query}")).await;
        is_text(&page.html, path);
    }
    let fields = [("akun", evil), ("sandi", evil), ("ke", evil)];
    let refused = browser.post("/masuk", &fields).await;
    assert_eq!(refused.status, 422);
    is_text(&refused.html, "/masuk");
}

/// Goal: texts of any length and kind that the rules admit are shown whole, as text. Method: a package whose title has
/// 2,000 letters with a script among them, and a contract of it; a reason with the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_title_is_shown_whole() {
    let office = Office::up(true).await;
    let admin = office.http_as("admin-1", &["admin"]);
    let terms = admin.json("/v1/packages/2021-tenaga-it").await;
    let script = "<script>alert(1)</script> ";
    let title = format!("{script}{}", "a".repeat(2_000 - script.len()));
    let body = json!({"package_id": terms["package_id"], "title": title, "reason": script});
    let (status, answer) = admin.command("amend-terms", "title-1", &body).await;
    assert_eq!(status, 200, "{answer}");
    let mut browser = signed_in_to_demo(&office, PPK).await;
    let id = register(&mut browser, "6171020101970011", "Orang Panjang").await;
    let path = format!("/orang/{id}/kontrak?posisi={}", answer["position"]);
    let form = browser.get(&path).await;
    let escaped = format!(
        "&#60;script&#62;alert(1)&#60;/script&#62; {}",
        "a".repeat(1_974)
    );
    assert!(
        form.status == 200 && form.html.contains(&escaped),
        "{}",
        form.html
    );
    let hired = [
        ("kunci", form.key()),
        ("package_id", "2021-tenaga-it"),
        ("spk_number", "<script>alert(1)</script>"),
        ("spk_date", "31/12/2020"),
        ("start", "1/1/2021"),
        ("end", "31/12/2021"),
        ("monthly.wage", "2800000"),
        ("monthly.health_insurance", "112000"),
        ("monthly.employment_insurance", "15120"),
        ("integrity_pact", "1"),
    ];
    let hired = browser.post(&path, &hired).await;
    let page = browser.get(&hired.location.expect(&hired.html)).await;
    assert_eq!(page.status, 200);
    assert!(
        page.html.contains(&escaped) && !page.html.contains("<script>"),
        "{}",
        page.html
    );
}
