//! Goal: the examples of the OpenAPI document are real answers. Method: a fresh office gets the
//! demonstration and then the files of `further_steps`; its answers are compared with `docs/openapi.json`.
//! Times and sealed parts differ each time and are not compared, nor are the numbers of health. With `JEJAK_WRITE_EXAMPLES` in the
//! environment the story writes them into the document.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use jejak_bus::Role;
use jejak_rig::{http::Http, office::Office};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(crate) const DEMONSTRATION: &str = include_str!("../../../../deploy/demo/kak-2020.json");
/// A tenant key for this story only. All ids depend on it, so each run makes the same ids.
const TENANT_KEY: &str = "6a656a616b206578616d706c65732c206e6f7420612073656372657421212121";

/// The places of the answers about health. Their numbers depend on the moment and are not compared.
const READYZ: &str = "/paths/~1readyz/get/responses/200";
const NOT_READY: &str = "/paths/~1readyz/get/responses/503";
const METRICS: &str = "/paths/~1metrics/get/responses/200";
const SYSTEM: &str = "/paths/~1v1~1system/get/responses/200";

#[derive(Deserialize)]
pub(crate) struct Scenario {
    pub(crate) steps: Vec<Step>,
}

#[derive(Deserialize)]
pub(crate) struct Step {
    pub(crate) r#as: String,
    pub(crate) roles: Vec<Role>,
    pub(crate) command: String,
    pub(crate) body: Value,
    pub(crate) save: Option<String>,
    pub(crate) refused: Option<String>,
}

/// Bodies and answers.
#[derive(Default)]
struct Recording {
    /// The examples by their place in the OpenAPI document, a JSON pointer to what has a `content`.
    examples: BTreeMap<String, Value>,
    /// Ids by the names that the steps save them under.
    saved: BTreeMap<String, String>,
    position: u64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_examples_are_answers_of_the_demonstration() {
    let office = office_with_fixed_key().await;
    let mut recording = Recording::default();
    recording.play(&office, DEMONSTRATION, "demo").await;
    recording.ask_all(&office).await;
    for (name, steps) in further_steps() {
        recording.play(&office, &steps, &name).await;
        recording.ask_all(&office).await;
    }
    recording.ask_events(&office).await;
    recording.ask_health(&office).await;
    recording.ask_system(&office).await;
    for name in jejak_events::Command::NAMES {
        let body = format!("/paths/~1v1~1commands~1{name}/post/requestBody");
        assert!(
            recording.examples.contains_key(&body),
            "no example of {name}"
        );
    }
    let path = root().join("docs/openapi.json");
    let mut document: Map<String, Value> =
        serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let mut different = Vec::new();
    for (place, recorded) in recording.examples {
        let (first, rest) = place[1..].split_once('/').unwrap();
        let content = document[first]
            .pointer_mut(&format!("/{rest}/content"))
            .and_then(|contents| content_with_example(contents.as_object_mut()?))
            .unwrap_or_else(|| panic!("no {place} in docs/openapi.json: write it anew first"));
        let is_of_health = [READYZ, NOT_READY, METRICS].contains(&place.as_str());
        let same = if place == SYSTEM {
            let same = |value: &Value| without_numbers(comparable(value.clone()));
            same(&content["example"]) == same(&recorded)
        } else if is_of_health {
            without_numbers(content["example"].clone()) == without_numbers(recorded.clone())
        } else {
            comparable(content["example"].clone()) == comparable(recorded.clone())
        };
        if !same {
            content["example"] = recorded;
            different.push(place);
        }
    }
    if different.is_empty() {
        return;
    }
    if std::env::var_os("JEJAK_WRITE_EXAMPLES").is_some_and(|write| write == "1") {
        let text = serde_json::to_string_pretty(&document).unwrap();
        fs::write(&path, text + "\n").unwrap();
        return;
    }
    panic!(
        "the examples differ at {different:?}: run this story with JEJAK_WRITE_EXAMPLES=1, and review docs/openapi.json"
    );
}

/// The content of an answer that has an example, lines of JSON before the same as a list, else the first one.
fn content_with_example(contents: &mut Map<String, Value>) -> Option<&mut Value> {
    let has_example = |content: &Value| content.get("example").is_some();
    let lines = contents
        .iter()
        .find(|(kind, _)| *kind == "application/x-ndjson");
    let found = lines.or_else(|| contents.iter().find(|(_, content)| has_example(content)));
    let media_type = found.or_else(|| contents.iter().next())?.0.clone();
    contents.get_mut(&media_type)
}

/// The files of `further_steps` with their names, in order.
pub(crate) fn further_steps() -> Vec<(String, String)> {
    let folder = root().join("tests/stories/tests/stories/further_steps");
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    paths.into_iter().map(read).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// An empty office whose tenant key is [`TENANT_KEY`].
async fn office_with_fixed_key() -> Office {
    let mut office = Office::up(false).await;
    office.terminate();
    fs::remove_dir_all(office.data()).unwrap();
    fs::create_dir_all(office.data().join("keys")).unwrap();
    let key = office.data().join("keys/tenant.key");
    fs::write(&key, TENANT_KEY).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    office.start_up(false);
    office
}

impl Recording {
    /// Gives all steps in order, and keeps the first accepted command of each name.
    async fn play(&mut self, office: &Office, steps: &str, prefix: &str) {
        let Scenario { steps } = serde_json::from_str(steps).unwrap();
        for (n, step) in steps.into_iter().enumerate() {
            let mut body = step.body;
            resolve(&mut body, &self.saved);
            let http = as_caller(office, &step.r#as, &step.roles);
            let key = format!("{prefix}-{n}");
            let (status, answer) = http.command(&step.command, &key, &body).await;
            if let Some(code) = step.refused {
                assert_eq!(answer["code"], code, "{prefix} {n}");
                continue;
            }
            assert_eq!(status, 200, "{prefix} {n}: {answer}");
            self.position = answer["position"].as_u64().unwrap();
            if let Some(name) = step.save {
                self.saved.insert(name, created_id(&step.command, &answer));
            }
            let operation = format!("/paths/~1v1~1commands~1{}/post", step.command);
            let of_body = self.examples.entry(format!("{operation}/requestBody"));
            of_body.or_insert(body);
            let of_answer = format!("{operation}/responses/200");
            self.examples.entry(of_answer).or_insert(answer);
        }
    }

    /// Asks every query of the OpenAPI document that has no answer with an item yet.
    async fn ask_all(&mut self, office: &Office) {
        let auditor = as_caller(office, "auditor-1", &[Role::Auditor]);
        let document = office.http.json("/openapi.json").await;
        let paths = document["paths"].as_object().unwrap();
        let queries = paths
            .iter()
            .filter(|(_, operations)| operations["get"]["tags"][0] == "queries");
        for (path, _) in queries {
            let place = format!("/paths/{}/get/responses/200", path.replace('/', "~1"));
            let has_item = |answer: &Value| answer["items"] != json!([]);
            if self.examples.get(&place).is_some_and(has_item) {
                continue;
            }
            let answer = auditor.json(&self.address(path)).await;
            self.examples.insert(place, answer);
        }
    }

    /// Asks for the stored event of the first hire, as a page and as a stream.
    async fn ask_events(&mut self, office: &Office) {
        let auditor = as_caller(office, "auditor-1", &[Role::Auditor]);
        let hire = &self.examples["/paths/~1v1~1commands~1hire-operator/post/responses/200"];
        let after = hire["position"].as_u64().unwrap() - 1;
        let page = format!("/v1/events?after={after}&limit=1");
        let page = auditor.get(&page).await.text().await.unwrap();
        let mut stream = auditor
            .get(&format!("/v1/events/stream?after={after}"))
            .await;
        let mut event = String::new();
        while !event.contains("\n\n") {
            let chunk = stream.chunk().await.unwrap().unwrap();
            event += std::str::from_utf8(&chunk).unwrap();
        }
        let (event, _) = event.split_once("\n\n").unwrap();
        let place = |path| format!("/paths/~1v1~1events{path}/get/responses/200");
        self.examples.insert(place(""), json!(page));
        self.examples
            .insert(place("~1stream"), json!(format!("{event}\n\n")));
    }

    /// Asks the health and the metrics of an office where everything works. Of the metrics it keeps those of the
    /// health; the others count requests of this story.
    async fn ask_health(&mut self, office: &Office) {
        office.http.ready().await;
        let ready = office.http.json("/readyz").await;
        let mut not_ready = ready.clone();
        not_ready["ready"] = json!(false);
        not_ready["problems"] = json!(["view leave: no answer"]);
        let views = not_ready["views"].as_array_mut().unwrap();
        views.retain(|view| view["view"] != "leave");
        self.examples.insert(NOT_READY.to_owned(), not_ready);
        self.examples.insert(READYZ.to_owned(), ready);
        let metrics = office.http.get("/metrics").await.text().await.unwrap();
        let of_health = ["jejak_broker_", "jejak_commands_ready", "jejak_view_"];
        let is_of_health = |line: &&str| of_health.iter().any(|name| line.starts_with(name));
        let mut lines: Vec<_> = metrics.lines().filter(is_of_health).collect();
        lines.sort_unstable();
        let text = lines.join("\n") + "\n";
        self.examples.insert(METRICS.to_owned(), json!(text));
    }

    /// Asks the state of the office. What went wrong lately and the broker's version are made up: they differ
    /// each time.
    async fn ask_system(&mut self, office: &Office) {
        let admin = as_caller(office, "admin-1", &[Role::Admin]);
        let mut status = admin.json("/v1/system").await;
        status["broker"]["version"] = json!("2.14.4");
        let time = "2026-11-30T19:15:03.749Z";
        status["problems_lately"] = json!([
            {"since": time, "problems": []},
            {"since": time, "problems": ["view leave: no answer"]},
        ]);
        status["noted_lately"] = json!([{
            "time": time, "what": "password_refused", "who": "subject/2f1c6d0e-6a3f-8d64-9c3b-0a4f5c1d7e90",
            "reason": null, "asked": null, "times": 1,
        }]);
        self.examples.insert(SYSTEM.to_owned(), status);
    }

    /// The address that the example of a query is asked at.
    fn address(&self, path: &str) -> String {
        let package = if path.ends_with("/candidates") {
            "2021-tenaga-it"
        } else {
            "2020-tenaga-it"
        };
        let filled = path
            .replace("{package_id}", package)
            .replace("{operator_id}", &self.saved["op2"])
            .replace("{contract_id}", &self.saved["op2.contract"])
            .replace("{year}", "2020");
        let question = match path {
            "/v1/leave-balances" | "/v1/evaluations" => "year=2020&limit=2&",
            "/v1/appraisals" => "month=2020-11&limit=2&",
            "/v1/leave" => "month=2020-12&limit=2&",
            "/v1/contracts" => "on=2020-11-02&limit=2&",
            path if path.ends_with('}') || path.ends_with("/leave") => "",
            _ => "limit=2&",
        };
        format!("{filled}?{question}min_position={}", self.position)
    }
}

fn as_caller(office: &Office, subject: &str, roles: &[Role]) -> Http {
    let pem = fs::read_to_string(office.data().join("keys/token.pem")).unwrap();
    let issuer = jejak::token::TokenIssuer::from_pem(&pem).unwrap();
    let token = issuer.issue(subject, roles, None, Duration::from_secs(600));
    office.http.with_token(&token.unwrap())
}

/// The id that a command made: a top-level member of its answer.
pub(crate) fn created_id(command: &str, answer: &Value) -> String {
    let mut fields = jejak_events::Event::created_fields().into_iter();
    let id = fields.find_map(|field| answer[field].as_str());
    id.unwrap_or_else(|| panic!("{command}: {answer}"))
        .to_owned()
}

pub(crate) fn resolve(value: &mut Value, saved: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(name) = text.strip_prefix('$') {
                *text = saved[name].clone();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, saved)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| resolve(member, saved)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The value without times and sealed parts.
pub(crate) fn comparable(mut value: Value) -> Value {
    match &mut value {
        Value::String(text) if is_time(text) => json!("<time>"),
        // Lines of stored events, also as a stream sends them.
        Value::String(text) if text.ends_with('\n') => {
            let lines = text.lines().map(|line| {
                let data = line.strip_prefix("data: ").unwrap_or(line);
                serde_json::from_str(data).map_or_else(|_| json!(line), comparable)
            });
            lines.collect()
        }
        Value::Array(items) => items.drain(..).map(comparable).collect(),
        Value::Object(members) => {
            let members = std::mem::take(members).into_iter();
            let members = members.map(|(name, member)| {
                let is_sealed =
                    ["personal", "actorsealed"].contains(&name.as_str()) && member.is_string();
                let member = if is_sealed {
                    json!("<sealed>")
                } else {
                    comparable(member)
                };
                (name, member)
            });
            members.collect::<Map<_, _>>().into()
        }
        _ => value,
    }
}

/// The value without its numbers, those at the ends of lines of text too.
fn without_numbers(value: Value) -> Value {
    match value {
        Value::Number(_) => json!("<number>"),
        Value::String(text) => {
            let names = text
                .lines()
                .map(|line| line.rsplit_once(' ').map_or(line, |(name, _)| name));
            json!(names.collect::<Vec<_>>())
        }
        Value::Array(items) => items.into_iter().map(without_numbers).collect(),
        Value::Object(members) => {
            let members = members.into_iter();
            let members = members.map(|(name, member)| (name, without_numbers(member)));
            members.collect::<Map<_, _>>().into()
        }
        Value::Null | Value::Bool(_) => value,
    }
}

fn is_time(text: &str) -> bool {
    text.len() > 11 && chrono::DateTime::parse_from_rfc3339(text).is_ok()
}
