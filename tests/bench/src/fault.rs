//! Why a section could not be run. A target that is missed is no fault.

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The log is not what it should be.
    #[error(transparent)]
    Journal(#[from] jejak_journal::JournalError),
    /// The history could not be written.
    #[error(transparent)]
    Append(#[from] jejak_journal::AppendError),
    /// A rule refuses what the history says.
    #[error("the history is refused: {command} of {id}: {rejection:?}")]
    Refused {
        /// The command.
        command: &'static str,
        /// Its id.
        id: String,
        /// The rule's no.
        rejection: Box<jejak_events::Rejection>,
    },
    /// An event could not be written.
    #[error(transparent)]
    Encode(#[from] jejak_events::envelope::EncodeError),
    /// A request to the broker, or to a service behind it, got no answer.
    #[error("no answer at {what}: {why}")]
    Unanswered {
        /// Who was asked.
        what: String,
        /// What the client says.
        why: String,
    },
    /// An answer is not the one that was measured for.
    #[error("{what} answers {answer}")]
    Answer {
        /// Who was asked.
        what: String,
        /// The beginning of what it said.
        answer: String,
    },
    /// The file system or a socket refuses.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The figures could not be written.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A section needs more than was prepared for it.
    #[error("{0} ran out")]
    Spent(&'static str),
    /// A part of a section panicked.
    #[error("ended by a panic: {0}")]
    Panicked(#[from] tokio::task::JoinError),
}

impl Fault {
    /// No answer.
    pub fn unanswered(what: &str, why: impl std::fmt::Display) -> Self {
        Self::Unanswered {
            what: what.to_owned(),
            why: why.to_string(),
        }
    }

    /// Another answer than wanted.
    pub fn answer(what: &str, answer: &[u8]) -> Self {
        let answer = String::from_utf8_lossy(&answer[..answer.len().min(300)]).into_owned();
        Self::Answer {
            what: what.to_owned(),
            answer,
        }
    }
}
