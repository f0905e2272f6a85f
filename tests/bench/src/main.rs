//! Runs the sections asked for, prints a table, writes JSON. Ends with an error only when a section could
//! not be run: a target that is missed is a figure like any other.

use std::{io::Write, net::SocketAddr, path::PathBuf, process::ExitCode, time::Instant};

use clap::{Parser, Subcommand};
use jejak_bench::{
    bare, echo,
    fault::Fault,
    figure::{Figure, table},
    scale::Scale,
    sections::{self, NAMES, Shared},
};

/// How fast Jejak is, each figure beside its physical limit. Build it in the release profile, with the
/// binary `jejak` beside it.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    part: Option<Part>,
    /// Just enough to see that every section runs; the figures mean nothing.
    #[arg(long)]
    quick: bool,
    /// Only these sections; may be given several times.
    #[arg(long, value_parser = NAMES)]
    only: Vec<String>,
    /// Events of the history that is rebuilt and asked.
    #[arg(long)]
    events: Option<usize>,
    /// Samples of each figure.
    #[arg(long)]
    samples: Option<usize>,
    /// Events of the histories that `growth` compares, in ascending order.
    #[arg(long, value_delimiter = ',')]
    growth: Vec<usize>,
    /// People whose states `memory` caches.
    #[arg(long)]
    cached: Option<usize>,
    /// Where to write the figures as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// Processes that sections start.
#[derive(Debug, Subcommand)]
enum Part {
    /// Publishes an event for every request on NATS.
    #[command(hide = true)]
    BareService {
        #[arg(long)]
        nats: String,
        #[arg(long)]
        size: usize,
    },
    /// Answers on NATS.
    #[command(hide = true)]
    EchoResponder {
        #[arg(long)]
        nats: String,
        #[arg(long)]
        size: usize,
    },
    /// Passes HTTP on to NATS.
    #[command(hide = true)]
    EchoGateway {
        #[arg(long)]
        nats: String,
        #[arg(long)]
        listen: SocketAddr,
    },
}

impl Cli {
    fn scale(&self) -> Scale {
        let scale = if self.quick {
            Scale::quick()
        } else {
            Scale::full()
        };
        Scale {
            events: self.events.unwrap_or(scale.events),
            samples: self.samples.unwrap_or(scale.samples).max(1),
            cached: self.cached.unwrap_or(scale.cached),
            growth: if self.growth.is_empty() {
                scale.growth.clone()
            } else {
                self.growth.clone()
            },
            ..scale
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match &cli.part {
        Some(Part::BareService { nats, size }) => bare::serve(nats.clone(), *size).await,
        Some(Part::EchoResponder { nats, size }) => echo::respond(nats, *size).await,
        Some(Part::EchoGateway { nats, listen }) => echo::pass_on(nats, *listen).await,
        None => measure(&cli).await,
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            say(&format!("jejak-bench: {fault}"));
            ExitCode::FAILURE
        }
    }
}

/// Every section is run, also after one that failed; the first failure is the run's.
async fn measure(cli: &Cli) -> Result<(), Fault> {
    let scale = cli.scale();
    let mut shared = Shared::default();
    let mut figures: Vec<Figure> = Vec::new();
    let mut failed = None;
    for name in NAMES
        .iter()
        .filter(|name| cli.only.is_empty() || cli.only.iter().any(|only| only == *name))
    {
        let began = Instant::now();
        match sections::run(name, &scale, &mut shared).await {
            Ok(measured) => figures.extend(measured),
            Err(fault) => {
                say(&format!("{name} failed: {fault}"));
                failed = failed.or(Some(fault));
            }
        }
        say(&format!("{name}: {} s", began.elapsed().as_secs()));
    }
    table(&figures)?;
    if let Some(path) = &cli.json {
        std::fs::write(path, serde_json::to_vec_pretty(&figures)?)?;
    }
    failed.map_or(Ok(()), Err)
}

fn say(line: &str) {
    // Nobody is left to hear of a standard error that is closed.
    let _ = writeln!(std::io::stderr(), "{line}");
}
