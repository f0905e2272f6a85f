//! Answers as of the past, and histories of changes: through HTTP and on the command line, before
//! and after a cancellation, a revoked holiday, an amendment and an erasure.

use std::{collections::BTreeMap, fs};

use jejak_rig::{
    broker::Broker,
    http::Http,
    office::Office,
    process::{self, Process},
};
use jejak_stories::audited::red;
use reqwest::StatusCode;
use serde_json::{Value, json};

const PPK: &str = "197701161997031006";
const NOBODY: &str = "00000000-0000-8000-8000-000000000000";

/// The demonstration's ids, by the names its steps save them under: played again, it changes
/// nothing.
async fn saved(office: &Office) -> BTreeMap<String, String> {
    let pem = fs::read_to_string(office.data().join("keys/token.pem")).unwrap();
    let issuer = jejak::token::TokenIssuer::from_pem(&pem).unwrap();
    jejak::demo::play(&office.http.base, &issuer, |_| {})
        .await
        .unwrap()
        .saved
}

/// A whole history.
async fn history(http: &Http, path: &str) -> Vec<Value> {
    let answer = http.json(&format!("/v1/{path}/history?limit=500")).await;
    assert_eq!(answer["next"], Value::Null);
    answer["items"].as_array().unwrap().clone()
}

/// The nth item of a type.
#[track_caller]
fn nth<'a>(items: &'a [Value], name: &str, n: usize) -> &'a Value {
    let kind = format!("jejak.{name}.v");
    items
        .iter()
        .filter(|item| item["type"].as_str().unwrap().starts_with(&kind))
        .nth(n)
        .unwrap()
}

fn position(item: &Value) -> u64 {
    item["position"].as_u64().unwrap()
}

async fn command(http: &Http, name: &str, id: &str, body: Value) -> u64 {
    let (status, answer) = http.command(name, id, &body).await;
    assert_eq!(status, 200, "{answer}");
    answer["position"].as_u64().unwrap()
}

async fn refused_as_of(http: &Http, path: &str, as_of: &str, says: &str) {
    let path = format!("{path}?as_of={as_of}");
    let response = http.get(&path).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path}");
    let problem: Value = response.json().await.unwrap();
    assert_eq!(
        (&problem["code"], &problem["path"]),
        (&json!("request.malformed"), &json!("as_of"))
    );
    assert!(
        problem["reason"].as_str().unwrap().contains(says),
        "{problem}"
    );
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("as_of") && !detail.contains("/docs"),
        "said in general words only: {detail}"
    );
}

/// The leave of a person as of a moment, by its id.
async fn entry(http: &Http, operator: &str, leave: &str, as_of: &str) -> Value {
    let path = format!("/v1/operators/{operator}/leave?year=2020&as_of={as_of}");
    let answer = http.json(&path).await;
    let entries = answer["entries"].as_array().unwrap();
    entries
        .iter()
        .find(|entry| entry["leave_id"] == json!(leave))
        .cloned()
        .unwrap_or(Value::Null)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_known_then() {
    let office = Office::up(true).await;
    let saved = saved(&office).await;
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let op2 = &saved["op2"];

    // A cancellation, by position and by time.
    let leave2 = &saved["op2.leave2"];
    let items = history(&auditor, &format!("operators/{op2}")).await;
    let cancelled = nth(&items, "operator.leave.cancelled", 0);
    let at = position(cancelled);
    assert_eq!(
        entry(&auditor, op2, leave2, &(at - 1).to_string()).await["status"],
        "recorded"
    );
    assert_eq!(
        entry(&auditor, op2, leave2, &at.to_string()).await["status"],
        "cancelled"
    );
    let time: chrono::DateTime<chrono::Utc> = cancelled["time"].as_str().unwrap().parse().unwrap();
    let spell = |time: chrono::DateTime<chrono::Utc>| {
        time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    };
    let before = spell(time - chrono::TimeDelta::milliseconds(1));
    assert_eq!(
        entry(&auditor, op2, leave2, &before).await["status"],
        "recorded"
    );
    assert_eq!(
        entry(&auditor, op2, leave2, &spell(time)).await["status"],
        "cancelled"
    );
    let recorded = nth(&items, "operator.leave.recorded", 1);
    let earlier = (position(recorded) - 1).to_string();
    assert_eq!(
        entry(&auditor, op2, leave2, &earlier).await,
        Value::Null,
        "not recorded yet"
    );

    // Three holidays revoked: the days of a leave come to be charged one by one.
    let calendar = history(&auditor, "calendars/2020").await;
    let revoked: Vec<u64> = (0..3)
        .map(|n| position(nth(&calendar, "calendar.holiday.revoked", n)))
        .collect();
    let mut charged = Vec::new();
    for at in [revoked[0] - 1, revoked[0], revoked[1], revoked[2]] {
        let entry = entry(&auditor, op2, &saved["op2.leave1"], &at.to_string()).await;
        charged.push(entry["charged_days"].as_u64().unwrap());
    }
    let first = charged[0];
    assert_eq!(charged, [first, first + 1, first + 2, first + 3]);

    // An amendment.
    let officer = office.http_as(PPK, &["officer"]);
    let (op1, contract) = (&saved["op1"], &saved["op1.contract21"]);
    let body = json!({"operator_id": op1, "contract_id": contract, "end": "2021-06-30", "reason": "anggaran"});
    let amended = command(&officer, "amend-contract", "amend", body).await;
    let end = |as_of: u64| {
        let path = format!("/v1/contracts/{contract}?as_of={as_of}");
        let auditor = auditor.clone();
        async move {
            let answer = auditor.json(&path).await;
            assert_eq!(answer["position"], json!(as_of));
            answer["end"].clone()
        }
    };
    assert_eq!(
        end(amended - 2).await,
        "2021-12-31",
        "the package's slot moves in the same batch"
    );
    assert_eq!(end(amended).await, "2021-06-30");

    wrong_moments(&auditor, op2, contract, amended).await;
}

async fn wrong_moments(auditor: &Http, operator: &str, contract: &str, end: u64) {
    for path in [
        format!("/v1/operators/{operator}/leave"),
        format!("/v1/contracts/{contract}"),
    ] {
        for wrong in [
            "",
            "0",
            "-1",
            "now",
            "2020-12-01",
            "2020-12-01T08:00:00",
            "1.5",
        ] {
            refused_as_of(auditor, &path, wrong, "RFC 3339").await;
        }
        let ends = format!("the log ends at position {end}");
        refused_as_of(auditor, &path, &(end + 1).to_string(), &ends).await;
        refused_as_of(auditor, &path, "18446744073709551615", &ends).await;
        refused_as_of(auditor, &path, "2999-01-01T00:00:00Z", "lies in the future").await;
        for too_early in ["1", "1999-01-01T00:00:00%2B07:00"] {
            let early = auditor.get(&format!("{path}?as_of={too_early}")).await;
            assert_eq!(
                early.status(),
                StatusCode::NOT_FOUND,
                "{path} as of {too_early}"
            );
        }
    }
    refused_as_of(auditor, "/v1/contracts", "5", "unknown field").await;
    for (unknown, code) in [
        (
            format!("/v1/contracts/{NOBODY}?as_of={end}"),
            "contract.unknown",
        ),
        (
            format!("/v1/operators/{NOBODY}/leave?as_of={end}"),
            "operator.unknown",
        ),
        (
            format!("/v1/operators/{NOBODY}/history"),
            "operator.unknown",
        ),
        (
            format!("/v1/operators/{NOBODY}/evaluations/2020"),
            "operator.unknown",
        ),
        ("/v1/packages/none/history".to_owned(), "package.unknown"),
        ("/v1/packages/none/candidates".to_owned(), "package.unknown"),
        ("/v1/calendars/1999/history".to_owned(), "calendar.unknown"),
    ] {
        let response = auditor.get(&unknown).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{unknown}");
        assert_eq!(response.json::<Value>().await.unwrap()["code"], code);
    }
}

/// Goal: as of a position, the streams concerned give the same answers as the views gave there. Method:
/// answers of the views are kept while the office goes on, and asked for again as of their positions.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_past_is_what_was_answered_then() {
    let office = Office::up(true).await;
    let saved = saved(&office).await;
    let officer = office.http_as(PPK, &["officer"]);
    let admin = office.http_as("admin-bkpsdm", &["admin"]);
    let (op3, contract) = (&saved["op3"], &saved["op3.contract"]);
    let paths = [
        format!("/v1/operators/{op3}/leave?year=2020"),
        format!("/v1/contracts/{contract}?on=2020-11-02"),
    ];
    let deeds = [
        (
            "record-leave",
            json!({"operator_id": op3, "kind": "annual", "from": "2020-10-05", "to": "2020-10-06"}),
        ),
        (
            "record-absence",
            json!({"operator_id": op3, "on": "2020-10-07", "reason": "tanpa kabar"}),
        ),
        (
            "issue-warning",
            json!({"operator_id": op3, "contract_id": contract, "level": 1, "on": "2020-10-08", "reason": "apel"}),
        ),
        (
            "declare-holiday",
            json!({"date": "2020-10-06", "kind": "public_holiday", "name": "Hari Jadi", "decree": "SK 1"}),
        ),
        (
            "correct-operator",
            json!({"operator_id": op3, "full_name": "Contoh Operator Tiga, S.Kom", "reason": "gelar"}),
        ),
    ];
    let mut then = Vec::new();
    for (n, (name, body)) in deeds.into_iter().enumerate() {
        let who = if name.ends_with("holiday") {
            &admin
        } else {
            &officer
        };
        let at = command(who, name, &format!("deed-{n}"), body).await;
        for path in &paths {
            let answer = officer.json(&format!("{path}&min_position={at}")).await;
            assert_eq!(answer["position"], json!(at));
            then.push((path, at, answer));
        }
    }
    for (path, at, answer) in then {
        assert_eq!(
            officer.json(&format!("{path}&as_of={at}")).await,
            answer,
            "{path} as of {at}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_erased_is_erased_in_every_past() {
    let office = Office::up(true).await;
    let saved = saved(&office).await;
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let admin = office.http_as("admin-bkpsdm", &["admin"]);
    let (op2, contract) = (&saved["op2"], &saved["op2.contract"]);
    let end = history(&auditor, &format!("operators/{op2}"))
        .await
        .last()
        .map(position)
        .unwrap();
    let paths = [
        format!("/v1/operators/{op2}/leave?as_of={end}"),
        format!("/v1/contracts/{contract}?as_of={end}"),
        format!("/v1/operators/{op2}/history?limit=500"),
    ];
    let end = end.to_string();
    let as_of = ["audit", "as-of", "--data", "data", "--position", &end, op2];
    let personal = [
        "Operator Dua",
        "6171042208980002",
        "1998-08-22",
        "\"batal\"",
    ];
    let known = |text: &str| personal.iter().any(|secret| text.contains(secret));
    for path in &paths {
        assert!(
            known(&auditor.get(path).await.text().await.unwrap()),
            "{path} opens what is not erased"
        );
    }
    let (status, before, stderr) = process::run(office.dir(), &as_of);
    assert!(status.success() && known(&before), "{before} {stderr}");

    let body = json!({"operator_id": op2, "reason": "permintaan", "legal_basis": "UU 27/2022"});
    let erased = command(&admin, "erase-operator", "erase", body).await;
    for path in &paths {
        let response = auditor.get(path).await;
        assert_eq!(response.status(), StatusCode::OK);
        let text = response.text().await.unwrap();
        assert!(!known(&text), "{path}: {text}");
    }
    let (status, after, stderr) = process::run(office.dir(), &as_of);
    assert!(status.success() && !known(&after), "{after} {stderr}");
    let contract: Value = auditor.json(&paths[1]).await;
    assert_eq!(
        (&contract["operator_name"], &contract["value"]),
        (&Value::Null, &json!("8250000"))
    );
    let items = history(&auditor, &format!("operators/{op2}")).await;
    assert_eq!(
        items[0]["text"],
        json!({
            "id": "Seorang penyedia didaftarkan. Data pribadi telah dihapus.",
            "en": "An operator was registered. Personal data was erased."
        })
    );
    let last = items.last().unwrap();
    assert_eq!(
        (position(last), &last["reason"], &last["erased"]),
        (erased, &json!("permintaan"), &json!(false))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_changed_what() {
    let office = Office::up(true).await;
    let saved = saved(&office).await;
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let people = ["op1", "op2", "op3", "op4"].map(|name| format!("operators/{}", saved[name]));
    let others = [
        "packages/2020-tenaga-it",
        "packages/2021-tenaga-it",
        "calendars/2020",
    ];
    let mut positions = Vec::new();
    for path in people.iter().map(String::as_str).chain(others) {
        for item in history(&auditor, path).await {
            for language in ["id", "en"] {
                assert!(
                    item["text"][language].as_str().unwrap().ends_with('.'),
                    "{item}"
                );
            }
            assert_ne!(item["text"]["id"], item["text"]["en"], "{item}");
            positions.push(position(&item));
        }
    }
    positions.sort_unstable();
    let events = auditor
        .get("/v1/events?limit=10000")
        .await
        .text()
        .await
        .unwrap();
    // The claim of a NIK is no part of a history. The person's own event stands before it.
    let events = (1..).zip(events.lines());
    let shown = events.filter(|(_, event)| !event.contains("\"subject\":\"nik/"));
    let all: Vec<u64> = shown.map(|(position, _)| position).collect();
    assert_eq!(positions, all, "every event appears, once");

    let items = history(&auditor, &people[0]).await;
    let hired = nth(&items, "operator.contract.hired", 1);
    assert_eq!(hired["actor_name"], "Ahmad Fadli, S.Sos");
    assert_eq!(hired["actor_nip"], PPK);
    assert!(hired["actor"].as_str().unwrap().starts_with("officer/"));
    assert_eq!(
        (&hired["effective_from"], &hired["effective_to"]),
        (&json!("2021-01-01"), &json!("2021-12-31"))
    );
    assert!(
        hired["text"]["id"]
            .as_str()
            .unwrap()
            .contains("Evaluasi yang dipertimbangkan: tahun 2020 revisi 1, baik")
    );
    let sick = nth(&items, "operator.leave.recorded", 1);
    assert_eq!(sick["reason"], "sakit");

    let (mut parts, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = auditor
            .json(&format!("/v1/{}/history?limit=4{cursor}", people[0]))
            .await;
        parts.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(parts, items);
    for wrong in [
        "limit=0",
        "limit=501",
        "cursor=zz",
        "as_of=5",
        "min_position=x",
    ] {
        let response = auditor
            .get(&format!("/v1/{}/history?{wrong}", people[0]))
            .await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
    waits_for_its_position(&office, &saved["op1"], *all.last().unwrap()).await;
    roles(&office, &saved).await;
}

/// A question about a later position waits for it.
async fn waits_for_its_position(office: &Office, op1: &str, end: u64) {
    let officer = office.http_as(PPK, &["officer"]);
    let path = format!(
        "/v1/operators/{op1}/history?limit=500&min_position={}",
        end + 1
    );
    let asking = tokio::spawn({
        let officer = officer.clone();
        async move { officer.json(&path).await }
    });
    let body = json!({"operator_id": op1, "reason": "lengkap", "phone": "0812"});
    let at = command(&officer, "correct-operator", "later", body).await;
    let answer = asking.await.unwrap();
    assert_eq!(answer["position"], json!(at));
    assert_eq!(
        position(answer["items"].as_array().unwrap().last().unwrap()),
        at
    );
}

async fn roles(office: &Office, saved: &BTreeMap<String, String>) {
    let (me, other) = (&saved["op1"], &saved["op2"]);
    let own = [
        format!("/v1/operators/{me}/history"),
        format!("/v1/operators/{me}/leave?as_of=40"),
        format!("/v1/contracts/{}?as_of=40", saved["op1.contract"]),
    ];
    let others = [
        format!("/v1/operators/{other}/history"),
        format!("/v1/operators/{other}/leave?as_of=40"),
        format!("/v1/contracts/{}?as_of=40", saved["op2.contract"]),
        "/v1/packages/2020-tenaga-it/history".to_owned(),
        "/v1/calendars/2020/history".to_owned(),
    ];
    let status = |http: Http, path: String| async move { http.get(&path).await.status().as_u16() };
    let operator = office.http_as(me, &["operator"]);
    for (paths, expected) in [(own.as_slice(), 200), (others.as_slice(), 403)] {
        for path in paths {
            assert_eq!(
                status(operator.clone(), path.clone()).await,
                expected,
                "{path}"
            );
            assert_eq!(
                status(office.http.clone(), path.clone()).await,
                401,
                "{path}"
            );
            for (who, role) in [
                (PPK, "officer"),
                ("auditor-1", "auditor"),
                ("admin-1", "admin"),
            ] {
                assert_eq!(
                    status(office.http_as(who, &[role]), path.clone()).await,
                    200,
                    "{role} {path}"
                );
            }
        }
    }
    let payroll = office.http_as("payroll", &["service"]);
    assert_eq!(status(payroll.clone(), own[2].clone()).await, 200);
    assert_eq!(status(payroll, own[0].clone()).await, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_command_line() {
    let office = Office::up(true).await;
    let saved = saved(&office).await;
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let run = |arguments: &[&str]| {
        let all = [&["audit", "as-of", "--data", "data"], arguments].concat();
        process::run(office.dir(), &all)
    };
    let (op1, contract) = (saved["op1"].as_str(), saved["op1.contract"].as_str());
    let items = history(&auditor, &format!("operators/{op1}")).await;
    let finalized = nth(&items, "operator.evaluation.finalized", 0);
    let (before, at) = (
        (position(finalized) - 1).to_string(),
        position(finalized).to_string(),
    );
    let json_of = |arguments: &[&str]| -> Value {
        let (status, out, stderr) = run(arguments);
        assert!(status.success(), "{stderr}");
        serde_json::from_str(&out).unwrap()
    };
    let then = json_of(&["--position", &before, op1]);
    assert_eq!(
        (
            &then["evaluations"][0]["status"],
            &then["evaluations"][0]["year"]
        ),
        (&json!("proposed"), &json!(2020))
    );
    assert_eq!(
        then["evaluations"][0]["months"].as_array().unwrap().len(),
        3
    );
    assert_eq!(
        then["evaluations"][0].get("rank"),
        None,
        "it would concern everyone else"
    );
    assert_eq!(then["profile"]["full_name"], "Contoh Operator Satu");
    assert_eq!(
        then["contracts"].as_array().unwrap().len(),
        1,
        "hired again later"
    );
    assert_eq!(
        json_of(&["--position", &at, op1])["evaluations"][0]["status"],
        "final"
    );
    let by_time = json_of(&["--time", finalized["time"].as_str().unwrap(), op1]);
    assert_eq!(
        (&by_time["position"], &by_time["evaluations"][0]["status"]),
        (&json!(position(finalized)), &json!("final"))
    );
    let leave = auditor
        .json(&format!(
            "/v1/operators/{op1}/leave?year=2020&as_of={before}"
        ))
        .await;
    assert_eq!(then["leave"][0]["balance"], leave["balance"]);
    let by_http = auditor
        .json(&format!("/v1/contracts/{contract}?as_of={before}"))
        .await;
    assert_eq!(json_of(&["--position", &before, contract]), by_http);

    let officer = office.http_as(PPK, &["officer"]);
    let badge = json!({"operator_id": op1, "contract_id": contract, "kind": "badge",
        "label": "Kartu pegawai 017", "on": "2020-10-05"});
    let issued = command(&officer, "issue-facility", "badge", badge).await;
    let now = json_of(&["--position", &issued.to_string(), op1]);
    assert_eq!(
        (&then["facilities"], &now["facilities"][0]["label"]),
        (&json!([]), &json!("Kartu pegawai 017"))
    );

    for (arguments, code, says) in [
        (
            vec!["--position", "99999", op1],
            1,
            "as_of: the log ends at position",
        ),
        (
            vec!["--time", "2999-01-01T00:00:00Z", op1],
            1,
            "as_of: lies in the future",
        ),
        (vec!["--position", "1", op1], 1, "was not known then"),
        (vec!["--position", "1", NOBODY], 1, "was not known then"),
        (vec!["--position", "0", op1], 2, "--position"),
        (vec!["--time", "2020-12-01", op1], 2, "--time"),
        (vec!["--position", "1", "not-an-id"], 2, "not-an-id"),
        (
            vec!["--position", "1", "--time", "2020-12-01T00:00:00Z", op1],
            2,
            "cannot be used with",
        ),
        (vec![op1], 2, "required"),
    ] {
        let (status, out, stderr) = run(&arguments);
        assert_eq!(
            (status.code(), out.as_str()),
            (Some(code), ""),
            "{arguments:?}: {stderr}"
        );
        assert!(stderr.contains(says), "{arguments:?}: {stderr}");
        assert_eq!(
            code == 1,
            stderr.trim_end().lines().count() == 1,
            "{stderr}"
        );
    }
}

fn signal(process: &Process, signal: &str) {
    let sent = std::process::Command::new("kill")
        .args([signal, &process.pid().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Each service its own process: the history service with the identity that only it has. While it is away,
/// its queries are refused, and everything else goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn apart_and_away() {
    let mut office = Office::apart(Broker::single().await).await;
    let saved = saved(&office).await;
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let (path, contract) = (
        format!("/v1/operators/{}/history", saved["op1"]),
        &saved["op1.contract"],
    );
    let items = auditor.json(&path).await["items"].clone();
    let as_of = format!("/v1/contracts/{contract}?as_of={}", items[1]["position"]);
    assert_eq!(auditor.json(&as_of).await["contract_id"], json!(contract));

    // One that hangs is named as well: the broker is there, and says so.
    signal(office.process("history"), "-STOP");
    let response = auditor.get(&as_of).await;
    signal(office.process("history"), "-CONT");
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let problem: Value = response.json().await.unwrap();
    assert_eq!(
        (&problem["code"], &problem["service"]),
        (&json!("service.unavailable"), &json!("history"))
    );

    office.process("history").terminate();
    let response = auditor.get(&as_of).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let problem: Value = response.json().await.unwrap();
    assert_eq!(
        (&problem["code"], &problem["service"]),
        (&json!("service.unavailable"), &json!("history"))
    );
    let ready = red(&auditor, &["view history: no answer"]).await;
    let ready: Value = serde_json::from_str(&ready).unwrap();
    assert_eq!(ready["problems"], json!(["view history: no answer"]));
    assert_eq!(
        auditor.json(&format!("/v1/contracts/{contract}")).await["contract_id"],
        json!(contract)
    );

    office.start("history");
    office.http.ready().await;
    assert_eq!(auditor.json(&path).await["items"], items);
    // Services that follow the log end by themselves now, with an error: it is another log.
    another_log_of_the_same_name(&office, &auditor, &path).await;
}

/// A stream that is made anew is another history: nothing of it is passed off as this one's.
async fn another_log_of_the_same_name(office: &Office, auditor: &Http, path: &str) {
    let broker = office.broker.as_ref().unwrap();
    let context = async_nats::jetstream::new(broker.client().await);
    context.delete_stream("JEJAK_PONTIANAK").await.unwrap();
    let (status, _, stderr) = process::run(
        office.dir(),
        &["init", "--nats", &broker.url(), "--data", "data"],
    );
    assert!(status.success(), "{stderr}");
    let response = auditor.get(path).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let problem: Value = response.json().await.unwrap();
    assert_eq!(
        (&problem["code"], &problem["view"]),
        (&json!("view.stopped"), &json!("history"))
    );
    red(auditor, &["view history: stopped", "another history"]).await;
}
