//! Runs the sections, prints their table and writes it as JSON. A missed bar is a figure like any
//! other; the run fails only where a measurement does not run.

use std::{io::Write, net::SocketAddr, path::PathBuf, process::ExitCode, time::Instant};

use clap::{Parser, Subcommand};
use jejak_bench::{
    echo,
    error::BenchError,
    figure::{Figure, print_table},
    scale::Scale,
    sections::{self, NAMES, Shared},
};

/// Measures Jejak's figures beside their physical limits. Build it in the release profile, with the
/// binary `jejak` beside it.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    helper: Option<Helper>,
    /// Run every measurement for a moment. The figures mean nothing.
    #[arg(long)]
    quick: bool,
    /// Only these sections; may be given several times.
    #[arg(long, value_parser = NAMES)]
    only: Vec<String>,
    /// Events of the history that views are rebuilt from and asked about.
    #[arg(long)]
    events: Option<usize>,
    /// Samples of each figure.
    #[arg(long)]
    samples: Option<usize>,
    /// People whose states `memory` caches.
    #[arg(long)]
    cached: Option<usize>,
    /// Write the figures to this file, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// Processes that a section starts.
#[derive(Debug, Subcommand)]
enum Helper {
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
            ..scale
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match &cli.helper {
        Some(Helper::EchoResponder { nats, size }) => echo::respond(nats, *size).await,
        Some(Helper::EchoGateway { nats, listen }) => echo::pass_on(nats, *listen).await,
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

/// Runs every section, also after a failed one. The first failure becomes the run's.
async fn measure(cli: &Cli) -> Result<(), BenchError> {
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
    print_table(&figures)?;
    if let Some(path) = &cli.json {
        std::fs::write(path, serde_json::to_vec_pretty(&figures)?)?;
    }
    failed.map_or(Ok(()), Err)
}

fn say(line: &str) {
    // A closed standard error is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{line}");
}
