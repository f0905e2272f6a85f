//! The gateway's answers to malformed requests, to strangers, and while the broker is away.

use std::{
    fs,
    time::{Duration, Instant},
};

use jejak_bus::Role;
use jejak_rig::{
    broker::Broker,
    http::Http,
    office::{Office, views},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const PPK: &str = "197701161997031006";

fn register(nik: &str, sex: &str) -> Value {
    json!({"nik": nik, "full_name": "Contoh Satu", "birth_date": "1995-03-15", "sex": sex, "domicile_code": "6171",
        "citizenship": "WNI", "education": {"level": "D3", "major": "Teknik Informatika", "institution": "Politeknik",
        "accredited": true, "gpa": "3.10"}})
}

fn terms() -> Value {
    json!({"package_id": "2020-tenaga-it", "title": "Tenaga IT", "agency": "BKPSDM", "fiscal_year": 2020,
        "fund_source": "APBD", "budget_ceiling": "24750000", "quota": 3,
        "period": {"start": "2020-10-01", "end": "2020-12-31"}})
}

/// A problem document of this status and code; anything else fails.
async fn problem(response: reqwest::Response, status: u16, code: &str) -> Value {
    let found = response.status().as_u16();
    let kind = response
        .headers()
        .get("content-type")
        .map(|kind| kind.to_str().unwrap().to_owned());
    let body = response.text().await.unwrap();
    assert_eq!(found, status, "{body}");
    assert_eq!(kind.as_deref(), Some("application/problem+json"), "{body}");
    let document: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(document["code"], code, "{body}");
    assert_eq!(document["type"], format!("/problems/{code}"));
    assert_eq!(document["status"], status);
    assert!(
        document["title"]
            .as_str()
            .is_some_and(|title| !title.is_empty())
    );
    assert!(
        document["detail"]
            .as_str()
            .is_some_and(|detail| !detail.is_empty())
    );
    document
}

async fn post(http: &Http, name: &str, kind: &str, body: Vec<u8>) -> reqwest::Response {
    let request = http.request(Method::POST, &format!("/v1/commands/{name}"));
    request
        .header("content-type", kind)
        .body(body)
        .send()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_gets_the_documented_problem_and_changes_nothing() {
    let office = Office::up(false).await;
    let (admin, officer) = (
        office.http_as("admin-1", &["admin"]),
        office.http_as(PPK, &["officer"]),
    );
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let json_kind = "application/json";
    for body in ["", "{", "[]", "null", "\u{0}", "{\"nik\":1}"] {
        problem(
            post(&officer, "register-operator", json_kind, body.into()).await,
            400,
            "request.malformed",
        )
        .await;
    }
    let mut short = register("617101150395000", "male");
    let found = post(
        &officer,
        "register-operator",
        json_kind,
        short.to_string().into(),
    )
    .await;
    assert_eq!(
        problem(found, 400, "request.malformed").await["path"],
        "nik"
    );
    short["nik"] = json!("6171011503950001");
    short["birth_date"] = json!("1995-02-30");
    let found = post(
        &officer,
        "register-operator",
        json_kind,
        short.to_string().into(),
    )
    .await;
    assert_eq!(
        problem(found, 400, "request.malformed").await["path"],
        "birth_date"
    );
    let mut extra = register("6171011503950001", "male");
    extra["favourite_colour"] = json!("merah");
    problem(
        post(
            &officer,
            "register-operator",
            json_kind,
            extra.to_string().into(),
        )
        .await,
        400,
        "request.malformed",
    )
    .await;
    let huge = vec![b' '; 10 << 20];
    problem(
        post(&officer, "register-operator", json_kind, huge).await,
        413,
        "request.too_large",
    )
    .await;
    let fine = register("6171011503950001", "male").to_string();
    let wrong_kind = post(
        &officer,
        "register-operator",
        "text/plain",
        fine.clone().into(),
    )
    .await;
    problem(wrong_kind, 415, "request.unsupported_media_type").await;
    problem(
        post(&officer, "fire-everyone", json_kind, b"{}".to_vec()).await,
        404,
        "request.unknown",
    )
    .await;
    problem(
        post(
            &office.http,
            "register-operator",
            json_kind,
            fine.clone().into(),
        )
        .await,
        401,
        "token.invalid",
    )
    .await;
    problem(
        post(
            &auditor,
            "register-operator",
            json_kind,
            fine.clone().into(),
        )
        .await,
        403,
        "role.missing",
    )
    .await;
    problem(
        post(&admin, "register-operator", json_kind, fine.into()).await,
        403,
        "role.missing",
    )
    .await;
    problem(
        post(
            &officer,
            "publish-terms",
            json_kind,
            terms().to_string().into(),
        )
        .await,
        403,
        "role.missing",
    )
    .await;
    let bad_key = officer
        .request(Method::POST, "/v1/commands/register-operator")
        .header("Idempotency-Key", "a b");
    problem(
        bad_key.json(&json!({})).send().await.unwrap(),
        400,
        "request.malformed",
    )
    .await;
    for path in ["/v1/nothing", "/nothing", "/v1/contracts/not-a-uuid/x"] {
        assert_eq!(
            auditor.get(path).await.status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    for path in [
        "/v1/contracts?limit=0",
        "/v1/contracts?limit=501",
        "/v1/contracts?on=2020-02-30",
        "/v1/contracts?x=1",
        "/v1/contracts/not-a-uuid",
        "/v1/contracts?cursor=%00",
        "/v1/calendars/tahun",
        "/v1/packages?min_position=-1",
    ] {
        problem(auditor.get(path).await, 400, "request.malformed").await;
    }
    let nobody = "/v1/operators/00000000-0000-8000-8000-000000000000";
    assert_eq!(auditor.get(nobody).await.status(), StatusCode::NOT_FOUND);
    let deleted = auditor
        .request(Method::DELETE, "/v1/contracts")
        .send()
        .await
        .unwrap();
    problem(deleted, 405, "request.method_not_allowed").await;
    let events = auditor.get("/v1/events").await.text().await.unwrap();
    assert_eq!(events, "", "nothing was appended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_speak_two_languages() {
    let office = Office::up(false).await;
    let officer = office.http_as(PPK, &["officer"]);
    let ask = |language: &'static str| {
        let body = register("6171015503950003", "male");
        let request = officer.request(Method::POST, "/v1/commands/register-operator");
        let request = request.header("Accept-Language", language).json(&body);
        async move { problem(request.send().await.unwrap(), 422, "operator.nik_mismatch").await }
    };
    let (indonesian, english) = (ask("id, en;q=0.5").await, ask("en-GB, id;q=0.3").await);
    assert_eq!(indonesian["title"], "NIK tidak cocok");
    assert_eq!(english["title"], "NIK mismatch");
    assert_eq!(english["fields"], json!(["sex"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_position_given_as_least_position_shows_the_effect_at_once() {
    let office = Office::up(false).await;
    let (admin, officer) = (
        office.http_as("admin-1", &["admin"]),
        office.http_as(PPK, &["officer"]),
    );
    let (status, answer) = admin.command("publish-terms", "terms", &terms()).await;
    assert_eq!(status, 200, "{answer}");
    for n in 1..=30 {
        let body = register(&format!("617101150395{n:04}"), "male");
        let (status, answer) = officer
            .command("register-operator", &format!("register-{n}"), &body)
            .await;
        assert_eq!(status, 200, "{answer}");
        let position = answer["position"].as_u64().unwrap();
        let subject = answer["events"][0]["subject"]
            .as_str()
            .unwrap()
            .replace("operator/", "/v1/operators/");
        let found = officer
            .json(&format!("{subject}?min_position={position}"))
            .await;
        assert_eq!(found["profile"]["full_name"], "Contoh Satu");
        assert!(found["position"].as_u64().unwrap() >= position);
        let path = format!("/v1/packages/2020-tenaga-it/candidates?min_position={position}");
        assert_eq!(
            officer.json(&path).await["items"].as_array().unwrap().len(),
            n
        );
    }
    let far = officer.get("/v1/packages?min_position=1000").await;
    let behind = problem(far, 504, "view.behind").await;
    assert_eq!(behind["position"], 61);
}

/// Under its key a request may be sent again: the first answer, marked, and one event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_36_a_request_sent_again_under_its_key_gets_its_first_answer() {
    let office = Office::up(false).await;
    let officer = office.http_as(PPK, &["officer"]);
    let mut body = register("6171011503950001", "male");
    let (status, first) = officer.command("register-operator", "r-1", &body).await;
    assert_eq!(
        (status, &first["replayed"]),
        (200, &json!(false)),
        "{first}"
    );
    let subject = format!("operator/{}", first["operator_id"].as_str().unwrap());
    assert_eq!(first["events"][0]["subject"], subject);
    let (status, mut again) = officer.command("register-operator", "r-1", &body).await;
    assert_eq!((status, &again["replayed"]), (200, &json!(true)), "{again}");
    again["replayed"] = json!(false);
    assert_eq!(again, first);
    body["full_name"] = json!("Contoh Dua");
    let (status, reused) = officer.command("register-operator", "r-1", &body).await;
    assert_eq!(
        (status, &reused["code"]),
        (409, &json!("command.key_reused")),
        "{reused}"
    );
    let other = register("6171011503950002", "male");
    let (_, next) = officer.command("register-operator", "r-2", &other).await;
    assert_eq!(
        next["position"].as_u64().unwrap(),
        first["position"].as_u64().unwrap() + 2
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_see_themselves_only() {
    let office = Office::up(true).await;
    let officer = office.http_as(PPK, &["officer"]);
    let everyone = officer.json("/v1/operators").await;
    let ids: Vec<&str> = everyone["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["operator_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 4);
    let me = office.http_as(ids[0], &["operator"]);
    assert_eq!(
        me.json(&format!("/v1/operators/{}", ids[0])).await["operator_id"],
        ids[0]
    );
    for path in [
        format!("/v1/operators/{}", ids[1]),
        format!("/v1/operators/{}/leave", ids[1]),
        format!("/v1/contracts?operator={}", ids[1]),
        "/v1/packages/2021-tenaga-it/candidates".to_owned(),
        "/v1/events".to_owned(),
    ] {
        problem(me.get(&path).await, 403, "role.missing").await;
    }
    let mine = me.json("/v1/leave-balances?year=2020").await;
    assert!(
        mine["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["operator_id"] == ids[0])
    );
    let forged = office
        .http
        .with_token("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.");
    problem(forged.get("/v1/packages").await, 401, "token.invalid").await;
    let pem = fs::read_to_string(office.data().join("keys/token.pem")).unwrap();
    let issuer = jejak::token::TokenIssuer::from_pem(&pem).unwrap();
    let expired = issuer.issue("auditor-1", &[Role::Auditor], None, Duration::ZERO);
    let expired = expired.unwrap();
    problem(
        office.http.with_token(&expired).get("/v1/packages").await,
        401,
        "token.invalid",
    )
    .await;
}

/// The broker dies under running services and comes back. Meanwhile commands and queries are
/// refused in time with `Retry-After`, and readiness names the broker. Afterwards nothing is lost
/// and nothing is there twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_broker_goes_away_and_comes_back() {
    let mut office = Office::apart(Broker::single().await).await;
    let (admin, officer) = (
        office.http_as("admin-1", &["admin"]),
        office.http_as(PPK, &["officer"]),
    );
    let (_, published) = admin.command("publish-terms", "terms", &terms()).await;
    let path = format!("/v1/packages?min_position={}", published["position"]);
    let before = officer.json(&path).await;
    office.broker.as_mut().unwrap().kill();
    let began = Instant::now();
    let body = register("6171011503950001", "male");
    let request = officer
        .request(Method::POST, "/v1/commands/register-operator")
        .header("Idempotency-Key", "r-1");
    let down = request.json(&body).send().await.unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert!(down.headers().contains_key("retry-after"));
    problem(down, 503, "log.unavailable").await;
    let began = Instant::now();
    let down = officer.get(&path).await;
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert!(down.headers().contains_key("retry-after"));
    problem(down, 503, "log.unavailable").await;
    let ready = officer.get("/readyz").await;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    office.broker.as_mut().unwrap().restart().await;
    office.http.ready().await;
    assert_eq!(officer.json(&path).await, before);
    let (status, answer) = officer.command("register-operator", "r-1", &body).await;
    assert_eq!(status, 200, "{answer}");
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let events = auditor.get("/v1/events").await.text().await.unwrap();
    assert_eq!(events.lines().count(), 3, "{events}");
}

/// Each service is killed in turn while commands go on, and started again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_service_may_be_killed_at_any_moment() {
    let mut office = Office::apart(Broker::single().await).await;
    let (admin, officer) = (
        office.http_as("admin-1", &["admin"]),
        office.http_as(PPK, &["officer"]),
    );
    assert_eq!(
        admin.command("publish-terms", "terms", &terms()).await.0,
        200
    );
    let mut last = 0;
    for (n, name) in ["commands-1", "commands-2"]
        .into_iter()
        .chain(views())
        .enumerate()
    {
        office.process(name).kill();
        let body = register(&format!("617101150395{n:04}"), "male");
        // A command that a killed service had taken is sent again under the same key, as a client
        // would.
        let answer = loop {
            let (status, answer) = officer
                .command("register-operator", &format!("r-{n}"), &body)
                .await;
            match status {
                200 => break answer,
                503 => {}
                other => panic!("{other}: {answer}"),
            }
        };
        last = answer["position"].as_u64().unwrap();
        office.start(name);
        office.http.ready().await;
    }
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let events = auditor.get("/v1/events").await.text().await.unwrap();
    assert_eq!(
        events.lines().count(),
        1 + 2 * (2 + views().len()),
        "the terms, and a person with a NIK for each service that was killed"
    );
    let path = format!("/v1/packages/2020-tenaga-it/candidates?min_position={last}");
    assert_eq!(
        officer.json(&path).await["items"].as_array().unwrap().len(),
        2 + views().len()
    );
}

/// A view's file that is gone or cut short is built anew; one of another log is refused. Never a
/// wrong answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_or_broken_view_is_built_anew() {
    let mut office = Office::up(true).await;
    let officer = office.http_as(PPK, &["officer"]);
    let before = officer.json("/v1/contracts").await;
    office.terminate();
    let files: Vec<_> = fs::read_dir(office.data().join("views"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert!(files.len() >= views().len(), "{files:?}");
    for (n, file) in files.iter().enumerate() {
        if n % 2 == 0 {
            fs::remove_file(file).unwrap();
        } else {
            let half = fs::metadata(file).unwrap().len() / 2;
            fs::File::options()
                .write(true)
                .open(file)
                .unwrap()
                .set_len(half)
                .unwrap();
        }
    }
    office.start_up(false);
    assert_eq!(officer.json("/v1/contracts").await, before);
}

/// A feed that broke off goes on after the last event that arrived.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_event_stream_resumes_where_it_was_left() {
    let office = Office::up(true).await;
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let all = auditor
        .get("/v1/events?limit=10000")
        .await
        .text()
        .await
        .unwrap();
    let stored: Vec<&str> = all.lines().collect();
    let after = stored.len() - 3;
    let request = auditor
        .request(Method::GET, "/v1/events/stream")
        .header("Last-Event-ID", after);
    let mut response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut text = String::new();
    while text.matches("\ndata:").count() < 3 {
        text += std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap();
    }
    for (n, event) in stored[after..].iter().enumerate() {
        assert!(
            text.contains(&format!("id:{}", after + n + 1))
                || text.contains(&format!("id: {}", after + n + 1))
        );
        assert!(text.contains(event), "{event}");
    }
    let service = office.http_as("payroll", &["service"]);
    problem(service.get("/v1/events/stream").await, 403, "role.missing").await;
    let mut contracts = service.get("/v1/events/stream?topic=contract").await;
    let mut text = String::new();
    while text.matches("\ndata:").count() < 4 {
        text += std::str::from_utf8(&contracts.chunk().await.unwrap().unwrap()).unwrap();
    }
    assert_eq!(
        text.matches("jejak.operator.contract.hired.v2\"").count(),
        4,
        "{text}"
    );
}

/// Sixty commands are under way when both commands services are killed and started again, and then
/// the broker: each command, sent again under its key until it is answered, is in the log exactly
/// once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_nothing_is_lost_or_doubled() {
    let mut office = Office::apart(Broker::single().await).await;
    let (admin, officer) = (
        office.http_as("admin-1", &["admin"]),
        office.http_as(PPK, &["officer"]),
    );
    assert_eq!(
        admin.command("publish-terms", "terms", &terms()).await.0,
        200
    );
    let sent: Vec<_> = (1..=60)
        .map(|n| {
            let officer = officer.clone();
            tokio::spawn(async move {
                let body = register(&format!("617101150395{n:04}"), "male");
                loop {
                    let (status, answer) = officer
                        .command("register-operator", &format!("r-{n}"), &body)
                        .await;
                    match status {
                        200 => return answer["position"].as_u64().unwrap(),
                        503 => {}
                        other => panic!("{other}: {answer}"),
                    }
                }
            })
        })
        .collect();
    for name in ["commands-1", "commands-2"] {
        office.process(name).kill();
        office.start(name);
    }
    office.broker.as_mut().unwrap().kill();
    office.broker.as_mut().unwrap().restart().await;
    let mut positions = Vec::new();
    for answered in sent {
        positions.push(answered.await.unwrap());
    }
    positions.sort_unstable();
    assert_eq!(
        positions,
        (1..=60).map(|n| 1 + 2 * n).collect::<Vec<u64>>(),
        "every answer names the two events of its own"
    );
    office.http.ready().await;
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let events = auditor
        .get("/v1/events?limit=10000")
        .await
        .text()
        .await
        .unwrap();
    let of: std::collections::BTreeSet<String> = events
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["commandid"].to_string())
        .collect();
    assert_eq!((events.lines().count(), of.len()), (121, 61));
}
