//! Lists as CSV and as spreadsheets, over HTTP, and the register's search.

use std::fs;

use jejak_rig::{http::Http, office::Office};
use reqwest::{
    Method, Response, StatusCode,
    header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, VARY},
};
use serde_json::{Value, json};

use crate::access::{lines, wait_for};

const CSV: &str = "text/csv";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

async fn demonstration() -> (Office, std::collections::BTreeMap<String, String>) {
    let office = Office::up(true).await;
    let pem = fs::read_to_string(office.data().join("keys/token.pem")).unwrap();
    let issuer = jejak::token::TokenIssuer::from_pem(&pem).unwrap();
    let played = jejak::demo::play(&office.http.base, &issuer, |_| {}).await;
    let saved = played.unwrap().saved;
    (office, saved)
}

async fn accepting(http: &Http, path: &str, accept: &str) -> Response {
    let request = http.request(Method::GET, path).header(ACCEPT, accept);
    request.send().await.unwrap()
}

fn header(response: &Response, name: reqwest::header::HeaderName) -> &str {
    response.headers()[name].to_str().unwrap()
}

/// Goal: a table has every page of a list, for the same readers as the list in JSON. Method: each list of the
/// demonstration in three formats, as an auditor and as an operator.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_list_is_a_table_for_those_who_may_read_it() {
    let (office, saved) = demonstration().await;
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let op2 = &saved["op2"];
    let operator = office.http_as(op2, &["operator"]);
    let history = format!("/v1/operators/{op2}/history");
    for (path, own) in [
        ("/v1/packages", false),
        ("/v1/packages/2021-tenaga-it/candidates", false),
        ("/v1/contracts?on=2020-11-02", true),
        ("/v1/operators", false),
        ("/v1/leave-balances?year=2020", true),
        ("/v1/evaluations?year=2020", false),
        ("/v1/facilities", true),
        (history.as_str(), true),
        ("/v1/packages/2020-tenaga-it/history", false),
        ("/v1/calendars/2020/history", false),
    ] {
        let all = if path.contains('?') {
            "&limit=500"
        } else {
            "?limit=500"
        };
        let whole = auditor.json(&format!("{path}{all}")).await;
        let items = whole["items"].as_array().unwrap().len();
        // A limit is of pages; a table has them all.
        let paged = format!("{path}{}", all.replace("500", "1"));
        let csv = accepting(&auditor, &paged, CSV).await;
        assert_eq!(csv.status(), StatusCode::OK, "{path}");
        assert_eq!(
            header(&csv, CONTENT_TYPE),
            "text/csv; charset=utf-8; header=present"
        );
        assert_eq!(header(&csv, VARY), "accept, accept-language");
        assert_eq!(
            csv.headers()["jejak-position"],
            whole["position"].to_string()
        );
        let text = csv.text().await.unwrap();
        assert_eq!(text.matches("\r\n").count(), items + 1, "{path}: {text}");
        assert!(text.starts_with('\u{feff}'));
        let xlsx = accepting(&auditor, path, XLSX).await;
        assert_eq!(
            (xlsx.status(), header(&xlsx, CONTENT_TYPE)),
            (StatusCode::OK, XLSX),
            "{path}"
        );
        assert!(xlsx.bytes().await.unwrap().starts_with(b"PK"));
        let strange = accepting(&auditor, path, "image/png").await;
        assert_eq!(header(&strange, CONTENT_TYPE), "application/json", "{path}");
        assert_eq!(header(&strange, VARY), "accept");
        for format in [CSV, XLSX] {
            let status = accepting(&operator, path, format).await.status();
            let wanted = if own {
                StatusCode::OK
            } else {
                StatusCode::FORBIDDEN
            };
            assert_eq!(status, wanted, "{path} {format}");
            let nobody = accepting(&office.http, path, format).await.status();
            assert_eq!(nobody, StatusCode::UNAUTHORIZED, "{path}");
        }
    }
    let own = accepting(&operator, "/v1/leave-balances?year=2020", CSV).await;
    let own = own.text().await.unwrap();
    assert!(
        own.contains("Contoh Operator Dua") && own.matches("\r\n").count() == 2,
        "{own}"
    );
    let other = format!("/v1/leave-balances?operator={}", saved["op3"]);
    let other = accepting(&operator, &other, CSV).await;
    assert_eq!(other.status(), StatusCode::FORBIDDEN);
    let one = accepting(&auditor, &format!("/v1/operators/{op2}"), CSV).await;
    assert_eq!(
        header(&one, CONTENT_TYPE),
        "application/json",
        "one person is no list"
    );
    let english = auditor.request(Method::GET, "/v1/evaluations?year=2020");
    let english = english.header(ACCEPT, CSV).header(ACCEPT_LANGUAGE, "en");
    let english = english.send().await.unwrap().text().await.unwrap();
    assert!(
        english.contains("Rank;Operator;") && english.contains(";good;final;"),
        "{english}"
    );
}

/// Goal: the register is searched over HTTP, and the access log has the people found and not the search.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_is_logged_without_its_words() {
    let (office, saved) = demonstration().await;
    let officer = office.http_as("197701161997031006", &["officer"]);
    let found = officer.json("/v1/operators?q=DUA%20cont%C3%B3h").await;
    assert_eq!(found["items"][0]["operator_id"], json!(saved["op2"]));
    let by_number = officer.json("/v1/operators?q=800/2/spk/bkpsdm/2020").await;
    assert_eq!(by_number["items"], found["items"]);
    let csv = accepting(&officer, "/v1/operators?q=dua", CSV).await;
    assert_eq!(csv.text().await.unwrap().matches("\r\n").count(), 2);
    let long = format!("/v1/operators?q={}", "a".repeat(201));
    let refused: Value = officer.get(&long).await.json().await.unwrap();
    assert_eq!(
        (&refused["code"], &refused["path"]),
        (&json!("request.malformed"), &json!("q"))
    );
    let operator = office.http_as(&saved["op2"], &["operator"]);
    assert_eq!(
        operator.get("/v1/operators?q=dua").await.status(),
        StatusCode::FORBIDDEN
    );
    let is_search = |line: &Value| line["query"] == "/v1/operators" && line["what"] == "read";
    // The refused search is written last.
    wait_for(&office, &[], |line| {
        line["what"] == "refused" && line["reason"].is_null()
    });
    let searches: Vec<_> = lines(&office, &[]).into_iter().filter(is_search).collect();
    assert_eq!(searches.len(), 3, "{searches:?}");
    for search in &searches {
        assert_eq!(search["persons"], json!([saved["op2"]]));
    }
    let text = json!(searches).to_string();
    for words in ["DUA", "dua", "cont", "800/2"] {
        assert!(!text.contains(words), "{words}: {text}");
    }
}
