//! The state of any stream, as the services keep it in memory.

use std::sync::LazyLock;

use crate::{
    Event, RecordedEvent,
    calendar::{Calendar, CalendarState},
    command_log::CommandLog,
    decision::{CommandState, Reads},
    ids::{NikDigest, OperatorId, StreamId},
    nik::{NikState, claim::ClaimState},
    operator::{CurrentNik, OperatorState, Sources, identity::IdentityState},
    package::PackageState,
    secret::TenantKey,
};

/// The state of one stream. Each is boxed, so that a cache of states moves two words.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamState {
    /// The state of a package.
    Package(Box<PackageState>),
    /// The state of a person.
    Operator(Box<OperatorState>),
    /// The state of a citizen number.
    Nik(Box<NikState>),
    /// The state of a calendar year.
    Calendar(Box<CalendarState>),
}

impl StreamState {
    /// The state of a stream that has no events yet.
    pub fn empty(stream: &StreamId) -> Self {
        match stream {
            StreamId::Package(_) => Self::Package(Box::default()),
            StreamId::Operator(_) => Self::Operator(Box::default()),
            StreamId::Nik(_) => Self::Nik(Box::default()),
            StreamId::Calendar(_) => Self::Calendar(Box::default()),
        }
    }

    /// Takes in a recorded event, in order. An event of another kind of stream changes nothing.
    pub fn evolve(&mut self, recorded: &RecordedEvent) {
        match (&mut *self, &recorded.event) {
            (Self::Package(state), Event::Package(event)) => state.apply(event),
            (Self::Operator(state), Event::Operator(event)) => state.apply(event),
            (Self::Nik(state), Event::Nik(event)) => state.apply(event),
            (Self::Calendar(state), Event::Calendar(event)) => state.apply(event),
            (Self::Package(_), Event::Operator(_) | Event::Nik(_) | Event::Calendar(_))
            | (Self::Operator(_), Event::Package(_) | Event::Nik(_) | Event::Calendar(_))
            | (Self::Nik(_), Event::Package(_) | Event::Operator(_) | Event::Calendar(_))
            | (Self::Calendar(_), Event::Package(_) | Event::Operator(_) | Event::Nik(_)) => return,
        }
        let commands = match self {
            Self::Package(state) => &mut state.commands,
            Self::Operator(state) => &mut state.commands,
            Self::Nik(state) => &mut state.commands,
            Self::Calendar(state) => &mut state.commands,
        };
        commands.note(recorded.position, &recorded.envelope.command_id);
    }

    /// The commands that belong to the stream.
    pub fn commands(&self) -> &CommandLog {
        match self {
            Self::Package(state) => &state.commands,
            Self::Operator(state) => &state.commands,
            Self::Nik(state) => &state.commands,
            Self::Calendar(state) => &state.commands,
        }
    }
}

static NO_PACKAGE: LazyLock<PackageState> = LazyLock::new(PackageState::default);

impl<'a> Sources<'a> {
    /// The states that a command reads. `state` finds the state of a stream, and none for one without events.
    pub fn of(
        reads: &Reads,
        calendar: &'a Calendar,
        tenant: &TenantKey,
        state: impl Fn(&StreamId) -> Option<&'a StreamState>,
    ) -> Self {
        let package = reads.package.clone().map(StreamId::Package);
        let find = |id: Option<StreamId>| match id.and_then(|id| state(&id)) {
            Some(StreamState::Package(package)) => &**package,
            Some(StreamState::Operator(_) | StreamState::Nik(_) | StreamState::Calendar(_))
            | None => &*NO_PACKAGE,
        };
        let officers_of = reads.officers_of.iter();
        let officers_of =
            officers_of.map(|id| (id.clone(), find(Some(StreamId::Package(id.clone())))));
        let niks = reads.niks.iter();
        let niks = niks.map(|(first, without_claim)| {
            let current = current_nik(first, *without_claim, tenant, &state);
            (first.clone(), current)
        });
        Self {
            package: find(package),
            officers_of: officers_of.collect(),
            calendar,
            niks: niks.collect(),
        }
    }
}

/// The holding of a citizen number that is not over.
pub(crate) fn current_nik<'a>(
    first: &NikDigest,
    without_claim: OperatorId,
    tenant: &TenantKey,
    state: impl Fn(&StreamId) -> Option<&'a StreamState>,
) -> CurrentNik {
    let identity = match state(&StreamId::Operator(without_claim)) {
        Some(StreamState::Operator(person)) => Some(&person.identity),
        Some(StreamState::Package(_) | StreamState::Nik(_) | StreamState::Calendar(_)) | None => {
            None
        }
    };
    let mut digest = first.clone();
    loop {
        let is_first = digest == *first;
        let claim = state(&StreamId::Nik(digest.clone()));
        let holder = match claim.map_or(ClaimState::Unclaimed, StreamState::claim) {
            ClaimState::Held(holder) => Some(holder),
            ClaimState::Unclaimed => match identity.filter(|_| is_first) {
                Some(IdentityState::Registered(_)) => Some(without_claim),
                // The person was erased before claims existed.
                Some(IdentityState::Erased) => {
                    digest = tenant.next_nik_digest(&digest);
                    continue;
                }
                Some(IdentityState::Unknown) | None => None,
            },
            ClaimState::Released => {
                digest = tenant.next_nik_digest(&digest);
                continue;
            }
        };
        return CurrentNik { digest, holder };
    }
}

impl StreamState {
    /// The claim of a citizen number; unclaimed for another kind of stream.
    pub fn claim(&self) -> ClaimState {
        match self {
            Self::Nik(state) => state.claim,
            Self::Package(_) | Self::Operator(_) | Self::Calendar(_) => ClaimState::Unclaimed,
        }
    }
}

/// A state that [`StreamState`] may hold.
pub(crate) trait OfStream: CommandState {
    /// The id of a stream of this kind.
    fn stream(id: Self::Id) -> StreamId;
    /// The state, where it is of this kind.
    fn of(state: &StreamState) -> Option<&Self>;
    /// The part of all sources that commands on this kind of stream may read.
    fn sources<'s, 'a>(all: &'s Sources<'a>) -> &'s Self::Readable<'a>;
}

impl OfStream for PackageState {
    fn stream(id: Self::Id) -> StreamId {
        StreamId::Package(id)
    }

    fn of(state: &StreamState) -> Option<&Self> {
        match state {
            StreamState::Package(state) => Some(state),
            StreamState::Operator(_) | StreamState::Nik(_) | StreamState::Calendar(_) => None,
        }
    }

    fn sources<'s, 'a>(_: &'s Sources<'a>) -> &'s Self::Readable<'a> {
        &()
    }
}

impl OfStream for OperatorState {
    fn stream(id: Self::Id) -> StreamId {
        StreamId::Operator(id)
    }

    fn of(state: &StreamState) -> Option<&Self> {
        match state {
            StreamState::Operator(state) => Some(state),
            StreamState::Package(_) | StreamState::Nik(_) | StreamState::Calendar(_) => None,
        }
    }

    fn sources<'s, 'a>(all: &'s Sources<'a>) -> &'s Self::Readable<'a> {
        all
    }
}

impl OfStream for NikState {
    fn stream(id: Self::Id) -> StreamId {
        StreamId::Nik(id)
    }

    fn of(state: &StreamState) -> Option<&Self> {
        match state {
            StreamState::Nik(state) => Some(state),
            StreamState::Package(_) | StreamState::Operator(_) | StreamState::Calendar(_) => None,
        }
    }

    fn sources<'s, 'a>(all: &'s Sources<'a>) -> &'s Self::Readable<'a> {
        all
    }
}

impl OfStream for CalendarState {
    fn stream(id: Self::Id) -> StreamId {
        StreamId::Calendar(id)
    }

    fn of(state: &StreamState) -> Option<&Self> {
        match state {
            StreamState::Calendar(state) => Some(state),
            StreamState::Package(_) | StreamState::Operator(_) | StreamState::Nik(_) => None,
        }
    }

    fn sources<'s, 'a>(_: &'s Sources<'a>) -> &'s Self::Readable<'a> {
        &()
    }
}
