//! Questions over HTTP, by id and by page, on connections that are kept, beside a bare way from HTTP to
//! NATS and back with an answer of the same size.

use std::{sync::Arc, time::Duration};

use jejak_rig::{broker::free_ports, process::Process};

use crate::{
    bed::{Bed, Gateway, peak_mib},
    fault::Fault,
    figure::{
        Figure,
        Target::{AtMost, RatioAtLeast},
    },
    load::{self, Taken, Worker},
    people::FIRST_YEAR,
    scale::{MANY, Scale},
    wire::{Wire, connect_all, get},
};

/// A sample of slow answers ends after so long, with fewer of them.
const LONGEST: Duration = Duration::from_secs(10);

/// Asks its requests in turn.
struct Asker {
    wire: Wire,
    requests: Arc<Vec<Vec<u8>>>,
}

impl Worker for Asker {
    async fn once(&mut self, nth: usize) -> Result<(), Fault> {
        let answer = self
            .wire
            .send(&self.requests[nth % self.requests.len()])
            .await?;
        if answer.status == 200 {
            Ok(())
        } else {
            Err(Fault::answer("a query", answer.body))
        }
    }
}

async fn ask(address: &str, requests: &Arc<Vec<Vec<u8>>>, total: usize) -> Result<Taken, Fault> {
    let wires = connect_all(address, MANY).await?;
    let askers = wires.into_iter().map(|wire| Asker {
        wire,
        requests: requests.clone(),
    });
    load::run_within(askers.collect(), total, LONGEST).await
}

/// Which questions, and what part of the sample's requests is asked of them: pages cost more.
struct Kind {
    name: &'static str,
    view: &'static str,
    part: usize,
    targets: bool,
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "by id, a contract",
        view: "contracts",
        part: 1,
        targets: true,
    },
    Kind {
        name: "by id, an evaluation",
        view: "evaluations",
        part: 1,
        targets: true,
    },
    Kind {
        name: "by page, 50 contracts",
        view: "contracts",
        part: 10,
        targets: false,
    },
];

pub(super) async fn run(scale: &Scale, bed: &Bed, figures: &mut Vec<Figure>) -> Result<(), Fault> {
    let gateway = bed.gateway().await?;
    let at = bed.journal.last_position().await?;
    for kind in KINDS {
        let _projector = bed.rebuilt(&[kind.view], at).await?;
        let requests = Arc::new(requests(&kind, bed, &gateway.token));
        figures.extend(measure(scale, &kind, bed, &gateway, &requests).await?);
    }
    let peak = [peak_mib(&gateway.process)?];
    figures.push(
        Figure::new("queries", "gateway, most memory under load", "MiB", &peak)
            .target(AtMost(150.0)),
    );
    Ok(())
}

fn requests(kind: &Kind, bed: &Bed, token: &str) -> Vec<Vec<u8>> {
    let people = 0..bed.people.count.min(5_000);
    let paths: Vec<String> = match (kind.view, kind.part) {
        ("contracts", 1) => people
            .map(|person| format!("/v1/contracts/{}", bed.people.contract(person, FIRST_YEAR)))
            .collect(),
        ("contracts", _) => people
            .take(200)
            .map(|n| {
                format!(
                    "/v1/contracts?package={FIRST_YEAR}-paket-{}",
                    n % bed.people.packages()
                )
            })
            .collect(),
        _ => people
            .map(|person| {
                format!(
                    "/v1/operators/{}/evaluations/{FIRST_YEAR}",
                    bed.people.id(person)
                )
            })
            .collect(),
    };
    paths.iter().map(|path| get(path, token)).collect()
}

async fn measure(
    scale: &Scale,
    kind: &Kind,
    bed: &Bed,
    gateway: &Gateway,
    requests: &Arc<Vec<Vec<u8>>>,
) -> Result<Vec<Figure>, Fault> {
    let size = Wire::connect(&gateway.address)
        .await?
        .send(&requests[0])
        .await?
        .body
        .len();
    let echo = Echo::start(bed, size).await?;
    let total = scale.many.div_ceil(kind.part);
    let question = Arc::new(vec![get("/echo", "none")]);
    let (mut ours, mut p99, mut bare) = (vec![], vec![], vec![]);
    for _ in 0..scale.samples {
        bare.push(ask(&echo.address, &question, total).await?.rate());
        let taken = ask(&gateway.address, requests, total).await?;
        ours.push(taken.rate());
        p99.push(taken.ms(99));
    }
    let rate = Figure::new(
        "queries",
        format!("{}, {size} bytes", kind.name),
        "/s",
        &ours,
    )
    .beside("echo", &bare);
    let rate = if kind.targets {
        rate.target(RatioAtLeast(0.5))
    } else {
        rate
    };
    Ok(vec![
        rate,
        Figure::new("queries", kind.name, "ms p99", &p99),
    ])
}

/// The bare way, while it lasts.
struct Echo {
    address: String,
    _processes: [Process; 2],
}

impl Echo {
    async fn start(bed: &Bed, size: usize) -> Result<Self, Fault> {
        let own = std::env::current_exe()?;
        let address = format!("127.0.0.1:{}", free_ports(1)[0]);
        let (url, size) = (bed.url(), size.to_string());
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
            if let Ok(mut wire) = Wire::connect(&address).await
                && wire.send(&get("/echo", "none")).await?.status == 200
            {
                return Ok(Self {
                    address,
                    _processes: processes,
                });
            }
        }
        Err(Fault::unanswered("the echo", processes[1].log_text()))
    }
}
