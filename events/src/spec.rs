//! The words specs are written in: `given([facts]).when(command).then([facts])`.
//!
//! A spec stands beside the rule it tests and is named after its number in domain.md. DecisionContext of any
//! stream may be given; the command finds the state of its own, and reads the others.

use chrono::NaiveDate;

use crate::{
    Command, Decision, DecisionContext, Event, Rejection,
    calendar::{self, Calendar},
    ids::{ActorId, StreamId},
    operator, package,
    secret::TenantKey,
    stream_state::StreamState,
};

pub(crate) mod facts;

use facts::{PPK, day, tenant};

/// The id of a spec's command.
pub(crate) const COMMAND_ID: &str = "spec";

/// What holds before the command: facts of the package, the person and the calendar, and who asks
/// when.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) package: package::PackageState,
    pub(crate) operator: operator::OperatorState,
    pub(crate) calendar: Calendar,
    today: NaiveDate,
    actor: ActorId,
}

/// The facts before; today is 31 January 2021 and the ppk asks, unless the spec says otherwise.
pub(crate) fn given(facts: impl IntoIterator<Item = Event>) -> Given {
    let mut given = Given {
        package: package::PackageState::default(),
        operator: operator::OperatorState::default(),
        calendar: Calendar::default(),
        today: day("2021-01-31"),
        actor: tenant().actor_id(PPK),
    };
    facts.into_iter().for_each(|fact| given.evolve(&fact));
    given
}

impl Given {
    fn evolve(&mut self, fact: &Event) {
        match fact {
            Event::Package(fact) => self.package.apply(fact),
            Event::Operator(fact) => self.operator.apply(fact),
            Event::Calendar(calendar::Event::Holiday(fact)) => self.calendar.evolve(fact),
        }
    }

    /// One fact more.
    pub(crate) fn and(mut self, fact: &Event) -> Self {
        self.evolve(fact);
        self
    }

    /// On which civil date the command is given.
    pub(crate) fn today(self, today: &str) -> Self {
        Self {
            today: day(today),
            ..self
        }
    }

    /// Who gives it: the `sub` of a token.
    pub(crate) fn by(self, sub: &str) -> Self {
        Self {
            actor: tenant().actor_id(sub),
            ..self
        }
    }

    /// Decides the command.
    pub(crate) fn when(self, command: Command) -> Outcome {
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
        Outcome {
            result: command.decide(&state, &context, &sources),
            before: self,
        }
    }
}

/// What the command led to.
pub(crate) struct Outcome {
    result: Result<Decision, Rejection>,
    before: Given,
}

impl Outcome {
    /// These facts, the package's before those of the command's own stream. What holds then is
    /// returned, so that a story can go on.
    #[track_caller]
    pub(crate) fn then(self, expected: impl IntoIterator<Item = Event>) -> Given {
        let decision = self.result.expect("the command is accepted");
        let decided = [decision.package, decision.own].concat();
        assert_eq!(decided, expected.into_iter().collect::<Vec<_>>());
        let mut after = self.before;
        decided.iter().for_each(|fact| after.evolve(fact));
        after
    }

    /// Accepted, with facts that do not matter here.
    #[track_caller]
    pub(crate) fn then_ok(self) -> Given {
        let decision = self.result.expect("the command is accepted");
        assert!(!decision.is_empty(), "the command changes something");
        let mut after = self.before;
        [decision.package, decision.own]
            .concat()
            .iter()
            .for_each(|fact| after.evolve(fact));
        after
    }

    /// Refused, with these numbers.
    #[track_caller]
    pub(crate) fn then_err(self, expected: Rejection) {
        assert_eq!(self.result, Err(expected));
    }

    /// Why it was refused, if it was.
    pub(crate) fn refusal(self) -> Option<Rejection> {
        self.result.err()
    }

    /// Accepted and already so: nothing to record.
    #[track_caller]
    pub(crate) fn then_in_effect(self) {
        assert_eq!(self.result, Ok(Decision::default()));
    }
}
