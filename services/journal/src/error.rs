//! Errors of the log. Each message says what to do about it.

use std::fmt;

/// A setting of a stream that differs from the required one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingDifference {
    /// The setting's name in JetStream, such as `num_replicas`.
    pub setting: &'static str,
    /// The required value, in Rust's debug format.
    pub expected: String,
    /// The value on the broker, in Rust's debug format.
    pub found: String,
}

impl fmt::Display for SettingDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is {}, must be {}",
            self.setting, self.found, self.expected
        )
    }
}

fn list(differences: &[SettingDifference]) -> String {
    differences
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

/// A fault of the log.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The broker has no stream of this name.
    #[error("stream {0} does not exist; create it with `jejak init`")]
    StreamMissing(String),
    /// The stream exists with other settings.
    #[error("stream {log} has other settings and is left as it is: {}", list(.differences))]
    StreamDiffers {
        /// The stream's name, such as `JEJAK_PONTIANAK`.
        log: String,
        /// Every differing setting, at least one.
        differences: Vec<SettingDifference>,
    },
    /// The stream was deleted and created anew: another history under the same name.
    #[error(
        "the stream is incarnation {found}, not {expected}: another history under the same name"
    )]
    OtherIncarnation {
        /// The incarnation of the opened stream.
        expected: String,
        /// The incarnation of the stream on the broker now.
        found: String,
    },
    /// A history can be put back into an empty stream only.
    #[error(
        "stream {log} is not empty: it holds events up to position {last}; a history is put back into an empty one only"
    )]
    NotEmpty {
        /// The stream's name, such as `JEJAK_PONTIANAK`.
        log: String,
        /// The position of its last event.
        last: u64,
    },
    /// A position is missing. Nothing is ever deleted, so the log is damaged.
    #[error("the log goes from position {after} to {found}: events are missing, restore it")]
    Gap {
        /// The position before the gap.
        after: u64,
        /// The position after the gap.
        found: u64,
    },
    /// An event that was read before is gone: the log was cut short, or it comes from an older
    /// copy.
    #[error(
        "the event at position {position} is gone or another one than was read there before: the log was cut short or comes from an older copy; restore it, or rebuild what was built from it"
    )]
    Diverged {
        /// The first differing position is this one or an earlier one.
        position: u64,
    },
    /// A message of the log is no event of the office, and it is not in quarantine.
    #[error("position {position} of the log holds no event: {reason}")]
    NoEvent {
        /// The position of the message.
        position: u64,
        /// The fault of the message and the command that lets readers pass over it, as part of a sentence.
        reason: String,
    },
    /// The broker does not answer, or cannot now.
    #[error("the broker does not answer: {0}")]
    Unavailable(String),
    /// The broker's answer has another form than JetStream documents.
    #[error("unexpected answer of the broker: {0}")]
    Protocol(String),
    /// A data key was wrapped by another tenant key.
    #[error(
        "the data key of {0} does not open with this tenant key; use the key file it was made with"
    )]
    ForeignKey(String),
    /// A sealed part does not open.
    #[error(transparent)]
    Sealed(#[from] jejak_events::personal::OpenError),
}

impl JournalError {
    pub(crate) fn unavailable(error: impl fmt::Display) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// An append was not stored, or its outcome is not known.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Another append to one of the streams came first. Nothing was stored: load and decide again.
    #[error("another append came first")]
    Conflict,
    /// No answer in time. It is safe to repeat with the same ids.
    #[error("the log is unavailable: {0}")]
    Unavailable(String),
    /// The broker refuses for another reason. Nothing was stored.
    #[error("the broker refuses the append: {0}")]
    Refused(String),
}
