//! Whether the broker still answers with what was signed: asked before anything more is signed, so that a
//! tree never goes on from a history that has parted from it.

use std::{collections::VecDeque, fmt, sync::atomic::Ordering, time::Duration};

use jejak_journal::{EventFilter, Journal, JournalError};
use tlog_tiles::{Hash, record_hash};

/// How many of the last events are remembered, besides all that are not signed yet. They are compared after every
/// new connection before anything is signed.
const REMEMBERED: usize = 1_000;
/// How long comparing them may take before it is tried again later.
const PATIENCE: Duration = Duration::from_secs(10);

/// How an event was known that is not in the log as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    Signed,
    Followed,
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signed => "signed",
            Self::Followed => "followed, but not yet signed",
        })
    }
}

/// Where log and tree part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Parting {
    /// The log is shorter than what was followed.
    #[error("{}", shortened(*.last, *.signed, *.followed))]
    Shortened {
        /// The last position of the log.
        last: u64,
        /// How many are signed.
        signed: u64,
        /// How many were followed, signed or not.
        followed: u64,
    },
    /// A position holds other bytes.
    #[error("position {position} of the log holds other bytes than were {known}")]
    Changed {
        /// The first that differs.
        position: u64,
        /// How the right bytes are known.
        known: Known,
    },
    /// A position is not there.
    #[error("position {position} of the log is missing, and was {known}")]
    Missing {
        /// The first that is missing.
        position: u64,
        /// How it is known.
        known: Known,
    },
    /// The log is not the one that was followed, or cannot be followed any more.
    #[error("{0}")]
    OtherLog(String),
}

fn shortened(last: u64, signed: u64, followed: u64) -> String {
    let missing = |from: u64, to: u64| match to - from {
        0 => format!("position {from} is missing"),
        _ => format!("positions {from} to {to} are missing"),
    };
    let unsigned = |from: u64| format!("{}, {}", missing(from, followed), Known::Followed);
    match last {
        last if last >= signed => {
            format!("the log ends at position {last}: {}", unsigned(last + 1))
        }
        _ => {
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
    }
}

/// Why it is not known that the log has what is in the tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Doubt {
    /// It has not.
    #[error(transparent)]
    Parted(#[from] Parting),
    /// The broker does not say. That may pass.
    #[error("{0}")]
    Unanswered(String),
}

impl From<JournalError> for Doubt {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Unavailable(reason) => Self::Unanswered(reason),
            // One reply that cannot be read says nothing about the log.
            error @ JournalError::Protocol(_) => Self::Unanswered(error.to_string()),
            error => Self::Parted(Parting::OtherLog(error.to_string())),
        }
    }
}

/// How often the client has connected: after each time the broker may have come back with another history.
pub(crate) fn connects(journal: &Journal) -> u64 {
    journal
        .client()
        .statistics()
        .connects
        .load(Ordering::Relaxed)
}

/// The last events of the tree, signed or not, by the hashes of their bytes.
#[derive(Debug)]
pub(crate) struct Recent {
    hashes: VecDeque<Hash>,
    /// The position of the last.
    position: u64,
    /// The position of the last that is signed.
    signed: u64,
}

impl Recent {
    /// The hashes of the last events before and at a position, up to which all are signed.
    pub(crate) fn new(hashes: impl IntoIterator<Item = Hash>, signed: u64) -> Self {
        let mut recent = Self {
            hashes: hashes.into_iter().collect(),
            position: signed,
            signed,
        };
        recent.forget();
        recent
    }

    /// How many signed events from the end are wanted.
    pub(crate) fn wanted() -> u64 {
        REMEMBERED as u64
    }

    pub(crate) fn push(&mut self, payload: &[u8]) {
        self.hashes.push_back(record_hash(payload));
        self.position += 1;
        self.forget();
    }

    /// All of them are signed now.
    pub(crate) fn signed(&mut self) {
        self.signed = self.position;
        self.forget();
    }

    fn forget(&mut self) {
        let unsigned = usize::try_from(self.position - self.signed).unwrap_or(usize::MAX);
        let surplus = self.hashes.len().saturating_sub(unsigned.max(REMEMBERED));
        self.hashes.drain(..surplus);
    }

    fn known(&self, position: u64) -> Known {
        if position <= self.signed {
            Known::Signed
        } else {
            Known::Followed
        }
    }

    fn changed(&self, position: u64) -> Doubt {
        Parting::Changed {
            position,
            known: self.known(position),
        }
        .into()
    }

    fn missing(&self, position: u64) -> Doubt {
        Parting::Missing {
            position,
            known: self.known(position),
        }
        .into()
    }

    /// That the log is the same one, as long as the tree at least, and has its last event; how long it is.
    pub(crate) async fn ends_alike(&self, journal: &Journal) -> Result<u64, Doubt> {
        journal.check_incarnation().await?;
        let last = journal.last_position().await?;
        if last < self.position {
            let Self {
                signed,
                position: followed,
                ..
            } = *self;
            return Err(Parting::Shortened {
                last,
                signed,
                followed,
            }
            .into());
        }
        let Some(hash) = self.hashes.back() else {
            return Ok(last);
        };
        match journal.read_from_leader(self.position).await? {
            None => Err(self.missing(self.first_missing(journal).await)),
            Some(stored) if record_hash(&stored.payload) == *hash => Ok(last),
            Some(_) => {
                // Where they part may be further back.
                self.compare(journal).await?;
                Err(self.changed(self.position))
            }
        }
    }

    /// The first of those missing at the end, as far back as is remembered.
    async fn first_missing(&self, journal: &Journal) -> u64 {
        let lowest = self.position - self.hashes.len() as u64 + 1;
        let mut first = self.position;
        while first > lowest && matches!(journal.read_from_leader(first - 1).await, Ok(None)) {
            first -= 1;
        }
        first
    }

    /// That the log holds every event that is remembered.
    pub(crate) async fn compare(&self, journal: &Journal) -> Result<(), Doubt> {
        let mut position = self.position - self.hashes.len() as u64;
        let mut follow = journal.subscribe(position, EventFilter::All);
        let mut hashes = self.hashes.iter();
        while position < self.position {
            let batch = tokio::time::timeout(PATIENCE, follow.next_batch(REMEMBERED)).await;
            let silent =
                |_| Doubt::Unanswered(format!("it does not give position {}", position + 1));
            let batch = match batch.map_err(silent)? {
                Err(JournalError::Gap { after, .. }) => return Err(self.missing(after + 1)),
                batch => batch?,
            };
            for (stored, hash) in batch.iter().zip(&mut hashes) {
                position = stored.position;
                if record_hash(&stored.payload) != *hash {
                    return Err(self.changed(position));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use async_nats::jetstream;
    use jejak_rig::broker::Broker;

    use super::*;

    fn entry(position: u64) -> Vec<u8> {
        format!("{{\"event\":{position}}}").into_bytes()
    }

    /// A log of so many made-up entries.
    async fn log(broker: &Broker, entries: u64) -> Journal {
        let client = broker.client().await;
        let journal = Journal::init(client.clone(), &"pontianak".parse().unwrap(), 1)
            .await
            .unwrap();
        let context = jetstream::new(client);
        for position in 1..=entries {
            let sent = context.publish(
                "jejak.pontianak.ev.calendar.2020.holiday",
                entry(position).into(),
            );
            assert_eq!(sent.await.unwrap().await.unwrap().sequence, position);
        }
        journal
    }

    /// What is remembered of these entries, the first of which are signed.
    fn recent(entries: impl IntoIterator<Item = Vec<u8>>, signed: usize) -> Recent {
        let mut recent = Recent::new([], 0);
        for (n, entry) in entries.into_iter().enumerate() {
            recent.push(&entry);
            if n + 1 == signed {
                recent.signed();
            }
        }
        recent
    }

    async fn parting(recent: &Recent, journal: &Journal) -> String {
        match recent.ends_alike(journal).await {
            Err(Doubt::Parted(parting)) => parting.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn what_is_gone_or_changed_is_said_to_be_signed_only_if_it_was() {
        let broker = Broker::single().await;
        let journal = log(&broker, 5).await;
        assert_eq!(
            recent((1..=5).map(entry), 5).ends_alike(&journal).await,
            Ok(5)
        );
        assert_eq!(
            recent((1..=3).map(entry), 2).ends_alike(&journal).await,
            Ok(5)
        );
        for (followed, signed, said) in [
            (
                8,
                8,
                "the log ends at position 5, but 8 are signed: positions 6 to 8 are missing",
            ),
            (
                9,
                7,
                "the log ends at position 5, but 7 are signed: positions 6 to 7 are missing; positions 8 to 9 are \
                 missing, followed, but not yet signed",
            ),
            (
                6,
                5,
                "the log ends at position 5: position 6 is missing, followed, but not yet signed",
            ),
            (
                7,
                3,
                "the log ends at position 5: positions 6 to 7 are missing, followed, but not yet signed",
            ),
        ] {
            assert_eq!(
                parting(&recent((1..=followed).map(entry), signed), &journal).await,
                said
            );
        }
        // Others at the end, the first of which is named.
        for (signed, known) in [
            (5, "signed"),
            (4, "signed"),
            (3, "followed, but not yet signed"),
        ] {
            let others = (1..=3).chain([40, 50]).map(entry);
            let expected = format!("position 4 of the log holds other bytes than were {known}");
            assert_eq!(parting(&recent(others, signed), &journal).await, expected);
        }
    }

    #[test]
    fn a_reply_that_cannot_be_read_is_no_other_log() {
        let doubt = Doubt::from(JournalError::Protocol("no JSON".to_owned()));
        assert_eq!(
            doubt,
            Doubt::Unanswered("unexpected answer of the broker: no JSON".to_owned())
        );
        let other = JournalError::OtherIncarnation {
            expected: "a".to_owned(),
            found: "b".to_owned(),
        };
        assert!(matches!(
            Doubt::from(other),
            Doubt::Parted(Parting::OtherLog(_))
        ));
    }

    /// Before a signature over a new connection all that is unsigned is compared, however much it is.
    #[test]
    fn nothing_unsigned_is_forgotten() {
        let mut recent = recent((1..=5_000).map(entry), 500);
        assert_eq!(recent.hashes.len(), 4_500);
        recent.signed();
        assert_eq!(recent.hashes.len(), REMEMBERED);
        assert_eq!(recent.hashes.front(), Some(&record_hash(&entry(4_001))));
    }
}
