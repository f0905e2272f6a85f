//! States in memory, each with the position of its last event. People are cached up to a bound.
//! Packages and calendars are few and most decisions read them, so all of them are kept and
//! followed live.
//!
//! A stale state of a written stream is harmless: the guard refuses the decision. No guard covers a
//! stream that a decision only reads, such as a calendar. The events of another replica arrive
//! there within moments, and a decision before that counts as made a moment earlier. A refusal is
//! decided again on fresh states before it is answered.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use jejak_events::{
    RecordedEvent,
    calendar::Calendar,
    ids::{OperatorId, PackageId, StreamId},
    stream_state::StreamState,
};
use jejak_journal::{Journal, JournalError, Keyring, LogEntry};
use quick_cache::sync::Cache;

use crate::error::CommandsError;

/// A stream's state after its last loaded event.
#[derive(Debug, Clone)]
pub(crate) struct LoadedState {
    pub(crate) state: StreamState,
    /// The position of that event, or of a message in quarantine after it; 0 for an empty stream.
    pub(crate) position: u64,
}

impl LoadedState {
    /// The state of a stream without events.
    fn empty(stream: &StreamId) -> Self {
        Self {
            state: StreamState::empty(stream),
            position: 0,
        }
    }
}

/// The streams of a decision: the command's home, its package, and others.
pub(crate) struct LoadedStreams {
    pub(crate) home_stream: StreamId,
    pub(crate) home: Arc<LoadedState>,
    pub(crate) package: Option<(PackageId, Arc<LoadedState>)>,
    /// Holdings of citizen numbers, and people registered under one without a claim.
    pub(crate) others: BTreeMap<StreamId, Arc<LoadedState>>,
    /// Further packages that the decision reads and never writes: those whose officers may act.
    pub(crate) officers_of: BTreeMap<PackageId, Arc<LoadedState>>,
}

impl LoadedStreams {
    /// The loaded state of a stream; none where it was not loaded, since it is new.
    pub(crate) fn get(&self, stream: &StreamId) -> Option<&Arc<LoadedState>> {
        if *stream == self.home_stream {
            return Some(&self.home);
        }
        match stream {
            StreamId::Package(id) => {
                let package = self.package.as_ref().filter(|(loaded, _)| loaded == id);
                let package = package.map(|(_, state)| state);
                package.or_else(|| self.officers_of.get(id))
            }
            StreamId::Operator(_) | StreamId::Nik(_) | StreamId::Calendar(_) => {
                self.others.get(stream)
            }
        }
    }

    /// The position of the last event of a stream; 0 for a new one.
    pub(crate) fn position(&self, stream: &StreamId) -> u64 {
        self.get(stream).map_or(0, |state| state.position)
    }
}

/// A position of a stream with its event; without one for a message in quarantine.
type ReadMessage = (u64, Option<RecordedEvent>);

/// The states in memory.
pub(crate) struct StateCache {
    journal: Journal,
    keyring: Keyring,
    people: Cache<OperatorId, Arc<LoadedState>>,
    shared: RwLock<SharedStates>,
}

/// Packages and calendars.
#[derive(Default)]
struct SharedStates {
    streams: HashMap<StreamId, Arc<LoadedState>>,
    /// The declared days of all calendars.
    calendar: Arc<Calendar>,
}

impl StateCache {
    pub(crate) fn new(journal: Journal, keyring: Keyring, capacity: usize) -> Self {
        Self {
            journal,
            keyring,
            people: Cache::new(capacity),
            shared: RwLock::default(),
        }
    }

    /// The state in memory, or a loaded one. It may lack the last events, but no event in between.
    pub(crate) async fn get(&self, stream: &StreamId) -> Result<Arc<LoadedState>, CommandsError> {
        match self.cached(stream) {
            Some(cached) => Ok(cached),
            None => self.load(stream).await,
        }
    }

    async fn load(&self, stream: &StreamId) -> Result<Arc<LoadedState>, CommandsError> {
        let events = match stream {
            // An append to this stream comes next, and its guard refuses an old state.
            StreamId::Operator(_) | StreamId::Nik(_) => self.journal.load_prefix(stream).await?,
            StreamId::Package(_) | StreamId::Calendar(_) => self.journal.load(stream, 0).await?,
        };
        self.extend(stream, None, self.read(&events)).await
    }

    /// The state with every event that the leader of the log has now.
    pub(crate) async fn refresh(
        &self,
        stream: &StreamId,
    ) -> Result<Arc<LoadedState>, CommandsError> {
        let cached = self.cached(stream);
        let after = cached.as_ref().map_or(0, |cached| cached.position);
        match self.journal.load_since(stream, after).await {
            // The log was cut short, or a new leader does not show all of it yet. The state that it
            // shows is a prefix in both cases.
            Err(JournalError::Diverged { .. }) => {
                if let StreamId::Operator(id) = stream {
                    self.forget(id);
                }
                let all = self.journal.load(stream, 0).await?;
                self.extend(stream, None, self.read(&all)).await
            }
            later => self.extend(stream, cached, self.read(&later?)).await,
        }
    }

    /// Removes a person from memory.
    pub(crate) fn forget(&self, operator_id: &OperatorId) {
        self.people.remove(operator_id);
    }

    /// The declared days of all loaded calendars.
    pub(crate) fn calendar(&self) -> Arc<Calendar> {
        self.shared
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .calendar
            .clone()
    }

    /// Adds an event of a package or calendar.
    pub(crate) async fn take_in(&self, recorded: &RecordedEvent) -> Result<(), CommandsError> {
        let stream = recorded.envelope.stream.clone();
        let later = [Ok((recorded.position, Some(recorded.clone())))];
        self.extend(&stream, self.cached(&stream), later)
            .await
            .map(|_| ())
    }

    /// Reads messages of a stream, one after the other.
    fn read(
        &self,
        entries: &[LogEntry],
    ) -> impl Iterator<Item = Result<ReadMessage, CommandsError>> {
        let read = |entry: &LogEntry| Ok((entry.stored.position, self.journal.event(entry)?));
        entries.iter().map(read)
    }

    /// Adds later events to a state and caches the result. Events that the state holds already
    /// change nothing.
    ///
    /// The caller passes the state, because the cache may have dropped it meanwhile; added to an
    /// empty state, later events would make a wrong one.
    async fn extend(
        &self,
        stream: &StreamId,
        base: Option<Arc<LoadedState>>,
        later: impl IntoIterator<Item = Result<ReadMessage, CommandsError>>,
    ) -> Result<Arc<LoadedState>, CommandsError> {
        let empty = || LoadedState::empty(stream);
        let position = base.as_ref().map_or(0, |base| base.position);
        let mut next = None;
        for message in later {
            let (at, recorded) = message?;
            if at <= position {
                continue;
            }
            let next = next.get_or_insert_with(|| base.as_deref().cloned().unwrap_or_else(empty));
            if let Some(mut recorded) = recorded {
                self.keyring.open(&mut recorded).await?;
                next.state.evolve(&recorded);
            }
            // The guard of the next append counts a message in quarantine, too.
            next.position = at;
        }
        match (next, base) {
            (None, Some(base)) => Ok(base),
            (next, _) => Ok(self.keep(stream, next.unwrap_or_else(empty))),
        }
    }

    /// Adds the events of a command to the states that it was decided on. They need neither the log
    /// nor a key, and the caller's next command finds them here.
    pub(crate) fn advance(&self, loaded: &LoadedStreams, appended: &[RecordedEvent]) {
        for events in appended.chunk_by(|a, b| a.envelope.stream == b.envelope.stream) {
            let stream = &events[0].envelope.stream;
            let base = loaded.get(stream);
            let mut next = base.map_or_else(|| LoadedState::empty(stream), |base| (**base).clone());
            for recorded in events {
                next.state.evolve(recorded);
                next.position = recorded.position;
            }
            self.keep(stream, next);
        }
    }

    fn cached(&self, stream: &StreamId) -> Option<Arc<LoadedState>> {
        match stream {
            StreamId::Operator(id) => self.people.get(id),
            // A citizen number is asked for once in a person's time.
            StreamId::Nik(_) => None,
            StreamId::Package(_) | StreamId::Calendar(_) => self
                .shared
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .streams
                .get(stream)
                .cloned(),
        }
    }

    /// Caches a state unless the cached one has more events.
    fn keep(&self, stream: &StreamId, next: LoadedState) -> Arc<LoadedState> {
        let next = Arc::new(next);
        if next.position == 0 {
            return next;
        }
        let is_later = |cached: &Arc<LoadedState>| cached.position >= next.position;
        match stream {
            StreamId::Operator(id) => {
                if !self.people.get(id).as_ref().is_some_and(is_later) {
                    self.people.insert(*id, next.clone());
                }
                return next;
            }
            StreamId::Nik(_) => return next,
            StreamId::Package(_) | StreamId::Calendar(_) => {}
        }
        let mut shared = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(cached) = shared.streams.get(stream).filter(|cached| is_later(cached)) {
            return cached.clone();
        }
        if let (StreamId::Calendar(year), StreamState::Calendar(state)) = (stream, &next.state) {
            Arc::make_mut(&mut shared.calendar).replace_year(*year, &state.days);
        }
        shared.streams.insert(stream.clone(), next.clone());
        next
    }
}
