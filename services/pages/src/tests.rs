//! Every page, drawn from the answers that the documents of the API show. They are answers of a real office
//! that holds the demonstration; a story compares them.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN},
    },
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDateTime, Utc};
use futures_util::future::BoxFuture;
use html5ever::{parse_document, tendril::TendrilSink};
use jejak_bus::{Actor, Role};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    Away, ChoosePasswordProblem, LinkOwner, Office, Person, Provider, Session, SignInProblem,
    routes,
};

mod provider;

const OPENAPI: &str = include_str!("../../../docs/openapi.json");
const OPERATOR: &str = "b6696fa5-c4ed-84ce-a1ba-b8ea3d326587";

/// An office that answers as its documents say, to a person with one role. Commands are refused.
struct Documented {
    role: Role,
    refusal: Value,
    has_provider: bool,
}

impl Documented {
    fn example(path: &str) -> Option<Value> {
        let document: Value = serde_json::from_str(OPENAPI).ok()?;
        let parts: Vec<_> = path.split('?').next()?.split('/').collect();
        let paths = document["paths"].as_object()?;
        let is_it = |template: &str| {
            let template: Vec<_> = template.split('/').collect();
            let same = |(known, asked): (&&str, &&str)| known == asked || known.starts_with('{');
            template.len() == parts.len() && template.iter().zip(&parts).all(same)
        };
        let (_, found) = paths.iter().find(|(template, _)| is_it(template))?;
        let content = &found["get"]["responses"]["200"]["content"]["application/json"];
        match &content["example"] {
            Value::Null => content["examples"].as_object()?.values().next().cloned(),
            example => Some(example.clone()),
        }
    }
}

fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
    Box::pin(std::future::ready(value))
}

impl Office for Documented {
    fn person<'a>(&'a self, cookie: &'a str) -> BoxFuture<'a, Result<Option<Person>, Away>> {
        let actor = Actor {
            sub: OPERATOR.to_owned(),
            roles: vec![self.role],
            name: "Sari <b>Dewi</b>".parse().ok(),
        };
        let person = Person {
            actor,
            issued_s: 1,
            expires_s: 2,
            account: "a".to_owned(),
            session: "s".to_owned(),
        };
        ready(match cookie {
            "away" => Err(Away),
            cookie => Ok((cookie == "good").then_some(person)),
        })
    }

    fn sign_in<'a>(
        &'a self,
        _: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<Session, SignInProblem>> {
        ready(match password {
            "right" => Ok(Session {
                cookie: "good".to_owned(),
                lasts_s: 60,
            }),
            "slow" => Err(SignInProblem::Slowed { seconds: 30 }),
            _ => Err(SignInProblem::Wrong),
        })
    }

    fn sign_out<'a>(&'a self, _: &'a Person) -> BoxFuture<'a, Result<(), Away>> {
        ready(Ok(()))
    }

    fn provider(&self) -> Option<&dyn Provider> {
        self.has_provider.then_some(self)
    }

    fn link_owner<'a>(&'a self, link: &'a str) -> BoxFuture<'a, Result<Option<LinkOwner>, Away>> {
        ready(Ok((link == "link").then(|| LinkOwner {
            subject: "197701161997031006".to_owned(),
            name: Some("Sari".to_owned()),
        })))
    }

    fn choose_password<'a>(
        &'a self,
        _: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<(), ChoosePasswordProblem>> {
        ready(match password.len() {
            0..10 => Err(ChoosePasswordProblem::TooShort { least: 10 }),
            _ => Ok(()),
        })
    }

    fn local_time(&self, time: DateTime<Utc>) -> (NaiveDateTime, String) {
        (time.naive_utc(), "WIB".to_owned())
    }

    fn ask<'a>(&'a self, _: &'a Person, request: Request) -> BoxFuture<'a, Response> {
        let path = request.uri().path_and_query().unwrap().as_str();
        let answer = Self::example(path).map(|answer| (StatusCode::OK, answer.to_string()));
        let refused = || (StatusCode::UNPROCESSABLE_ENTITY, self.refusal.to_string());
        ready(answer.unwrap_or_else(refused).into_response())
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    html: String,
}

fn pages(role: Role) -> Router {
    let refusal = json!({
        "title": "Judul <i>penolakan</i>", "detail": "Sebabnya begini. Lakukan begitu.",
        "code": "contract.spk_number_taken",
    });
    routes(Arc::new(Documented {
        role,
        refusal,
        has_provider: true,
    }))
}

async fn send(role: Role, request: Request) -> Answer {
    let response = pages(role).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        html: String::from_utf8(body.to_vec()).unwrap(),
    }
}

async fn get(role: Role, path: &str) -> Answer {
    get_with(role, path, "jejak=good").await
}

async fn get_with(role: Role, path: &str, cookie: &str) -> Answer {
    let request = Request::get(path)
        .header(HOST, "localhost")
        .header(COOKIE, cookie);
    send(role, request.body(Body::empty()).unwrap()).await
}

async fn post(role: Role, path: &str, body: &'static str, origin: &str) -> Answer {
    let request = Request::post(path)
        .header(HOST, "localhost")
        .header(ORIGIN, origin)
        .header(COOKIE, "jejak=good")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    send(role, request.body(Body::from(body)).unwrap()).await
}

/// The faults that a parser of HTML5 finds.
fn faults(html: &str) -> Vec<String> {
    let sink = markup5ever_rcdom::RcDom::default();
    let parsed = parse_document(sink, Default::default()).one(html);
    let errors = parsed.errors.borrow();
    errors.iter().map(ToString::to_string).collect()
}

/// The pages of people, forms and signing in, with the roles that may see each.
const PAGES: [(&str, Role); 14] = [
    ("/", Role::Officer),
    ("/", Role::Operator),
    ("/", Role::Service),
    ("/orang", Role::Auditor),
    ("/orang?q=satu", Role::Officer),
    ("/orang/baru", Role::Officer),
    ("/orang/b6696fa5", Role::Officer),
    ("/orang/b6696fa5?posisi=7&tahun=2020", Role::Operator),
    ("/orang/b6696fa5/perbaiki", Role::Officer),
    ("/orang/b6696fa5/kontrak", Role::Officer),
    ("/orang/b6696fa5/kontrak/f1fd8300/ubah", Role::Officer),
    ("/orang/b6696fa5/kontrak/f1fd8300/putus", Role::Officer),
    ("/orang/b6696fa5/kontrak/f1fd8300/batal", Role::Officer),
    ("/orang/b6696fa5/kontrak/f1fd8300/peringatan", Role::Officer),
];

#[tokio::test]
async fn every_page_is_whole_html_in_both_languages() {
    assert!(
        !faults("<!DOCTYPE html><p><b></p>").is_empty(),
        "the parser finds faults"
    );
    for (path, role) in PAGES {
        for code in ["id", "en"] {
            let sign = if path.contains('?') { '&' } else { '?' };
            let answer = get(role, &format!("{path}{sign}bahasa={code}")).await;
            let html = &answer.html;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {html}");
            assert_eq!(faults(html), Vec::<String>::new(), "{path}");
            assert!(html.contains(&format!("<html lang=\"{code}\">")), "{path}");
            assert!(
                !html.contains("<script") && !html.contains("style=\""),
                "{path}"
            );
            assert!(!html.contains("Sari <b>"), "{path}: a name is not escaped");
            assert!(html.contains("Sari &#60;b&#62;"), "{path}");
        }
    }
}

#[tokio::test]
async fn every_page_forbids_scripts_frames_and_copies() {
    for path in ["/", "/masuk?ke=x", "/sandi/link", "/sandi/x"] {
        let cookie = if path == "/" { "jejak=good" } else { "" };
        let answer = get_with(Role::Officer, path, cookie).await;
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{path}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert_eq!(faults(&answer.html), Vec::<String>::new(), "{path}");
    }
}

/// Goal: the first page of an office shows every item of the work list, and adds none.
#[tokio::test]
async fn the_first_page_shows_the_work_list() {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let content = &document["paths"]["/v1/work"]["get"]["responses"]["200"]["content"];
    let example = &content["application/json"]["example"]["items"];
    let items = example.as_array().unwrap();
    assert!(!items.is_empty());
    let page = get(Role::Officer, "/").await.html;
    let list = page.split("<table").nth(1).unwrap();
    let list = list.split("</table>").next().unwrap();
    assert_eq!(
        list.matches("href=\"/orang/").count(),
        items.len(),
        "{list}"
    );
    for item in items {
        let person = format!("/orang/{}", item["operator_id"].as_str().unwrap());
        assert!(list.contains(&person), "{person}");
        let kind = item["kind"].as_str().unwrap();
        assert!(!list.contains(kind), "{kind} has a label");
    }
}

#[tokio::test]
async fn a_file_is_kept_for_good_under_the_name_of_its_content() {
    let page = get(Role::Officer, "/").await.html;
    let path = page.split("href=\"/aset/").nth(1).unwrap();
    let path = format!("/aset/{}", path.split('"').next().unwrap());
    let style = get_with(Role::Officer, &path, "").await;
    assert_eq!(style.status, StatusCode::OK);
    let kept = style.headers["cache-control"].to_str().unwrap();
    assert!(kept.contains("immutable"), "{kept}");
    let other = get_with(Role::Officer, "/aset/jejak-0000000000000000.css", "").await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

/// Goal: a browser drops the pages it holds for its back button once the person has signed out. Method: the page after
/// the sign-out, and no other, loads the style that says so.
#[tokio::test]
async fn the_page_after_the_sign_out_makes_the_browser_forget() {
    let forget = "<link rel=\"stylesheet\" href=\"/aset/keluar.css\">";
    let after = get_with(Role::Officer, "/masuk?keluar=1", "").await.html;
    assert!(after.contains(forget), "{after}");
    for (path, cookie) in [("/masuk", ""), ("/", "jejak=good")] {
        let page = get_with(Role::Officer, path, cookie).await.html;
        assert!(page.contains("<h1>") && !page.contains(forget), "{path}");
    }
    let style = get_with(Role::Officer, "/aset/keluar.css", "").await;
    assert_eq!(style.status, StatusCode::OK);
    assert_eq!(style.headers["clear-site-data"], "\"cache\"");
    assert_eq!(style.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn nobody_sees_a_page_without_a_session() {
    for (path, role) in PAGES {
        for cookie in ["", "jejak=forged", "__Host-jejak=good"] {
            let answer = get_with(role, path, cookie).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path} {cookie}");
            let location = answer.headers[LOCATION].to_str().unwrap();
            assert!(location.starts_with("/masuk"), "{location}");
        }
        let away = get_with(role, path, "jejak=away").await;
        assert_eq!(away.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
}

#[tokio::test]
async fn a_refusal_stands_at_its_field_in_its_own_words() {
    let typed = "kunci=k&spk_number=800%2F%3C1%3E&start=1%2F2%2F2020&monthly.wage=1.000";
    let path = "/orang/b6696fa5/kontrak";
    let answer = post(Role::Officer, path, typed, "http://localhost").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let html = answer.html;
    let at_field = html.split("id=\"spk_number-salah\"").nth(1).unwrap();
    assert!(
        at_field
            .split("</p>")
            .next()
            .unwrap()
            .contains("Sebabnya begini."),
        "{html}"
    );
    assert!(html.contains("Judul &#60;i&#62;"), "{html}");
    for kept in [
        "value=\"k\"",
        "value=\"800/&#60;1&#62;\"",
        "value=\"1/2/2020\"",
        "value=\"1.000\"",
    ] {
        assert!(html.contains(kept), "{kept}: {html}");
    }
    assert_eq!(faults(&html), Vec::<String>::new());
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_before_anything_is_asked() {
    for path in ["/masuk", "/keluar", "/sandi/link", "/orang/baru"] {
        for origin in ["http://evil.example", "null", "http://localhost:8080"] {
            let answer = post(Role::Officer, path, "sandi=right", origin).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {origin}");
            assert!(!answer.headers.contains_key("set-cookie"));
        }
    }
}

#[tokio::test]
async fn signing_in_says_what_is_wrong_and_how_long_to_wait() {
    let sign_in = |body| post(Role::Officer, "/masuk", body, "http://localhost");
    let wrong = sign_in("akun=%3Ca%3E&sandi=x").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.html.contains("value=\"&#60;a&#62;\""),
        "{}",
        wrong.html
    );
    let slow = sign_in("akun=a&sandi=slow").await;
    assert_eq!(slow.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(slow.html.contains("30 detik"), "{}", slow.html);
    let right = sign_in("akun=a&sandi=right&ke=https%3A%2F%2Fevil.example").await;
    assert_eq!(right.status, StatusCode::SEE_OTHER);
    assert_eq!(right.headers[LOCATION], "/");
    let short = post(
        Role::Officer,
        "/sandi/link",
        "sandi=a&ulang=a",
        "http://localhost",
    )
    .await;
    assert!(short.html.contains("paling sedikit 10"), "{}", short.html);
    for page in [wrong, slow, short] {
        assert_eq!(faults(&page.html), Vec::<String>::new());
    }
}

#[tokio::test]
async fn buttons_are_drawn_for_those_who_may_use_them() {
    let officer = get(Role::Officer, "/orang/b6696fa5").await.html;
    let operator = get(Role::Operator, "/orang/b6696fa5").await.html;
    let auditor = get(Role::Auditor, "/orang/b6696fa5").await.html;
    for change in [
        "/perbaiki\"",
        "/kontrak\"",
        "/ubah\"",
        "/putus\"",
        "/batal\"",
        "/peringatan\"",
    ] {
        assert!(officer.contains(change), "{change}");
        assert!(
            !operator.contains(change) && !auditor.contains(change),
            "{change}"
        );
    }
    let form = get(Role::Auditor, "/orang/baru").await;
    assert_eq!(form.status, StatusCode::FORBIDDEN);
}
