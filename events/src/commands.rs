//! Every command there is: its name, its body, the stream it belongs to, and its decision.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    DecisionContext, Event, RecordedEvent, Rejection,
    calendar::{self, holiday},
    date::Month,
    ids::{PackageId, StreamId},
    operator::{self, appraisal, contract, evaluation, identity, leave},
    package::{self, officer, terms},
    secret::TenantKey,
    text::Object,
};

mod log;

pub use log::CommandLog;

/// What a command's name and body take, in bytes, nearly always.
const ROOM_OF_TEXT: usize = 1024;

/// A body that is not the command its name says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct Malformed {
    /// Path of the field, `.` for the body as a whole.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident($body:ty) = $text:literal),+ $(,)?) => {
        /// What someone wants done (api.md, Commands).
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum Command {
            $($(#[$doc])* $name($body),)+
        }

        impl Command {
            /// The names of all commands, in the order of api.md.
            pub const NAMES: &'static [&'static str] = &[$($text),+];

            /// Its name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $text,)+ }
            }

            /// Reads the body of the command `name`; `None` if there is no such command.
            pub fn parse(name: &str, body: &[u8]) -> Option<Result<Self, Malformed>> {
                match name {
                    $($text => Some(parse::<$body>(body).map(Self::$name)),)+
                    _ => None,
                }
            }

            /// The JSON Schema of every command's body, by name.
            pub fn schemas() -> Vec<(&'static str, utoipa::openapi::RefOr<utoipa::openapi::Schema>)> {
                vec![$(($text, <$body as utoipa::PartialSchema>::schema()),)+]
            }

            /// The schemas that those refer to, by name.
            pub fn referenced_schemas() -> Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)> {
                let mut schemas = Vec::new();
                $(<$body as utoipa::ToSchema>::schemas(&mut schemas);)+
                schemas
            }
        }
    };
}

commands! {
    /// Publish the terms of a package.
    PublishTerms(terms::Publish) = "publish-terms",
    /// Replace parts of them.
    AmendTerms(terms::Amend) = "amend-terms",
    /// Assign an officer.
    AssignOfficer(officer::Assign) = "assign-officer",
    /// End an assignment.
    ReleaseOfficer(officer::Release) = "release-officer",
    /// Register a person.
    RegisterOperator(identity::Register) = "register-operator",
    /// Correct particulars.
    CorrectOperator(identity::Correct) = "correct-operator",
    /// Hire a person.
    HireOperator(contract::hire::Hire) = "hire-operator",
    /// Change end or money.
    AmendContract(contract::change::Amend) = "amend-contract",
    /// End a contract early.
    TerminateContract(contract::change::Terminate) = "terminate-contract",
    /// Take back a contract that was a mistake.
    VoidContract(contract::change::Void) = "void-contract",
    /// Issue a warning.
    IssueWarning(contract::change::Warn) = "issue-warning",
    /// Record leave.
    RecordLeave(leave::Record) = "record-leave",
    /// Take leave back.
    CancelLeave(leave::Cancel) = "cancel-leave",
    /// Record a day missed.
    RecordAbsence(leave::RecordAbsence) = "record-absence",
    /// Submit a month's appraisal.
    SubmitMonthlyAppraisal(appraisal::Submit) = "submit-monthly-appraisal",
    /// Correct it.
    CorrectMonthlyAppraisal(appraisal::Correct) = "correct-monthly-appraisal",
    /// Leave a month out of the mean.
    WaiveMonth(appraisal::Waive) = "waive-month",
    /// Propose the evaluation.
    ProposeEvaluation(evaluation::Sign) = "propose-evaluation",
    /// Make it final.
    FinalizeEvaluation(evaluation::Sign) = "finalize-evaluation",
    /// Reopen it.
    ReopenEvaluation(evaluation::Reopen) = "reopen-evaluation",
    /// Declare a day off.
    DeclareHoliday(holiday::Decree) = "declare-holiday",
    /// Take a declared day back.
    RevokeHoliday(holiday::Decree) = "revoke-holiday",
    /// Erase a person.
    EraseOperator(identity::Erase) = "erase-operator",
}

fn parse<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, Malformed> {
    match serde_json::from_slice(body) {
        Ok(Object(parsed)) => Ok(parsed),
        // Where it went wrong is kept track of only now that it did.
        Err(_) => parse_with_path(body),
    }
}

fn parse_with_path<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, Malformed> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let parsed: Result<Object<T>, _> = serde_path_to_error::deserialize(&mut deserializer);
    let Object(parsed) = parsed.map_err(|error| Malformed {
        // Where the text is no JSON at all, there is no path but the whole.
        path: Some(error.path().to_string())
            .filter(|path| path != "?")
            .unwrap_or_else(|| ".".to_owned()),
        reason: error.inner().to_string(),
    })?;
    let rest = deserializer.end();
    rest.map_err(|error| Malformed {
        path: ".".to_owned(),
        reason: error.to_string(),
    })?;
    Ok(parsed)
}

/// The outcome of a decision. Both parts are appended in one atomic step, or neither.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decision {
    /// DecisionContext of the package whose slot moves with a contract.
    pub package: Vec<Event>,
    /// DecisionContext of the stream the command belongs to.
    pub home: Vec<Event>,
}

impl Decision {
    fn home<E: Into<Event>>(events: Vec<E>) -> Self {
        Self {
            package: vec![],
            home: events.into_iter().map(Into::into).collect(),
        }
    }

    fn both(package: package::slot::Event, home: Vec<operator::Event>) -> Self {
        let home = home.into_iter().map(Event::Operator).collect();
        Self {
            package: vec![package.into()],
            home,
        }
    }

    /// Whether all of it is already in effect.
    pub fn is_empty(&self) -> bool {
        self.package.is_empty() && self.home.is_empty()
    }
}

/// The state of the stream a command belongs to.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamState {
    /// A package.
    Package(Box<package::PackageState>),
    /// A person.
    Operator(Box<operator::OperatorState>),
    /// A year. In a piece of its own, as all are: where a state is held it takes two words.
    Calendar(Box<calendar::CalendarState>),
}

impl StreamState {
    /// The state of an empty stream.
    pub fn empty(stream: &StreamId) -> Self {
        match stream {
            StreamId::Package(_) => Self::Package(Box::default()),
            StreamId::Operator(_) => Self::Operator(Box::default()),
            StreamId::Calendar(_) => Self::Calendar(Box::default()),
        }
    }

    /// Takes in a recorded event, in order. An event of another kind of stream changes nothing.
    pub fn evolve(&mut self, recorded: &RecordedEvent) {
        match self {
            Self::Package(state) => state.evolve(recorded),
            Self::Operator(state) => state.evolve(recorded),
            Self::Calendar(state) => state.evolve(recorded),
        }
    }

    /// The commands that belong to the stream.
    pub fn commands(&self) -> &CommandLog {
        match self {
            Self::Package(state) => &state.commands,
            Self::Operator(state) => &state.commands,
            Self::Calendar(state) => &state.commands,
        }
    }
}

/// What a command reads outside the stream it belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// The package.
    pub package: Option<PackageId>,
    /// Years of the calendar.
    pub years: BTreeSet<i32>,
}

impl Command {
    /// The name as a static text, if there is such a command.
    pub fn static_name(name: &str) -> Option<&'static str> {
        Self::NAMES.iter().find(|known| **known == name).copied()
    }

    /// Whether only the office's administration may give it (api.md, Identity).
    pub fn admin_only(name: &str) -> bool {
        let admin = [
            "publish-terms",
            "amend-terms",
            "assign-officer",
            "release-officer",
            "declare-holiday",
            "revoke-holiday",
            "erase-operator",
        ];
        admin.contains(&name)
    }

    /// The digest that tells whether an id comes with the same command again.
    pub fn digest(&self, tenant: &TenantKey) -> String {
        let mut text = Vec::with_capacity(ROOM_OF_TEXT);
        text.extend_from_slice(self.name().as_bytes());
        text.push(b'\n');
        serde_json::to_writer(&mut text, self).expect("commands are plain data");
        tenant.digest(&text)
    }

    /// The stream it belongs to, where its id is remembered for good (rule 36).
    pub fn home(&self, tenant: &TenantKey) -> StreamId {
        use StreamId::{Calendar, Operator, Package};
        match self {
            Self::PublishTerms(command) => Package(command.package_id.clone()),
            Self::AmendTerms(command) => Package(command.package_id.clone()),
            Self::AssignOfficer(command) => Package(command.package_id.clone()),
            Self::ReleaseOfficer(command) => Package(command.package_id.clone()),
            Self::RegisterOperator(command) => Operator(tenant.operator_id(&command.nik)),
            Self::CorrectOperator(command) => Operator(command.operator_id),
            Self::HireOperator(command) => Operator(command.operator_id),
            Self::AmendContract(command) => Operator(command.operator_id),
            Self::TerminateContract(command) => Operator(command.operator_id),
            Self::VoidContract(command) => Operator(command.operator_id),
            Self::IssueWarning(command) => Operator(command.operator_id),
            Self::RecordLeave(command) => Operator(command.operator_id),
            Self::CancelLeave(command) => Operator(command.operator_id),
            Self::RecordAbsence(command) => Operator(command.operator_id),
            Self::SubmitMonthlyAppraisal(command) => Operator(command.operator_id),
            Self::CorrectMonthlyAppraisal(command) => Operator(command.operator_id),
            Self::WaiveMonth(command) => Operator(command.operator_id),
            Self::ProposeEvaluation(command) | Self::FinalizeEvaluation(command) => {
                Operator(command.operator_id)
            }
            Self::ReopenEvaluation(command) => Operator(command.operator_id),
            Self::DeclareHoliday(command) | Self::RevokeHoliday(command) => {
                Calendar(command.year())
            }
            Self::EraseOperator(command) => Operator(command.operator_id),
        }
    }

    /// Whether it changes a package's slots together with a contract.
    pub fn moves_slot(&self) -> bool {
        matches!(
            self,
            Self::HireOperator(_)
                | Self::AmendContract(_)
                | Self::TerminateContract(_)
                | Self::VoidContract(_)
        )
    }

    /// What it reads besides, given the state of its home.
    pub fn reads(&self, home: &StreamState) -> Reads {
        let StreamState::Operator(state) = home else {
            return Reads::default();
        };
        let of = |contract_id| {
            let contract: Option<&contract::Contract> = state.contracts.all.get(&contract_id);
            contract.map(|contract| contract.terms.package_id.clone())
        };
        let package = match self {
            Self::HireOperator(command) => Some(command.package_id.clone()),
            Self::AmendContract(command) => of(command.contract_id),
            Self::TerminateContract(command) => of(command.contract_id),
            Self::VoidContract(command) => of(command.contract_id),
            Self::SubmitMonthlyAppraisal(command) => of(command.contract_id),
            Self::CorrectMonthlyAppraisal(command) => of(command.contract_id),
            Self::WaiveMonth(command) => of(command.contract_id),
            Self::ProposeEvaluation(command) | Self::FinalizeEvaluation(command) => {
                of(command.contract_id)
            }
            Self::ReopenEvaluation(command) => of(command.contract_id),
            _ => None,
        };
        let years = match self {
            Self::RecordLeave(command) => BTreeSet::from([Month::of(command.from).year()]),
            Self::RecordAbsence(command) => BTreeSet::from([Month::of(command.on).year()]),
            Self::TerminateContract(command) => BTreeSet::from([Month::of(command.on).year()]),
            _ => BTreeSet::new(),
        };
        Reads { package, years }
    }

    /// Decides on the state of the command's home. The same inputs decide the same.
    ///
    /// # Errors
    /// The first rule that refuses, in the order of domain.md.
    pub fn decide(
        &self,
        home: &StreamState,
        facts: &DecisionContext<'_>,
    ) -> Result<Decision, Rejection> {
        match home {
            StreamState::Package(state) => self.decide_package(state, facts),
            StreamState::Operator(state) => self.decide_operator(state, facts),
            StreamState::Calendar(state) => match self {
                Self::DeclareHoliday(command) => {
                    holiday::declare(state, command).map(Decision::home)
                }
                Self::RevokeHoliday(command) => holiday::revoke(state, command).map(Decision::home),
                _ => Ok(Decision::default()),
            },
        }
    }

    fn decide_package(
        &self,
        state: &package::PackageState,
        facts: &DecisionContext<'_>,
    ) -> Result<Decision, Rejection> {
        match self {
            Self::PublishTerms(command) => terms::publish(state, command).map(Decision::home),
            Self::AmendTerms(command) => terms::amend(state, command, facts).map(Decision::home),
            Self::AssignOfficer(command) => {
                officer::assign(state, command, facts).map(Decision::home)
            }
            Self::ReleaseOfficer(command) => {
                officer::release(state, command, facts).map(Decision::home)
            }
            _ => Ok(Decision::default()),
        }
    }

    fn decide_operator(
        &self,
        state: &operator::OperatorState,
        facts: &DecisionContext<'_>,
    ) -> Result<Decision, Rejection> {
        match self {
            Self::RegisterOperator(command) => {
                identity::register(state, command, facts).map(Decision::home)
            }
            Self::CorrectOperator(command) => {
                identity::correct(state, command, facts).map(Decision::home)
            }
            Self::EraseOperator(command) => {
                identity::erase(state, command, facts).map(Decision::home)
            }
            Self::IssueWarning(command) => {
                contract::change::warn(state, command, facts).map(Decision::home)
            }
            Self::RecordLeave(command) => leave::record(state, command, facts).map(Decision::home),
            Self::CancelLeave(command) => leave::cancel(state, command).map(Decision::home),
            Self::RecordAbsence(command) => {
                leave::record_absence(state, command, facts).map(Decision::home)
            }
            Self::SubmitMonthlyAppraisal(command) => {
                appraisal::submit(state, command, facts).map(Decision::home)
            }
            Self::CorrectMonthlyAppraisal(command) => {
                appraisal::correct(state, command, facts).map(Decision::home)
            }
            Self::WaiveMonth(command) => {
                appraisal::waive(state, command, facts).map(Decision::home)
            }
            Self::ProposeEvaluation(command) => {
                evaluation::propose(state, command, facts).map(Decision::home)
            }
            Self::FinalizeEvaluation(command) => {
                evaluation::finalize(state, command, facts).map(Decision::home)
            }
            Self::ReopenEvaluation(command) => {
                evaluation::reopen(state, command, facts).map(Decision::home)
            }
            _ => self.decide_contract(state, facts),
        }
    }

    /// The commands that move a slot and a contract together.
    fn decide_contract(
        &self,
        state: &operator::OperatorState,
        facts: &DecisionContext<'_>,
    ) -> Result<Decision, Rejection> {
        use operator::Event::{Contract, Leave};
        match self {
            Self::HireOperator(command) => {
                contract::hire::hire(state, command, facts).map(|(hired, reserved)| {
                    Decision::both(reserved.into(), vec![Contract(hired.into())])
                })
            }
            Self::AmendContract(command) => Ok(contract::change::amend(state, command, facts)?
                .map(|(amended, adjusted)| {
                    Decision::both(adjusted.into(), vec![Contract(amended.into())])
                })
                .unwrap_or_default()),
            Self::TerminateContract(command) => {
                let (cancelled, terminated, released) =
                    contract::change::terminate(state, command, facts)?;
                let mut home: Vec<_> = cancelled
                    .into_iter()
                    .map(|event| Leave(event.into()))
                    .collect();
                home.push(Contract(terminated.into()));
                Ok(Decision::both(released.into(), home))
            }
            Self::VoidContract(command) => Ok(contract::change::void(state, command)?
                .map(|(voided, released)| {
                    Decision::both(released.into(), vec![Contract(voided.into())])
                })
                .unwrap_or_default()),
            _ => Ok(Decision::default()),
        }
    }
}

#[cfg(test)]
mod specs;
