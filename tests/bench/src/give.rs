//! Giving commands: a stock of them that are all accepted, and workers that give them over NATS and over
//! HTTP. Each command is of another person than those around it, as in an office at work.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_nats::{Client, Request};
use bytes::Bytes;
use jejak_bus::{Problem, RequestProblem};
use serde::Deserialize;

use crate::{
    bed::{Bed, Gateway, command_headers, tenant},
    fault::Fault,
    load::Worker,
    people::{Deed, FIRST_YEAR, PPK, People},
    wire::{Wire, post},
};

const NAME: &str = "submit-monthly-appraisal";
/// Tries of a command while the log is unavailable. Each takes two seconds or more.
const TRIES: usize = 8;

/// A command, ready to be sent.
pub struct Ready {
    /// Whom it is about.
    pub person: usize,
    /// Its id.
    pub id: String,
    /// Its body.
    pub body: Bytes,
}

/// Appraisals of people who are hired and nothing else yet: everyone's first month, then everyone's
/// second, to the twelfth. The first of a person finds his state in no memory.
pub struct Stock {
    people: People,
    given: AtomicUsize,
}

impl Stock {
    /// All appraisals of the people of a bed.
    pub fn new(bed: &Bed) -> Self {
        Self {
            people: bed.people.clone(),
            given: AtomicUsize::new(0),
        }
    }

    /// The next ones.
    ///
    /// # Errors
    /// When the year is over.
    pub fn take(&self, count: usize) -> Result<Arc<Vec<Ready>>, Fault> {
        let first = self.given.fetch_add(count, Ordering::Relaxed);
        (first..first + count)
            .map(|nth| self.ready(nth))
            .collect::<Result<_, _>>()
            .map(Arc::new)
    }

    fn ready(&self, nth: usize) -> Result<Ready, Fault> {
        let month = u32::try_from(nth / self.people.count + 1).unwrap_or(u32::MAX);
        if month > 12 {
            return Err(Fault::Spent("the year"));
        }
        let person = nth % self.people.count;
        let asked = self.people.ask(person, FIRST_YEAR, Deed::Appraise(month));
        Ok(Ready {
            person,
            id: asked.id,
            body: serde_json::to_vec(&asked.command)?.into(),
        })
    }
}

#[derive(Deserialize)]
struct Answered {
    position: u64,
    replayed: bool,
}

/// Gives a command over NATS: the position of its event.
///
/// # Errors
/// When it is not accepted.
pub async fn give(client: &Client, name: &str, id: &str, body: Bytes) -> Result<u64, Fault> {
    accepted(&send(client, name, id, body).await?)
}

/// Gives a command over NATS, and again while the log is unavailable: after a pause the broker may take longer to
/// index its files than a load waits (docs/performance.md).
///
/// # Errors
/// When it is not accepted, by whichever try.
pub async fn give_again(client: &Client, name: &str, id: &str, body: Bytes) -> Result<(), Fault> {
    let mut more = 1..TRIES;
    loop {
        let answer = send(client, name, id, body.clone()).await?;
        match serde_json::from_slice(&answer) {
            Ok(Answered { .. }) => return Ok(()),
            Err(_) if is_unavailable(&answer) && more.next().is_some() => {}
            Err(_) => return Err(Fault::answer(name, &answer)),
        }
    }
}

async fn send(client: &Client, name: &str, id: &str, body: Bytes) -> Result<Bytes, Fault> {
    let request = Request::new()
        .headers(command_headers(PPK, id))
        .payload(body);
    let reply = client
        .send_request(jejak_bus::command_subject(&tenant(), name), request)
        .await;
    Ok(reply
        .map_err(|error| Fault::unanswered(name, error))?
        .payload)
}

fn is_unavailable(answer: &[u8]) -> bool {
    matches!(
        Problem::from_reply(answer),
        Some(Problem::Request(RequestProblem::LogUnavailable { .. }))
    )
}

fn accepted(answer: &[u8]) -> Result<u64, Fault> {
    match serde_json::from_slice(answer) {
        Ok(Answered {
            position,
            replayed: false,
        }) => Ok(position),
        _ => Err(Fault::answer("a command", answer)),
    }
}

/// Gives commands over NATS.
pub struct OverNats {
    /// The connection all share.
    pub client: Client,
    /// What to give.
    pub commands: Arc<Vec<Ready>>,
}

impl OverNats {
    /// So many workers on one connection.
    pub fn workers(client: &Client, commands: &Arc<Vec<Ready>>, count: usize) -> Vec<Self> {
        (0..count)
            .map(|_| Self {
                client: client.clone(),
                commands: commands.clone(),
            })
            .collect()
    }
}

impl Worker for OverNats {
    async fn once(&mut self, nth: usize) -> Result<(), Fault> {
        let Ready { id, body, .. } = &self.commands[nth];
        give(&self.client, NAME, id, body.clone()).await.map(drop)
    }
}

/// Gives commands over HTTP, each worker on a connection of its own.
pub struct OverHttp {
    wire: Wire,
    requests: Arc<Vec<Vec<u8>>>,
}

impl OverHttp {
    /// A worker for each connection.
    pub fn workers(wires: Vec<Wire>, gateway: &Gateway, commands: &[Ready]) -> Vec<Self> {
        let request = |ready: &Ready| post(NAME, &ready.id, &gateway.token, &ready.body);
        let requests: Arc<Vec<Vec<u8>>> = Arc::new(commands.iter().map(request).collect());
        wires
            .into_iter()
            .map(|wire| Self {
                wire,
                requests: requests.clone(),
            })
            .collect()
    }
}

impl Worker for OverHttp {
    async fn once(&mut self, nth: usize) -> Result<(), Fault> {
        let answer = self.wire.send(&self.requests[nth]).await?;
        accepted(answer.body).map(drop)
    }
}
