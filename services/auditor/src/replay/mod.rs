//! Prints the history in order, one event a line.
//!
//! Events come straight from the broker, one batch at a time. Memory therefore does
//! not grow with the log.

mod format;

use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;

use chrono::{DateTime, SecondsFormat, Utc};
use jejak_events::ids::StreamId;
use jejak_journal::{EventFilter, Journal, JournalError, LogEntry, StoredEvent};
use tokio_util::sync::CancellationToken;

use crate::line_writer::{Line, LineWriter};
use format::{CSV_HEADER, EventColumns, json_line};

/// Events that are read at once.
const BATCH: usize = 1_000;

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
    journal: &Journal,
    options: &ReplayOptions,
    out: impl Write + AsFd + Send + 'static,
    mut progress: impl FnMut(u64, u64),
    stop: &CancellationToken,
) -> Result<u64, ReplayError> {
    let (from, to) = bounds(journal, options).await?;
    let mut position = from - 1;
    let mut out = LineWriter::start(out, position)?;
    let mut selection = Selection::new(options, to);
    let mut lines = Vec::new();
    if options.format == ReplayFormat::Csv {
        let bytes = CSV_HEADER.to_vec();
        lines.push(Line { position, bytes });
    }
    if let Some(stream) = &options.stream {
        let events = unless_stopped(stop, position, journal.load(stream, position)).await?;
        lines.extend(selection.lines(&readable(journal, events, to)?)?);
        position = to;
    }
    let mut follow = journal.subscribe(position, EventFilter::All);
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
        progress(position, to);
        if position >= to || selection.is_over {
            return Ok(selection.events);
        }
        let batch = unless_stopped(stop, position, follow.next_entries(BATCH)).await?;
        let last = batch.last().map_or(position, |entry| entry.stored.position);
        position = last.min(to);
        lines = selection.lines(&readable(journal, batch, to)?)?;
    }
}

/// The events of messages up to a position. It passes over those in quarantine.
fn readable(
    journal: &Journal,
    entries: Vec<LogEntry>,
    to: u64,
) -> Result<Vec<StoredEvent>, ReplayError> {
    let mut events = Vec::with_capacity(entries.len());
    for entry in entries
        .into_iter()
        .filter(|entry| entry.stored.position <= to)
    {
        if journal.event(&entry)?.is_some() {
            events.push(entry.stored);
        }
    }
    Ok(events)
}

/// Waits for a read, or for a stop.
async fn unless_stopped<T>(
    stop: &CancellationToken,
    after: u64,
    read: impl Future<Output = Result<T, JournalError>>,
) -> Result<T, ReplayError> {
    tokio::select! {
        biased;
        () = stop.cancelled() => Err(ReplayError::Stopped { after, cut: false }),
        read = read => Ok(read?),
    }
}

/// The first and the last position, within the log at this moment.
async fn bounds(journal: &Journal, options: &ReplayOptions) -> Result<(u64, u64), ReplayError> {
    if let Some(until) = options.until.filter(|until| *until > Utc::now()) {
        return Err(ReplayError::Future(until));
    }
    let last = journal.last_position().await?;
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

/// Selects events and makes their lines.
struct Selection<'a> {
    options: &'a ReplayOptions,
    to: u64,
    /// Whether an event after the requested time was met.
    is_over: bool,
    /// The number of selected events so far.
    events: u64,
}

impl<'a> Selection<'a> {
    fn new(options: &'a ReplayOptions, to: u64) -> Self {
        Self {
            options,
            to,
            is_over: false,
            events: 0,
        }
    }

    fn lines(&mut self, events: &[StoredEvent]) -> Result<Vec<Line>, ReplayError> {
        let mut lines = Vec::with_capacity(events.len());
        for StoredEvent { position, payload } in events {
            if self.is_over || *position > self.to {
                break;
            }
            let line = self
                .line(*position, payload)
                .map_err(|reason| ReplayError::NoEvent {
                    position: *position,
                    reason,
                })?;
            lines.extend(line.map(|bytes| Line {
                position: *position,
                bytes,
            }));
        }
        self.events += lines.len() as u64;
        Ok(lines)
    }

    /// The line of an event; `None` if the event is not selected.
    fn line(&mut self, position: u64, payload: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let ReplayOptions {
            until,
            event_type,
            format,
            ..
        } = self.options;
        // Stored bytes pass unread where neither filter nor column needs them.
        if *format == ReplayFormat::Jsonl && until.is_none() && event_type.is_none() {
            return json_line(payload).map(Some);
        }
        let columns = EventColumns::parse(payload)?;
        if let Some(until) = until {
            self.is_over = columns.time()? > *until;
        }
        let other_type = event_type
            .as_deref()
            .is_some_and(|event_type| event_type != columns.event_type);
        if self.is_over || other_type {
            return Ok(None);
        }
        match format {
            ReplayFormat::Jsonl => json_line(payload).map(Some),
            ReplayFormat::Csv => Ok(Some(columns.csv_row(position))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(position: u64, time: &str, event_type: &str) -> StoredEvent {
        let payload = format!(
            "{{\"id\":\"i\",\"time\":\"{time}\",\"type\":\"{event_type}\",\"subject\":\"calendar/2020\",\
             \"actor\":\"account/a\",\"command\":\"c\",\"commandid\":\"k\",\"data\":{{\"name\":\"a \\\"b\\\", c\"}}}}"
        );
        StoredEvent {
            position,
            payload: payload.into(),
        }
    }

    fn options(format: ReplayFormat) -> ReplayOptions {
        ReplayOptions {
            from: None,
            to: None,
            until: None,
            stream: None,
            event_type: None,
            format,
        }
    }

    fn printed(options: &ReplayOptions, events: &[StoredEvent], to: u64) -> String {
        let lines = Selection::new(options, to).lines(events).unwrap();
        let bytes = lines.into_iter().flat_map(|line| line.bytes).collect();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn lines_are_the_stored_bytes() {
        let events = [
            stored(1, "2020-10-01T00:00:00Z", "a"),
            stored(2, "2020-10-02T00:00:00Z", "b"),
        ];
        let all = options(ReplayFormat::Jsonl);
        let expected: Vec<u8> = events
            .iter()
            .flat_map(|event| [&event.payload[..], b"\n"].concat())
            .collect();
        assert_eq!(printed(&all, &events, 2).as_bytes(), expected);
        assert_eq!(printed(&all, &events, 1).lines().count(), 1);
        let only = ReplayOptions {
            event_type: Some("b".to_owned()),
            ..all
        };
        assert_eq!(
            printed(&only, &events, 2).as_bytes(),
            [&events[1].payload[..], b"\n"].concat()
        );
    }

    /// Clocks differ a little: the history up to a time ends before the first later event.
    #[test]
    fn a_time_cuts_the_history_at_the_first_event_after_it() {
        let events = [
            stored(1, "2020-10-01T00:00:00Z", "a"),
            stored(2, "2020-10-03T00:00:00Z", "a"),
            stored(3, "2020-10-02T00:00:00Z", "a"),
        ];
        let until = ReplayOptions {
            until: Some("2020-10-02T12:00:00Z".parse().unwrap()),
            ..options(ReplayFormat::Jsonl)
        };
        assert_eq!(printed(&until, &events, 3).lines().count(), 1);
    }

    #[test]
    fn a_row_quotes_a_field_with_commas_or_quotes() {
        let events = [stored(7, "2020-10-01T00:00:00Z", "a")];
        let rows = printed(&options(ReplayFormat::Csv), &events, 7);
        let data = r#""{""name"":""a \""b\"", c""}""#;
        assert_eq!(
            rows,
            format!("7,i,2020-10-01T00:00:00Z,a,calendar/2020,account/a,c,k,,{data}\r\n")
        );
    }
}
