//! The gateway alone, without a broker: every refusal is a problem document with the right status.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
    response::Response,
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

mod hardening;

use crate::{
    Config,
    app::App,
    router::{router, with_layers},
    testing::Issuer,
};

const NIP: &str = "197701161997031006";
const OPERATOR: &str = "00000000-0000-8000-8000-000000000001";
const OTHER: &str = "00000000-0000-8000-8000-000000000002";

fn gateway_with(change: impl FnOnce(&mut Config)) -> Router {
    router(app_with(change))
}

fn app_with(change: impl FnOnce(&mut Config)) -> Arc<App> {
    let register = Issuer::new(1).register();
    let broker = jejak_bus::BrokerConfig::without_identity("nats://127.0.0.1:1".to_owned());
    let dir = tempfile::tempdir().unwrap();
    let access_log = dir.path().join("access.log");
    let mut config = Config::new(
        broker,
        "pontianak".parse().unwrap(),
        register.tokens(),
        access_log,
    );
    change(&mut config);
    let (app, _) = App::new(&config, CancellationToken::new()).unwrap();
    Arc::new(app)
}

pub(crate) fn gateway() -> Router {
    gateway_with(|_| ())
}

fn officer() -> String {
    Issuer::new(1).bearer("197701161997031006", &["officer"])
}

fn post(path: &str) -> axum::http::request::Builder {
    Request::post(path)
        .header(header::AUTHORIZATION, officer())
        .header(header::CONTENT_TYPE, "application/json")
}

fn get(path: &str, sub: &str, role: &str) -> Request<Body> {
    let bearer = Issuer::new(1).bearer(sub, &[role]);
    Request::get(path)
        .header(header::AUTHORIZATION, bearer)
        .body(Body::empty())
        .unwrap()
}

/// Asks as clients do, who always name the host.
pub(crate) async fn ask(gateway: &Router, mut request: Request<Body>) -> Response {
    let host = header::HeaderValue::from_static("jejak.example.org");
    request.headers_mut().insert(header::HOST, host);
    gateway.clone().oneshot(request).await.unwrap()
}

#[track_caller]
fn is_problem(response: &Response, status: u16) {
    assert_eq!(response.status().as_u16(), status);
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "application/problem+json"
    );
}

async fn problem(gateway: &Router, request: Request<Body>, status: u16) -> (Value, Response<()>) {
    let what = format!("{} {}", request.method(), request.uri());
    let response = ask(gateway, request).await;
    assert_eq!(response.status().as_u16(), status, "{what}");
    is_problem(&response, status);
    let (parts, body) = response.into_parts();
    let document: Value = serde_json::from_slice(&to_bytes(body, 1 << 20).await.unwrap()).unwrap();
    assert_eq!(document["status"], status);
    assert_eq!(
        document["type"],
        format!("/problems/{}", document["code"].as_str().unwrap())
    );
    assert!(document["title"].is_string() && document["detail"].is_string());
    (document, Response::from_parts(parts, ()))
}

#[tokio::test]
async fn bad_commands_are_refused_with_their_status() {
    let gateway = gateway();
    let command = "/v1/commands/hire-operator";
    let cases = [
        (
            Request::post(command).body(Body::empty()).unwrap(),
            401,
            "token.invalid",
        ),
        (
            post("/v1/commands/publish-terms")
                .body(Body::from("{}"))
                .unwrap(),
            403,
            "role.missing",
        ),
        (
            post("/v1/commands/nothing").body(Body::from("{}")).unwrap(),
            404,
            "request.unknown",
        ),
        (
            post("/v1/nothing").body(Body::from("{}")).unwrap(),
            404,
            "request.unknown",
        ),
        (
            post(command).body(Body::from("{")).unwrap(),
            400,
            "request.malformed",
        ),
        (
            post(command).body(Body::from("{\"nothing\":1}")).unwrap(),
            400,
            "request.malformed",
        ),
        (
            post(command).body(Body::empty()).unwrap(),
            400,
            "request.malformed",
        ),
        (
            post(command)
                .header("idempotency-key", "a b")
                .body(Body::empty())
                .unwrap(),
            400,
            "request.malformed",
        ),
        (
            post(command)
                .body(Body::from(vec![b' '; 10 << 20]))
                .unwrap(),
            413,
            "request.too_large",
        ),
        (
            Request::post(command)
                .header(header::AUTHORIZATION, officer())
                .header(header::CONTENT_TYPE, "text/plain")
                .body(Body::from("{}"))
                .unwrap(),
            415,
            "request.unsupported_media_type",
        ),
    ];
    for (request, status, code) in cases {
        let (document, _) = problem(&gateway, request, status).await;
        assert_eq!(document["code"], code);
    }
}

#[tokio::test]
async fn other_methods_are_named() {
    let gateway = gateway();
    let request = Request::delete("/v1/packages").body(Body::empty()).unwrap();
    let (document, response) = problem(&gateway, request, 405).await;
    assert_eq!(document["code"], "request.method_not_allowed");
    assert_eq!(response.headers()[header::ALLOW], "GET,HEAD");
    assert_eq!(document["allowed"][0], "GET");
    let request = Request::get("/v1/commands/hire-operator")
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        problem(&gateway, request, 405).await.0["allowed"][0],
        "POST"
    );
}

#[tokio::test]
async fn a_challenge_goes_with_every_401() {
    let gateway = gateway();
    let (_, response) = problem(
        &gateway,
        Request::get("/v1/packages").body(Body::empty()).unwrap(),
        401,
    )
    .await;
    assert_eq!(
        response.headers()[header::WWW_AUTHENTICATE],
        "Bearer realm=\"jejak\""
    );
    let request = Request::get("/v1/packages")
        .header(header::AUTHORIZATION, "Bearer x.y.z")
        .body(Body::empty())
        .unwrap();
    let (_, response) = problem(&gateway, request, 401).await;
    assert!(
        response.headers()[header::WWW_AUTHENTICATE]
            .to_str()
            .unwrap()
            .contains("invalid_token")
    );
}

#[tokio::test]
async fn problems_speak_the_readers_language() {
    let gateway = gateway();
    let request = |language: &str| {
        Request::get("/nothing")
            .header(header::ACCEPT_LANGUAGE, language)
            .body(Body::empty())
            .unwrap()
    };
    let (id, response) = problem(&gateway, request("id"), 404).await;
    assert_eq!(response.headers()[header::CONTENT_LANGUAGE], "id");
    let (en, response) = problem(&gateway, request("en"), 404).await;
    assert_eq!(response.headers()[header::CONTENT_LANGUAGE], "en");
    assert_ne!(id["detail"], en["detail"]);
}

/// Goal: `type` of a problem document opens its page, for anybody.
#[tokio::test]
async fn the_type_of_a_problem_opens_its_page() {
    let gateway = gateway();
    let open = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let (document, _) = problem(&gateway, open("/v1/packages"), 401).await;
    let page = ask(&gateway, open(document["type"].as_str().unwrap())).await;
    assert_eq!(page.status(), StatusCode::OK);
    let page = to_bytes(page.into_body(), 1 << 20).await.unwrap();
    assert!(page.starts_with(b"# `token.invalid`"));
    let index = ask(&gateway, open("/problems")).await;
    let index = to_bytes(index.into_body(), 1 << 20).await.unwrap();
    assert!(String::from_utf8_lossy(&index).contains("leave.overlaps: "));
    problem(&gateway, open("/problems/no.such_code"), 404).await;
}

#[tokio::test]
async fn queries_are_refused_by_role() {
    let gateway = gateway();
    let operator_path = format!("/v1/operators/{OTHER}/leave");
    let contracts_of_another = format!("/v1/contracts?operator={OTHER}");
    for (path, sub, role) in [
        ("/v1/packages", OPERATOR, "operator"),
        ("/v1/operators", OPERATOR, "operator"),
        ("/v1/evaluations", OPERATOR, "operator"),
        ("/v1/packages/p-1/candidates", OPERATOR, "operator"),
        ("/v1/calendars/2020", "payroll", "service"),
        ("/v1/calendars/2020", OPERATOR, "operator"),
        (&operator_path, OPERATOR, "operator"),
        (&contracts_of_another, OPERATOR, "operator"),
        ("/v1/packages", "payroll", "service"),
        ("/v1/leave-balances", "payroll", "service"),
        ("/v1/events", "payroll", "service"),
        ("/v1/events/stream", "payroll", "service"),
        ("/v1/events", "197701161997031006", "officer"),
        ("/v1/events", "admin", "admin"),
        (
            "/v1/events/stream?topic=contract",
            "197701161997031006",
            "officer",
        ),
        ("/v1/contracts", "x", "nobody"),
    ] {
        let (document, _) = problem(&gateway, get(path, sub, role), 403).await;
        assert_eq!(document["code"], "role.missing", "{path} {role}");
        // An operator is told to ask about himself, rather than to ask for an officer's role.
        let hired = sub == OPERATOR;
        assert_eq!(document["own_only"] == true, hired, "{path} {role}");
        assert_eq!(
            document["detail"]
                .as_str()
                .unwrap()
                .contains("diri Anda sendiri"),
            hired,
            "{path}"
        );
    }
}

/// Goal: no token names an officer or an operator whom no rule knows, or anybody by his NIK.
#[tokio::test]
async fn a_subject_that_does_not_fit_its_role_is_refused() {
    let gateway = gateway();
    for (sub, role) in [
        ("12", "officer"),
        ("not-an-operator", "operator"),
        (NIP, "operator"),
        (OPERATOR, "officer"),
        ("6171011503950001", "admin"),
        ("6171011503950001", "nobody"),
    ] {
        let (document, _) = problem(&gateway, get("/v1/contracts", sub, role), 401).await;
        assert_eq!(document["reason"], "subject", "{sub} {role}");
    }
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let gateway = gateway();
    for (path, field) in [
        ("/v1/contracts?on=2020-02-30", "on"),
        ("/v1/contracts?limit=x", "limit"),
        ("/v1/contracts?limit=501", "limit"),
        ("/v1/contracts?colour=red", "colour"),
        ("/v1/contracts?min_position=x", "min_position"),
        ("/v1/contracts/17", "contract_id"),
        ("/v1/calendars/twenty", "year"),
    ] {
        let (document, _) = problem(&gateway, get(path, NIP, "officer"), 400).await;
        assert_eq!(document["path"], field, "{path}");
    }
    problem(&gateway, get("/v1/events?limit=0", "x", "auditor"), 400).await;
}

#[tokio::test]
async fn while_the_broker_is_away_the_gateway_says_so() {
    let gateway = gateway();
    let body = r#"{"package_id":"p","role":"ppk","nip":"197701161997031006","on":"2020-10-01"}"#;
    let admin = Issuer::new(1).bearer("admin", &["admin"]);
    let request = Request::post("/v1/commands/release-officer")
        .header(header::AUTHORIZATION, admin)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body))
        .unwrap();
    let (document, response) = problem(&gateway, request, 503).await;
    assert_eq!(document["code"], "log.unavailable");
    assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    assert_eq!(response.headers()["idempotency-key"].len(), 36);
    let own_leave = format!("/v1/operators/{OPERATOR}/leave");
    for (path, sub, role) in [
        ("/v1/contracts", NIP, "officer"),
        ("/v1/contracts", "payroll", "service"),
        ("/v1/contracts", OPERATOR, "operator"),
        (&own_leave, OPERATOR, "operator"),
        ("/v1/events", "x", "auditor"),
        ("/v1/events/stream", "x", "auditor"),
        ("/v1/events/stream?topic=contract", "payroll", "service"),
    ] {
        let (document, _) = problem(&gateway, get(path, sub, role), 503).await;
        assert_eq!(document["code"], "log.unavailable", "{path} {role}");
    }
    let response = ask(
        &gateway,
        Request::get("/readyz").body(Body::empty()).unwrap(),
    )
    .await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let readiness: Value =
        serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap();
    assert_eq!(readiness["ready"], false);
    assert!(readiness["problems"].to_string().contains("broker"));
}

#[tokio::test]
async fn the_checkpoint_is_for_everyone_and_tiles_are_for_auditors() {
    let gateway = gateway();
    let checkpoint = Request::get("/log/checkpoint").body(Body::empty()).unwrap();
    problem(&gateway, checkpoint, 503).await;
    for path in ["/log/tile/0/000", "/log/tile/entries/000.p/5"] {
        problem(
            &gateway,
            Request::get(path).body(Body::empty()).unwrap(),
            401,
        )
        .await;
        for role in ["officer", "admin", "service"] {
            let (document, _) = problem(&gateway, get(path, NIP, role), 403).await;
            assert_eq!(document["needed"], serde_json::json!(["auditor"]));
        }
        problem(&gateway, get(path, "x", "auditor"), 503).await;
    }
}

#[tokio::test]
async fn public_addresses_need_no_token() {
    let gateway = gateway();
    for path in [
        "/healthz",
        "/metrics",
        "/openapi.json",
        "/docs/",
        "/docs/swagger-ui-bundle.js",
        "/docs/swagger-ui.css",
    ] {
        let response = ask(&gateway, Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }
    let docs = ask(
        &gateway,
        Request::get("/docs/swagger-initializer.js")
            .body(Body::empty())
            .unwrap(),
    )
    .await;
    let docs = to_bytes(docs.into_body(), 1 << 20).await.unwrap();
    assert!(String::from_utf8_lossy(&docs).contains("/openapi.json"));
}

#[tokio::test]
async fn too_much_at_once_is_refused_but_health_answers() {
    let gateway = gateway_with(|config| config.limits.requests = 0);
    let (document, response) = problem(&gateway, get("/v1/contracts", NIP, "officer"), 429).await;
    assert_eq!(document["code"], "request.too_many");
    assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    let response = ask(
        &gateway,
        Request::get("/healthz").body(Body::empty()).unwrap(),
    )
    .await;
    assert_eq!(response.status(), StatusCode::OK);
}

/// Goal: a request ends although its body never arrives. Method: a body that sends nothing.
#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_given_up() {
    let body = Body::from_stream(futures_util::stream::pending::<
        Result<bytes::Bytes, std::io::Error>,
    >());
    let request = post("/v1/commands/hire-operator").body(body).unwrap();
    let (document, _) = problem(&gateway(), request, 400).await;
    assert_eq!(document["code"], "request.malformed");
}

/// Goal: a panic is answered with an incident number and without the panic's message.
#[tokio::test]
async fn a_panic_is_a_fault_with_a_number() {
    let panics = axum::routing::get(|| async { panic!("3171234567890001") as () });
    let gateway = with_layers(Router::new().route("/", panics));
    let (document, _) = problem(
        &gateway,
        Request::get("/").body(Body::empty()).unwrap(),
        500,
    )
    .await;
    assert_eq!(document["code"], "system.fault");
    assert_eq!(document["incident"].as_str().unwrap().len(), 36);
    assert!(!document.to_string().contains("3171234567890001"));
}
