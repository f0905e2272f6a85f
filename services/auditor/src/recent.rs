//! Compares the last events of the tree with the log.
//!
//! The auditor does this before each signature, so a tree never goes on from
//! a history that has diverged.

use std::{collections::VecDeque, sync::atomic::Ordering, time::Duration};

use jejak_journal::{EventFilter, Journal, JournalError};
use tlog_tiles::{Hash, record_hash};

use crate::divergence::{CompareError, Divergence, EventOrigin};

/// The number of signed events that are kept for comparison after a new connection.
/// Unsigned events are all kept.
pub(crate) const KEPT: usize = 1_000;
/// A comparison that takes longer is tried again later.
const PATIENCE: Duration = Duration::from_secs(10);

/// The number of connections the client has made. After each, the broker may hold another history.
pub(crate) fn connections(journal: &Journal) -> u64 {
    journal
        .client()
        .statistics()
        .connects
        .load(Ordering::Relaxed)
}

/// The hashes of the last events of the tree, signed or not.
#[derive(Debug)]
pub(crate) struct RecentEvents {
    hashes: VecDeque<Hash>,
    /// The position of the last event.
    position: u64,
    /// The position of the last signed event.
    signed: u64,
}

impl RecentEvents {
    /// Begins with the hashes of the last signed events. `signed` is the position of the last one.
    pub(crate) fn new(hashes: impl IntoIterator<Item = Hash>, signed: u64) -> Self {
        let mut recent = Self {
            hashes: hashes.into_iter().collect(),
            position: signed,
            signed,
        };
        recent.drop_surplus();
        recent
    }

    /// Adds an event that is not signed yet.
    pub(crate) fn push(&mut self, payload: &[u8]) {
        self.hashes.push_back(record_hash(payload));
        self.position += 1;
        self.drop_surplus();
    }

    /// Marks all events as signed.
    pub(crate) fn mark_signed(&mut self) {
        self.signed = self.position;
        self.drop_surplus();
    }

    fn drop_surplus(&mut self) {
        let unsigned = usize::try_from(self.position - self.signed).unwrap_or(usize::MAX);
        let surplus = self.hashes.len().saturating_sub(unsigned.max(KEPT));
        self.hashes.drain(..surplus);
    }

    fn origin(&self, position: u64) -> EventOrigin {
        if position <= self.signed {
            EventOrigin::Signed
        } else {
            EventOrigin::Followed
        }
    }

    fn changed(&self, position: u64) -> CompareError {
        let origin = self.origin(position);
        Divergence::Changed { position, origin }.into()
    }

    fn missing(&self, position: u64) -> CompareError {
        let origin = self.origin(position);
        Divergence::Missing { position, origin }.into()
    }

    /// Checks the log's incarnation, its length and its last followed event.
    /// Returns the log's last position.
    pub(crate) async fn check_end(&self, journal: &Journal) -> Result<u64, CompareError> {
        journal.check_incarnation().await?;
        let last = journal.last_position().await?;
        if last < self.position {
            return Err(Divergence::Shortened {
                last,
                signed: self.signed,
                followed: self.position,
            }
            .into());
        }
        let Some(hash) = self.hashes.back() else {
            return Ok(last);
        };
        match journal.read_from_leader(self.position).await? {
            None => Err(self.missing(self.first_missing(journal).await)),
            Some(entry) if record_hash(&entry.stored.payload) == *hash => Ok(last),
            Some(_) => {
                // An earlier event may differ, too; name the first.
                self.check_all(journal).await?;
                Err(self.changed(self.position))
            }
        }
    }

    /// The first missing position at the end, within the kept events.
    async fn first_missing(&self, journal: &Journal) -> u64 {
        let lowest = self.position - self.hashes.len() as u64 + 1;
        let mut first = self.position;
        while first > lowest && matches!(journal.read_from_leader(first - 1).await, Ok(None)) {
            first -= 1;
        }
        first
    }

    /// Checks that the log holds every kept event.
    pub(crate) async fn check_all(&self, journal: &Journal) -> Result<(), CompareError> {
        let mut position = self.position - self.hashes.len() as u64;
        let mut follow = journal.subscribe(position, EventFilter::All);
        let mut hashes = self.hashes.iter();
        while position < self.position {
            let batch = tokio::time::timeout(PATIENCE, follow.next_batch(KEPT)).await;
            let silent =
                |_| CompareError::Unanswered(format!("it does not give position {}", position + 1));
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

    /// A log of `entries` made-up entries.
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

    /// These entries, with the first `signed` of them signed.
    fn recent(entries: impl IntoIterator<Item = Vec<u8>>, signed: usize) -> RecentEvents {
        let mut recent = RecentEvents::new([], 0);
        for (n, entry) in entries.into_iter().enumerate() {
            recent.push(&entry);
            if n + 1 == signed {
                recent.mark_signed();
            }
        }
        recent
    }

    async fn divergence(recent: &RecentEvents, journal: &Journal) -> String {
        match recent.check_end(journal).await {
            Err(CompareError::Diverged(divergence)) => divergence.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_missing_or_changed_event_is_called_signed_only_if_it_was() {
        let broker = Broker::single().await;
        let journal = log(&broker, 5).await;
        assert_eq!(
            recent((1..=5).map(entry), 5).check_end(&journal).await,
            Ok(5)
        );
        assert_eq!(
            recent((1..=3).map(entry), 2).check_end(&journal).await,
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
                divergence(&recent((1..=followed).map(entry), signed), &journal).await,
                said
            );
        }
        // Two events at the end differ; the first is named.
        for (signed, known) in [
            (5, "signed"),
            (4, "signed"),
            (3, "followed, but not yet signed"),
        ] {
            let others = (1..=3).chain([40, 50]).map(entry);
            let expected = format!("position 4 of the log holds other bytes than were {known}");
            assert_eq!(
                divergence(&recent(others, signed), &journal).await,
                expected
            );
        }
    }

    /// All unsigned events are compared before a signature over a new
    /// connection, however many there are.
    #[test]
    fn nothing_unsigned_is_forgotten() {
        let mut recent = recent((1..=5_000).map(entry), 500);
        assert_eq!(recent.hashes.len(), 4_500);
        recent.mark_signed();
        assert_eq!(recent.hashes.len(), KEPT);
        assert_eq!(recent.hashes.front(), Some(&record_hash(&entry(4_001))));
    }
}
