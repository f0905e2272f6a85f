//! The ways a log can differ from the signed tree.

use std::fmt;

use jejak_journal::JournalError;

/// The source of the auditor's knowledge of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventOrigin {
    /// A checkpoint covers the event.
    Signed,
    /// The auditor has read the event, and no checkpoint covers it yet.
    Followed,
}

impl fmt::Display for EventOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signed => "signed",
            Self::Followed => "followed, but not yet signed",
        })
    }
}

/// The first difference between log and tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Divergence {
    /// The log is shorter than the followed history.
    #[error("{}", shortened(*.last, *.signed, *.followed))]
    Shortened {
        /// The last position of the log.
        last: u64,
        /// The number of signed events.
        signed: u64,
        /// The number of followed events, signed or not.
        followed: u64,
    },
    /// A position holds other bytes.
    #[error("position {position} of the log holds other bytes than were {origin}")]
    Changed {
        /// The first position that differs.
        position: u64,
        /// The source of the right bytes.
        origin: EventOrigin,
    },
    /// A position is missing.
    #[error("position {position} of the log is missing, and was {origin}")]
    Missing {
        /// The first position that is missing.
        position: u64,
        /// The source of the missing bytes.
        origin: EventOrigin,
    },
    /// The log is another one, or can no longer be followed.
    #[error("{0}")]
    OtherLog(String),
}

fn shortened(last: u64, signed: u64, followed: u64) -> String {
    let missing = |from: u64, to: u64| match to - from {
        0 => format!("position {from} is missing"),
        _ => format!("positions {from} to {to} are missing"),
    };
    let unsigned = |from: u64| format!("{}, {}", missing(from, followed), EventOrigin::Followed);
    if last >= signed {
        return format!("the log ends at position {last}: {}", unsigned(last + 1));
    }
    let rest = if followed > signed {
        format!("; {}", unsigned(signed + 1))
    } else {
        String::new()
    };
    format!(
        "the log ends at position {last}, but {signed} are signed: {}{rest}",
        missing(last + 1, signed)
    )
}

/// The reason why the log is not known to agree with the tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CompareError {
    /// The log differs from the tree.
    #[error(transparent)]
    Diverged(#[from] Divergence),
    /// The broker does not answer. This may pass.
    #[error("{0}")]
    Unanswered(String),
}

impl From<JournalError> for CompareError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Unavailable(reason) => Self::Unanswered(reason),
            // One unreadable reply proves nothing about the log.
            error @ JournalError::Protocol(_) => Self::Unanswered(error.to_string()),
            error => Self::Diverged(Divergence::OtherLog(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreadable_reply_is_no_divergence() {
        let error = CompareError::from(JournalError::Protocol("no JSON".to_owned()));
        assert_eq!(
            error,
            CompareError::Unanswered("unexpected answer of the broker: no JSON".to_owned())
        );
        let other = JournalError::OtherIncarnation {
            expected: "a".to_owned(),
            found: "b".to_owned(),
        };
        assert!(matches!(
            CompareError::from(other),
            CompareError::Diverged(Divergence::OtherLog(_))
        ));
    }
}
