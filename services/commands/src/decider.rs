//! Deciding one command: load, decide, append. After a conflict it is decided again, a bounded
//! number of times. A refusal is answered only from states loaded for it.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use chrono::Utc;
use jejak_bus::{CommandAnswer, CreatedIds, Problem, RequestProblem, created_ids};
use jejak_events::{
    Command, Decision, DecisionContext, RecordedEvent, Rejection,
    actor::ActorIdentity,
    calendar::Calendar,
    decision::Reads,
    ids::{ActorId, CommandId, OperatorId, StreamId, TenantId},
    operator::Sources,
    personal::Owner,
    secret::TenantKey,
    stream_state::StreamState,
};
use jejak_journal::{Journal, Keyring};

use crate::{
    append::{Appended, EventAppender},
    config::Config,
    error::{CommandsError, unavailable},
    replay,
    request::Request,
    states::{LoadedState, LoadedStreams, StateCache},
    stream_locks::StreamLocks,
};

/// Tries of a command before it is answered `command.contended`.
const ATTEMPTS: u32 = 32;
/// The first pause after a conflict, in microseconds. It doubles with each further one.
const MIN_PAUSE_US: u64 = 500;
/// The longest pause, in microseconds.
const MAX_PAUSE_US: u64 = 100_000;

/// Decides and appends commands.
pub(crate) struct Decider {
    journal: Journal,
    keyring: Keyring,
    states: Arc<StateCache>,
    tenant: TenantId,
    pub(crate) tenant_key: TenantKey,
    time_zone: chrono_tz::Tz,
    pub(crate) homes: StreamLocks,
    packages: StreamLocks,
}

impl Decider {
    pub(crate) fn new(
        journal: Journal,
        keyring: Keyring,
        states: Arc<StateCache>,
        config: &Config,
    ) -> Self {
        Self {
            journal,
            keyring,
            states,
            tenant: config.tenant.clone(),
            tenant_key: config.tenant_key.clone(),
            time_zone: config.time_zone,
            homes: StreamLocks::new(),
            packages: StreamLocks::new(),
        }
    }

    /// Executes a command once. A second request with the same id gets the first answer again.
    pub(crate) async fn execute(&self, request: &Request) -> Result<CommandAnswer, Problem> {
        let answer = self.decide_and_append(request).await?;
        if let Command::EraseOperator(erase) = &request.command {
            // The event stands before the key is destroyed, so sending the command again mends a
            // crash in between.
            let owner = Owner::Operator(erase.operator_id);
            let destroyed = self.keyring.destroy(&owner).await;
            destroyed.map_err(|error| unavailable(&error))?;
        }
        Ok(answer)
    }

    /// Removes a person from memory, after the commands in hand on that person.
    pub(crate) async fn forget(&self, operator_id: OperatorId) {
        let _lock = self.homes.lock(&StreamId::Operator(operator_id)).await;
        self.states.forget(&operator_id);
    }

    /// The appender of a command's events.
    pub(crate) fn appender<'a>(
        &'a self,
        request: &'a Request,
        actor: &'a ActorId,
        identity: &'a ActorIdentity,
        digest: &'a str,
    ) -> EventAppender<'a> {
        EventAppender {
            journal: &self.journal,
            keyring: &self.keyring,
            tenant: &self.tenant,
            request,
            actor,
            identity,
            digest,
        }
    }

    async fn decide_and_append(&self, request: &Request) -> Result<CommandAnswer, Problem> {
        let stream = request.command.stream_id(&self.tenant_key);
        let identity = request.actor.identity();
        let actor = identity.actor_id(&self.tenant_key);
        let digest = request.command.digest(&request.id, &self.tenant_key);
        let _home_lock = self.homes.lock(&stream).await;
        let mut package_lock = None;
        let mut fresh = false;
        for attempt in 0..ATTEMPTS {
            let mut loaded = self.load(&request.command, &stream, fresh).await?;
            if let Some((id, _)) = &loaded.package
                && request.command.moves_slot()
                && package_lock.is_none()
            {
                // The commands before this one may have changed the package while it waited.
                package_lock = Some(self.packages.lock(&StreamId::Package(id.clone())).await);
                loaded = self.load(&request.command, &stream, fresh).await?;
            }
            if let Some(answer) = self.first_answer(request, &loaded).await? {
                return Ok(answer);
            }
            match self.decide(request, &request.id, &actor, &loaded) {
                Err(rejection) if fresh => return Err(rejection.into()),
                Ok(decision) if decision.is_empty() && fresh => {
                    return Ok(unchanged(request, &loaded));
                }
                Ok(decision) if !decision.is_empty() => {
                    let appender = self.appender(request, &actor, &identity, &digest);
                    if let Some(appended) = appender.append(&loaded, decision).await? {
                        return Ok(self.accept(request, &loaded, appended));
                    }
                    fresh = true;
                    tokio::time::sleep(pause(attempt, &request.id)).await;
                }
                // A refusal, or no event: decided once more on fresh states.
                _ => fresh = true,
            }
        }
        Err(RequestProblem::Contended { attempts: ATTEMPTS }.into())
    }

    /// Adds the appended events to the states in memory, before the caller learns of them.
    fn accept(
        &self,
        request: &Request,
        loaded: &LoadedStreams,
        appended: Appended,
    ) -> CommandAnswer {
        let Appended { recorded, stored } = appended;
        let position = recorded.last().map_or(0, |last| last.position);
        let created = created_ids(recorded.iter().map(|r| (&r.envelope.stream, &r.event)));
        self.states.advance(loaded, &recorded);
        CommandAnswer {
            command_id: request.id.to_string(),
            position: Some(position),
            replayed: false,
            created,
            events: stored,
            leave: None,
        }
    }

    /// The answer of a command that was done before, however long ago (rule 36).
    async fn first_answer(
        &self,
        request: &Request,
        loaded: &LoadedStreams,
    ) -> Result<Option<CommandAnswer>, Problem> {
        let is_same = |recorded: &RecordedEvent| {
            let stored = &recorded.envelope.command_digest;
            request
                .command
                .has_digest(stored, &request.id, &self.tenant_key)
        };
        let reused = || {
            Err(Rejection::CommandKeyReused {
                command_id: request.id.clone(),
            }
            .into())
        };
        let mut last = self.last_event(&request.id, &loaded.home).await?;
        if last.is_none()
            && let Some(elsewhere) = self.used_elsewhere(request, loaded).await?
        {
            // The streams are read one after the other, so only another one may show this command yet.
            let home = self.states.refresh(&loaded.home_stream).await?;
            last = self.last_event(&request.id, &home).await?;
            // Before claims existed, a registration belonged to the stream of the person.
            last = last.or_else(|| Some(elsewhere).filter(is_same));
            if last.is_none() {
                return reused();
            }
        }
        match last {
            None => Ok(None),
            Some(last) if !is_same(&last) => reused(),
            Some(last) => Ok(Some(replay::answer(&self.journal, &last).await?)),
        }
    }

    /// The last event of a command in a stream, if the command was done there.
    async fn last_event(
        &self,
        id: &CommandId,
        stream: &LoadedState,
    ) -> Result<Option<RecordedEvent>, CommandsError> {
        replay::last_event(&self.journal, id, stream.state.commands()).await
    }

    /// The last event of a command of the same id on another stream that this one may change: the
    /// events of both would have the same ids.
    async fn used_elsewhere(
        &self,
        request: &Request,
        loaded: &LoadedStreams,
    ) -> Result<Option<RecordedEvent>, CommandsError> {
        let package = loaded.package.as_ref().map(|(_, package)| package);
        let package = package.filter(|_| request.command.moves_slot());
        let mut latest: Option<RecordedEvent> = None;
        for stream in package.into_iter().chain(loaded.others.values()) {
            let last = self.last_event(&request.id, stream).await?;
            let position = |event: &Option<RecordedEvent>| event.as_ref().map(|e| e.position);
            if position(&last) > position(&latest) {
                latest = last;
            }
        }
        Ok(latest)
    }

    /// Loads the streams of a decision, from memory or with the leader's word.
    pub(crate) async fn load(
        &self,
        command: &Command,
        stream: &StreamId,
        fresh: bool,
    ) -> Result<LoadedStreams, CommandsError> {
        let mut others = BTreeMap::new();
        let (home_stream, home) = match stream {
            StreamId::Nik(_) => {
                // The holding that is not over is known once the earlier ones are read.
                let reads = command.reads(&StreamState::empty(stream), &self.tenant_key);
                self.load_niks(&reads, fresh, &mut others).await?;
                let found = |id: &StreamId| others.get(id).map(|loaded| &loaded.state);
                let home = command.home(&self.tenant_key, found);
                let loaded = others.remove(&home);
                let loaded = match loaded {
                    Some(loaded) => loaded,
                    None => self.state(&home, fresh).await?,
                };
                (home, loaded)
            }
            StreamId::Operator(_) | StreamId::Package(_) | StreamId::Calendar(_) => {
                let home = self.state(stream, fresh).await?;
                let reads = command.reads(&home.state, &self.tenant_key);
                self.load_niks(&reads, fresh, &mut others).await?;
                (stream.clone(), home)
            }
        };
        let reads = command.reads(&home.state, &self.tenant_key);
        let package = match reads.package {
            Some(id) => Some((id.clone(), self.state(&StreamId::Package(id), fresh).await?)),
            None => None,
        };
        let mut officers_of = BTreeMap::new();
        for id in reads.officers_of {
            let package = self.state(&StreamId::Package(id.clone()), fresh).await?;
            officers_of.insert(id, package);
        }
        for year in reads.years {
            self.state(&StreamId::Calendar(year), fresh).await?;
        }
        Ok(LoadedStreams {
            home_stream,
            home,
            package,
            others,
            officers_of,
        })
    }

    /// Loads every holding of citizen numbers, up to the one that is not over.
    async fn load_niks(
        &self,
        reads: &Reads,
        fresh: bool,
        others: &mut BTreeMap<StreamId, Arc<LoadedState>>,
    ) -> Result<(), CommandsError> {
        for (first, without_claim) in &reads.niks {
            for stream in [
                StreamId::Nik(first.clone()),
                StreamId::Operator(*without_claim),
            ] {
                let state = self.state(&stream, fresh).await?;
                others.insert(stream, state);
            }
        }
        let calendar = Calendar::default();
        loop {
            let found = |id: &StreamId| others.get(id).map(|loaded| &loaded.state);
            let sources = Sources::of(reads, &calendar, &self.tenant_key, found);
            let current = sources.niks.into_values();
            let streams = current.map(|current| StreamId::Nik(current.digest));
            let unread: Vec<_> = streams.filter(|id| !others.contains_key(id)).collect();
            if unread.is_empty() {
                return Ok(());
            }
            for stream in unread {
                let state = self.state(&stream, fresh).await?;
                others.insert(stream, state);
            }
        }
    }

    /// The declared days, those of a year as the log's leader knows them.
    pub(crate) async fn calendar_of(&self, year: i32) -> Result<Arc<Calendar>, CommandsError> {
        self.state(&StreamId::Calendar(year), true).await?;
        Ok(self.states.calendar())
    }

    async fn state(
        &self,
        stream: &StreamId,
        fresh: bool,
    ) -> Result<Arc<LoadedState>, CommandsError> {
        if fresh {
            self.states.refresh(stream).await
        } else {
            self.states.get(stream).await
        }
    }

    /// Decides a command on loaded states.
    pub(crate) fn decide(
        &self,
        request: &Request,
        command_id: &CommandId,
        actor: &ActorId,
        loaded: &LoadedStreams,
    ) -> Result<Decision, Rejection> {
        let calendar = self.states.calendar();
        let context = DecisionContext {
            today: Utc::now().with_timezone(&self.time_zone).date_naive(),
            actor,
            tenant: &self.tenant_key,
            command_id,
        };
        let reads = request.command.reads(&loaded.home.state, &self.tenant_key);
        let sources = Sources::of(&reads, &calendar, &self.tenant_key, |stream| {
            loaded.get(stream).map(|loaded| &loaded.state)
        });
        request
            .command
            .decide(&loaded.home.state, &context, &sources)
    }
}

/// The pause after a conflict. On a replicated log the append that came first may still be in
/// flight: its guard refuses others before any load shows it. The pause depends on the command, so
/// that two do not meet again.
fn pause(attempt: u32, id: &CommandId) -> Duration {
    let mut hasher = DefaultHasher::new();
    (id, attempt).hash(&mut hasher);
    let longest_us = (MIN_PAUSE_US << attempt.min(16)).min(MAX_PAUSE_US);
    Duration::from_micros(longest_us / 2 + hasher.finish() % (longest_us / 2))
}

/// The answer to a command already in effect: no event, and the position of its home.
fn unchanged(request: &Request, loaded: &LoadedStreams) -> CommandAnswer {
    CommandAnswer {
        command_id: request.id.to_string(),
        position: Some(loaded.home.position),
        replayed: false,
        created: CreatedIds::default(),
        events: vec![],
        leave: None,
    }
}
