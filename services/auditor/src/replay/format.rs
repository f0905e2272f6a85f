//! The line of one event: the stored JSON, or a row of a table (CSV).

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The names of the CSV columns.
pub(super) const CSV_HEADER: &[u8] =
    b"position,id,time,type,subject,actor,command,commandid,correlationid,data\r\n";

/// The members of a stored event that columns and filters need.
#[derive(Deserialize)]
pub(super) struct EventColumns<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    pub(super) event_type: Cow<'a, str>,
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

impl<'a> EventColumns<'a> {
    /// Reads the columns of a stored event.
    pub(super) fn parse(payload: &'a [u8]) -> Result<Self, String> {
        serde_json::from_slice(payload).map_err(|error| error.to_string())
    }

    /// The time at which the event was recorded.
    pub(super) fn time(&self) -> Result<DateTime<Utc>, String> {
        let time = DateTime::parse_from_rfc3339(&self.time).map_err(|error| error.to_string())?;
        Ok(time.to_utc())
    }

    /// The CSV row of the event (RFC 4180). The last column holds the data as JSON.
    pub(super) fn csv_row(&self, position: u64) -> Vec<u8> {
        let mut row = position.to_string();
        for field in [
            &self.id,
            &self.time,
            &self.event_type,
            &self.subject,
            &self.actor,
            &self.command,
            &self.commandid,
            self.correlationid.as_deref().unwrap_or_default(),
            self.data.get(),
        ] {
            row.push(',');
            row.push_str(&csv_field(field));
        }
        row.push_str("\r\n");
        row.into_bytes()
    }
}

/// The stored bytes and a newline.
pub(super) fn json_line(payload: &[u8]) -> Result<Vec<u8>, String> {
    if payload.contains(&b'\n') {
        return Err("it is more than one line".to_owned());
    }
    Ok([payload, b"\n"].concat())
}

/// A field in quotes if it needs them.
fn csv_field(text: &str) -> Cow<'_, str> {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}
