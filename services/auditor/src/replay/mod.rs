//! Prints the history in order, one event a line.
//!
//! Events come straight from the broker, or from a copy of the signed tree, one batch at a time.
//! Memory therefore does not grow with the log.

mod format;
mod selection;
mod source;
#[cfg(test)]
mod tests;

use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;

use chrono::{DateTime, SecondsFormat, Utc};
use jejak_events::ids::StreamId;
use jejak_journal::JournalError;
use tokio_util::sync::CancellationToken;

use crate::{
    line_writer::{Line, LineWriter},
    tree::TreeError,
};
use format::CSV_HEADER;
use selection::Selection;
use source::HistoryReader;
pub use source::ReplaySource;

/// The format of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayFormat {
    /// The stored bytes, and a newline.
    Jsonl,
    /// RFC 4180, after a line of column names. The last column holds the data as JSON.
    Csv,
}

/// The part of the history to print, and its format.
#[derive(Debug, Clone)]
pub struct ReplayOptions {
    /// The first position to print.
    pub from: Option<u64>,
    /// The last position to print.
    pub to: Option<u64>,
    /// Stops before the first event recorded after this time.
    pub until: Option<DateTime<Utc>>,
    /// Only the events of this stream.
    pub stream: Option<StreamId>,
    /// Only events of this type, for example `jejak.operator.contract.hired.v2`.
    pub event_type: Option<String>,
    /// The format of each line.
    pub format: ReplayFormat,
}

/// The reason why the history was not printed to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The log cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The copy of the tree cannot be read, or it is not the signed one.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The log does not have a requested position.
    #[error("position {position} is not in the log, which ends at {last}")]
    OutsideLog {
        /// The requested position.
        position: u64,
        /// The last position of the log.
        last: u64,
    },
    /// The first position comes after the last.
    #[error("the first position {from} comes after the last, {to}")]
    Backwards {
        /// The requested first position.
        from: u64,
        /// The requested last position.
        to: u64,
    },
    /// The requested time has not come.
    #[error("{} is in the future: more events may be recorded until then; give an earlier time", .0.to_rfc3339_opts(SecondsFormat::Secs, true))]
    Future(DateTime<Utc>),
    /// The stored bytes are no event.
    #[error("position {position} does not hold an event: {reason}")]
    NoEvent {
        /// The position of the bytes.
        position: u64,
        /// The fault of the bytes.
        reason: String,
    },
    /// The output refuses a line.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
    /// The user stopped the replay.
    #[error(
        "stopped after position {after}; go on with --from {}{}", .after + 1,
        if *.cut { ", the line of that position may be cut off: the output was not read" } else { "" }
    )]
    Stopped {
        /// The position of the last complete line.
        after: u64,
        /// Whether a part of the next line was written.
        cut: bool,
    },
}

/// Prints the history and returns the number of events. `progress` receives the
/// position and the last position.
///
/// A closed pipe ends it like the end of the log. A reader that stands still does not delay a stop.
///
/// # Errors
/// See [`ReplayError`]. The output ends with a complete line
/// unless [`ReplayError::Stopped`] says otherwise.
pub async fn replay(
    source: &ReplaySource,
    options: &ReplayOptions,
    out: impl Write + AsFd + Send + 'static,
    mut progress: impl FnMut(u64, u64),
    stop: &CancellationToken,
) -> Result<u64, ReplayError> {
    let (from, to) = bounds(source, options).await?;
    let mut reader = HistoryReader::new(source, options.stream.as_ref(), from - 1, to);
    let mut out = LineWriter::start(out, reader.position)?;
    let mut selection = Selection::new(options, to);
    let mut lines = Vec::new();
    if options.format == ReplayFormat::Csv {
        let (position, bytes) = (reader.position, CSV_HEADER.to_vec());
        lines.push(Line { position, bytes });
    }
    loop {
        tokio::select! {
            written = out.write(lines) => match written {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(selection.events),
                written => written?,
            },
            () = stop.cancelled() => {
                let stopped = out.stop().await?;
                return Err(ReplayError::Stopped { after: stopped.position, cut: stopped.cut });
            }
        }
        progress(reader.position, to);
        if reader.position >= to || selection.is_over {
            return Ok(selection.events);
        }
        lines = selection.lines(&reader.next(stop).await?)?;
    }
}

/// The first and the last position, within the log at this moment.
async fn bounds(source: &ReplaySource, options: &ReplayOptions) -> Result<(u64, u64), ReplayError> {
    if let Some(until) = options.until.filter(|until| *until > Utc::now()) {
        return Err(ReplayError::Future(until));
    }
    let last = source.last_position().await?;
    for position in [options.from, options.to].into_iter().flatten() {
        if position == 0 || position > last {
            return Err(ReplayError::OutsideLog { position, last });
        }
    }
    let (from, to) = (options.from.unwrap_or(1), options.to.unwrap_or(last));
    match options.to {
        Some(to) if from > to => Err(ReplayError::Backwards { from, to }),
        _ => Ok((from, to)),
    }
}
