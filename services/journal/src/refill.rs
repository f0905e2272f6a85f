//! Refill: a history goes back into an empty log, with the same bytes at the same positions, under
//! the incarnation it had. No stream's guard applies here. Instead each event is guarded by the
//! position of the one before it in the whole log, so no other event can come between.

use std::collections::VecDeque;

use async_nats::{
    Client, HeaderMap,
    jetstream::{context::PublishAckFuture, message::PublishMessage},
};
use bytes::Bytes;
use jejak_events::ids::{StreamId, TenantId};

use crate::{JetStreamAccess, Journal, JournalError, access::JetStreamApi, settings, subject};

/// Events in flight at once.
const MAX_IN_FLIGHT: usize = 256;

/// A history could not be put back whole. The events put back before stay; a new refill needs an
/// empty stream.
#[derive(Debug, thiserror::Error)]
pub enum RefillError {
    /// The broker refuses an event.
    #[error("the event at position {position} could not be put back: {reason}")]
    Refused {
        /// The event's position.
        position: u64,
        /// The broker's reason.
        reason: String,
    },
    /// Another process wrote to the stream.
    #[error(
        "the event at position {position} was stored at {found}: another process writes to the log, stop it and begin again with an empty one"
    )]
    Elsewhere {
        /// The event's position in the history.
        position: u64,
        /// The event's position in the log.
        found: u64,
    },
}

impl Journal {
    /// Creates the stream for a refill, or takes one that never had an event, and gives it the
    /// incarnation of the history. An existing stream keeps its number of replicas.
    ///
    /// # Errors
    /// [`JournalError::NotEmpty`], and those of [`Journal::init`].
    pub async fn init_for_refill(
        client: Client,
        tenant: &TenantId,
        replicas: usize,
        incarnation: &str,
    ) -> Result<Self, JournalError> {
        let api = JetStreamApi::new(client, JetStreamAccess::Own);
        settings::create_for_refill(&api.context(), tenant, replicas, incarnation).await?;
        Self::open_by(api, tenant).await
    }

    /// Starts a refill. The log must be empty.
    pub fn refill(&self) -> Refill {
        Refill {
            journal: self.clone(),
            position: 0,
            in_flight: VecDeque::new(),
        }
    }
}

/// A refill that is going on.
pub struct Refill {
    journal: Journal,
    position: u64,
    in_flight: VecDeque<(u64, PublishAckFuture)>,
}

impl Refill {
    /// Sends the next event. [`Refill::finish`] confirms that it is stored.
    ///
    /// # Errors
    /// [`RefillError`], of this event or an earlier one.
    pub async fn append(
        &mut self,
        stream: &StreamId,
        topic: &str,
        payload: Bytes,
    ) -> Result<(), RefillError> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/cloudevents+json");
        let message = PublishMessage::build()
            .headers(headers)
            .expected_last_sequence(self.position)
            .payload(payload);
        let subject = subject::topic(self.journal.tenant(), stream, topic);
        self.send(subject, message).await
    }

    /// Sends a message that holds no event, under the subject that it had. It has no headers, so that
    /// it is no larger than it was.
    ///
    /// # Errors
    /// [`RefillError`], of this message or an earlier event.
    pub async fn append_raw(&mut self, subject: &str, payload: Bytes) -> Result<(), RefillError> {
        let message = PublishMessage::build().payload(payload);
        self.send(subject.to_owned(), message).await
    }

    async fn send(&mut self, subject: String, message: PublishMessage) -> Result<(), RefillError> {
        while self.in_flight.len() >= MAX_IN_FLIGHT {
            self.confirm_first().await?;
        }
        self.position += 1;
        let sent = self
            .journal
            .inner
            .context
            .send_publish(subject, message)
            .await;
        let sent = sent.map_err(|error| refused(self.position, &error))?;
        self.in_flight.push_back((self.position, sent));
        Ok(())
    }

    /// Waits until all events are stored; answers with the position of the last.
    ///
    /// # Errors
    /// [`RefillError`], of any event.
    pub async fn finish(mut self) -> Result<u64, RefillError> {
        while !self.in_flight.is_empty() {
            self.confirm_first().await?;
        }
        Ok(self.position)
    }

    async fn confirm_first(&mut self) -> Result<(), RefillError> {
        let Some((position, sent)) = self.in_flight.pop_front() else {
            return Ok(());
        };
        let stored = sent.await.map_err(|error| refused(position, &error))?;
        if stored.sequence == position {
            return Ok(());
        }
        Err(RefillError::Elsewhere {
            position,
            found: stored.sequence,
        })
    }
}

fn refused(position: u64, error: &dyn std::error::Error) -> RefillError {
    RefillError::Refused {
        position,
        reason: error.to_string(),
    }
}
