//! Signing in at a real OpenID provider: the way there and back, and each way that must not lead in. The story is the
//! browser of a person. It follows redirects, fills in the provider's forms, and comes back with the code.

use jejak_rig::{
    browser::{Browser, PageAnswer},
    office::Office,
    provider::OidcProvider,
};
use reqwest::Url;

use crate::{
    accounts::{PPK, account, signed_in},
    pages::register,
};

const BACK: &str = "/masuk/oidc/kembali";

/// An office with its provider.
struct Stage {
    office: Office,
    provider: OidcProvider,
}

impl Stage {
    async fn new() -> Self {
        let mut stage = Self::without_provider().await;
        stage.provider.start(stage.office.dir());
        stage
    }

    /// The provider does not run yet.
    async fn without_provider() -> Self {
        let mut office = Office::up(false).await;
        let provider = OidcProvider::new(&office.http.base);
        office.terminate();
        let mut stage = Self { office, provider };
        stage.restart();
        stage
    }

    fn restart(&mut self) {
        let flags = self.provider.flags(self.office.dir());
        let flags: Vec<_> = flags.iter().map(String::as_str).collect();
        self.office.processes.clear();
        self.office.start_up_with(&flags);
    }

    fn browser(&self) -> Browser {
        Browser::new(&self.office.http.base)
    }

    /// Leaves the office for the provider. Returns the address there.
    async fn leave(&self, browser: &mut Browser) -> Url {
        let left = browser.get("/masuk/oidc?ke=%2F").await;
        let address = left.location.expect("the office leads to the provider");
        address.parse().unwrap()
    }

    /// The address that leads back after a person has signed in with this name. `change` changes the address on the
    /// way there.
    async fn signed_in_there(
        &self,
        browser: &mut Browser,
        name: &str,
        change: impl FnOnce(&mut Url),
    ) -> Url {
        let mut there = self.leave(browser).await;
        change(&mut there);
        let mut person = Browser::new(&self.provider.issuer);
        let back = self
            .provider
            .sign_in(&mut person, there.as_str(), name)
            .await;
        back.parse().unwrap()
    }

    /// Signs in; returns the office's answer to the way back.
    async fn sign_in(&self, browser: &mut Browser, name: &str) -> PageAnswer {
        let back = self.signed_in_there(browser, name, |_| ()).await;
        arrive(browser, &back).await
    }

    /// The access log of the office, which ends first: lines may wait a moment.
    fn access_log(mut self) -> String {
        self.office.terminate();
        std::fs::read_to_string(self.office.data().join("access.log")).unwrap()
    }
}

async fn arrive(browser: &mut Browser, back: &Url) -> PageAnswer {
    assert_eq!(back.path(), BACK);
    browser.get(browser.path(back.as_str())).await
}

/// Gives a parameter of an address another value.
fn set(address: &mut Url, name: &str, value: &str) {
    let others: Vec<_> = address.query_pairs().into_owned().collect();
    let mut query = address.query_pairs_mut();
    query.clear();
    for (known, old) in &others {
        query.append_pair(known, if known == name { value } else { old });
    }
}

fn parameter(address: &Url, name: &str) -> String {
    let mut pairs = address.query_pairs();
    let found = pairs.find(|(known, _)| known == name);
    found
        .unwrap_or_else(|| panic!("{address} has no {name}"))
        .1
        .into_owned()
}

/// Whether the browser has a session.
async fn is_in(browser: &mut Browser) -> bool {
    browser.get("/").await.status == 200
}

/// Nobody is signed in, and the page says why.
async fn is_refused(browser: &mut Browser, answer: &PageAnswer, status: u16, words: &str) {
    assert_eq!(answer.status, status, "{}", answer.html);
    assert!(answer.html.contains(words), "{words}: {}", answer.html);
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
    assert!(!is_in(browser).await);
}

/// Goal: a person of the provider is the same person everywhere in the office, until the sign-out. Method: the whole
/// way, pages, a command, the access log, and a copy of the cookie.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_of_the_provider_signs_in_works_and_signs_out() {
    let stage = Stage::new().await;
    let mut browser = stage.browser();
    let page = browser.get("/masuk?ke=%2Forang%2Fbaru").await.html;
    assert!(page.contains("/masuk/oidc?ke=%2Forang%2Fbaru"), "{page}");

    let there = stage.leave(&mut browser).await;
    assert_eq!(parameter(&there, "code_challenge_method"), "S256");
    assert_eq!(parameter(&there, "response_type"), "code");
    assert!(parameter(&there, "state") != parameter(&there, "nonce"));
    let answer = stage.sign_in(&mut browser, PPK).await;
    assert_eq!(
        (answer.status, answer.location.as_deref()),
        (303, Some("/"))
    );
    assert_eq!(browser.cookies.len(), 1, "the waiting cookie is gone");

    let home = browser.get("/").await.html;
    assert!(
        home.contains("Ahmad Fadli, S.Sos<small>Pejabat</small>"),
        "{home}"
    );
    let id = register(&mut browser, "6171020101970011", "Orang Formulir").await;
    let auditor = stage.office.http_as("auditor-1", &["auditor"]);
    let history = auditor
        .json(&format!("/v1/operators/{id}/history"))
        .await
        .to_string();
    for who in [PPK, "Ahmad Fadli, S.Sos"] {
        assert!(history.contains(who), "{history}");
    }

    let mut copy = browser.clone();
    assert!(is_in(&mut copy).await);
    let out = browser.post("/keluar", &[]).await;
    assert_eq!(out.location.as_deref(), Some("/masuk?keluar=1"));
    assert!(
        !is_in(&mut copy).await,
        "a copy of the cookie has ended too"
    );
    let elsewhere = browser.get("/masuk/oidc/keluar").await.location.unwrap();
    let end = format!("{}/session/end?client_id=jejak", stage.provider.issuer);
    assert!(elsewhere.starts_with(&end), "{elsewhere}");

    let list = account(&stage.office, &["list"]);
    assert!(
        list.contains(&format!("signs in at {}", stage.provider.issuer)),
        "{list}"
    );
    let log = stage.access_log();
    for what in ["signed_in", "signed_out"] {
        assert!(
            log.contains(&format!("\"what\":\"{what}\"")),
            "{what}: {log}"
        );
    }
    assert!(!log.contains(PPK), "{log}");
}

/// Goal: only the browser that began a sign-in ends it, once. Method: a state of another's, none, no cookie, the cookie
/// of another sign-in, a changed cookie, and the same answer again at the same gateway and after a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_is_ended_once_by_the_browser_that_began_it() {
    let mut stage = Stage::new().await;
    let ended = "sudah berakhir";
    let mut browser = stage.browser();
    for wrong in ["", "x"] {
        let mut back = stage.signed_in_there(&mut browser, PPK, |_| ()).await;
        set(&mut back, "state", wrong);
        let answer = arrive(&mut browser, &back).await;
        is_refused(&mut browser, &answer, 400, ended).await;
    }
    // An attacker gives his own answer to the victim, who began a sign-in or none.
    let mut attacker = stage.browser();
    let own = stage
        .signed_in_there(&mut attacker, "auditor-bkpsdm", |_| ())
        .await;
    let mut victim = stage.browser();
    let answer = arrive(&mut victim, &own).await;
    is_refused(&mut victim, &answer, 400, ended).await;
    stage.leave(&mut victim).await;
    let answer = arrive(&mut victim, &own).await;
    is_refused(&mut victim, &answer, 400, ended).await;
    let mut forged = attacker.clone();
    for cookie in forged.cookies.values_mut() {
        let middle = cookie.len() / 2;
        let other = if cookie[middle..].starts_with('A') {
            "B"
        } else {
            "A"
        };
        cookie.replace_range(middle..=middle, other);
    }
    let answer = arrive(&mut forged, &own).await;
    is_refused(&mut forged, &answer, 400, ended).await;

    let mut again = attacker.clone();
    let mut later = attacker.clone();
    assert_eq!(arrive(&mut attacker, &own).await.status, 303);
    let answer = arrive(&mut again, &own).await;
    is_refused(&mut again, &answer, 400, ended).await;
    // A gateway that has forgotten it asks the provider, which knows the code.
    stage.restart();
    let answer = arrive(&mut later, &own).await;
    is_refused(&mut later, &answer, 400, ended).await;
    assert!(is_in(&mut attacker).await, "the session is untouched");
    let log = stage.access_log();
    for reason in ["oidc_state", "oidc_used", "oidc_code"] {
        assert!(log.contains(reason), "{reason}: {log}");
    }
}

/// Goal: a code or a token that was made for something else opens nothing. Method: the address on the way there is
/// changed, so that the provider answers for another nonce, another client, another proof.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_for_something_else_is_refused() {
    let stage = Stage::new().await;
    let proof = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    for (name, value, status, words) in [
        ("nonce", "another", 502, "tidak dapat dipakai"),
        ("client_id", "lain", 400, "sudah berakhir"),
        ("code_challenge", proof, 400, "sudah berakhir"),
    ] {
        let mut browser = stage.browser();
        let change = |there: &mut Url| set(there, name, value);
        let back = stage.signed_in_there(&mut browser, PPK, change).await;
        let answer = arrive(&mut browser, &back).await;
        is_refused(&mut browser, &answer, status, words).await;
    }
    // Another issuer's answer, and a code that nobody gave.
    for (name, value, status, words) in [
        (
            "iss",
            "https://other.example.org",
            502,
            "tidak dapat dipakai",
        ),
        ("code", "nobody", 400, "sudah berakhir"),
    ] {
        let mut browser = stage.browser();
        let mut back = stage.signed_in_there(&mut browser, PPK, |_| ()).await;
        set(&mut back, name, value);
        let answer = arrive(&mut browser, &back).await;
        is_refused(&mut browser, &answer, status, words).await;
    }
    let log = stage.access_log();
    for reason in ["oidc_token", "oidc_code", "oidc_issuer"] {
        assert!(log.contains(reason), "{reason}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_no_role_or_no_fitting_subject_stays_outside() {
    let stage = Stage::new().await;
    for (name, words) in [
        ("tanpa-peran", "belum mempunyai peran"),
        ("6171011503950001", "tidak menyebut NIP Anda"),
    ] {
        let mut browser = stage.browser();
        let answer = stage.sign_in(&mut browser, name).await;
        is_refused(&mut browser, &answer, 403, words).await;
    }
    let mut browser = stage.browser();
    let there = stage.leave(&mut browser).await;
    let mut person = Browser::new(&stage.provider.issuer);
    let back = stage.provider.cancel(&mut person, there.as_str()).await;
    assert!(back.contains("error=access_denied"), "{back}");
    let answer = arrive(&mut browser, &back.parse().unwrap()).await;
    is_refused(&mut browser, &answer, 403, "tidak mengizinkan Anda masuk").await;
    assert_eq!(
        account(&stage.office, &["list"]),
        "",
        "none of them has an account"
    );
    let log = stage.access_log();
    assert!(!log.contains("6171011503950001"), "{log}");
}

/// Goal: the administration ends what the provider began. Method: `disable` with an open page, another sign-in, `reset`;
/// then a revocation of tokens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_administration_ends_a_session_of_the_provider() {
    let stage = Stage::new().await;
    let mut browser = stage.browser();
    assert_eq!(stage.sign_in(&mut browser, PPK).await.status, 303);
    // The same person may have an account with a password too.
    let mut local = signed_in(&stage.office, PPK, PPK, "officer").await;
    assert!(is_in(&mut browser).await && is_in(&mut local).await);
    let form = browser.get("/orang/baru").await;
    account(&stage.office, &["disable", "--subject", PPK]);
    let sent = browser.post("/orang/baru", &[("kunci", form.key())]).await;
    let ended = "/masuk?ke=%2Forang%2Fbaru&belum=1";
    assert_eq!(sent.location.as_deref(), Some(ended));
    assert!(!is_in(&mut browser).await && !is_in(&mut local).await);
    browser.cookies.clear();
    let answer = stage.sign_in(&mut browser, PPK).await;
    is_refused(&mut browser, &answer, 403, "dinonaktifkan").await;
    let said = account(&stage.office, &["reset", "--subject", PPK]);
    assert!(
        said.contains("/sandi/") && said.contains(&stage.provider.issuer),
        "{said}"
    );
    assert_eq!(stage.sign_in(&mut browser, PPK).await.status, 303);
    assert!(is_in(&mut browser).await);
    account(&stage.office, &["end-sessions"]);
    assert!(!is_in(&mut browser).await);
}

/// Goal: without its provider the office says so, and stays open to local accounts. Method: a provider that starts
/// late, and one that goes away while a person is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_away_is_said_and_local_accounts_work() {
    let mut stage = Stage::without_provider().await;
    let away = "tidak dapat dihubungi sekarang";
    let mut browser = stage.browser();
    let answer = browser.get("/masuk/oidc").await;
    is_refused(&mut browser, &answer, 503, away).await;
    assert!(answer.html.contains("name=\"sandi\""), "{}", answer.html);
    let mut local = signed_in(&stage.office, PPK, PPK, "officer").await;
    assert!(is_in(&mut local).await);

    stage.provider.start(stage.office.dir());
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while browser.get("/masuk/oidc").await.status != 303 {
        assert!(
            std::time::Instant::now() < until,
            "the provider is found again"
        );
    }
    browser.cookies.clear();
    let back = stage.signed_in_there(&mut browser, PPK, |_| ()).await;
    stage.provider.stop();
    let answer = arrive(&mut browser, &back).await;
    is_refused(&mut browser, &answer, 503, away).await;
}

/// Goal: a name from elsewhere is text. Method: a person whose name at the provider is a script.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_of_the_provider_is_shown_as_text() {
    let stage = Stage::new().await;
    let mut browser = stage.browser();
    assert_eq!(
        stage.sign_in(&mut browser, "auditor-bkpsdm").await.status,
        303
    );
    let page = browser.get("/").await;
    assert_eq!(page.status, 200);
    assert!(
        page.html.contains("&#60;script&#62;alert(1)"),
        "{}",
        page.html
    );
    assert!(!page.html.contains("<script>"), "{}", page.html);
}
