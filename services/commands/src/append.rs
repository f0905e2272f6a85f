//! Appends of decided events: sealed, encoded, and guarded by the positions that they were decided
//! on. A preview of a dry run is encoded the same way and goes nowhere.

use chrono::{DateTime, SubsecRound, Utc};
use jejak_bus::{Problem, RequestProblem};
use jejak_events::{
    Decision, Envelope, Event, RecordedEvent,
    actor::{ActorIdentity, SealedActor},
    envelope,
    ids::{ActorId, StreamId, TenantId},
    personal::Owner,
    secret::DataKey,
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

/// The events of a dry run.
pub(crate) struct Preview {
    /// The events with their personal parts open.
    pub(crate) open: Vec<(Envelope, Event)>,
    /// The events as an append would store them.
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
        let encoded = self.encode_all(loaded, decision).await?;
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

    /// Encodes a decision of a dry run. It is encoded whole, so that an event too large is refused here, too.
    pub(crate) async fn preview(
        &self,
        loaded: &LoadedStreams,
        decision: Decision,
    ) -> Result<Preview, Problem> {
        let EncodedEvents { open, stored, .. } = self.encode_all(loaded, decision).await?;
        Ok(Preview { open, stored })
    }

    async fn encode_all(
        &self,
        loaded: &LoadedStreams,
        decision: Decision,
    ) -> Result<EncodedEvents, Problem> {
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
        Ok(encoded)
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
        let key = self.key(&Owner::Actors).await?;
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
        let key = self.key(&envelope::owner(stream, event)).await?;
        let nonce = jejak_journal::nonce().map_err(|error| fault(&error))?;
        envelope::seal(envelope.id, event, &key, nonce);
        Ok(())
    }

    /// The key that seals an owner's data. A dry run makes none at the broker.
    async fn key(&self, owner: &Owner) -> Result<DataKey, Problem> {
        let key = if self.request.is_dry_run {
            self.keyring.get_or_make_unstored(owner).await
        } else {
            self.keyring.get_or_create(owner).await
        };
        key.map_err(CommandsError::from)?
            .ok_or_else(|| erased(owner))
    }
}
