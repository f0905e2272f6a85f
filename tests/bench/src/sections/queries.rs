//! Queries by id over HTTP on 64 kept connections. Beside them an echo goes from HTTP to NATS and
//! back with an answer of the same size.

use std::{sync::Arc, time::Duration};

use jejak_rig::{broker::free_ports, process::Process};

use crate::{
    bed::{Gateway, TestBed},
    connection::{HttpConnection, connect_all, get},
    error::BenchError,
    figure::{Bar::RatioAtLeast, Figure},
    load::{self, LoadTimes, Worker},
    people::FIRST_YEAR,
    scale::{MANY, Scale},
};

/// People in the queries, in turn.
const PEOPLE: usize = 5_000;
/// A sample of slow answers ends after this time.
const LONGEST: Duration = Duration::from_secs(10);

/// Sends its requests in turn.
struct Asker {
    connection: HttpConnection,
    requests: Arc<Vec<Vec<u8>>>,
}

impl Worker for Asker {
    async fn once(&mut self, nth: usize) -> Result<(), BenchError> {
        let answer = self
            .connection
            .send(&self.requests[nth % self.requests.len()])
            .await?;
        if answer.status == 200 {
            Ok(())
        } else {
            Err(BenchError::answer("a query", answer.body))
        }
    }
}

async fn ask(
    address: &str,
    requests: &Arc<Vec<Vec<u8>>>,
    total: usize,
) -> Result<LoadTimes, BenchError> {
    let connections = connect_all(address, MANY).await?;
    let askers = connections.into_iter().map(|connection| Asker {
        connection,
        requests: requests.clone(),
    });
    load::run_within(askers.collect(), total, LONGEST).await
}

pub(super) async fn run(scale: &Scale, bed: &TestBed) -> Result<Vec<Figure>, BenchError> {
    let gateway = bed.gateway().await?;
    let people = 0..bed.people.count.min(PEOPLE);
    let contract = |person| format!("/v1/contracts/{}", bed.people.contract(person, FIRST_YEAR));
    let evaluation = |person| {
        let id = bed.people.id(person);
        format!("/v1/operators/{id}/evaluations/{FIRST_YEAR}")
    };
    Ok(vec![
        measure(
            scale,
            bed,
            &gateway,
            "contracts",
            people.clone().map(contract),
        )
        .await?,
        measure(scale, bed, &gateway, "evaluations", people.map(evaluation)).await?,
    ])
}

async fn measure(
    scale: &Scale,
    bed: &TestBed,
    gateway: &Gateway,
    view: &str,
    paths: impl Iterator<Item = String>,
) -> Result<Figure, BenchError> {
    let requests: Vec<Vec<u8>> = paths.map(|path| get(&path, &gateway.token)).collect();
    let requests = Arc::new(requests);
    let _projector = bed
        .rebuilt(&[view], bed.journal.last_position().await?)
        .await?;
    let size = HttpConnection::connect(&gateway.address)
        .await?
        .send(&requests[0])
        .await?
        .body
        .len();
    let echo = Echo::start(bed, size).await?;
    let question = Arc::new(vec![get("/echo", "none")]);
    let (mut ours, mut limit) = (vec![], vec![]);
    for _ in 0..scale.samples {
        limit.push(ask(&echo.address, &question, scale.many).await?.rate());
        ours.push(ask(&gateway.address, &requests, scale.many).await?.rate());
    }
    let name = format!("a query by id of {view}");
    Ok(Figure::new(name, "/s", &ours, RatioAtLeast(0.45)).beside("echo", &limit))
}

/// The processes of the echo.
struct Echo {
    address: String,
    _processes: [Process; 2],
}

impl Echo {
    async fn start(bed: &TestBed, size: usize) -> Result<Self, BenchError> {
        let own = std::env::current_exe()?;
        let address = format!("127.0.0.1:{}", free_ports(1)[0]);
        let (url, size) = (bed.own_url(), size.to_string());
        let start = |name: &str, arguments: &[&str]| {
            Process::start_program(&own, bed.dir(), name, arguments)
        };
        let processes = [
            start(
                "echo-responder",
                &["echo-responder", "--nats", &url, "--size", &size],
            ),
            start(
                "echo-gateway",
                &["echo-gateway", "--nats", &url, "--listen", &address],
            ),
        ];
        let mut beat = tokio::time::interval(Duration::from_millis(5));
        for _ in 0..2_000 {
            beat.tick().await;
            if let Ok(mut connection) = HttpConnection::connect(&address).await
                && connection.send(&get("/echo", "none")).await?.status == 200
            {
                return Ok(Self {
                    address,
                    _processes: processes,
                });
            }
        }
        Err(BenchError::unanswered("the echo", processes[1].log_text()))
    }
}
