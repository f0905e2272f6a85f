//! The access log of a running office, and what no log may hold.

use std::{
    fs,
    time::{Duration, Instant},
};

use jejak_rig::{http::Http, office::Office, process};
use reqwest::Method;
use serde_json::{Value, json};

const PPK: &str = "197701161997031006";
/// A line is written within this time.
const WITHIN: Duration = Duration::from_secs(10);

/// The lines of `jejak audit access` with these filters.
pub(crate) fn lines(office: &Office, filters: &[&str]) -> Vec<Value> {
    let arguments = [&["audit", "access", "--data", "data"], filters].concat();
    let (status, stdout, stderr) = process::run(office.dir(), &arguments);
    assert!(status.success(), "{arguments:?}: {stderr}");
    let lines = stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Waits until a line is there that the test looks for.
pub(crate) fn wait_for(office: &Office, filters: &[&str], is_it: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + WITHIN;
    loop {
        let found = lines(office, filters);
        if let Some(line) = found.iter().find(|line| is_it(line)) {
            return line.clone();
        }
        assert!(Instant::now() < deadline, "{filters:?}: {found:?}");
    }
}

/// Goal: every read of a person's data is told with reader and person, and so is each refusal and each
/// change of tokens and keys. No line holds a name or a NIP.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_refusals_and_changes_of_keys_are_told() {
    let office = Office::up(true).await;
    let officer = office.http_as(PPK, &["officer"]);
    let all = officer.json("/v1/operators?limit=500").await;
    let person = all["items"][0]["operator_id"].as_str().unwrap().to_owned();
    officer.json(&format!("/v1/operators/{person}")).await;
    let operator = office.http_as(&person, &["operator"]);
    let other = all["items"][1]["operator_id"].as_str().unwrap();
    let refused = operator.get(&format!("/v1/operators/{other}/leave")).await;
    assert_eq!(refused.status().as_u16(), 403);
    let wrong = office
        .http
        .with_token("nonsense")
        .get("/v1/operators")
        .await;
    assert_eq!(wrong.status().as_u16(), 401);

    let of_reader = ["--reader", PPK];
    let read = wait_for(&office, &of_reader, |line| {
        line["query"] == "/v1/operators/{operator_id}"
    });
    assert_eq!(read["persons"], json!([person]));
    assert_eq!(read["roles"], json!(["officer"]));
    let listed = wait_for(&office, &of_reader, |line| {
        line["query"] == "/v1/operators" && line["persons"].as_array().unwrap().len() > 1
    });
    assert!(
        listed["persons"]
            .as_array()
            .unwrap()
            .contains(&json!(person))
    );
    let of_person = lines(&office, &["--person", &person]);
    assert!(of_person.len() >= 3, "{of_person:?}");
    let refused = wait_for(&office, &["--person", other], |line| {
        line["what"] == "refused" && line["reason"].is_null()
    });
    assert_eq!(refused["reader"], format!("operator/{person}"));
    wait_for(&office, &[], |line| line["what"] == "sign_in_failed");
    assert!(lines(&office, &["--day", "2020-01-01"]).is_empty());

    for arguments in [
        &["token", "revoke", "--subject", PPK][..],
        &["token", "rotate"],
    ] {
        let arguments = [arguments, &["--data", "data"]].concat();
        assert!(process::run(office.dir(), &arguments).0.success());
    }
    for what in ["token_issued", "tokens_revoked", "key_replaced"] {
        wait_for(&office, &[], |line| line["what"] == what);
    }
    // An auditor who opens particulars is told too, by the user of the machine.
    let end = officer.json("/v1/operators").await["position"].to_string();
    let as_of = [
        "audit",
        "as-of",
        "--data",
        "data",
        "--position",
        &end,
        &person,
    ];
    assert!(process::run(office.dir(), &as_of).0.success());
    let by_officer = read["reader"].as_str().unwrap();
    let who = ["audit", "who", "--data", "data", by_officer];
    assert!(process::run(office.dir(), &who).0.success());
    for (command, of) in [("as-of", person.as_str()), ("who", by_officer)] {
        let line = wait_for(&office, &[], |line| line["command"] == command);
        assert_eq!(
            (&line["what"], &line["of"]),
            (&json!("audited"), &json!(of))
        );
        assert!(line["by"].as_str().unwrap().starts_with("uid/"), "{line}");
    }
    let of_person = lines(&office, &["--person", &person]);
    assert!(of_person.iter().any(|line| line["what"] == "audited"));

    let text = fs::read_to_string(office.data().join("access.log")).unwrap();
    let mut personal = vec![PPK.to_owned()];
    for row in all["items"].as_array().unwrap() {
        personal.extend(row["profile"]["full_name"].as_str().map(str::to_owned));
    }
    assert!(personal.len() > 1, "{all}");
    for value in personal {
        assert!(!text.contains(&value), "{value} in {text}");
    }
}

/// Goal: an officer who acts where he has no part is told in the log, with person and package. The texts of his
/// commands are not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_officer_who_is_not_assigned_is_told() {
    const STRANGER: &str = "198001012005011001";
    let office = Office::up(true).await;
    let stranger = office.http_as(STRANGER, &["officer"]);
    let contract = &stranger.json("/v1/contracts").await["items"][0];
    let [person, id] = ["operator_id", "contract_id"].map(|name| contract[name].clone());
    let scores = json!({"attendance": 4, "roll_call": 4, "completion": 4, "timeliness": 4,
        "quality": 4, "obligations": 4, "prohibitions": 4});
    for (name, rest) in [
        (
            "issue-warning",
            json!({"level": 1, "on": contract["start"], "reason": "Rahasia Sekali"}),
        ),
        (
            "submit-monthly-appraisal",
            json!({"month": "2020-10", "scores": scores, "note": "Rahasia Sekali"}),
        ),
        ("propose-evaluation", json!({"note": "Rahasia Sekali"})),
        ("finalize-evaluation", json!({"note": "Rahasia Sekali"})),
    ] {
        let mut body = rest;
        body["operator_id"] = person.clone();
        body["contract_id"] = id.clone();
        let (status, answer) = stranger.command(name, &format!("s-{name}"), &body).await;
        assert_eq!(
            (status, &answer["code"]),
            (422, &json!("officer.not_assigned")),
            "{name}"
        );
        let by_him = ["--reader", STRANGER];
        let line = wait_for(&office, &by_him, |line| line["asked"] == name);
        assert_eq!(line["what"], "refused");
        assert_eq!(line["reason"], "officer.not_assigned");
        assert!(
            line["reader"].as_str().unwrap().starts_with("officer/"),
            "{line}"
        );
        assert_eq!(
            line["of"],
            json!({"operator_id": person, "contract_id": id})
        );
        let of_person = lines(&office, &["--person", person.as_str().unwrap()]);
        assert!(of_person.contains(&line), "{of_person:?}");
    }
    let text = fs::read_to_string(office.data().join("access.log")).unwrap();
    for personal in [STRANGER, "Rahasia"] {
        assert!(!text.contains(personal), "{personal} in {text}");
    }
}

/// Sends a holiday with a key and a correlation id: its status and the event.
async fn declared(http: &Http, date: &str, key: &str, correlation: &str) -> (u16, Value) {
    let body = json!({"date": date, "kind": "public_holiday", "name": "Libur", "decree": "SKB"});
    let request = http.request(Method::POST, "/v1/commands/declare-holiday");
    let request = request.header("Idempotency-Key", key).json(&body);
    let answer = request
        .header("X-Correlation-ID", correlation)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Goal: no number that may be a NIK or a NIP comes into the log or the events by the id that a caller gives his
/// request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_of_requests_hold_no_nik() {
    const NIK: &str = "6171011503950001";
    let office = Office::up(false).await;
    let admin = office.http_as("admin-1", &["admin"]);
    let (status, taken) = declared(&admin, "2021-01-01", "k-1", "request-1").await;
    assert_eq!(
        (status, &taken["events"][0]["correlationid"]),
        (200, &json!("request-1"))
    );
    let (status, left_out) = declared(&admin, "2021-01-02", "k-2", NIK).await;
    assert_eq!(status, 200, "{left_out}");
    assert!(
        left_out["events"][0].get("correlationid").is_none(),
        "{left_out}"
    );
    let (status, refused) = declared(&admin, "2021-01-03", NIK, "request-3").await;
    assert_eq!(
        (status, &refused["path"]),
        (400, &json!("Idempotency-Key")),
        "{refused}"
    );
    let separated = "6171.0115.0395.0001";
    let (status, refused) = declared(&admin, "2021-01-03", separated, "request-3").await;
    assert_eq!((status, &refused["path"]), (400, &json!("Idempotency-Key")));
    let named = "budi-santoso-6171-0115-0395-0001";
    let (_, left_out) = declared(&admin, "2021-01-03", "k-3", named).await;
    assert!(left_out["events"][0].get("correlationid").is_none());
    for package in ["6171-0115-0395-0001", "budi-santoso"] {
        admin
            .json(&format!("/v1/contracts?package={package}"))
            .await;
    }
    for correlation in ["request-4", NIK, named] {
        let read = admin
            .request(Method::GET, "/v1/operators")
            .header("X-Correlation-ID", correlation);
        assert!(read.send().await.unwrap().status().is_success());
    }
    wait_for(&office, &[], |line| line["request"] == "request-4");
    let reads = || lines(&office, &["--reader", "admin-1"]);
    wait_for(&office, &["--reader", "admin-1"], |_| reads().len() >= 5);
    let text = fs::read_to_string(office.data().join("access.log")).unwrap();
    for personal in [NIK, "0115-0395", "0115.0395", "budi-santoso"] {
        assert!(!text.contains(personal), "{personal} in {text}");
    }
}

/// Goal: no level of the log prints the body of a command or a personal value, of any crate. Method: an
/// office at trace level is given the whole demonstration, and its log is searched for each value.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_level_of_the_log_prints_personal_data() {
    let office = Office::up_with(&["--demo", "--log", "trace"]).await;
    let officer = office.http_as(PPK, &["officer"]);
    let all = officer.json("/v1/operators?limit=500").await;
    let refused = json!({"nik": "6171011503959999", "full_name": "Rahasia Sekali", "unknown": 1});
    let (status, _) = officer.command("register-operator", "r-1", &refused).await;
    assert_eq!(status, 400);
    officer.get("/v1/operators?q=Rahasia%20Sekali").await;
    let log = fs::read_to_string(office.dir().join("up.log")).unwrap();
    assert!(
        log.contains("TRACE") || log.contains("DEBUG"),
        "the level is lower than was asked"
    );
    let mut personal = vec![
        PPK.to_owned(),
        "6171011503959999".to_owned(),
        "Rahasia Sekali".to_owned(),
        "Rahasia%20Sekali".to_owned(),
    ];
    for row in all["items"].as_array().unwrap() {
        let profile = &row["profile"];
        for field in [
            "full_name",
            "nik",
            "birth_date",
            "phone",
            "email",
            "address",
        ] {
            personal.extend(profile[field].as_str().map(str::to_owned));
        }
    }
    assert!(personal.len() > 12, "{all}");
    let found: Vec<_> = personal
        .iter()
        .filter_map(|value| {
            Some((
                value,
                log.lines().find(|line| line.contains(value.as_str()))?,
            ))
        })
        .take(3)
        .collect();
    assert!(found.is_empty(), "{found:?}");
    assert!(!log.contains("Bearer ey"), "a token in the log");
}
