//! The access log of a running office, and what no log may hold.

use std::{
    fs,
    time::{Duration, Instant},
};

use jejak_rig::{office::Office, process};
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
        line["what"] == "refused"
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
