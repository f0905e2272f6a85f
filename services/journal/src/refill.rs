//! Putting a history back into an empty stream: the same bytes at the same positions, under the incarnation
//! they had. The one way to write that has no stream's guard; instead every event is guarded by the position
//! of the one before it in the whole log, so that nothing can come between.

use std::collections::VecDeque;

use async_nats::{
    Client, HeaderMap,
    jetstream::{context::PublishAckFuture, message::PublishMessage},
};
use bytes::Bytes;
use jejak_events::ids::{StreamId, TenantId};

use crate::{Journal, JournalError, settings, subject};

/// Events on their way at once.
const ON_THEIR_WAY: usize = 256;

/// Why a history could not be put back whole. What was put back before stays; an empty stream is needed to
/// begin again.
#[derive(Debug, thiserror::Error)]
pub enum RefillError {
    /// The broker does not take an event.
    #[error("the event at position {position} could not be put back: {reason}")]
    Refused {
        /// Its position.
        position: u64,
        /// What the broker says.
        reason: String,
    },
    /// Someone else wrote to the stream.
    #[error(
        "the event at position {position} was stored at {found}: another process writes to the log, stop it and begin again with an empty one"
    )]
    Elsewhere {
        /// Where it belongs.
        position: u64,
        /// Where it is.
        found: u64,
    },
}

impl Journal {
    /// Creates the stream, or takes one that never had an event, under the incarnation of a history that is
    /// to be put back into it. An existing stream keeps its number of replicas.
    ///
    /// # Errors
    /// [`JournalError::NotEmpty`], and those of [`Journal::init`].
    pub async fn init_for_refill(
        client: Client,
        tenant: &TenantId,
        replicas: usize,
        incarnation: &str,
    ) -> Result<Self, JournalError> {
        settings::reincarnate(&client, tenant, replicas, incarnation).await?;
        Self::open(client, tenant).await
    }

    /// Begins to fill the log, which must be empty.
    pub fn refill(&self) -> Refill {
        Refill {
            journal: self.clone(),
            position: 0,
            on_their_way: VecDeque::new(),
        }
    }
}

/// A log that is being filled.
pub struct Refill {
    journal: Journal,
    position: u64,
    on_their_way: VecDeque<(u64, PublishAckFuture)>,
}

impl Refill {
    /// Puts the next event in its place. It is stored at the latest when [`Refill::finish`] says so.
    ///
    /// # Errors
    /// [`RefillError`], of this event or one before it.
    pub async fn append(
        &mut self,
        stream: &StreamId,
        topic: &str,
        payload: Bytes,
    ) -> Result<(), RefillError> {
        while self.on_their_way.len() >= ON_THEIR_WAY {
            self.confirm().await?;
        }
        let before = self.position;
        self.position += 1;
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/cloudevents+json");
        let message = PublishMessage::build()
            .headers(headers)
            .expected_last_sequence(before)
            .payload(payload);
        let subject = subject::topic(self.journal.tenant(), stream, topic);
        let sent = self
            .journal
            .inner
            .context
            .send_publish(subject, message)
            .await;
        let sent = sent.map_err(|error| self.refused(self.position, &error))?;
        self.on_their_way.push_back((self.position, sent));
        Ok(())
    }

    /// Waits until all are stored; the position of the last.
    ///
    /// # Errors
    /// [`RefillError`].
    pub async fn finish(mut self) -> Result<u64, RefillError> {
        while !self.on_their_way.is_empty() {
            self.confirm().await?;
        }
        Ok(self.position)
    }

    async fn confirm(&mut self) -> Result<(), RefillError> {
        let Some((position, sent)) = self.on_their_way.pop_front() else {
            return Ok(());
        };
        let stored = sent.await.map_err(|error| self.refused(position, &error))?;
        if stored.sequence == position {
            return Ok(());
        }
        Err(RefillError::Elsewhere {
            position,
            found: stored.sequence,
        })
    }

    fn refused(&self, position: u64, error: &dyn std::error::Error) -> RefillError {
        RefillError::Refused {
            position,
            reason: error.to_string(),
        }
    }
}
