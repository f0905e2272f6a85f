//! The history in order, one event a line: the exact bytes stored, or a table. Straight from the broker, a
//! batch at a time, so that memory does not grow with the log.

use std::{borrow::Cow, io::ErrorKind, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use jejak_events::ids::StreamId;
use jejak_journal::{EventFilter, Journal, JournalError, StoredEvent};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use crate::output::{Output, Taken};

/// Events taken at once.
const BATCH: usize = 1_000;
/// How long a reader that reads may take, once it is told to stop, for what is in hand.
const LAST_LINES: Duration = Duration::from_millis(500);
const COLUMNS: &[u8] =
    b"position,id,time,type,subject,actor,command,commandid,correlationid,data\r\n";

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The bytes stored, and a newline.
    Jsonl,
    /// RFC 4180, with a line of column names; the data as JSON in the last column.
    Csv,
}

/// Which part of the history.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The first position.
    pub from: Option<u64>,
    /// The last position.
    pub to: Option<u64>,
    /// Up to the first event recorded after this time.
    pub until: Option<DateTime<Utc>>,
    /// One stream only.
    pub stream: Option<StreamId>,
    /// One type only.
    pub kind: Option<String>,
    /// How it is written.
    pub format: Format,
}

/// Why the history was not replayed, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The log.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A position the log does not have.
    #[error("position {position} is not in the log, which ends at {last}")]
    OutsideLog {
        /// The position asked for.
        position: u64,
        /// The last there is.
        last: u64,
    },
    /// The other way round.
    #[error("the first position {from} comes after the last, {to}")]
    Backwards {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// A time that has not come.
    #[error("{} is in the future; what will be recorded until then is not known", .0.to_rfc3339_opts(SecondsFormat::Secs, true))]
    Future(DateTime<Utc>),
    /// What is stored is not one of our events.
    #[error("position {position} does not hold an event: {reason}")]
    NoEvent {
        /// The position.
        position: u64,
        /// What is wrong.
        reason: String,
    },
    /// The output.
    #[error("the output cannot be written: {0}")]
    Output(#[from] std::io::Error),
    /// Told to stop.
    #[error(
        "stopped after position {after}; go on with --from {}{}", .after + 1,
        if *.cut { ", the line of that position may be cut off: the output was not read" } else { "" }
    )]
    Stopped {
        /// The last position that was written whole.
        after: u64,
        /// A part of a line after it was written, for the reader of the output stood still.
        cut: bool,
    },
}

/// Writes the part of the history that is wanted, and answers with how many events that is; `progress` hears how far
/// it has come. A reader that went away ends it like the end of the log. One that stands still does not keep it from
/// being told to stop.
///
/// # Errors
/// See [`ReplayError`]. Whatever was written ends with a whole line, unless [`ReplayError::Stopped`] says that it
/// does not.
pub async fn replay(
    journal: &Journal,
    wanted: &Wanted,
    mut out: Output,
    mut progress: impl FnMut(u64, u64),
    stop: &CancellationToken,
) -> Result<u64, ReplayError> {
    let (from, to) = bounds(journal, wanted).await?;
    let mut position = from - 1;
    let mut sheet = Sheet::new(wanted);
    if wanted.format == Format::Csv {
        sheet.lines.extend_from_slice(COLUMNS);
        sheet.end_line(position);
    }
    let mut before = position;
    if let Some(stream) = &wanted.stream {
        let events = unless(stop, position, journal.load(stream, position)).await?;
        sheet.take(&events, to)?;
        position = to;
    }
    let mut follow = journal.subscribe(position, EventFilter::All);
    loop {
        let ended = position >= to || sheet.over;
        out = match sheet.write(out, before, stop).await {
            Err(ReplayError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => {
                return Ok(sheet.events);
            }
            written => written?,
        };
        progress(position, to);
        if ended {
            return Ok(sheet.events);
        }
        before = position;
        let batch = unless(stop, position, follow.next_batch(BATCH)).await?;
        position = batch
            .last()
            .map_or(position, |stored| stored.position)
            .min(to);
        sheet.take(&batch, to)?;
    }
}

/// What is read next, unless told to stop before it is there.
async fn unless<T>(
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

/// The first and the last position, within the log as it is now.
async fn bounds(journal: &Journal, wanted: &Wanted) -> Result<(u64, u64), ReplayError> {
    if let Some(until) = wanted.until.filter(|until| *until > Utc::now()) {
        return Err(ReplayError::Future(until));
    }
    let last = journal.last_position().await?;
    for position in [wanted.from, wanted.to].into_iter().flatten() {
        if position == 0 || position > last {
            return Err(ReplayError::OutsideLog { position, last });
        }
    }
    let (from, to) = (wanted.from.unwrap_or(1), wanted.to.unwrap_or(last));
    match wanted.to {
        Some(to) if from > to => Err(ReplayError::Backwards { from, to }),
        _ => Ok((from, to)),
    }
}

/// Lines about to be written.
struct Sheet<'a> {
    wanted: &'a Wanted,
    lines: Vec<u8>,
    /// Where each of them ends, and its position.
    ends: Vec<(usize, u64)>,
    /// An event after the time wanted was met.
    over: bool,
    /// How many events were wanted so far.
    events: u64,
}

#[derive(Deserialize)]
struct Columns<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    #[serde(borrow)]
    subject: Cow<'a, str>,
    #[serde(borrow)]
    actor: Cow<'a, str>,
    #[serde(borrow)]
    command: Cow<'a, str>,
    #[serde(borrow)]
    commandid: Cow<'a, str>,
    #[serde(borrow, default)]
    correlationid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: &'a RawValue,
}

impl<'a> Sheet<'a> {
    fn new(wanted: &'a Wanted) -> Self {
        Self {
            wanted,
            lines: Vec::new(),
            ends: Vec::new(),
            over: false,
            events: 0,
        }
    }

    fn take(&mut self, events: &[StoredEvent], to: u64) -> Result<(), ReplayError> {
        let plain = self.wanted.format == Format::Jsonl
            && self.wanted.until.is_none()
            && self.wanted.kind.is_none();
        for stored in events.iter().filter(|stored| stored.position <= to) {
            if self.over {
                break;
            }
            if plain {
                self.line(stored)?
            } else {
                self.select(stored)?
            }
        }
        Ok(())
    }

    /// Takes an event if it is wanted.
    fn select(&mut self, stored: &StoredEvent) -> Result<(), ReplayError> {
        let no_event = |reason: String| ReplayError::NoEvent {
            position: stored.position,
            reason,
        };
        let columns: Columns<'_> =
            serde_json::from_slice(&stored.payload).map_err(|error| no_event(error.to_string()))?;
        if let Some(until) = self.wanted.until {
            let time = DateTime::parse_from_rfc3339(&columns.time)
                .map_err(|error| no_event(error.to_string()))?;
            self.over = time > until;
        }
        if self.over
            || self
                .wanted
                .kind
                .as_deref()
                .is_some_and(|wanted| wanted != columns.r#type)
        {
            return Ok(());
        }
        match self.wanted.format {
            Format::Jsonl => self.line(stored),
            Format::Csv => {
                self.row(stored.position, &columns);
                Ok(())
            }
        }
    }

    fn line(&mut self, stored: &StoredEvent) -> Result<(), ReplayError> {
        if stored.payload.contains(&b'\n') {
            let reason = "it is more than one line".to_owned();
            return Err(ReplayError::NoEvent {
                position: stored.position,
                reason,
            });
        }
        self.lines.extend_from_slice(&stored.payload);
        self.lines.push(b'\n');
        self.end_line(stored.position);
        self.events += 1;
        Ok(())
    }

    fn row(&mut self, position: u64, columns: &Columns<'_>) {
        let Columns {
            id,
            time,
            r#type,
            subject,
            actor,
            command,
            commandid,
            correlationid,
            data,
        } = columns;
        self.lines
            .extend_from_slice(position.to_string().as_bytes());
        let correlation_id = correlationid.as_deref().unwrap_or_default();
        for field in [
            id,
            time,
            r#type,
            subject,
            actor,
            command,
            commandid,
            correlation_id,
            data.get(),
        ] {
            self.lines.push(b',');
            self.lines.extend_from_slice(field_of(field).as_bytes());
        }
        self.lines.extend_from_slice(b"\r\n");
        self.end_line(position);
        self.events += 1;
    }

    fn end_line(&mut self, position: u64) {
        self.ends.push((self.lines.len(), position));
    }

    /// Waits as long as the reader takes, until told to stop. The lines are of positions after `before`.
    async fn write(
        &mut self,
        mut out: Output,
        before: u64,
        stop: &CancellationToken,
    ) -> Result<Output, ReplayError> {
        let told = async {
            stop.cancelled().await;
            tokio::time::sleep(LAST_LINES).await;
        };
        let lines = std::mem::take(&mut self.lines);
        tokio::select! {
            written = out.write(lines) => self.lines = written?,
            () = told => return Err(self.stopped(before, out.end().await?)),
        }
        self.lines.clear();
        self.ends.clear();
        Ok(out)
    }

    /// What was written once so many bytes of the lines were taken.
    fn stopped(&self, before: u64, taken: Taken) -> ReplayError {
        let whole = self.ends.iter().rfind(|(end, _)| *end <= taken.bytes);
        let (end, after) = whole.copied().unwrap_or((0, before));
        ReplayError::Stopped {
            after,
            cut: taken.in_hand || taken.bytes > end,
        }
    }
}

/// A field in quotes where it needs them (RFC 4180).
fn field_of(text: &str) -> Cow<'_, str> {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(position: u64, time: &str, kind: &str) -> StoredEvent {
        let payload = format!(
            "{{\"id\":\"i\",\"time\":\"{time}\",\"type\":\"{kind}\",\"subject\":\"calendar/2020\",\"actor\":\"account/a\",\
             \"command\":\"c\",\"commandid\":\"k\",\"data\":{{\"name\":\"a \\\"b\\\", c\"}}}}"
        );
        StoredEvent {
            position,
            payload: payload.into(),
        }
    }

    fn wanted(format: Format) -> Wanted {
        Wanted {
            from: None,
            to: None,
            until: None,
            stream: None,
            kind: None,
            format,
        }
    }

    fn taken(wanted: &Wanted, events: &[StoredEvent], to: u64) -> String {
        let sheet = sheet(wanted, events, to);
        String::from_utf8(sheet.lines).unwrap()
    }

    fn sheet<'a>(wanted: &'a Wanted, events: &[StoredEvent], to: u64) -> Sheet<'a> {
        let mut sheet = Sheet::new(wanted);
        sheet.take(events, to).unwrap();
        sheet
    }

    #[test]
    fn however_much_a_reader_took_it_is_said_where_to_go_on() {
        let events = [
            stored(8, "2020-10-01T00:00:00Z", "a"),
            stored(9, "2020-10-02T00:00:00Z", "b"),
        ];
        for format in [Format::Jsonl, Format::Csv] {
            let wanted = wanted(format);
            let sheet = sheet(&wanted, &events, 9);
            let first = sheet.ends[0].0;
            for (taken, after, cut) in [
                (0, 6, false),
                (1, 6, true),
                (first, 8, false),
                (first + 1, 8, true),
                (sheet.lines.len(), 9, false),
            ] {
                let stopped = sheet.stopped(
                    6,
                    Taken {
                        bytes: taken,
                        in_hand: false,
                    },
                );
                let said = stopped.to_string();
                assert!(
                    said.starts_with(&format!(
                        "stopped after position {after}; go on with --from"
                    )),
                    "{said}"
                );
                assert_eq!(said.contains("may be cut off"), cut, "{said}");
            }
            let in_hand = sheet
                .stopped(
                    6,
                    Taken {
                        bytes: first,
                        in_hand: true,
                    },
                )
                .to_string();
            assert!(in_hand.contains("may be cut off"), "{in_hand}");
        }
    }

    #[test]
    fn lines_are_the_stored_bytes() {
        let events = [
            stored(1, "2020-10-01T00:00:00Z", "a"),
            stored(2, "2020-10-02T00:00:00Z", "b"),
        ];
        let lines = taken(&wanted(Format::Jsonl), &events, 2);
        let expected: Vec<u8> = events
            .iter()
            .flat_map(|e| [&e.payload[..], b"\n"].concat())
            .collect();
        assert_eq!(lines.as_bytes(), expected);
        assert_eq!(taken(&wanted(Format::Jsonl), &events, 1).lines().count(), 1);
        let only = Wanted {
            kind: Some("b".to_owned()),
            ..wanted(Format::Jsonl)
        };
        assert_eq!(
            taken(&only, &events, 2).as_bytes(),
            [&events[1].payload[..], b"\n"].concat()
        );
    }

    /// Clocks differ a little: what was known at a time is what stands before the first event after it.
    #[test]
    fn a_time_cuts_the_history_at_the_first_event_after_it() {
        let events = [
            stored(1, "2020-10-01T00:00:00Z", "a"),
            stored(2, "2020-10-03T00:00:00Z", "a"),
            stored(3, "2020-10-02T00:00:00Z", "a"),
        ];
        let until = Some("2020-10-02T12:00:00Z".parse().unwrap());
        assert_eq!(
            taken(
                &Wanted {
                    until,
                    ..wanted(Format::Jsonl)
                },
                &events,
                3
            )
            .lines()
            .count(),
            1
        );
    }

    #[test]
    fn a_row_quotes_what_needs_it() {
        let rows = taken(
            &wanted(Format::Csv),
            &[stored(7, "2020-10-01T00:00:00Z", "a")],
            7,
        );
        let data = r#""{""name"":""a \""b\"", c""}""#;
        assert_eq!(
            rows,
            format!("7,i,2020-10-01T00:00:00Z,a,calendar/2020,account/a,c,k,,{data}\r\n")
        );
    }
}
