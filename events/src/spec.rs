//! The words of specs: `given([events]).when(command).then([events])`.
//!
//! A spec stands beside the rule it tests, and its name has the rule's number. Events of any stream may be given. The
//! command finds the state of its own stream and reads the others.

use chrono::NaiveDate;

use crate::{
    Command, Decision, DecisionContext, Event, Rejection, Role,
    calendar::{self, Calendar},
    ids::{ActorId, StreamId},
    kinds::OfficerRole,
    operator, package,
    secret::TenantKey,
    stream_state::StreamState,
};

pub(crate) mod examples;

use examples::{PPK, PPTK, assigned, day, tenant};

/// The id of a spec's command.
pub(crate) const COMMAND_ID: &str = "spec";

/// The states before the command, its sender and its day.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) package: package::PackageState,
    pub(crate) operator: operator::OperatorState,
    pub(crate) calendar: Calendar,
    today: NaiveDate,
    actor: ActorId,
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
            Event::Calendar(calendar::Event::Holiday(event)) => self.calendar.evolve(event),
        }
    }

    /// The states after one more event.
    pub(crate) fn and(mut self, event: &Event) -> Self {
        self.evolve(event);
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
        let state = match command.stream_id(&key) {
            StreamId::Package(_) => StreamState::Package(Box::new(self.package.clone())),
            StreamId::Operator(_) => StreamState::Operator(Box::new(self.operator.clone())),
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
        let sources = operator::Sources {
            package: &self.package,
            calendar: &self.calendar,
        };
        DecidedCommand {
            result: command.decide(&state, &context, &sources),
            before: self,
        }
    }
}

/// A command with its decision, and the states it was decided on.
pub(crate) struct DecidedCommand {
    result: Result<Decision, Rejection>,
    before: Given,
}

impl DecidedCommand {
    /// Expects these events, the package's before those of the command's own stream. Returns the states after them.
    #[track_caller]
    pub(crate) fn then(self, expected: impl IntoIterator<Item = Event>) -> Given {
        let decision = self.result.expect("the command is accepted");
        let decided = [decision.package, decision.own].concat();
        assert_eq!(decided, expected.into_iter().collect::<Vec<_>>());
        let mut after = self.before;
        decided.iter().for_each(|event| after.evolve(event));
        after
    }

    /// Expects one event or more, of any kind.
    #[track_caller]
    pub(crate) fn then_ok(self) -> Given {
        let decision = self.result.expect("the command is accepted");
        assert!(!decision.is_empty(), "the command changes something");
        let mut after = self.before;
        [decision.package, decision.own]
            .concat()
            .iter()
            .for_each(|event| after.evolve(event));
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
