//! Signing in and out in a real browser: at a provider and back, and what the back button shows afterwards.

use jejak_rig::{
    chromium::{Chromium, Colours},
    office::Office,
    provider::OidcProvider,
};

const PPK: &str = "197701161997031006";

/// An office with the demonstration, and its provider.
async fn office_with_provider() -> (Office, OidcProvider) {
    let mut office = Office::up(true).await;
    let mut provider = OidcProvider::new(&office.http.base);
    provider.start(office.dir());
    let mut flags = provider.flags(office.dir());
    flags.push("--demo".to_owned());
    office.terminate();
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    office.start_up_with(&flags);
    (office, provider)
}

/// Goal: a browser with its own rules for cookies, redirects and forms comes in by the provider, and a person who sits down
/// after the sign-out sees nothing. Method: Chromium at the real provider's pages; then the back button, which in Chromium
/// may show pages that are not to be stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_signs_in_at_the_provider_and_the_back_button_shows_nothing() {
    let (office, provider) = office_with_provider().await;
    let browser = Chromium::open(&office.http.base).await;
    browser.goto("/orang").await;
    assert_eq!(browser.path().await, "/masuk?ke=%2Forang");
    browser.press("a.btn-main").await;
    browser.fill("login", PPK).await;
    browser.fill("password", "x").await;
    browser.press("button[type=submit]").await;
    // Consent.
    browser.press("button[type=submit]").await;
    assert_eq!(browser.path().await, "/orang");
    let heading = browser.find("h1").await.text().await.unwrap();
    assert_eq!(heading, "Orang");

    browser.press("form.me button").await;
    assert_eq!(browser.path().await, "/masuk?keluar=1");
    browser.driver.back().await.unwrap();
    let path = browser.path().await;
    assert!(
        path.starts_with("/masuk"),
        "the back button leads to {path}"
    );
    let text = browser.find("main").await.text().await.unwrap();
    assert!(!text.contains("Contoh Operator"), "{text}");

    browser.goto("/masuk?keluar=1").await;
    browser.press("a[href=\"/masuk/oidc/keluar\"]").await;
    let address = browser.driver.current_url().await.unwrap();
    assert!(address.as_str().starts_with(&provider.issuer), "{address}");
    browser.close().await;
}

/// Goal: everybody can read the page for signing in, whatever it has to say. Method: axe-core and the width of a telephone,
/// in both languages and colours.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_for_signing_in_is_readable_with_each_message() {
    let (office, _provider) = office_with_provider().await;
    let browser = Chromium::open(&office.http.base).await;
    for (language, colours) in [("id", Colours::Light), ("en", Colours::Dark)] {
        browser.choose(colours).await;
        browser.goto(&format!("/masuk?bahasa={language}")).await;
        for path in [
            "/masuk",
            "/masuk?keluar=1",
            "/masuk?belum=1",
            "/masuk?baru=1",
            "/masuk/oidc/kembali",
        ] {
            for width in [1280, 360] {
                browser.resize(width, 900).await;
                browser.goto(path).await;
                assert_eq!(
                    browser.breaches().await,
                    Vec::<String>::new(),
                    "{path} {language} {width}"
                );
                assert_eq!(browser.sideways().await, 0, "{path} {language} {width}");
            }
        }
    }
    browser.close().await;
}

/// Goal: no name and no title makes a page wider than its window. Method: both as long as rules admit, without a space.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_and_a_title_of_two_thousand_letters_widen_no_page() {
    let office = Office::up(true).await;
    let long = "a".repeat(2_000);
    let admin = office.http_as("admin-1", &["admin"]);
    for package in ["2020-tenaga-it", "2021-tenaga-it"] {
        let body = serde_json::json!({"package_id": package, "title": long, "reason": "panjang"});
        let (status, answer) = admin
            .command("amend-terms", &format!("title-{package}"), &body)
            .await;
        assert_eq!(status, 200, "{answer}");
    }
    let officer = office.http_as(PPK, &["officer"]);
    let people = officer.json("/v1/operators?q=satu").await;
    let with_contract = people["items"][0]["operator_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let body = serde_json::json!({"nik": "6171020101970011", "full_name": long,
        "birth_date": "1997-01-01", "sex": "male", "domicile_code": "6171", "citizenship": "WNI",
        "education": {"level": "D3", "major": "Teknik Informatika", "institution": "Politeknik",
            "gpa": "3.10", "accredited": true}});
    let (status, answer) = officer.command("register-operator", "long-1", &body).await;
    assert_eq!(status, 200, "{answer}");
    let id = answer["operator_id"].as_str().unwrap();
    let password = std::fs::read_to_string(office.data().join("demo.password")).unwrap();
    let browser = Chromium::open(&office.http.base).await;
    browser.sign_in(PPK, password.trim()).await;
    let position = answer["position"].as_u64().unwrap();
    let mut wide = vec![];
    for path in [
        "/".to_owned(),
        format!("/orang?posisi={position}"),
        format!("/orang/{id}?posisi={position}"),
        format!("/orang/{id}/perbaiki"),
        format!("/orang/{id}/kontrak"),
        format!("/orang/{with_contract}?posisi={position}"),
    ] {
        for width in [1280, 900, 360] {
            browser.resize(width, 900).await;
            browser.goto(&path).await;
            let text = browser.find("h1").await.text().await.unwrap();
            assert!(!text.is_empty(), "{path}");
            let sideways = browser.sideways().await;
            if sideways > 0 {
                wide.push(format!("{path} at {width}: {sideways}"));
            }
        }
    }
    assert!(wide.is_empty(), "{wide:?}");
    browser.close().await;
}
