//! Reading the log to its end, whatever the broker cannot give any more: what is missing is said and passed
//! over, so that each check finds all there is.

use std::{sync::Arc, time::Duration};

use jejak_journal::{EventFilter, Journal, JournalError, Subscription};

use super::{Part, Stored};

/// Events in a part.
const PART: usize = 2_000;
/// A broker that delivers nothing for so long, though there is more, cannot read what comes next.
const SILENCE: Duration = Duration::from_secs(8);

pub(super) struct Reader {
    journal: Journal,
    follow: Subscription,
    position: u64,
    end: u64,
    /// The first position after those that are missing, to be read next.
    resume: Option<u64>,
}

impl Reader {
    pub(super) fn new(journal: &Journal, end: u64) -> Self {
        let follow = journal.subscribe(0, EventFilter::All);
        Self {
            journal: journal.clone(),
            follow,
            position: 0,
            end,
            resume: None,
        }
    }

    /// How far it has read.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The next part; none at the end.
    ///
    /// # Errors
    /// A log that cannot be read at all.
    pub(super) async fn next(&mut self) -> Result<Option<Stored>, JournalError> {
        if self.position >= self.end {
            return Ok(None);
        }
        if let Some(position) = self.resume.take() {
            self.follow = self.journal.subscribe(position - 1, EventFilter::All);
        }
        match tokio::time::timeout(SILENCE, self.follow.next_entries(PART)).await {
            Ok(Ok(mut events)) => {
                events.retain(|event| event.stored.position <= self.end);
                self.position = events
                    .last()
                    .map_or(self.end, |event| event.stored.position);
                Ok(Some(Part::Events(Arc::new(events))))
            }
            Ok(Err(JournalError::Gap { after, found })) => {
                Ok(Some(self.pass_over(after + 1, found.min(self.end + 1))))
            }
            Ok(Err(error)) => Err(error),
            Err(_) => self.look_beyond().await.map(Some),
        }
    }

    fn pass_over(&mut self, from: u64, next: u64) -> Stored {
        self.position = next - 1;
        self.resume = Some(next);
        Part::Missing { from, to: next - 1 }
    }

    /// The broker is silent: position by position, up to one that it can read.
    async fn look_beyond(&mut self) -> Result<Stored, JournalError> {
        // Without any answer it is the broker that is away, not an event.
        self.journal.last_position().await?;
        let from = self.position + 1;
        for position in from..=self.end {
            match self.journal.read_from_leader(position).await {
                Ok(Some(_)) if position == from => {
                    return Err(JournalError::Unavailable(format!(
                        "it stopped delivering at position {from}"
                    )));
                }
                Ok(Some(_)) => return Ok(self.pass_over(from, position)),
                Ok(None) | Err(_) => {}
            }
        }
        Ok(self.pass_over(from, self.end + 1))
    }
}
