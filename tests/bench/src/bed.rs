//! The test bed: a broker of its own with a history, a data folder, and services as processes.
//! Dropping it ends the processes and removes the files.

use async_nats::{Client, HeaderMap, Request};
use jejak_bus::{
    Actor, Problem, RequestProblem, Role, query_subject,
    request::{ACTOR, MIN_POSITION},
};
use jejak_events::{ids::TenantId, secret::TenantKey};
use jejak_journal::{Journal, Keyring};
use jejak_rig::{
    broker::{Broker, SyncMode, free_ports},
    process::{self, Process},
    usage::{RESIDENT, memory_mib},
};
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::{
    error::BenchError,
    history::{self, HistoryDepth},
    people::{PPK, People},
};

/// A service has this long to start, and a view to catch up.
const PATIENCE: Duration = Duration::from_secs(900);
/// Time between two questions to a service that starts.
const ASK_EVERY: Duration = Duration::from_millis(2);
/// One request may take this long. Views wait for a position for five seconds.
const ANSWER: Duration = Duration::from_secs(10);

/// A broker, a log with a history, and a data folder.
pub struct TestBed {
    /// The people of the history.
    pub people: People,
    /// The log, without group commit.
    pub journal: Journal,
    /// The position of the history's last event.
    pub events: u64,
    broker: Broker,
    dir: tempfile::TempDir,
}

#[derive(Deserialize)]
struct PositionedReply {
    position: u64,
}

impl TestBed {
    /// Starts a broker and writes a history of `people` people.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn new(
        sync: SyncMode,
        people: usize,
        depth: HistoryDepth,
    ) -> Result<Self, BenchError> {
        let mut broker = Broker::single_syncing(sync).await;
        let dir = tempfile::tempdir()?;
        jejak_rig::broker::write_identities(dir.path());
        broker.admit(&dir.path().join("data")).await;
        let (status, _, stderr) = process::run(
            dir.path(),
            &["init", "--nats", &broker.url(), "--data", "data"],
        );
        if !status.success() {
            return Err(BenchError::answer("jejak init", stderr.as_bytes()));
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

    /// The broker's address, such as `nats://127.0.0.1:4222`.
    pub fn url(&self) -> String {
        self.broker.url()
    }

    /// The broker's address for other programs than services.
    pub fn own_url(&self) -> String {
        self.broker.own_url()
    }

    /// Opens a new connection.
    pub async fn client(&self) -> Client {
        self.broker.client().await
    }

    /// The working directory of the processes.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Starts a service without waiting for it.
    pub fn start(&self, arguments: &[&str]) -> Process {
        let url = self.url();
        let arguments = [arguments, &["--nats", &url, "--data", "data"]].concat();
        Process::start(
            self.dir(),
            arguments[..2].join("-").trim_start_matches('-'),
            &arguments,
        )
    }

    /// Starts a commands service and waits until it answers.
    ///
    /// # Errors
    /// When it never does.
    pub async fn commands(&self) -> Result<Process, BenchError> {
        let process = self.start(&["commands"]);
        let subject = jejak_bus::command_subject(&tenant(), "health");
        ask_until_answered(&self.client().await, &subject, HeaderMap::new(), b"").await?;
        Ok(process)
    }

    /// Starts the projector of some views without their files and waits until all are at a
    /// position.
    ///
    /// # Errors
    /// When a view does not get there.
    pub async fn rebuilt(&self, views: &[&str], position: u64) -> Result<Process, BenchError> {
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

    /// The file of a view's rows.
    pub fn file(&self, view: &str) -> PathBuf {
        let version = jejak_projections::view(view).map_or(0, |view| view.version());
        self.dir()
            .join(format!("data/views/{view}-v{version}.redb"))
    }

    /// Waits until a view answers at a position.
    ///
    /// # Errors
    /// When the view does not get there.
    pub async fn reach(
        &self,
        client: &Client,
        view: &str,
        position: u64,
    ) -> Result<(), BenchError> {
        let (query, params) = self.small_question(view);
        let subject = query_subject(&tenant(), view, query);
        let mut headers = HeaderMap::new();
        headers.insert(MIN_POSITION, position.to_string());
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let answer =
                ask_until_answered(client, &subject, headers.clone(), params.as_bytes()).await?;
            match serde_json::from_slice::<PositionedReply>(&answer) {
                Ok(at) if at.position >= position => return Ok(()),
                _ if is_behind(&answer) => {}
                _ => return Err(BenchError::answer(view, &answer)),
            }
        }
        Err(BenchError::unanswered(
            view,
            format!("not at position {position} in {PATIENCE:?}"),
        ))
    }

    /// A cheap query of a view, with its parameters.
    fn small_question(&self, view: &str) -> (&'static str, String) {
        let year = crate::people::FIRST_YEAR;
        match view {
            "contracts" => ("operators", r#"{"limit":1}"#.to_owned()),
            "leave" => ("calendar", format!(r#"{{"year":{year}}}"#)),
            "evaluations" => (
                "get",
                format!(r#"{{"operator_id":"{}","year":{year}}}"#, self.people.id(0)),
            ),
            "packages" => ("get", format!(r#"{{"package_id":"{year}-paket-0"}}"#)),
            _ => ("list", r#"{"limit":1}"#.to_owned()),
        }
    }

    /// Starts a gateway, waits until it answers, and issues a token for an officer.
    ///
    /// # Errors
    /// When it never answers.
    pub async fn gateway(&self) -> Result<Gateway, BenchError> {
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
                return Err(BenchError::unanswered("gateway", process.log_text()));
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
            return Err(BenchError::answer("jejak token", stderr.as_bytes()));
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
    /// The process, for its log.
    pub process: Process,
    /// `host:port`.
    pub address: String,
    /// The token of the appraising officer.
    pub token: String,
}

/// Reads the key that `jejak init` made: 64 hexadecimal digits.
fn tenant_key(path: &Path) -> Result<TenantKey, BenchError> {
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
        .ok_or_else(|| BenchError::answer("the key file", b"something else than a key"))
}

/// The tenant of every test bed.
pub fn tenant() -> TenantId {
    "pontianak".parse().expect("a slug")
}

/// The header with the caller of a command.
pub fn actor(sub: &str, role: Role) -> String {
    let actor = Actor {
        sub: sub.to_owned(),
        roles: vec![role],
        name: None,
    };
    serde_json::to_string(&actor).expect("an actor is plain data")
}

/// The headers of an officer's command.
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

/// Repeats a request until it is answered.
async fn ask_until_answered(
    client: &Client,
    subject: &str,
    headers: HeaderMap,
    body: &[u8],
) -> Result<Vec<u8>, BenchError> {
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
                return Err(BenchError::unanswered(subject, error));
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
pub fn resident_mib(process: &Process) -> Result<f64, BenchError> {
    Ok(memory_mib(process.pid(), RESIDENT)?)
}
