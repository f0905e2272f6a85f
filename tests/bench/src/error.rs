//! Errors of a run. A missed bar is no error.

/// A measurement could not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The log has a fault.
    #[error(transparent)]
    Journal(#[from] jejak_journal::JournalError),
    /// The log refused a part of the history.
    #[error(transparent)]
    Append(#[from] jejak_journal::AppendError),
    /// A rule refuses a command of the history.
    #[error("the history is refused: {command} of {id}: {rejection:?}")]
    Refused {
        /// The command's name.
        command: &'static str,
        /// The command's id.
        id: String,
        /// The refusal with its numbers.
        rejection: Box<jejak_events::Rejection>,
    },
    /// An event could not be encoded.
    #[error(transparent)]
    Encode(#[from] jejak_events::envelope::EncodeError),
    /// A request to the broker, or to a service behind it, got no answer.
    #[error("no answer at {what}: {why}")]
    Unanswered {
        /// The subject or service of the request.
        what: String,
        /// The client's error.
        why: String,
    },
    /// An answer differs from the expected one.
    #[error("{what} answers {answer}")]
    Answer {
        /// The service of the answer.
        what: String,
        /// The first 300 bytes of the answer.
        answer: String,
    },
    /// The file system or a socket failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The figures could not be written.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A section used up its test data.
    #[error("{0} ran out")]
    Spent(&'static str),
    /// A task of a section panicked.
    #[error("ended by a panic: {0}")]
    Panicked(#[from] tokio::task::JoinError),
}

impl BenchError {
    /// An error for a missing answer.
    pub fn unanswered(what: &str, why: impl std::fmt::Display) -> Self {
        Self::Unanswered {
            what: what.to_owned(),
            why: why.to_string(),
        }
    }

    /// An error for an unexpected answer.
    pub fn answer(what: &str, answer: &[u8]) -> Self {
        let answer = String::from_utf8_lossy(&answer[..answer.len().min(300)]).into_owned();
        Self::Answer {
            what: what.to_owned(),
            answer,
        }
    }
}
