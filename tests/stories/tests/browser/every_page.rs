//! Every page that links lead to, for each role: readable by everybody, on a telephone, in both languages and
//! both colours.

use std::collections::BTreeSet;

use jejak_rig::{
    chromium::{Chromium, Colours},
    office::Office,
};

/// The accounts of the demonstration.
const ACCOUNTS: [&str; 5] = [
    "admin-bkpsdm",
    "197701161997031006",
    "198203052006042001",
    "auditor-bkpsdm",
    "operator-satu",
];
/// The narrowest telephone, in pixels.
const TELEPHONE: u32 = 360;

/// The pages of one kind have one address but for ids, years and parameters' values.
fn kind(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts = path.split('/').map(|part| {
        let digits = part.chars().filter(char::is_ascii_digit).count();
        if digits > 3 { "*" } else { part }
    });
    let names = query.split('&').filter_map(|pair| pair.split('=').next());
    let names: BTreeSet<_> = names.filter(|name| *name != "bahasa").collect();
    format!(
        "{}?{}",
        parts.collect::<Vec<_>>().join("/"),
        names.into_iter().collect::<Vec<_>>().join("&")
    )
}

/// The name of a picture.
fn picture(account: &str, path: &str, rest: &str) -> String {
    let path: String = kind(path)
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect();
    format!("{account}{}-{rest}", path.trim_end_matches('-'))
}

/// The pages of this gateway that the page links to.
async fn links(browser: &Chromium) -> Vec<String> {
    let script = "return [...document.querySelectorAll('a[href]')].filter(link => \
        link.origin === location.origin && !link.hasAttribute('download') && \
        !link.pathname.startsWith('/docs')).map(link => link.pathname + link.search)";
    let found = browser.value_of(script).await;
    let found = found.as_array().unwrap().iter();
    found
        .map(|path| path.as_str().unwrap().to_owned())
        .collect()
}

/// What is wrong with the page that is open.
async fn faults(browser: &Chromium) -> Vec<String> {
    let mut faults = browser.breaches().await;
    let headings = browser
        .value_of("return document.querySelectorAll('h1').length")
        .await;
    if headings != 1 {
        faults.push(format!("{headings} headings of the first order"));
    }
    browser.resize(TELEPHONE, 800).await;
    let sideways = browser.sideways().await;
    if sideways > 0 {
        faults.push(format!("{sideways} pixels wider than a telephone"));
    }
    faults.extend(browser.breaches().await);
    faults.extend(browser.complaints().await);
    faults
}

/// Goal: the judgement of pages finds what is wrong. Method: faults are put into a page that has none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_a_page_is_found() {
    let office = Office::up(false).await;
    let browser = Chromium::open(&office.http.base).await;
    browser.goto("/masuk").await;
    assert_eq!(browser.breaches().await, Vec::<String>::new());
    assert_eq!(browser.sideways().await, 0);
    browser
        .value_of(
            "document.querySelector('label').remove(); \
            document.querySelector('button').style.cssText = 'color: #ccc; background: #ddd; width: 2000px'",
        )
        .await;
    let breaches = browser.breaches().await.join("\n");
    assert!(breaches.contains("label:"), "{breaches}");
    assert!(breaches.contains("color-contrast:"), "{breaches}");
    assert!(browser.sideways().await > 500);
    browser
        .value_of(
            "const made = document.createElement('script'); made.src = 'http://127.0.0.1:9/x.js'; \
            document.head.append(made)",
        )
        .await;
    let complaints = browser.complaints().await.join("\n");
    assert!(
        complaints.contains("Content Security Policy"),
        "{complaints}"
    );
    browser.close().await;
}

/// Goal: no page keeps anybody out. Method: from the first page of each account, every link is followed to one
/// page of each kind; a page is judged by axe-core wide and narrow, light in Indonesian and dark in English.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_can_use_every_page() {
    let office = Office::up(true).await;
    let password = std::fs::read_to_string(office.data().join("demo.password")).unwrap();
    let mut wrong = vec![];
    let mut kinds = BTreeSet::new();
    for account in ACCOUNTS {
        let browser = Chromium::open(&office.http.base).await;
        browser.sign_in(account, password.trim()).await;
        let mut seen = BTreeSet::from([kind("/")]);
        let mut open = vec!["/".to_owned()];
        while let Some(path) = open.pop() {
            browser.goto(&path).await;
            for link in links(&browser).await {
                if seen.insert(kind(&link)) {
                    open.push(link);
                }
            }
            // Roles see the same page alike, but for what they may do.
            for (language, colours) in [("id", Colours::Light), ("en", Colours::Dark)] {
                let sign = if path.contains('?') { '&' } else { '?' };
                browser.resize(1280, 900).await;
                browser.choose(colours).await;
                browser
                    .goto(&format!("{path}{sign}bahasa={language}"))
                    .await;
                browser
                    .picture(&picture(account, &path, &format!("{language}-wide")))
                    .await;
                let faults = faults(&browser).await;
                browser
                    .picture(&picture(account, &path, &format!("{language}-narrow")))
                    .await;
                wrong.extend(
                    faults
                        .iter()
                        .map(|fault| format!("{account} {path} {language}: {fault}")),
                );
            }
        }
        kinds.extend(seen);
        browser.close().await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(kinds.len() > 20, "{kinds:?}");
}
