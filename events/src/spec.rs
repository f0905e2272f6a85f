//! The words of specs: `given([events]).when(command).then([events])`.
//!
//! A spec stands beside the rule it tests, and its name has the rule's number. Events of any stream may be given. The
//! command finds the state of its own stream and reads the others.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    Command, Decision, DecisionContext, Event, Rejection, Role,
    calendar::{self, Calendar},
    ids::{ActorId, NikDigest, PackageId, StreamId},
    kinds::OfficerRole,
    nik::{NikState, claim},
    operator, package,
    secret::TenantKey,
    stream_state::StreamState,
};

pub(crate) mod examples;

use examples::{PPK, PPTK, assigned, day, operator_id, tenant};

/// The id of a spec's command.
pub(crate) const COMMAND_ID: &str = "spec";

/// The states before the command, its sender and its day.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) package: package::PackageState,
    pub(crate) operator: operator::OperatorState,
    pub(crate) calendar: Calendar,
    pub(crate) niks: BTreeMap<NikDigest, NikState>,
    /// The states of packages besides the one of the spec.
    elsewhere: BTreeMap<PackageId, package::PackageState>,
    today: NaiveDate,
    actor: ActorId,
}

/// The citizen number whose claims a spec gives.
fn example_nik() -> NikDigest {
    tenant().nik_digest(&examples::NIK.parse().expect("the NIK of examples"))
}

/// The states after these events. Today is 31 January 2021 and the ppk asks, unless the spec says otherwise. Both
/// officers are clerks of the package, so that only specs of rule 49 meet that rule.
pub(crate) fn given(events: impl IntoIterator<Item = Event>) -> Given {
    let clerks = [PPK, PPTK].map(|nip| assigned(OfficerRole::Clerk, nip, "1900-01-01", None));
    without_clerks(clerks.into_iter().chain(events))
}

/// The same, without the clerks.
pub(crate) fn without_clerks(events: impl IntoIterator<Item = Event>) -> Given {
    let mut given = Given {
        package: package::PackageState::default(),
        operator: operator::OperatorState::default(),
        calendar: Calendar::default(),
        niks: BTreeMap::new(),
        elsewhere: BTreeMap::new(),
        today: day("2021-01-31"),
        actor: tenant().actor_id(PPK, &[Role::Officer]),
    };
    events.into_iter().for_each(|event| given.evolve(&event));
    given
}

impl Given {
    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Package(event) => self.package.apply(event),
            Event::Operator(event) => self.operator.apply(event),
            Event::Nik(event) => self.niks.entry(example_nik()).or_default().apply(event),
            Event::Calendar(calendar::Event::Holiday(event)) => self.calendar.evolve(event),
        }
    }

    /// Takes in what a command led to. A registered person is the person of the spec from then on.
    fn take_in(&mut self, home: &StreamId, decision: &Decision) {
        decision.package.iter().for_each(|event| self.evolve(event));
        for (stream, event) in &decision.others {
            match (stream, event) {
                (StreamId::Nik(nik), Event::Nik(event)) => {
                    self.niks.entry(nik.clone()).or_default().apply(event);
                }
                (StreamId::Operator(_), event) => {
                    self.operator = operator::OperatorState::default();
                    self.evolve(event);
                }
                other => panic!("no command decides {other:?}"),
            }
        }
        for event in &decision.own {
            match (home, event) {
                (StreamId::Nik(nik), Event::Nik(event)) => {
                    self.niks.entry(nik.clone()).or_default().apply(event);
                }
                (_, event) => self.evolve(event),
            }
        }
    }

    /// The states after one more event.
    pub(crate) fn and(mut self, event: &Event) -> Self {
        self.evolve(event);
        self
    }

    /// The states after a claim of another citizen number than the example's.
    pub(crate) fn with_claim(mut self, nik: &NikDigest, event: &claim::Event) -> Self {
        let state = self.niks.entry(nik.clone()).or_default();
        state.apply(&event.clone().into());
        self
    }

    /// The states of another package after these events.
    pub(crate) fn elsewhere(mut self, id: &str, events: impl IntoIterator<Item = Event>) -> Self {
        let state = self.elsewhere.entry(id.parse().unwrap()).or_default();
        for event in events {
            match event {
                Event::Package(event) => state.apply(&event),
                other => panic!("{other:?} is of no package"),
            }
        }
        self
    }

    /// Sets the civil date on which the command is given.
    pub(crate) fn today(self, today: &str) -> Self {
        Self {
            today: day(today),
            ..self
        }
    }

    /// Sets the sender: the subject of a token with the roles of an officer and an operator.
    pub(crate) fn by(self, sub: &str) -> Self {
        Self {
            actor: tenant().actor_id(sub, &[Role::Officer, Role::Operator]),
            ..self
        }
    }

    /// Decides the command on these states.
    pub(crate) fn when(self, command: Command) -> DecidedCommand {
        let key: TenantKey = tenant();
        let command_id = COMMAND_ID.parse().unwrap();
        let mut streams: BTreeMap<StreamId, StreamState> = BTreeMap::new();
        let person = StreamState::Operator(Box::new(self.operator.clone()));
        streams.insert(StreamId::Operator(operator_id()), person);
        for (nik, state) in &self.niks {
            let state = StreamState::Nik(Box::new(state.clone()));
            streams.insert(StreamId::Nik(nik.clone()), state);
        }
        let home = command.home(&key, |stream| streams.get(stream));
        let state = match &home {
            StreamId::Package(_) => StreamState::Package(Box::new(self.package.clone())),
            StreamId::Operator(_) => StreamState::Operator(Box::new(self.operator.clone())),
            StreamId::Nik(_) => streams
                .get(&home)
                .cloned()
                .unwrap_or_else(|| StreamState::empty(&home)),
            StreamId::Calendar(_) => StreamState::Calendar(Box::new(calendar::CalendarState {
                days: self.calendar.clone(),
                ..Default::default()
            })),
        };
        let context = DecisionContext {
            today: self.today,
            actor: &self.actor,
            tenant: &key,
            command_id: &command_id,
        };
        let reads = command.reads(&state, &key);
        if let Some(id) = &reads.package {
            let package = StreamState::Package(Box::new(self.package.clone()));
            streams.insert(StreamId::Package(id.clone()), package);
        }
        for id in &reads.officers_of {
            let elsewhere = self.elsewhere.get(id);
            let package = elsewhere.unwrap_or(&self.package).clone();
            let package = StreamState::Package(Box::new(package));
            streams.insert(StreamId::Package(id.clone()), package);
        }
        let find = |stream: &StreamId| streams.get(stream);
        let sources = operator::Sources::of(&reads, &self.calendar, &key, find);
        DecidedCommand {
            result: command.decide(&state, &context, &sources),
            before: self,
            home,
        }
    }
}

/// A command with its decision, and the states it was decided on.
pub(crate) struct DecidedCommand {
    result: Result<Decision, Rejection>,
    before: Given,
    home: StreamId,
}

impl DecidedCommand {
    /// Expects these events: the package's, those of other streams, those of the command's own stream. Returns the states after them.
    #[track_caller]
    pub(crate) fn then(self, expected: impl IntoIterator<Item = Event>) -> Given {
        let decision = self.result.expect("the command is accepted");
        let others = decision.others.iter().map(|(_, event)| event.clone());
        let decided = [
            &decision.package[..],
            &others.collect::<Vec<_>>(),
            &decision.own,
        ]
        .concat();
        assert_eq!(decided, expected.into_iter().collect::<Vec<_>>());
        let mut after = self.before;
        after.take_in(&self.home, &decision);
        after
    }

    /// Expects one event or more, of any kind.
    #[track_caller]
    pub(crate) fn then_ok(self) -> Given {
        let decision = self.result.expect("the command is accepted");
        assert!(!decision.is_empty(), "the command changes something");
        let mut after = self.before;
        after.take_in(&self.home, &decision);
        after
    }

    /// Expects a refusal with these numbers.
    #[track_caller]
    pub(crate) fn then_err(self, expected: Rejection) {
        assert_eq!(self.result, Err(expected));
    }

    /// The refusal, if there is one.
    pub(crate) fn refusal(self) -> Option<Rejection> {
        self.result.err()
    }

    /// Expects no events: the command is in effect already.
    #[track_caller]
    pub(crate) fn then_in_effect(self) {
        assert_eq!(self.result, Ok(Decision::default()));
    }
}
