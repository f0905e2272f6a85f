//! `jejak audit replay`: prints the history, of the log or of a copy of the signed tree.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::AsFd,
    path::Path,
};

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use jejak_auditor::{
    Tree, TreeCopy,
    replay::{self, ReplayFormat, ReplayOptions, ReplaySource},
};
use jejak_events::ids::StreamId;
use tokio_util::sync::CancellationToken;

use crate::{
    args::{OfficeArgs, event_type},
    identity::BrokerIdentity,
    terminal::{CliError, ProgressLine},
};

use super::tree_args::TreeFileArgs;

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    office: OfficeArgs,
    #[command(flatten)]
    copy: TreeFileArgs,
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
        copy,
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
    let source = match copy.folder() {
        Some(folder) => ReplaySource::Copy(Box::new(open_copy(folder, &copy, &office)?)),
        None if copy.has_key() => {
            return Err("--key checks a tree; give its folder with --tree".into());
        }
        None => {
            let config = office.config()?;
            let journal = config.open_log(BrokerIdentity::Auditor).await?;
            ReplaySource::Log(journal.with_quarantine(config.folder.quarantine()))
        }
    };
    let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let mut progress = ProgressLine::new("replayed");
    let report = |at, last| progress.say(at, last);
    let replayed = replay::replay(&source, &options, out, report, stop).await;
    progress.end();
    if replayed? == 0 && is_filtered {
        note("the requested positions hold no event of that stream and type");
    }
    Ok(())
}

/// The copy of a tree: checked with the key, or as it is without one.
fn open_copy(
    folder: &Path,
    copy: &TreeFileArgs,
    office: &OfficeArgs,
) -> Result<TreeCopy, CliError> {
    if !copy.has_key() {
        note(
            "not checked: the tree is printed as it is; check it with --key and the log's public key",
        );
        return Ok(TreeCopy::unchecked(
            Tree::open_unchecked(folder)?,
            &office.tenant,
        ));
    }
    let key = copy.key(&office.data)?;
    key.check_office(&office.tenant)?;
    let tree = Tree::open(folder, &key)?;
    if let Some(successor) = tree.successor() {
        note(&format!(
            "this key signed up to position {}; the rest is under {}",
            tree.head().size,
            successor.text()
        ));
    }
    Ok(TreeCopy::checked(tree, &key, &office.tenant)?)
}

/// Tells the reader something beside the output.
fn note(text: &str) {
    // The output is complete without standard error.
    let _ = writeln!(io::stderr(), "jejak: {text}");
}
