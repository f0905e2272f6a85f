//! What strangers and greedy callers cannot do: frame a page, send a request that means two things,
//! or take the places of others.

use jejak_bus::health::CommandsHealth;

use super::*;
use crate::services_health::ServicesHealth;

const PAGES: [&str; 6] = [
    "/docs/",
    "/problems",
    "/problems/token.invalid",
    "/healthz",
    "/openapi.json",
    "/nothing",
];

fn open(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

async fn text_of(response: Response) -> String {
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

/// Goal: no answer stands in a frame of another site, and none sends its address onward.
#[tokio::test]
async fn every_answer_forbids_frames_and_foreign_scripts() {
    let gateway = gateway();
    for path in PAGES {
        let response = ask(&gateway, open(path)).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap();
        let policy: Vec<_> = header("content-security-policy").split("; ").collect();
        assert_eq!(policy[0], "default-src 'none'", "{path}");
        assert!(policy.contains(&"frame-ancestors 'none'"), "{path}");
        assert!(policy.contains(&"base-uri 'none'"), "{path}");
        for loose in ["unsafe-", "*", "http:"] {
            assert!(!header("content-security-policy").contains(loose), "{path}");
        }
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
    }
}

/// Goal: Swagger UI works under its policy. Method: the page has no script, style or handler of its
/// own. `tests/hardening.py` reads the files that it loads.
#[tokio::test]
async fn the_documentation_needs_no_more_than_its_policy_allows() {
    let gateway = gateway();
    let page = ask(&gateway, open("/docs/")).await;
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY].clone();
    let policy = policy.to_str().unwrap();
    for needed in [
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
    ] {
        assert!(policy.split("; ").any(|part| part == needed), "{policy}");
    }
    let page = text_of(page).await;
    for tag in page.split('<').skip(1) {
        let (tag, inside) = tag.split_once('>').unwrap();
        assert!(!tag.starts_with("style"), "{tag}");
        assert!(!tag.contains(" on") && !tag.contains("style="), "{tag}");
        if tag.starts_with("script") {
            assert!(tag.contains("src=\"./") && inside.is_empty(), "{tag}");
        }
    }
}

/// Goal: no header that decides what a request means is read one way here and another way before.
#[tokio::test]
async fn a_header_that_is_missing_or_there_twice_is_refused() {
    let gateway = gateway();
    let without_host = gateway.clone().oneshot(open("/healthz")).await.unwrap();
    is_problem(&without_host, 400);
    assert!(text_of(without_host).await.contains("\"path\":\"Host\""));

    let mut old = open("/healthz");
    *old.version_mut() = axum::http::Version::HTTP_10;
    let old = gateway.clone().oneshot(old).await.unwrap();
    assert_eq!(old.status(), StatusCode::OK);

    let mut two_hosts = open("/v1/contracts");
    for host in ["a", "b"] {
        let host = header::HeaderValue::from_static(host);
        two_hosts.headers_mut().append(header::HOST, host);
    }
    let two_hosts = gateway.clone().oneshot(two_hosts).await.unwrap();
    is_problem(&two_hosts, 400);

    for (name, value) in [
        ("Authorization", officer()),
        ("Content-Type", "application/json".to_owned()),
        ("Idempotency-Key", "key-1".to_owned()),
    ] {
        let mut request = post("/v1/commands/hire-operator");
        let given = request.headers_ref().unwrap().contains_key(name);
        for _ in usize::from(given)..2 {
            request = request.header(name, &value);
        }
        let request = request.body(Body::from("{}")).unwrap();
        let (document, _) = problem(&gateway, request, 400).await;
        assert_eq!(document["path"], name);
        assert!(
            document["detail"]
                .as_str()
                .unwrap()
                .contains("dikirim dua kali")
        );
    }
}

/// Goal: a body that says it is compressed is refused, whatever the coding.
#[tokio::test]
async fn a_compressed_body_is_refused() {
    let gateway = gateway();
    for coding in ["gzip", "br", "deflate", "identity"] {
        let request = post("/v1/commands/hire-operator")
            .header(header::CONTENT_ENCODING, coding)
            .body(Body::from("{}"))
            .unwrap();
        let (document, _) = problem(&gateway, request, 415).await;
        assert_eq!(document["code"], "request.unsupported_media_type");
        assert_eq!(document["expected"], "identity");
        assert!(
            document["detail"]
                .as_str()
                .unwrap()
                .contains("Content-Encoding")
        );
    }
}

/// Goal: a caller with all his places is refused, and others go on. Without a broker those get 503,
/// after the limits.
#[tokio::test]
async fn one_caller_cannot_take_the_places_of_others() {
    let app = app_with(|config| {
        config.limits.waits_per_caller = 2;
        config.limits.streams_per_caller = 1;
    });
    const GREEDY: &str = "198001012005011001";
    let gateway = router(app.clone());
    let waiting = "/v1/contracts?min_position=7";
    let stream = "/v1/events/stream";
    let hold = || app.waits_of.take(GREEDY.to_owned()).unwrap();
    let held = [hold(), hold()];
    let held_stream = app.streams_of.take(GREEDY.to_owned()).unwrap();
    for (path, role) in [(waiting, "officer"), (stream, "auditor")] {
        let (document, response) = problem(&gateway, get(path, GREEDY, role), 429).await;
        assert_eq!(document["code"], "request.too_many");
        assert_eq!(document["own_share"], true);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        problem(&gateway, get(path, NIP, role), 503).await;
    }
    // A query that does not wait takes no place.
    problem(&gateway, get("/v1/contracts", GREEDY, "officer"), 503).await;
    drop((held, held_stream));
    for (path, role) in [(waiting, "officer"), (stream, "auditor")] {
        for _ in 0..3 {
            problem(&gateway, get(path, GREEDY, role), 503).await;
        }
    }
}

/// Goal: a crowd at `/readyz` and `/metrics` does not reach the services. Method: the gateway
/// remembers their health, and answers with it although no broker is there.
#[tokio::test]
async fn health_is_answered_from_memory() {
    let app = app_with(|_| ());
    let health = ServicesHealth {
        commands: Some(CommandsHealth { problem: None }),
        views: vec![],
        audit: None,
    };
    let remembered = std::future::ready(Arc::new(health));
    app.health.get(|| Box::pin(remembered)).await;
    let gateway = router(app);
    for _ in 0..50 {
        let ready = ask(&gateway, open("/readyz")).await;
        assert!(ready.headers().contains_key("jejak-age-ms"));
        let ready = text_of(ready).await;
        assert!(ready.contains("broker: not connected"), "{ready}");
        assert!(!ready.contains("commands: no answer"), "{ready}");
        let metrics = text_of(ask(&gateway, open("/metrics")).await).await;
        assert!(metrics.contains("jejak_commands_ready 1"), "{metrics}");
    }
}
