//! Commands that are all accepted, and workers that give them over NATS and over HTTP. Neighbouring
//! commands are of different people, as in an office at work.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_nats::{Client, Request};
use bytes::Bytes;
use jejak_bus::{Problem, RequestProblem};
use serde::Deserialize;

use crate::{
    bed::{Gateway, TestBed, command_headers, tenant},
    connection::{HttpConnection, post},
    error::BenchError,
    load::Worker,
    people::{FIRST_YEAR, PPK, People, YearStep},
};

const NAME: &str = "submit-monthly-appraisal";
/// Tries of a command while the log is unavailable, two seconds or more each.
const TRIES: usize = 8;

/// A command with its body encoded.
pub struct PreparedCommand {
    /// The number of its person.
    pub person: usize,
    /// Its idempotency key.
    pub id: String,
    /// Its JSON.
    pub body: Bytes,
}

/// Appraisals of people without one: everyone's first month, then everyone's second, up to the
/// twelfth. The first appraisal of a person is a cold command.
pub struct CommandStock {
    people: People,
    given: AtomicUsize,
}

impl CommandStock {
    /// All appraisals of the people of a test bed.
    pub fn new(bed: &TestBed) -> Self {
        Self {
            people: bed.people.clone(),
            given: AtomicUsize::new(0),
        }
    }

    /// Takes the next commands.
    ///
    /// # Errors
    /// After the twelfth month.
    pub fn take(&self, count: usize) -> Result<Arc<Vec<PreparedCommand>>, BenchError> {
        let first = self.given.fetch_add(count, Ordering::Relaxed);
        (first..first + count)
            .map(|nth| self.prepared(nth))
            .collect::<Result<_, _>>()
            .map(Arc::new)
    }

    fn prepared(&self, nth: usize) -> Result<PreparedCommand, BenchError> {
        let month = u32::try_from(nth / self.people.count + 1).unwrap_or(u32::MAX);
        if month > 12 {
            return Err(BenchError::Spent("the year"));
        }
        let person = nth % self.people.count;
        let planned = self
            .people
            .plan(person, FIRST_YEAR, YearStep::Appraise(month));
        Ok(PreparedCommand {
            person,
            id: planned.id,
            body: serde_json::to_vec(&planned.command)?.into(),
        })
    }
}

#[derive(Deserialize)]
struct CommandReply {
    position: u64,
    replayed: bool,
}

/// Gives a command over NATS; returns the position of its event.
///
/// # Errors
/// When it is refused or not answered.
pub async fn give(client: &Client, name: &str, id: &str, body: Bytes) -> Result<u64, BenchError> {
    accepted(&send(client, name, id, body).await?)
}

/// Gives a command over NATS, and again while the log is unavailable. After a pause the broker may
/// index its files for longer than a load waits.
///
/// # Errors
/// When no try is accepted.
pub async fn give_again(
    client: &Client,
    name: &str,
    id: &str,
    body: Bytes,
) -> Result<(), BenchError> {
    let mut more = 1..TRIES;
    loop {
        let answer = send(client, name, id, body.clone()).await?;
        match serde_json::from_slice(&answer) {
            Ok(CommandReply { .. }) => return Ok(()),
            Err(_) if is_unavailable(&answer) && more.next().is_some() => {}
            Err(_) => return Err(BenchError::answer(name, &answer)),
        }
    }
}

async fn send(client: &Client, name: &str, id: &str, body: Bytes) -> Result<Bytes, BenchError> {
    let request = Request::new()
        .headers(command_headers(PPK, id))
        .payload(body);
    let reply = client
        .send_request(jejak_bus::command_subject(&tenant(), name), request)
        .await;
    Ok(reply
        .map_err(|error| BenchError::unanswered(name, error))?
        .payload)
}

fn is_unavailable(answer: &[u8]) -> bool {
    matches!(
        Problem::from_reply(answer),
        Some(Problem::Request(RequestProblem::LogUnavailable { .. }))
    )
}

fn accepted(answer: &[u8]) -> Result<u64, BenchError> {
    match serde_json::from_slice(answer) {
        Ok(CommandReply {
            position,
            replayed: false,
        }) => Ok(position),
        _ => Err(BenchError::answer("a command", answer)),
    }
}

/// Gives commands over NATS.
pub struct OverNats {
    /// The connection that all workers share.
    pub client: Client,
    /// The commands of all workers.
    pub commands: Arc<Vec<PreparedCommand>>,
}

impl OverNats {
    /// Makes `count` workers on one connection.
    pub fn workers(
        client: &Client,
        commands: &Arc<Vec<PreparedCommand>>,
        count: usize,
    ) -> Vec<Self> {
        (0..count)
            .map(|_| Self {
                client: client.clone(),
                commands: commands.clone(),
            })
            .collect()
    }
}

impl Worker for OverNats {
    async fn once(&mut self, nth: usize) -> Result<(), BenchError> {
        let PreparedCommand { id, body, .. } = &self.commands[nth];
        give(&self.client, NAME, id, body.clone()).await.map(drop)
    }
}

/// Gives commands over HTTP, each worker on a connection of its own.
pub struct OverHttp {
    connection: HttpConnection,
    requests: Arc<Vec<Vec<u8>>>,
}

impl OverHttp {
    /// Makes a worker for each connection.
    pub fn workers(
        connections: Vec<HttpConnection>,
        gateway: &Gateway,
        commands: &[PreparedCommand],
    ) -> Vec<Self> {
        let request =
            |prepared: &PreparedCommand| post(NAME, &prepared.id, &gateway.token, &prepared.body);
        let requests: Arc<Vec<Vec<u8>>> = Arc::new(commands.iter().map(request).collect());
        connections
            .into_iter()
            .map(|connection| Self {
                connection,
                requests: requests.clone(),
            })
            .collect()
    }
}

impl Worker for OverHttp {
    async fn once(&mut self, nth: usize) -> Result<(), BenchError> {
        let answer = self.connection.send(&self.requests[nth]).await?;
        accepted(answer.body).map(drop)
    }
}
