//! Starts, listens for the signals to stop, and says in one line what went wrong.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use jejak::cli::{Cli, run};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A command is many small texts: docs/decisions/0018-allocator.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let stop = CancellationToken::new();
    tokio::spawn(listen(stop.clone()));
    match run(cli, stop).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let line = error.to_string().replace('\n', " ");
            // Nobody is left to hear of a standard error that is closed.
            let _ = writeln!(std::io::stderr(), "jejak: {line}");
            ExitCode::FAILURE
        }
    }
}

/// The first signal lets everything finish what is in hand; the second ends at once.
async fn listen(stop: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        tracing::warn!("signals cannot be heard; stop this process by killing it");
        return;
    };
    let mut told = false;
    loop {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        if told {
            std::process::exit(130);
        }
        told = true;
        stop.cancel();
    }
}
