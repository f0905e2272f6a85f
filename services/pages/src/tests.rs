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
    AccountChange, AccountProblem, AccountRow, AccountStatus, Away, ChoosePasswordProblem,
    LinkOwner, Office, Person, Provider, Session, SignInProblem, routes,
};

mod leave;
mod provider;
mod sheets;

const OPENAPI: &str = include_str!("../../../docs/openapi.json");
const OPERATOR: &str = "b6696fa5-c4ed-84ce-a1ba-b8ea3d326587";

/// An office that answers as its documents say, to a person with one role. Commands are refused.
struct Documented {
    role: Role,
    refusal: Value,
    has_provider: bool,
}

impl Documented {
    /// The example of an answer: JSON, or a text as it is.
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
        let contents = found["get"]["responses"]["200"]["content"].as_object()?;
        let mut examples = contents.values().map(|content| &content["example"]);
        match examples.find(|example| !example.is_null())? {
            // The same event as JSON, beside its position.
            Value::String(line) if path.starts_with("/v1/events") => {
                let event: Value = serde_json::from_str(line).ok()?;
                let item = json!({"position": 20, "event": event});
                Some(json!({"position": 57, "items": [item]}))
            }
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

    fn accounts<'a>(
        &'a self,
        person: &'a Person,
    ) -> BoxFuture<'a, Result<Vec<AccountRow>, AccountProblem>> {
        let row = |login: &str, status| AccountRow {
            key: format!("key-of-{login}"),
            login: login.to_owned(),
            subject: "197701161997031006".to_owned(),
            name: Some("Sari <b>Dewi</b>".to_owned()),
            roles: vec![Role::Officer],
            status,
        };
        ready(match person.actor.roles.contains(&Role::Admin) {
            true => Ok(vec![
                row("satu", AccountStatus::SignsIn),
                row("dua", AccountStatus::HasLink),
                row("tiga", AccountStatus::NoPassword),
                row("empat", AccountStatus::Disabled),
            ]),
            false => Err(AccountProblem::Forbidden),
        })
    }

    fn change_account<'a>(
        &'a self,
        _: &'a Person,
        change: AccountChange,
    ) -> BoxFuture<'a, Result<Option<String>, AccountProblem>> {
        ready(match change {
            AccountChange::Add(new) if new.roles.is_empty() => Err(AccountProblem::NoRole),
            AccountChange::Add(_) | AccountChange::Reset { .. } => {
                Ok(Some("/sandi/a-secret".to_owned()))
            }
            AccountChange::Disable { .. }
            | AccountChange::EndSessions { .. }
            | AccountChange::EndAllSessions => Ok(None),
        })
    }

    fn local_time(&self, time: DateTime<Utc>) -> (NaiveDateTime, String) {
        (time.naive_utc(), "WIB".to_owned())
    }

    fn ask<'a>(&'a self, _: &'a Person, request: Request) -> BoxFuture<'a, Response> {
        let path = request.uri().path_and_query().unwrap().as_str();
        let answer = Self::example(path).map(|mut answer| {
            if path.contains("cursor=") {
                (answer["items"], answer["next"]) = (json!([]), Value::Null);
            }
            if path.contains("month=2020-12") {
                open(&mut answer);
            }
            let text = answer.as_str().map(str::to_owned);
            (StatusCode::OK, text.unwrap_or_else(|| answer.to_string()))
        });
        let refused = || (StatusCode::UNPROCESSABLE_ENTITY, self.refusal.to_string());
        ready(answer.unwrap_or_else(refused).into_response())
    }
}

/// Makes the months of an answer open, as they were before they were appraised.
fn open(answer: &mut Value) {
    for (n, month) in answer["items"]
        .as_array_mut()
        .into_iter()
        .flatten()
        .enumerate()
    {
        month["status"] = json!(if n == 0 { "open" } else { "upcoming" });
        month["late"] = json!(n == 0);
        month["evaluation"] = json!("provisional");
        for member in ["scores", "total", "category", "signed_on", "note", "reason"] {
            month[member] = Value::Null;
        }
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
const PAGES: &[(&str, Role)] = &[
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
    ("/penilaian", Role::Officer),
    (NOVEMBER, Role::Auditor),
    (DECEMBER, Role::Officer),
    (
        "/penilaian?bulan=2020-11&paket=2020-tenaga-it&hanya=terbuka",
        Role::Officer,
    ),
    ("/evaluasi", Role::Officer),
    ("/evaluasi?tahun=2020&paket=2020-tenaga-it", Role::Auditor),
    ("/seleksi", Role::Officer),
    ("/seleksi?paket=2021-tenaga-it", Role::Auditor),
    ("/orang?paket=2020-tenaga-it&status=ended", Role::Admin),
    ("/orang/b6696fa5?riwayat=32", Role::Admin),
    ("/cuti", Role::Officer),
    ("/cuti?bulan=2020-12&paket=2020-tenaga-it", Role::Auditor),
    ("/cuti?bulan=2020-12&posisi=7", Role::Officer),
    ("/cuti", Role::Operator),
    ("/cuti?tahun=2020", Role::Operator),
    ("/orang/b6696fa5/cuti", Role::Officer),
    ("/orang/b6696fa5/cuti/de08e417/batal", Role::Officer),
    ("/orang/b6696fa5/tidak-hadir", Role::Officer),
    ("/orang/b6696fa5/nik", Role::Officer),
    ("/orang/b6696fa5/kontrak/f1fd8300/fasilitas", Role::Officer),
    ("/orang/b6696fa5/fasilitas/f1fd8300/kembali", Role::Officer),
    ("/orang/b6696fa5/hapus", Role::Admin),
    ("/paket", Role::Officer),
    ("/paket/2020-tenaga-it", Role::Auditor),
    ("/paket/2020-tenaga-it?posisi=7", Role::Admin),
    ("/paket/baru", Role::Admin),
    ("/paket/2020-tenaga-it/ubah", Role::Admin),
    ("/paket/2020-tenaga-it/pejabat", Role::Admin),
    (
        "/paket/2020-tenaga-it/pejabat/akhiri?pejabat=d459f01c-d906-8215-a377-dc50ff088101&jabatan=ppk",
        Role::Admin,
    ),
    ("/kalender/2020", Role::Officer),
    ("/kalender/2020?posisi=7&tercatat=3", Role::Admin),
    ("/kalender/tetapkan", Role::Admin),
    (
        "/kalender/cabut?tanggal=2020-12-25&jenis=public_holiday",
        Role::Admin,
    ),
    ("/kalender/keputusan", Role::Admin),
    ("/audit", Role::Auditor),
    (
        "/audit?aliran=package/2020-tenaga-it&sebelum=9",
        Role::Auditor,
    ),
    ("/sistem", Role::Admin),
    ("/sistem/akun", Role::Admin),
    ("/sistem/akun?sudah=nonaktifkan", Role::Admin),
    ("/sistem/akun/baru", Role::Admin),
    ("/sistem/akun/key-of-satu/atur-ulang", Role::Admin),
    ("/sistem/akun/key-of-satu/nonaktifkan", Role::Admin),
    ("/sistem/akun/key-of-satu/akhiri-sesi", Role::Admin),
    ("/sistem/akun/key-of-empat/atur-ulang", Role::Admin),
];
const NOVEMBER: &str = "/penilaian?bulan=2020-11&paket=2020-tenaga-it";
const DECEMBER: &str = "/penilaian?bulan=2020-12&paket=2020-tenaga-it";

#[tokio::test]
async fn every_page_is_whole_html_in_both_languages() {
    assert!(
        !faults("<!DOCTYPE html><p><b></p>").is_empty(),
        "the parser finds faults"
    );
    for (path, role) in PAGES.iter().copied() {
        for code in ["id", "en"] {
            let sign = if path.contains('?') { '&' } else { '?' };
            let answer = get(role, &format!("{path}{sign}bahasa={code}")).await;
            let html = &answer.html;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {html}");
            assert_eq!(faults(html), Vec::<String>::new(), "{path}");
            assert!(html.contains(&format!("<html lang=\"{code}\">")), "{path}");
            // The one script is a file of this office.
            let scripts: Vec<_> = html.split("<script").skip(1).collect();
            assert!(
                scripts.len() == 1 && scripts[0].starts_with(" src=\"/aset/jejak-"),
                "{path}"
            );
            assert!(html.contains("\" defer></script>"), "{path}");
            assert!(!html.contains("style=\""), "{path}");
            assert!(!html.contains("Sari <b>"), "{path}: a name is not escaped");
            assert!(html.contains("Sari &#60;b&#62;"), "{path}");
        }
    }
}

#[tokio::test]
async fn every_page_forbids_foreign_scripts_frames_and_copies() {
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
        assert!(
            policy.contains("script-src 'self';") && policy.contains("connect-src 'self';"),
            "{path}"
        );
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
    assert_eq!(list.matches("<td class=\"do\">").count(), items.len());
    for item in items {
        let person = format!("/orang/{}", item["operator_id"].as_str().unwrap());
        assert!(list.contains(&person), "{person}");
        if let Some(month) = item["month"].as_str() {
            let package = item["package_id"].as_str().unwrap();
            let place = format!("/penilaian?bulan={month}&#38;paket={package}");
            assert!(list.contains(&place), "{place}: {list}");
        }
        let kind = item["kind"].as_str().unwrap();
        assert!(!list.contains(kind), "{kind} has a label");
    }
}

#[tokio::test]
async fn a_file_is_kept_for_good_under_the_name_of_its_content() {
    let page = get(Role::Officer, "/").await.html;
    for (begin, kind) in [
        (
            "rel=\"stylesheet\" href=\"/aset/",
            "text/css; charset=utf-8",
        ),
        ("rel=\"icon\" href=\"/aset/", "image/svg+xml"),
        ("<script src=\"/aset/", "text/javascript; charset=utf-8"),
    ] {
        let path = page.split(begin).nth(1).unwrap();
        let path = format!("/aset/{}", path.split('"').next().unwrap());
        let file = get_with(Role::Officer, &path, "").await;
        assert_eq!(file.status, StatusCode::OK, "{path}");
        assert_eq!(file.headers["content-type"], kind);
        let kept = file.headers["cache-control"].to_str().unwrap();
        assert!(kept.contains("immutable"), "{kept}");
    }
    for other in ["css", "js", "svg"] {
        let path = format!("/aset/jejak-0000000000000000.{other}");
        let other = get_with(Role::Officer, &path, "").await;
        assert_eq!(other.status, StatusCode::NOT_FOUND);
    }
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
    for (path, role) in PAGES.iter().copied() {
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
    let admin = get(Role::Admin, "/orang/b6696fa5").await.html;
    let shown = Documented::example("/v1/operators/b6696fa5").unwrap();
    let shown = shown["operator_id"].as_str().unwrap();
    for change in ["cuti", "tidak-hadir", "nik"]
        .map(|name| format!("{shown}/{name}\""))
        .into_iter()
        .chain(["/fasilitas\"", "/batal\""].map(str::to_owned))
    {
        assert!(officer.contains(&change), "{change}");
        for other in [&operator, &auditor, &admin] {
            assert!(!other.contains(&change), "{change}");
        }
    }
    assert!(admin.contains("/hapus\"") && !officer.contains("/hapus\""));
    for (role, path) in [
        (Role::Auditor, "/orang/baru"),
        (Role::Officer, "/orang/b6696fa5/hapus"),
        (Role::Operator, "/orang/b6696fa5/cuti"),
    ] {
        let form = get(role, path).await;
        assert_eq!(form.status, StatusCode::FORBIDDEN, "{path}");
    }
}

/// Goal: the administration changes packages and the calendar, and nobody else is shown a way to.
#[tokio::test]
async fn only_the_administration_is_shown_the_forms_of_terms_and_days_off() {
    for (page, forms) in [
        ("/paket", &["/paket/baru\""][..]),
        (
            "/paket/2020-tenaga-it",
            &["/ubah\"", "/pejabat\"", "/akhiri?pejabat="],
        ),
        (
            "/kalender/2020",
            &["/tetapkan\"", "/keputusan\"", "/cabut?tanggal="],
        ),
    ] {
        let admin = get(Role::Admin, page).await.html;
        for form in forms {
            assert!(admin.contains(form), "{page} {form}");
            for role in [Role::Officer, Role::Auditor] {
                let html = get(role, page).await.html;
                assert!(!html.contains(form), "{page} {form}");
            }
        }
    }
    for form in [
        "/paket/baru",
        "/paket/x/ubah",
        "/paket/x/pejabat",
        "/kalender/tetapkan",
        "/kalender/keputusan",
    ] {
        let refused = get(Role::Officer, form).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{form}");
    }
}

#[tokio::test]
async fn a_form_begins_with_what_is_known() {
    let publish = get(Role::Admin, "/paket/baru").await.html;
    for usual in [
        "name=\"eligibility.gpa_min\" value=\"2,75\"",
        "discipline: attendance, roll_call",
        "Manajemen Informatika</textarea>",
        "name=\"evaluation.different_signers\" value=\"1\" checked",
    ] {
        assert!(publish.contains(usual), "{usual}: {publish}");
    }
    let amend = get(Role::Admin, "/paket/2020-tenaga-it/ubah").await.html;
    for present in [
        "name=\"budget_ceiling\" value=\"24.750.000\"",
        "name=\"period.start\" value=\"01/10/2020\"",
    ] {
        assert!(amend.contains(present), "{present}: {amend}");
    }
    let release = "/paket/2020-tenaga-it/pejabat/akhiri?pejabat=d459f01c-d906-8215-a377-dc50ff088101&jabatan=ppk";
    let release = get(Role::Admin, release).await.html;
    assert!(
        release.contains("name=\"nip\" value=\"197701161997031006\""),
        "{release}"
    );
    let revoke = "/kalender/cabut?tanggal=2020-12-25&jenis=public_holiday";
    let revoke = get(Role::Admin, revoke).await.html;
    for known in ["value=\"25/12/2020\"", "value=\"Hari Raya Natal\""] {
        assert!(revoke.contains(known), "{known}: {revoke}");
    }
}

/// Goal: a decree of many days keeps what was typed, and says what became of each row.
#[tokio::test]
async fn a_row_of_a_decree_that_is_refused_says_so_beside_what_was_typed() {
    let typed = "kunci=k&baris=12&decree=SKB+%3C1%3E&date-2=25%2F12%2F2020&kind-2=joint_leave&name-2=%3CNatal%3E";
    let path = "/kalender/keputusan";
    let answer = post(Role::Admin, path, typed, "http://localhost").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let html = answer.html;
    for shown in [
        "value=\"SKB &#60;1&#62;\"",
        "value=\"25/12/2020\"",
        "value=\"&#60;Natal&#62;\"",
        "id=\"baris-2-salah\"",
        "0 hari tercatat, 1 ditolak",
    ] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    assert_eq!(faults(&html), Vec::<String>::new());
    let more = post(
        Role::Admin,
        path,
        "kunci=k&baris=12&lagi=1&name-1=Natal",
        "http://localhost",
    );
    let more = more.await;
    assert_eq!(more.status, StatusCode::OK);
    assert!(more.html.contains("id=\"date-24\"") && more.html.contains("value=\"Natal\""));
}

/// Goal: a one-time link is shown once and stands in no address.
#[tokio::test]
async fn a_one_time_link_is_in_the_answer_alone() {
    let sent = |path, body| post(Role::Admin, path, body, "http://localhost");
    let added = sent("/sistem/akun/baru", "subject=x&role=auditor").await;
    assert_eq!(added.status, StatusCode::OK);
    assert!(
        added.html.contains("http://localhost/sandi/a-secret"),
        "{}",
        added.html
    );
    assert_eq!(added.headers["cache-control"], "no-store");
    let none = sent("/sistem/akun/baru", "subject=%3Cx%3E").await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.html.contains("id=\"role-salah\"") && none.html.contains("&#60;x&#62;"));
    let ended = sent("/sistem/akun/key-of-satu/akhiri-sesi", "").await;
    assert_eq!(ended.headers[LOCATION], "/sistem/akun?sudah=akhiri-sesi");
    let unknown = sent("/sistem/akun/key-of-satu/hapus", "").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    for page in [added, none, unknown] {
        assert_eq!(faults(&page.html), Vec::<String>::new());
    }
    let officer = get(Role::Officer, "/sistem/akun").await;
    assert_eq!(officer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_proof_is_passed_on_as_a_file() {
    let proof = get(Role::Auditor, "/audit/bukti/20").await;
    assert_eq!(proof.status, StatusCode::OK);
    assert!(
        proof.html.starts_with("c2sp.org/tlog-proof@v1\n"),
        "{}",
        proof.html
    );
    let name = proof.headers["content-disposition"].to_str().unwrap();
    assert_eq!(name, "attachment; filename=\"20.tlog-proof\"");
    let checkpoint = get(Role::Auditor, "/audit/titik-periksa").await;
    assert!(checkpoint.html.starts_with("jejak/pontianak\n"));
}

#[tokio::test]
async fn the_bar_leads_to_the_rooms_of_a_role() {
    for (role, seen, hidden) in [
        (
            Role::Officer,
            &["/paket", "/kalender"][..],
            &["/audit", "/sistem"][..],
        ),
        (
            Role::Auditor,
            &["/paket", "/kalender", "/audit"],
            &["/sistem"],
        ),
        (
            Role::Admin,
            &["/paket", "/kalender", "/sistem"],
            &["/audit"],
        ),
        (
            Role::Operator,
            &[],
            &["/paket", "/kalender", "/audit", "/sistem"],
        ),
    ] {
        let html = get(role, "/").await.html;
        let bar = html.split("</nav>").next().unwrap();
        for path in seen {
            assert!(bar.contains(&format!("href=\"{path}\"")), "{role:?} {path}");
        }
        for path in hidden {
            assert!(
                !bar.contains(&format!("href=\"{path}\"")),
                "{role:?} {path}"
            );
        }
    }
}
