//! The test bed: a broker of its own with a history, a data folder, and services as the processes they
//! are in use. All of it goes with the value: processes by their handles, files with their folder.

use async_nats::{Client, HeaderMap, Request};
use jejak_bus::{
    Actor, Problem, RequestProblem, Role, query_subject,
    request::{ACTOR, MIN_POSITION},
};
use jejak_events::{ids::TenantId, secret::TenantKey};
use jejak_journal::{Journal, Keyring};
use jejak_rig::{
    broker::{Broker, Sync, free_ports},
    process::{self, Process},
    spent::{RESIDENT, memory_mib},
};
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::{
    fault::Fault,
    history::{self, Depth},
    people::{PPK, People},
};

/// How long a service may take to answer, or a view to get anywhere.
const PATIENCE: Duration = Duration::from_secs(900);
/// How often a service that is not there yet is asked for.
const ASK_EVERY: Duration = Duration::from_millis(2);
/// How long one request may take. Views wait for a position for five seconds.
const ANSWER: Duration = Duration::from_secs(10);

/// A broker, a log with a history, and where services keep their files.
pub struct Bed {
    /// Whose office it is.
    pub people: People,
    /// Its log.
    pub journal: Journal,
    /// The position of the history's last event.
    pub events: u64,
    broker: Broker,
    dir: tempfile::TempDir,
}

#[derive(Deserialize)]
struct Positioned {
    position: u64,
}

impl Bed {
    /// A history of so many people on a broker that syncs so.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn new(sync: Sync, people: usize, depth: Depth) -> Result<Self, Fault> {
        let broker = Broker::single_syncing(sync).await;
        let dir = tempfile::tempdir()?;
        let (status, _, stderr) = process::run(
            dir.path(),
            &["init", "--nats", &broker.url(), "--data", "data"],
        );
        if !status.success() {
            return Err(Fault::answer("jejak init", stderr.as_bytes()));
        }
        let key = tenant_key(&dir.path().join("data/keys/tenant.key"))?;
        let journal = Journal::open(broker.client().await, &tenant()).await?;
        let keyring = Keyring::open_all(&journal, key.clone()).await?;
        let people = People::new(people, key.clone());
        let events = history::write(&journal, &keyring, &people, depth, &key).await?;
        Ok(Self {
            people,
            journal,
            events,
            broker,
            dir,
        })
    }

    /// The broker's address.
    pub fn url(&self) -> String {
        self.broker.url()
    }

    /// A connection of its own.
    pub async fn client(&self) -> Client {
        self.broker.client().await
    }

    /// Where processes run.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Starts a service, and waits for nothing.
    pub fn start(&self, arguments: &[&str]) -> Process {
        let url = self.url();
        let arguments = [arguments, &["--nats", &url, "--data", "data"]].concat();
        Process::start(
            self.dir(),
            arguments[..2].join("-").trim_start_matches('-'),
            &arguments,
        )
    }

    /// Starts a commands service, and waits until it answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn commands(&self) -> Result<Process, Fault> {
        let process = self.start(&["commands"]);
        let subject = jejak_bus::command_subject(&tenant(), "health");
        patiently(&self.client().await, &subject, HeaderMap::new(), b"").await?;
        Ok(process)
    }

    /// Starts the projector of some views on no file at all, and waits until all are at a position.
    ///
    /// # Errors
    /// When one does not get there.
    pub async fn rebuilt(&self, views: &[&str], position: u64) -> Result<Process, Fault> {
        for view in views {
            match std::fs::remove_file(self.file(view)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error.into());
                }
                _ => {}
            }
        }
        let process = self.start(&[&["projector"][..], views].concat());
        let client = self.client().await;
        for view in views {
            self.reach(&client, view, position).await?;
        }
        Ok(process)
    }

    /// The view's file.
    pub fn file(&self, view: &str) -> PathBuf {
        let version = jejak_projections::view(view).map_or(0, |view| view.version());
        self.dir()
            .join(format!("data/views/{view}-v{version}.redb"))
    }

    /// Waits until a view answers at a position.
    ///
    /// # Errors
    /// When it does not get there.
    pub async fn reach(&self, client: &Client, view: &str, position: u64) -> Result<(), Fault> {
        let (query, params) = self.small_question(view);
        let subject = query_subject(&tenant(), view, query);
        let mut headers = HeaderMap::new();
        headers.insert(MIN_POSITION, position.to_string());
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let answer = patiently(client, &subject, headers.clone(), params.as_bytes()).await?;
            match serde_json::from_slice::<Positioned>(&answer) {
                Ok(at) if at.position >= position => return Ok(()),
                _ if is_behind(&answer) => {}
                _ => return Err(Fault::answer(view, &answer)),
            }
        }
        Err(Fault::unanswered(
            view,
            format!("not at position {position} in {PATIENCE:?}"),
        ))
    }

    /// A question that costs a view little.
    fn small_question(&self, view: &str) -> (&'static str, String) {
        let year = crate::people::FIRST_YEAR;
        match view {
            "contracts" => ("operators", r#"{"limit":1}"#.to_owned()),
            "leave" => ("calendar", format!(r#"{{"year":{year}}}"#)),
            "evaluations" => (
                "get",
                format!(r#"{{"operator_id":"{}","year":{year}}}"#, self.people.id(0)),
            ),
            _ => ("get", format!(r#"{{"package_id":"{year}-paket-0"}}"#)),
        }
    }

    /// Starts a gateway, and waits until it answers a question: its address, and a token of an officer.
    ///
    /// # Errors
    /// When it does not.
    pub async fn gateway(&self) -> Result<Gateway, Fault> {
        let address = format!("127.0.0.1:{}", free_ports(1)[0]);
        let process = self.start(&["gateway", "--listen", &address]);
        let http = jejak_rig::http::Http::new(&format!("http://{address}"));
        let deadline = Instant::now() + PATIENCE;
        let mut beat = tokio::time::interval(ASK_EVERY);
        while http
            .request("GET".parse().expect("a method"), "/healthz")
            .send()
            .await
            .is_err()
        {
            if Instant::now() > deadline {
                return Err(Fault::unanswered("gateway", process.log_text()));
            }
            beat.tick().await;
        }
        let arguments = [
            "token",
            "issue",
            "--data",
            "data",
            "--subject",
            PPK,
            "--role",
            "officer",
        ];
        let (status, token, stderr) = process::run(self.dir(), &arguments);
        if !status.success() {
            return Err(Fault::answer("jejak token", stderr.as_bytes()));
        }
        Ok(Gateway {
            process,
            address,
            token: token.trim().to_owned(),
        })
    }
}

/// A running gateway.
pub struct Gateway {
    /// Its process.
    pub process: Process,
    /// `host:port`.
    pub address: String,
    /// Of the officer who appraises.
    pub token: String,
}

/// The key that `jejak init` made: 64 hexadecimal digits.
fn tenant_key(path: &Path) -> Result<TenantKey, Fault> {
    let text = std::fs::read_to_string(path)?;
    let digit = |digit: char| {
        digit
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let digits: Option<Vec<u8>> = text.trim().chars().map(digit).collect();
    let bytes = digits.map(|digits| {
        digits
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |byte, d| byte << 4 | d))
            .collect()
    });
    let key = bytes.and_then(|bytes: Vec<u8>| <[u8; 32]>::try_from(bytes).ok());
    key.map(TenantKey::new)
        .ok_or_else(|| Fault::answer("the key file", b"something else than a key"))
}

/// The office every bed is of.
pub fn tenant() -> TenantId {
    "pontianak".parse().expect("a slug")
}

/// The header that says who gives a command.
pub fn actor(sub: &str, role: Role) -> String {
    let actor = Actor {
        sub: sub.to_owned(),
        roles: vec![role],
    };
    serde_json::to_string(&actor).expect("an actor is plain data")
}

/// The headers of a command.
pub fn command_headers(sub: &str, id: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACTOR, actor(sub, Role::Officer));
    headers.insert(jejak_bus::request::COMMAND_ID, id);
    headers
}

fn is_behind(answer: &[u8]) -> bool {
    matches!(
        Problem::from_reply(answer),
        Some(Problem::Request(RequestProblem::ViewBehind { .. }))
    )
}

/// Asks, and again while nobody is there yet.
async fn patiently(
    client: &Client,
    subject: &str,
    headers: HeaderMap,
    body: &[u8],
) -> Result<Vec<u8>, Fault> {
    let deadline = Instant::now() + PATIENCE;
    let mut beat = tokio::time::interval(ASK_EVERY);
    loop {
        let request = Request::new()
            .headers(headers.clone())
            .payload(body.to_vec().into())
            .timeout(Some(ANSWER));
        match client.send_request(subject.to_owned(), request).await {
            Ok(reply) => return Ok(reply.payload.to_vec()),
            Err(error) if Instant::now() > deadline => {
                return Err(Fault::unanswered(subject, error));
            }
            Err(_) => {}
        }
        beat.tick().await;
    }
}

/// The memory a process has resident, in MiB.
///
/// # Errors
/// When it is gone.
pub fn resident_mib(process: &Process) -> Result<f64, Fault> {
    Ok(memory_mib(process.pid(), RESIDENT)?)
}
