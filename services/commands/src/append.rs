//! Appends of decided events: sealed, encoded, and guarded by the positions that they were decided
//! on.

use chrono::{DateTime, SubsecRound, Utc};
use jejak_bus::{Problem, RequestProblem};
use jejak_events::{
    Decision, Envelope, Event, RecordedEvent,
    actor::{ActorIdentity, SealedActor},
    envelope,
    ids::{ActorId, StreamId, TenantId},
    personal::Owner,
};
use jejak_journal::{AppendError, Journal, Keyring, NewEvent, StreamAppend};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    error::{CommandsError, erased, fault, unavailable},
    request::Request,
    states::LoadedStreams,
};

/// Appends the events of one command.
pub(crate) struct EventAppender<'a> {
    pub(crate) journal: &'a Journal,
    pub(crate) keyring: &'a Keyring,
    pub(crate) tenant: &'a TenantId,
    pub(crate) request: &'a Request,
    pub(crate) actor: &'a ActorId,
    /// The actor's subject, name and roles, to be sealed.
    pub(crate) identity: &'a ActorIdentity,
    /// The digest of the command, to recognize it under the same key.
    pub(crate) digest: &'a str,
}

/// Appended events.
pub(crate) struct Appended {
    /// The events with their personal parts open, for the states in memory.
    pub(crate) recorded: Vec<RecordedEvent>,
    /// The events as stored, for the answer.
    pub(crate) stored: Vec<Box<RawValue>>,
}

/// Events ready to be appended, and the same events as the caller and the states get them.
#[derive(Default)]
struct EncodedEvents {
    writes: Vec<StreamAppend>,
    open: Vec<(Envelope, Event)>,
    stored: Vec<Box<RawValue>>,
}

impl EventAppender<'_> {
    /// Appends a decision, the events of the command's home last. `None` after another append to one
    /// of the streams.
    pub(crate) async fn append(
        &self,
        loaded: &LoadedStreams,
        decision: Decision,
    ) -> Result<Option<Appended>, Problem> {
        let time = Utc::now().trunc_subsecs(3);
        let mut encoded = EncodedEvents::default();
        if let (Some((id, package)), false) = (&loaded.package, decision.package.is_empty()) {
            let stream = StreamId::Package(id.clone());
            self.encode(
                stream,
                package.position,
                decision.package,
                time,
                &mut encoded,
            )
            .await?;
        }
        for (stream, event) in decision.others {
            let expected = loaded.position(&stream);
            self.encode(stream, expected, vec![event], time, &mut encoded)
                .await?;
        }
        let expected = loaded.home.position;
        self.encode(
            loaded.home_stream.clone(),
            expected,
            decision.own,
            time,
            &mut encoded,
        )
        .await?;
        let positions = match self.journal.append(&encoded.writes).await {
            Ok(positions) => positions,
            Err(AppendError::Conflict) => return Ok(None),
            Err(AppendError::Unavailable(reason)) => return Err(unavailable(&reason)),
            Err(AppendError::Refused(reason)) => return Err(fault(&reason)),
        };
        let recorded = encoded.open.into_iter().zip(positions);
        let recorded = recorded.map(|((envelope, event), position)| RecordedEvent {
            position,
            envelope,
            event,
        });
        Ok(Some(Appended {
            recorded: recorded.collect(),
            stored: encoded.stored,
        }))
    }

    async fn encode(
        &self,
        stream: StreamId,
        expected: u64,
        events: Vec<Event>,
        time: DateTime<Utc>,
        encoded: &mut EncodedEvents,
    ) -> Result<(), Problem> {
        let mut written = Vec::with_capacity(events.len());
        for (n, event) in events.into_iter().enumerate() {
            let envelope = self.envelope(&stream, n, time).await?;
            let mut sealed = event.clone();
            self.seal(&stream, &envelope, &mut sealed).await?;
            let stored = envelope::encode(&envelope, &sealed).map_err(|error| match error {
                envelope::EncodeError::TooLarge(_) => RequestProblem::TooLarge {
                    limit_bytes: envelope::LARGEST_EVENT as u64,
                }
                .into(),
                envelope::EncodeError::Open(_) => fault(&error),
            })?;
            written.push(NewEvent {
                id: envelope.id,
                topic: event.topic(),
                payload: stored.get().to_owned().into(),
            });
            encoded.open.push((envelope, event));
            encoded.stored.push(stored);
        }
        encoded.writes.push(StreamAppend {
            stream,
            expected,
            events: written,
        });
        Ok(())
    }

    async fn envelope(
        &self,
        stream: &StreamId,
        n: usize,
        time: DateTime<Utc>,
    ) -> Result<Envelope, Problem> {
        let id = envelope::event_id(self.tenant, stream, &self.request.id, n);
        Ok(Envelope {
            id,
            tenant: self.tenant.clone(),
            stream: stream.clone(),
            time,
            actor: self.actor.clone(),
            sealed_actor: Some(self.seal_actor(id).await?),
            command: self.request.command.name().into(),
            command_id: self.request.id.clone(),
            command_digest: self.digest.to_owned(),
            correlation_id: self.request.correlation_id.clone(),
            traceparent: self.request.traceparent.clone(),
        })
    }

    /// Seals the actor for the event of an id. The first event of an office makes the key.
    async fn seal_actor(&self, event: Uuid) -> Result<SealedActor, Problem> {
        let owner = Owner::Actors;
        let key = self.keyring.get_or_create(&owner).await;
        let Some(key) = key.map_err(CommandsError::from)? else {
            return Err(erased(&owner));
        };
        let nonce = jejak_journal::nonce().map_err(|error| fault(&error))?;
        Ok(self.identity.seal(event, &key, nonce))
    }

    /// Seals the personal part of an event, if it has one, with its owner's data key.
    async fn seal(
        &self,
        stream: &StreamId,
        envelope: &Envelope,
        event: &mut Event,
    ) -> Result<(), Problem> {
        if event.part().is_none() {
            return Ok(());
        }
        let owner = envelope::owner(stream, event);
        let key = self.keyring.get_or_create(&owner).await;
        let Some(key) = key.map_err(CommandsError::from)? else {
            return Err(erased(&owner));
        };
        let nonce = jejak_journal::nonce().map_err(|error| fault(&error))?;
        envelope::seal(envelope.id, event, &key, nonce);
        Ok(())
    }
}
