//! Deciding one command: load, decide, append; again while others come first, a bounded number of
//! times. A refusal is answered only from states loaded for it.
//!
//! What few commands wait for is boxed: a command is moved several times before it runs, with room for all it may wait
//! for.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use chrono::{SubsecRound, Utc};
use jejak_bus::{CommandAnswer, Problem, RequestProblem};
use jejak_events::{
    Command, Decision, DecisionContext, Envelope, Event, RecordedEvent, Rejection,
    commands::{Reads, StreamState},
    envelope,
    ids::{ActorId, CommandId, OperatorId, StreamId, TenantId},
    package,
    personal::Owner,
    secret::TenantKey,
};
use jejak_journal::{AppendError, Journal, JournalError, Keyring, NewEvent, StreamAppend};
use serde_json::value::RawValue;

use crate::{
    CommandsError, Config, fault,
    news::{News, are_of_a_person},
    replay,
    request::Request,
    states::{Ground, States, Versioned},
    turns::{Turn, Turns},
};

/// How often a command is decided before it is answered `command.contended`.
const ATTEMPTS: u32 = 32;
/// The first pause after a conflict, in microseconds; it doubles with each.
const LEAST_PAUSE_US: u64 = 500;
/// The longest pause, in microseconds.
const LONGEST_PAUSE_US: u64 = 100_000;

pub(crate) struct Decider {
    journal: Journal,
    keyring: Keyring,
    states: Arc<States>,
    tenant: TenantId,
    tenant_key: TenantKey,
    time_zone: chrono_tz::Tz,
    homes: Turns,
    packages: Turns,
}

/// A command that is done: its answer, and what is to be remembered once that is sent, in the turn of its stream.
pub(crate) type Settled = (CommandAnswer, Option<(News, Turn)>);

/// Events about to be appended.
#[derive(Default)]
struct Sealed {
    /// As they are remembered.
    facts: Vec<(Envelope, Event)>,
    /// As they are stored, and answered.
    stored: Vec<Box<RawValue>>,
}

impl Decider {
    pub(crate) fn new(
        journal: Journal,
        keyring: Keyring,
        states: Arc<States>,
        config: &Config,
    ) -> Self {
        Self {
            journal,
            keyring,
            states,
            tenant: config.tenant.clone(),
            tenant_key: config.tenant_key.clone(),
            time_zone: config.time_zone,
            homes: Turns::new(),
            packages: Turns::new(),
        }
    }

    /// Executes a command once, whatever comes in between; a second time it repeats the first answer.
    pub(crate) async fn execute(&self, request: &Request) -> Result<Settled, Problem> {
        let (answer, mut later) = self.settle(request).await?;
        if let Command::EraseOperator(erase) = &request.command {
            // At once: it takes the person's particulars out of memory.
            if let Some((news, _)) = later.take() {
                news.remember();
            }
            // The event stands before the key goes, so a crash in between is mended by sending again.
            let owner = Owner::Operator(erase.operator_id);
            Box::pin(self.keyring.destroy(&owner))
                .await
                .map_err(|e| unavailable(&e))?;
        }
        Ok((answer, later))
    }

    /// Keeps nothing of a person in memory, once whoever is deciding about him is done.
    pub(crate) async fn forget(&self, operator_id: OperatorId) {
        let _turn = self.homes.take(&StreamId::Operator(operator_id)).await;
        self.states.forget(&operator_id);
    }

    async fn settle(&self, request: &Request) -> Result<Settled, Problem> {
        let home = request.command.home(&self.tenant_key);
        let actor = self.tenant_key.actor_id(&request.actor.sub);
        let digest = request.command.digest(&self.tenant_key);
        let home_turn = self.homes.take(&home).await;
        let mut package_turn = None;
        let mut fresh = false;
        for attempt in 0..ATTEMPTS {
            let mut ground = self
                .ground(&request.command, &home, fresh)
                .await
                .map_err(|e| problem(&e))?;
            if let Some((id, _)) = ground.package.as_ref()
                && request.command.moves_slot()
                && package_turn.is_none()
            {
                package_turn = Some(self.packages.take(&StreamId::Package(id.clone())).await);
                ground = self
                    .ground(&request.command, &home, fresh)
                    .await
                    .map_err(|e| problem(&e))?;
            }
            if let Some(answer) = self
                .answered_before(request, &home, &digest, &ground)
                .await?
            {
                return Ok((answer, None));
            }
            match self.decide(request, &actor, &ground) {
                Err(rejection) if fresh => return Err(rejection.into()),
                Ok(decision) if decision.is_empty() && fresh => {
                    return Ok((unchanged(request, &ground), None));
                }
                Ok(decision) if !decision.is_empty() => {
                    match self
                        .append(request, &actor, &digest, &home, &ground, decision)
                        .await?
                    {
                        Some((answer, appended)) => {
                            let may_wait = are_of_a_person(&appended);
                            let news = News {
                                states: self.states.clone(),
                                ground,
                                appended,
                            };
                            if may_wait {
                                return Ok((answer, Some((news, home_turn))));
                            }
                            // Others read it in no turn: whoever has the answer finds it there.
                            news.remember();
                            return Ok((answer, None));
                        }
                        None => {
                            fresh = true;
                            tokio::time::sleep(pause(attempt, &request.id)).await;
                        }
                    }
                }
                _ => fresh = true,
            }
        }
        Err(RequestProblem::Contended { attempts: ATTEMPTS }.into())
    }

    /// The answer of a command that was done before, however long ago (rule 36).
    async fn answered_before(
        &self,
        request: &Request,
        home: &StreamId,
        digest: &str,
        ground: &Ground,
    ) -> Result<Option<CommandAnswer>, Problem> {
        let reused = || {
            Err(Rejection::CommandKeyReused {
                command_id: request.id.clone(),
            }
            .into())
        };
        let mut done = self.done(&request.id, &ground.home).await?;
        if done.is_none() && self.is_taken(request, ground).await? {
            // Or it is done, and only the package's state shows it yet: the two are read one after the other.
            let home = Box::pin(self.states.refresh(home))
                .await
                .map_err(|e| problem(&e))?;
            done = self.done(&request.id, &home).await?;
            if done.is_none() {
                return reused();
            }
        }
        match done {
            None => Ok(None),
            Some(last) if last.envelope.command_digest != digest => reused(),
            Some(last) => {
                let answer = Box::pin(replay::answer(
                    &self.journal,
                    &request.id,
                    digest,
                    last.position,
                ))
                .await;
                answer.map(Some).map_err(|e| problem(&e))
            }
        }
    }

    /// The last event of a command in a stream, if it is done there.
    async fn done(
        &self,
        id: &CommandId,
        stream: &Versioned,
    ) -> Result<Option<RecordedEvent>, Problem> {
        let last = replay::last_event(&self.journal, id, stream.state.commands()).await;
        last.map_err(|e| problem(&e))
    }

    /// Whether another command of the same id changed the package that this one would change: the events of
    /// both would have the same ids.
    async fn is_taken(&self, request: &Request, ground: &Ground) -> Result<bool, Problem> {
        match &ground.package {
            Some((_, package)) if request.command.moves_slot() => {
                Ok(self.done(&request.id, package).await?.is_some())
            }
            _ => Ok(false),
        }
    }

    /// The states a command is decided on: from memory, or with all the log has.
    async fn ground(
        &self,
        command: &Command,
        home: &StreamId,
        fresh: bool,
    ) -> Result<Ground, CommandsError> {
        let home = self.state(home, fresh).await?;
        let Reads { package, years } = command.reads(&home.state);
        let package = match package {
            Some(id) => Some((id.clone(), self.state(&StreamId::Package(id), fresh).await?)),
            None => None,
        };
        for year in years {
            self.state(&StreamId::Calendar(year), fresh).await?;
        }
        Ok(Ground { home, package })
    }

    async fn state(&self, stream: &StreamId, fresh: bool) -> Result<Arc<Versioned>, CommandsError> {
        if fresh {
            Box::pin(self.states.refresh(stream)).await
        } else {
            self.states.get(stream).await
        }
    }

    fn decide(
        &self,
        request: &Request,
        actor: &ActorId,
        ground: &Ground,
    ) -> Result<Decision, Rejection> {
        let none = package::PackageState::default();
        let package = match &ground.package {
            Some((_, versioned)) => match &versioned.state {
                StreamState::Package(state) => state,
                StreamState::Operator(_) | StreamState::Calendar(_) => &none,
            },
            None => &none,
        };
        let calendar = self.states.calendar();
        let facts = DecisionContext {
            today: Utc::now().with_timezone(&self.time_zone).date_naive(),
            actor,
            tenant: &self.tenant_key,
            command_id: &request.id,
            package,
            calendar: &calendar,
        };
        request.command.decide(&ground.home.state, &facts)
    }

    /// Seals and appends what was decided: the answer, and what was appended, open. `None` when another append came
    /// first.
    async fn append(
        &self,
        request: &Request,
        actor: &ActorId,
        digest: &str,
        home: &StreamId,
        ground: &Ground,
        decision: Decision,
    ) -> Result<Option<(CommandAnswer, Vec<RecordedEvent>)>, Problem> {
        let time = Utc::now().trunc_subsecs(3);
        let envelope = |stream: &StreamId, n: usize| Envelope {
            id: envelope::event_id(&self.tenant, stream, &request.id, n),
            tenant: self.tenant.clone(),
            stream: stream.clone(),
            time,
            actor: actor.clone(),
            command: request.command.name().into(),
            command_id: request.id.clone(),
            command_digest: digest.to_owned(),
            correlation_id: request.correlation_id.clone(),
            traceparent: request.traceparent.clone(),
        };
        let mut writes = Vec::with_capacity(2);
        let mut sealed = Sealed::default();
        if let (Some((id, package)), false) = (&ground.package, decision.package.is_empty()) {
            let stream = StreamId::Package(id.clone());
            let events = decision.package;
            writes.push(
                self.write(&stream, package.position, events, &envelope, &mut sealed)
                    .await?,
            );
        }
        let events = decision.home;
        writes.push(
            self.write(home, ground.home.position, events, &envelope, &mut sealed)
                .await?,
        );
        let positions = match self.journal.append(&writes).await {
            Ok(positions) => positions,
            Err(AppendError::Conflict) => return Ok(None),
            Err(AppendError::Unavailable(reason)) => return Err(unavailable(&reason)),
            Err(AppendError::Refused(reason)) => return Err(fault(&reason)),
        };
        let Sealed {
            facts,
            stored: events,
        } = sealed;
        let position = positions.last().copied().unwrap_or_default();
        let answer = CommandAnswer {
            command_id: request.id.to_string(),
            position,
            replayed: false,
            events,
        };
        let recorded = facts.into_iter().zip(positions);
        let recorded = recorded.map(|((envelope, event), position)| RecordedEvent {
            position,
            envelope,
            event,
        });
        Ok(Some((answer, recorded.collect())))
    }

    async fn write(
        &self,
        stream: &StreamId,
        expected: u64,
        events: Vec<Event>,
        envelope: &impl Fn(&StreamId, usize) -> Envelope,
        sealed: &mut Sealed,
    ) -> Result<StreamAppend, Problem> {
        let mut written = Vec::with_capacity(events.len());
        for (n, mut event) in events.into_iter().enumerate() {
            let envelope = envelope(stream, n);
            let mut opened = None;
            if event.part().is_some() {
                opened = Some(event.clone());
                let owner = envelope::owner(stream, &event);
                let key = Box::pin(self.keyring.get_or_create(&owner))
                    .await
                    .map_err(|error| problem(&error.into()))?;
                let Some(key) = key else {
                    return Err(erased(&owner));
                };
                let nonce = jejak_journal::nonce().map_err(|error| fault(&error))?;
                envelope::seal(envelope.id, &mut event, &key, nonce);
            }
            let stored = envelope::encode(&envelope, &event).map_err(|error| match error {
                envelope::EncodeError::TooLarge(_) => RequestProblem::TooLarge {
                    limit_bytes: envelope::LARGEST_EVENT as u64,
                }
                .into(),
                envelope::EncodeError::Open(_) => fault(&error),
            })?;
            let payload = stored.get().to_owned().into();
            written.push(NewEvent {
                id: envelope.id,
                topic: event.topic(),
                payload,
            });
            sealed.facts.push((envelope, opened.unwrap_or(event)));
            sealed.stored.push(stored);
        }
        Ok(StreamAppend {
            stream: stream.clone(),
            expected,
            events: written,
        })
    }
}

/// How long to wait after a conflict. On a replicated log the append that came first may still be on its
/// way: its guard refuses others before anyone can load it. Different for each command, so that two do
/// not meet again.
fn pause(attempt: u32, id: &CommandId) -> Duration {
    let mut hasher = DefaultHasher::new();
    (id, attempt).hash(&mut hasher);
    let longest_us = (LEAST_PAUSE_US << attempt.min(16)).min(LONGEST_PAUSE_US);
    Duration::from_micros(longest_us / 2 + hasher.finish() % (longest_us / 2))
}

/// Already in effect: nothing appended, at the position it was seen.
fn unchanged(request: &Request, ground: &Ground) -> CommandAnswer {
    CommandAnswer {
        command_id: request.id.to_string(),
        position: ground.home.position,
        replayed: false,
        events: vec![],
    }
}

fn unavailable(reason: &dyn std::fmt::Display) -> Problem {
    tracing::warn!(%reason, "the log is unavailable");
    RequestProblem::LogUnavailable { retry_after_s: 1 }.into()
}

fn erased(owner: &Owner) -> Problem {
    match owner {
        Owner::Operator(operator_id) => Rejection::OperatorErased {
            operator_id: *operator_id,
        }
        .into(),
        Owner::Officer(_) | Owner::Office => {
            fault(&"the key of the office or an officer is destroyed")
        }
    }
}

fn problem(error: &CommandsError) -> Problem {
    match error {
        CommandsError::Journal(JournalError::Unavailable(reason)) => unavailable(reason),
        other => fault(other),
    }
}
