//! The limit of a command that goes through a service: one that decides nothing. Each request is one guarded publish,
//! and answered once that is stored; on one thread, as services are, in a process of its own.

use std::time::Duration;

use async_nats::{Client, Request};
use bytes::Bytes;
use futures_util::StreamExt;
use jejak_rig::process::Process;

use crate::{
    bed::{Bed, command_headers},
    fault::Fault,
    load::Worker,
    people::PPK,
    raw::{Publisher, on_one_thread},
};

const SUBJECT: &str = "bench.command";

/// Publishes an event of so many bytes for every request, until ended. Its stream is there ([`crate::raw::scratch`]).
///
/// # Errors
/// When the broker is not there.
pub async fn serve(nats: String, size: usize) -> Result<(), Fault> {
    on_one_thread(async move { answer_all(&nats, size).await }).await
}

async fn answer_all(nats: &str, size: usize) -> Result<(), Fault> {
    let client = async_nats::connect(nats)
        .await
        .map_err(|error| Fault::unanswered("the broker", error))?;
    let subscribed = client.subscribe(SUBJECT).await;
    let requests = subscribed.map_err(|error| Fault::unanswered("the broker", error))?;
    let mut requests = requests.enumerate();
    let (payload, sample) = (
        Bytes::from(vec![b'x'; size]),
        format!("bare-{}", uuid::Uuid::new_v4()),
    );
    while let Some((nth, request)) = requests.next().await {
        let publisher = Publisher {
            client: client.clone(),
            payload: payload.clone(),
            sample: sample.clone(),
        };
        tokio::spawn(async move {
            // Who asked is told by his own time-out, of a publish that was not stored as of an answer that was lost.
            if let (Some(reply), Ok(())) = (request.reply, publisher.publish(nth).await) {
                let _ = publisher.client.publish(reply, "stored".into()).await;
            }
        });
    }
    Ok(())
}

/// The service, while it lasts.
pub struct Service {
    _process: Process,
}

impl Service {
    /// Starts it, and waits until it answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn start(bed: &Bed, size: usize) -> Result<Self, Fault> {
        let (url, size) = (bed.url(), size.to_string());
        let arguments = ["bare-service", "--nats", &url, "--size", &size];
        let process = Process::start_program(
            &std::env::current_exe()?,
            bed.dir(),
            "bare-service",
            &arguments,
        );
        let client = bed.client().await;
        let mut beat = tokio::time::interval(Duration::from_millis(5));
        for _ in 0..2_000 {
            beat.tick().await;
            if client.request(SUBJECT, Bytes::new()).await.is_ok() {
                return Ok(Self { _process: process });
            }
        }
        Err(Fault::unanswered("the bare service", process.log_text()))
    }
}

/// Asks the service, as commands are given.
pub struct Asker {
    client: Client,
    body: Bytes,
}

impl Asker {
    /// So many on one connection, with the body of a command.
    pub fn workers(client: &Client, body: &Bytes, count: usize) -> Vec<Self> {
        (0..count)
            .map(|_| Self {
                client: client.clone(),
                body: body.clone(),
            })
            .collect()
    }
}

impl Worker for Asker {
    async fn once(&mut self, nth: usize) -> Result<(), Fault> {
        let headers = command_headers(PPK, &format!("bare-{nth}"));
        let request = Request::new().headers(headers).payload(self.body.clone());
        let reply = self.client.send_request(SUBJECT, request).await;
        reply
            .map(drop)
            .map_err(|error| Fault::unanswered("the bare service", error))
    }
}
