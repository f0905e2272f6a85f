//! `jejak audit replay`: prints the history.

use std::{fs::File, io, os::fd::AsFd};

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use jejak_auditor::replay::{self, ReplayFormat, ReplayOptions};
use jejak_events::ids::StreamId;
use tokio_util::sync::CancellationToken;

use crate::{
    args::{OfficeArgs, event_type},
    identity::BrokerIdentity,
    terminal::{CliError, ProgressLine},
};

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The first position to print.
    #[arg(long, env = "JEJAK_FROM")]
    from: Option<u64>,
    /// The last position to print.
    #[arg(long, env = "JEJAK_TO")]
    to: Option<u64>,
    /// Stop before the first event recorded after this time (RFC 3339).
    #[arg(long, env = "JEJAK_UNTIL")]
    until: Option<DateTime<Utc>>,
    /// Only events of this stream, for example operator/<id>.
    #[arg(long, env = "JEJAK_STREAM")]
    stream: Option<StreamId>,
    /// Only events of this type, for example jejak.operator.contract.hired.v2.
    #[arg(long = "type", env = "JEJAK_TYPE", value_parser = event_type)]
    event_type: Option<String>,
    /// The format of each line.
    #[arg(long, env = "JEJAK_FORMAT", default_value = "jsonl")]
    format: FormatArg,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatArg {
    /// The stored bytes.
    Jsonl,
    /// A table with a line of column names.
    Csv,
}

/// Prints the requested part of the history on standard output.
pub(super) async fn run(arguments: ReplayArgs, stop: &CancellationToken) -> Result<(), CliError> {
    let ReplayArgs {
        office,
        from,
        to,
        until,
        stream,
        event_type,
        format,
    } = arguments;
    let is_filtered = stream.is_some() || event_type.is_some();
    let options = ReplayOptions {
        from,
        to,
        until,
        stream,
        event_type,
        format: match format {
            FormatArg::Jsonl => ReplayFormat::Jsonl,
            FormatArg::Csv => ReplayFormat::Csv,
        },
    };
    let config = office.config()?;
    let journal = config.open_log(BrokerIdentity::Auditor).await?;
    let journal = journal.with_quarantine(config.folder.quarantine());
    let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let mut progress = ProgressLine::new("replayed");
    let report = |at, last| progress.say(at, last);
    let replayed = replay::replay(&journal, &options, out, report, stop).await;
    progress.end();
    if replayed? == 0 && is_filtered {
        // The empty output says the same to a reader without standard error.
        let _ = io::Write::write_all(
            &mut io::stderr(),
            b"jejak: the requested positions hold no event of that stream and type\n",
        );
    }
    Ok(())
}
