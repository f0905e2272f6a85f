//! States in memory, each with the position of the last event in it. People are cached up to a bound;
//! packages and calendars are few, read by most decisions, and followed live.
//!
//! A stale state of a stream that is written is harmless: the guard refuses what was decided on it. No
//! guard covers what a decision only reads, officers and calendars above all. What another replica has just
//! appended there is known here as soon as it arrives; a decision made before that is as if it had been
//! made a moment earlier. A refusal is never answered from such a state: it is decided again on fresh ones.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use jejak_events::{
    RecordedEvent,
    calendar::Calendar,
    commands::StreamState,
    ids::{OperatorId, PackageId, StreamId},
};
use jejak_journal::{Journal, JournalError, Keyring, StoredEvent};
use quick_cache::sync::Cache;

use crate::{CommandsError, decode};

/// A state and how far it goes.
#[derive(Debug, Clone)]
pub(crate) struct Versioned {
    pub(crate) state: StreamState,
    /// Position of the stream's last event in it; 0 for an empty stream.
    pub(crate) position: u64,
}

/// What a decision is made on.
pub(crate) struct Ground {
    pub(crate) home: Arc<Versioned>,
    pub(crate) package: Option<(PackageId, Arc<Versioned>)>,
}

pub(crate) struct States {
    journal: Journal,
    keyring: Keyring,
    people: Cache<OperatorId, Arc<Versioned>>,
    shared: RwLock<Shared>,
}

#[derive(Default)]
struct Shared {
    streams: HashMap<StreamId, Arc<Versioned>>,
    calendar: Arc<Calendar>,
}

impl States {
    pub(crate) fn new(journal: Journal, keyring: Keyring, capacity: usize) -> Self {
        Self {
            journal,
            keyring,
            people: Cache::new(capacity),
            shared: RwLock::default(),
        }
    }

    /// The state as it is in memory, or loaded: perhaps not the last one, but one that was.
    pub(crate) async fn get(&self, stream: &StreamId) -> Result<Arc<Versioned>, CommandsError> {
        match self.known(stream) {
            Some(known) => Ok(known),
            // Boxed, since every command would carry room for what few need.
            None => Box::pin(self.load(stream)).await,
        }
    }

    async fn load(&self, stream: &StreamId) -> Result<Arc<Versioned>, CommandsError> {
        let events = match stream {
            // Who is asked for here is written next, under a guard.
            StreamId::Operator(_) => self.journal.load_prefix(stream).await?,
            StreamId::Package(_) | StreamId::Calendar(_) => self.journal.load(stream, 0).await?,
        };
        self.extend(stream, None, events.iter().map(decode)).await
    }

    /// The state with everything the leader of the log has now.
    pub(crate) async fn refresh(&self, stream: &StreamId) -> Result<Arc<Versioned>, CommandsError> {
        let known = self.known(stream);
        let after = known.as_ref().map_or(0, |known| known.position);
        match self.journal.load_since(stream, after).await {
            // What is in memory is more than the log has: it was cut short, or a new leader does not show
            // all of it yet. What it shows is a state that was.
            Err(JournalError::Diverged { .. }) => {
                if let StreamId::Operator(id) = stream {
                    self.forget(id);
                }
                let all = self.journal.load(stream, 0).await?;
                self.extend(stream, None, all.iter().map(decode)).await
            }
            later => self.extend(stream, known, later?.iter().map(decode)).await,
        }
    }

    /// Keeps nothing of a person in memory.
    pub(crate) fn forget(&self, operator_id: &OperatorId) {
        self.people.remove(operator_id);
    }

    /// All declared days in memory.
    pub(crate) fn calendar(&self) -> Arc<Calendar> {
        self.shared
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .calendar
            .clone()
    }

    /// Takes in an event of a followed stream.
    pub(crate) async fn take_in(&self, stored: &StoredEvent) -> Result<(), CommandsError> {
        let recorded = decode(stored)?;
        let stream = recorded.envelope.stream.clone();
        self.extend(&stream, self.known(&stream), [Ok(recorded)])
            .await
            .map(|_| ())
    }

    /// Adds the events that follow a state to it, and keeps the result. The state they follow is given, not
    /// looked up: by then it may have left the cache, and on an empty one they would make a wrong state.
    /// Those it has already change nothing.
    pub(crate) async fn extend(
        &self,
        stream: &StreamId,
        base: Option<Arc<Versioned>>,
        later: impl IntoIterator<Item = Result<RecordedEvent, CommandsError>>,
    ) -> Result<Arc<Versioned>, CommandsError> {
        let empty = || Versioned {
            state: StreamState::empty(stream),
            position: 0,
        };
        let position = base.as_ref().map_or(0, |known| known.position);
        let mut next = None;
        for recorded in later {
            let mut recorded = recorded?;
            if recorded.position <= position {
                continue;
            }
            let next = next.get_or_insert_with(|| base.as_deref().cloned().unwrap_or_else(empty));
            self.open(&mut recorded).await?;
            next.state.evolve(&recorded);
            next.position = recorded.position;
        }
        let next = match (next, &base) {
            (Some(next), _) => next,
            (None, Some(known)) => return Ok(known.clone()),
            (None, None) => empty(),
        };
        // A copy takes exactly what it needs, in a few pieces; what grew event by event leaves holes.
        Ok(self.keep(
            stream,
            Arc::new(if base.is_none() { next.clone() } else { next }),
        ))
    }

    /// Adds events that were just appended to the state they were decided on. A person's is taken out of the
    /// cache meanwhile, so that it need not be copied: nobody else uses it, since commands of one stream take
    /// turns. A package's or a calendar's is copied: commands of other streams read it all the while.
    pub(crate) fn advance(&self, base: Arc<Versioned>, appended: Vec<RecordedEvent>) {
        let Some(stream) = appended
            .first()
            .map(|recorded| recorded.envelope.stream.clone())
        else {
            return;
        };
        if let StreamId::Operator(id) = &stream {
            self.people.remove(id);
        }
        let mut next = Arc::unwrap_or_clone(base);
        for recorded in appended {
            next.state.evolve(&recorded);
            next.position = recorded.position;
        }
        self.keep(&stream, Arc::new(next));
    }

    async fn open(&self, recorded: &mut RecordedEvent) -> Result<(), JournalError> {
        self.keyring.open(recorded).await
    }

    fn known(&self, stream: &StreamId) -> Option<Arc<Versioned>> {
        match stream {
            StreamId::Operator(id) => self.people.get(id),
            StreamId::Package(_) | StreamId::Calendar(_) => self
                .shared
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .streams
                .get(stream)
                .cloned(),
        }
    }

    /// Keeps whichever goes further.
    fn keep(&self, stream: &StreamId, next: Arc<Versioned>) -> Arc<Versioned> {
        if let StreamId::Operator(id) = stream {
            if self
                .people
                .get(id)
                .is_none_or(|known| known.position < next.position)
                && next.position > 0
            {
                self.people.insert(*id, next.clone());
            }
            return next;
        }
        let mut shared = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        match shared.streams.get(stream) {
            Some(known) if known.position >= next.position => return known.clone(),
            _ if next.position == 0 => return next,
            _ => {}
        }
        if let (StreamId::Calendar(year), StreamState::Calendar(state)) = (stream, &next.state) {
            Arc::make_mut(&mut shared.calendar).replace_year(*year, &state.days);
        }
        shared.streams.insert(stream.clone(), next.clone());
        next
    }
}
