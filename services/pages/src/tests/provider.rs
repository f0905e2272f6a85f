//! Signing in at a provider: the way there, the way back, and each refusal in plain words.

use axum::http::header::SET_COOKIE;

use super::*;
use crate::{Arrival, Departure, ProviderAnswer, ProviderProblem as P};

/// A provider that lets the code `right` in, and names its refusal by the code otherwise.
impl Provider for Documented {
    fn host(&self) -> &str {
        "login.example.org"
    }

    fn begin<'a>(
        &'a self,
        return_address: &'a str,
        back: &'a str,
        language: &'static str,
    ) -> BoxFuture<'a, Result<Departure, P>> {
        ready(match back {
            "/away" => Err(P::ProviderAway),
            back => Ok(Departure {
                address: format!("https://login.example.org/{language}?{return_address}&{back}"),
                cookie: "waiting".to_owned(),
                lasts_s: 600,
            }),
        })
    }

    fn finish<'a>(
        &'a self,
        cookie: &'a str,
        answer: &'a ProviderAnswer,
    ) -> BoxFuture<'a, Result<Arrival, P>> {
        ready(match (cookie, answer.code.as_str()) {
            ("waiting", "right") => Ok(Arrival {
                session: Session {
                    cookie: "good".to_owned(),
                    lasts_s: 60,
                },
                back: answer.state.clone(),
            }),
            ("waiting", "subject") => Err(P::WrongSubject),
            ("waiting", "role") => Err(P::NoRole),
            ("waiting", "disabled") => Err(P::Disabled),
            ("waiting", "refused") => Err(P::Refused),
            ("waiting", "away") => Err(P::Away),
            ("waiting", _) if answer.error.is_some() => Err(P::Denied),
            _ => Err(P::NotBegun),
        })
    }

    fn sign_out_address<'a>(&'a self, back: &'a str) -> BoxFuture<'a, Option<String>> {
        ready(Some(format!("https://login.example.org/out?{back}")))
    }
}

async fn ask(path: &str, cookie: &str) -> Answer {
    get_with(Role::Officer, path, cookie).await
}

fn location(answer: &Answer) -> &str {
    answer.headers[LOCATION].to_str().unwrap()
}

fn cookies(answer: &Answer) -> Vec<&str> {
    let cookies = answer.headers.get_all(SET_COOKIE).iter();
    cookies.map(|cookie| cookie.to_str().unwrap()).collect()
}

#[tokio::test]
async fn the_page_leads_to_the_provider_and_keeps_the_local_form() {
    let page = ask("/masuk?ke=%2Forang%3Fq%3Da", "").await.html;
    let link = "href=\"/masuk/oidc?ke=%2Forang%3Fq%3Da\">Masuk lewat login.example.org</a>";
    assert!(page.contains(link), "{page}");
    assert!(page.contains("name=\"sandi\""), "{page}");
    let english = ask("/masuk?keluar=1&bahasa=en", "").await.html;
    assert!(
        english.contains("Sign in at login.example.org"),
        "{english}"
    );
    assert!(english.contains("href=\"/masuk/oidc/keluar\""), "{english}");
    for html in [page, english] {
        assert_eq!(faults(&html), Vec::<String>::new());
    }
    let office = Documented {
        role: Role::Officer,
        refusal: json!({}),
        has_provider: false,
    };
    let without = routes(Arc::new(office));
    for path in [
        "/masuk/oidc",
        "/masuk/oidc/kembali?code=right",
        "/masuk/oidc/keluar",
    ] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = without.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.headers()[LOCATION], "/masuk", "{path}");
    }
    let request = Request::get("/masuk").body(Body::empty()).unwrap();
    let page = without.oneshot(request).await.unwrap();
    let page = to_bytes(page.into_body(), usize::MAX).await.unwrap();
    assert!(!String::from_utf8_lossy(&page).contains("/masuk/oidc"));
}

/// Goal: the browser keeps a cookie that waits for the answer and nothing else of the sign-in, and goes afterwards to a
/// page of this office only.
#[tokio::test]
async fn the_way_there_and_back_keeps_to_this_office() {
    let there = ask("/masuk/oidc?ke=%2Forang&bahasa=en", "").await;
    assert_eq!(there.status, StatusCode::SEE_OTHER);
    let expected = "https://login.example.org/en?http://localhost/masuk/oidc/kembali&/orang";
    assert_eq!(location(&there), expected);
    let waiting = "jejak-masuk=waiting; Path=/; Max-Age=600; HttpOnly; SameSite=Lax";
    assert_eq!(cookies(&there), [waiting]);
    let evil = ask("/masuk/oidc?ke=https%3A%2F%2Fevil.example", "").await;
    assert!(location(&evil).ends_with("&/"), "{}", location(&evil));

    let long = ask(&format!("/masuk/oidc?ke=%2F{}", "a".repeat(1_000)), "").await;
    assert!(location(&long).ends_with("&/"), "no cookie could hold it");

    let back = "/masuk/oidc/kembali?code=right&state=";
    let arrived = ask(&format!("{back}%2Forang"), "jejak-masuk=waiting").await;
    assert_eq!(
        (arrived.status, location(&arrived)),
        (StatusCode::SEE_OTHER, "/orang")
    );
    let session = "jejak=good; Path=/; Max-Age=60; HttpOnly; SameSite=Lax";
    let used = "jejak-masuk=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax";
    assert_eq!(cookies(&arrived), [session, used]);
    let evil = ask(&format!("{back}%2F%2Fevil.example"), "jejak-masuk=waiting").await;
    assert_eq!(location(&evil), "/");
    let out = ask("/masuk/oidc/keluar", "").await;
    assert_eq!(
        location(&out),
        "https://login.example.org/out?http://localhost/masuk"
    );
}

#[tokio::test]
async fn each_refusal_is_said_in_plain_words_and_leaves_the_form() {
    let waiting = "jejak-masuk=waiting";
    for (query, cookie, status, words) in [
        (
            "error=access_denied",
            waiting,
            403,
            "tidak mengizinkan Anda masuk",
        ),
        ("code=subject", waiting, 403, "tidak menyebut NIP Anda"),
        ("code=role", waiting, 403, "belum mempunyai peran"),
        ("code=disabled", waiting, 403, "dinonaktifkan"),
        ("code=refused", waiting, 502, "tidak dapat dipakai"),
        ("code=old", waiting, 400, "sudah berakhir"),
        ("code=right", "", 400, "sudah berakhir"),
        (
            "code=away",
            waiting,
            503,
            "Kantor sedang tidak dapat dihubungi",
        ),
    ] {
        let answer = ask(&format!("/masuk/oidc/kembali?{query}"), cookie).await;
        assert_eq!(answer.status.as_u16(), status, "{query}");
        assert!(answer.html.contains(words), "{query}: {}", answer.html);
        if query != "code=away" {
            let comes_back = answer.html.contains("kembali?code");
            assert!(!comes_back, "{query}: a link asks for the same again");
        }
        assert_eq!(faults(&answer.html), Vec::<String>::new(), "{query}");
        let cookies = cookies(&answer);
        assert!(
            cookies.iter().all(|cookie| cookie.contains("Max-Age=0")),
            "{cookies:?}"
        );
    }
    let away = ask("/masuk/oidc?ke=%2Faway", "").await;
    assert_eq!(away.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        away.html
            .contains("login.example.org tidak dapat dihubungi")
    );
    assert!(away.html.contains("name=\"sandi\"") && away.html.contains("value=\"/away\""));
    assert!(cookies(&away).is_empty());
}
