//! Every command, as one sum of the types that implement [`CommandBody`]. The list below is the only one: names,
//! roles, schemas, parsing and decisions follow from it.

mod missing;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Event, Rejection,
    calendar::{self, holiday},
    decision::{CommandBody, CommandState, DecisionContext, GivenBy, Reads},
    ids::{CommandId, StreamId},
    object::{Object, without_type_names},
    operator::{
        OperatorDecision, Sources, appraisal,
        contract::{change, hire, warning},
        evaluation, facility, identity, leave,
    },
    package::{self, officer, terms},
    secret::TenantKey,
    stream_state::{OfStream, StreamState, current_nik},
};

/// The bytes that a command's name and body take, nearly always.
const DIGESTED_BYTES: usize = 1024;

/// A body that does not have the shape of its command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct Malformed {
    /// The path of the field, such as `period.start`; `.` is the body as a whole.
    pub path: String,
    /// The fault, in English, such as "missing field `reason`".
    pub reason: String,
    /// The paths of all required fields that are absent, where that is the fault.
    pub missing: Vec<String>,
}

/// Makes the sum of all commands from the list of their types.
macro_rules! commands {
    ($($name:ident($body:ty)),+ $(,)?) => {
        /// A command with its body. The page of its topic lists it (docs/domain/topics).
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum Command {
            $(#[doc = concat!("Command [`", stringify!($body), "`].")] $name($body),)+
        }

        impl Command {
            /// The names of all commands, in the order of the list below.
            pub const NAMES: &'static [&'static str] = &[$(<$body>::NAME),+];

            /// The name, such as `hire-operator`.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => <$body>::NAME,)+ }
            }

            /// The roles that may give the command of a name; none for an unknown name.
            pub fn given_by(name: &str) -> Option<GivenBy> {
                match name {
                    $(<$body>::NAME => Some(<$body>::GIVEN_BY),)+
                    _ => None,
                }
            }

            /// Reads the body of the command of a name; `None` for an unknown name.
            pub fn parse(name: &str, body: &[u8]) -> Option<Result<Self, Malformed>> {
                match name {
                    $(<$body>::NAME => Some(parse::<$body>(body).map(Self::$name)),)+
                    _ => None,
                }
            }

            /// The JSON Schema of every command's body, by the command's name.
            pub fn schemas() -> Vec<(&'static str, utoipa::openapi::RefOr<utoipa::openapi::Schema>)> {
                vec![$((<$body>::NAME, <$body as utoipa::PartialSchema>::schema()),)+]
            }

            /// The schemas that those refer to, by their names.
            pub fn referenced_schemas() -> Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)> {
                let mut schemas = Vec::new();
                $(<$body as utoipa::ToSchema>::schemas(&mut schemas);)+
                schemas
            }

            /// The stream it belongs to, which remembers the command's id for good (rule 36).
            pub fn stream_id(&self, tenant: &TenantKey) -> StreamId {
                match self {
                    $(Self::$name(body) => <$body as CommandBody>::OwnState::stream(body.stream_id(tenant)),)+
                }
            }

            /// Whether it changes a package's slot together with a contract.
            pub fn moves_slot(&self) -> bool {
                match self { $(Self::$name(_) => <$body>::MOVES_SLOT,)+ }
            }

            /// The streams it reads besides its own, whose state is given.
            pub fn reads(&self, state: &StreamState, tenant: &TenantKey) -> Reads {
                match self { $(Self::$name(body) => body.reads(own(body, state), tenant),)+ }
            }

            /// Decides on the state of the command's own stream. Equal inputs decide alike.
            ///
            /// # Errors
            /// The first rule that refuses, in the order of the rules' numbers.
            pub fn decide(
                &self,
                state: &StreamState,
                context: &DecisionContext<'_>,
                sources: &Sources<'_>,
            ) -> Result<Decision, Rejection> {
                match self {
                    $(Self::$name(body) => {
                        let sources = <$body as CommandBody>::OwnState::sources(sources);
                        let state = own(body, state);
                        let decided = body.decide(state, context, sources)?;
                        state.require_authority(&decided, context, sources)?;
                        Ok(Decision::from(decided))
                    })+
                }
            }
        }

        $(impl From<$body> for Command {
            fn from(body: $body) -> Self {
                Self::$name(body)
            }
        })+
    };
}

commands! {
    PublishTerms(terms::Publish),
    AmendTerms(terms::Amend),
    AssignOfficer(officer::Assign),
    ReleaseOfficer(officer::Release),
    RegisterOperator(identity::Register),
    CorrectOperator(identity::Correct),
    CorrectNik(identity::CorrectNik),
    HireOperator(hire::Hire),
    AmendContract(change::Amend),
    TerminateContract(change::Terminate),
    VoidContract(change::Void),
    IssueWarning(warning::Warn),
    RecordLeave(leave::Record),
    CancelLeave(leave::Cancel),
    RecordAbsence(leave::RecordAbsence),
    IssueFacility(facility::Issue),
    ReturnFacility(facility::Return),
    SubmitMonthlyAppraisal(appraisal::Submit),
    CorrectMonthlyAppraisal(appraisal::Correct),
    WaiveMonth(appraisal::Waive),
    ProposeEvaluation(evaluation::Propose),
    FinalizeEvaluation(evaluation::Finalize),
    ReopenEvaluation(evaluation::Reopen),
    DeclareHoliday(holiday::Declare),
    RevokeHoliday(holiday::Revoke),
    EraseOperator(identity::Erase),
}

/// The state of a command's own stream.
fn own<'s, C: CommandBody<OwnState: OfStream>>(_: &C, state: &'s StreamState) -> &'s C::OwnState {
    C::OwnState::of(state).expect("the state is of the stream that Command::stream_id names")
}

fn parse<'de, T: Deserialize<'de> + ToSchema>(body: &'de [u8]) -> Result<T, Malformed> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let parsed: Result<Object<T>, _> = serde_path_to_error::deserialize(&mut deserializer);
    let Object(parsed) = parsed.map_err(|error| Malformed {
        // A text that is no JSON has no path; the fault is of the whole.
        path: Some(error.path().to_string())
            .filter(|path| path != "?")
            .unwrap_or_else(|| ".".to_owned()),
        missing: match error.inner().to_string().starts_with("missing field") {
            true => missing::fields::<T>(body),
            false => Vec::new(),
        },
        reason: without_type_names(&error.inner().to_string()),
    })?;
    let rest = deserializer.end();
    rest.map_err(|error| Malformed {
        path: ".".to_owned(),
        reason: error.to_string(),
        missing: Vec::new(),
    })?;
    Ok(parsed)
}

/// The outcome of a decision. All parts are appended in one atomic step, or none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decision {
    /// Events of the package whose slot moves with a contract.
    pub package: Vec<Event>,
    /// Events of people and citizen numbers besides the command's own stream, one a stream.
    pub others: Vec<(StreamId, Event)>,
    /// Events of the command's own stream.
    pub own: Vec<Event>,
}

impl Decision {
    /// Whether the command is in effect already.
    pub fn is_empty(&self) -> bool {
        self.package.is_empty() && self.others.is_empty() && self.own.is_empty()
    }
}

impl From<Vec<package::Event>> for Decision {
    fn from(events: Vec<package::Event>) -> Self {
        Self {
            own: events.into_iter().map(Event::Package).collect(),
            ..Self::default()
        }
    }
}

impl From<Vec<calendar::Event>> for Decision {
    fn from(events: Vec<calendar::Event>) -> Self {
        Self {
            own: events.into_iter().map(Event::Calendar).collect(),
            ..Self::default()
        }
    }
}

impl From<identity::Registration> for Decision {
    fn from(decided: identity::Registration) -> Self {
        let person = StreamId::Operator(decided.operator_id);
        Self {
            others: vec![(person, Event::Operator(decided.registered))],
            own: vec![Event::from(decided.claim)],
            ..Self::default()
        }
    }
}

impl From<OperatorDecision> for Decision {
    fn from(decided: OperatorDecision) -> Self {
        let OperatorDecision {
            slot,
            claims,
            events,
        } = decided;
        let slot = slot.map(package::Event::Slot).map(Event::Package);
        let claims = claims.into_iter();
        Self {
            package: slot.into_iter().collect(),
            others: claims
                .map(|(nik, claim)| (StreamId::Nik(nik), Event::from(claim)))
                .collect(),
            own: events.into_iter().map(Event::Operator).collect(),
        }
    }
}

impl Command {
    /// The stream to decide the command on. It is [`Command::stream_id`], or the holding of that citizen number that is
    /// not over.
    pub fn home<'a>(
        &self,
        tenant: &TenantKey,
        state: impl Fn(&StreamId) -> Option<&'a StreamState>,
    ) -> StreamId {
        let home = self.stream_id(tenant);
        let StreamId::Nik(first) = &home else {
            return home;
        };
        let reads = self.reads(&StreamState::empty(&home), tenant);
        match reads.niks.get(first) {
            Some(person) => StreamId::Nik(current_nik(first, *person, tenant, state).digest),
            None => home,
        }
    }

    /// The name as a static text; `None` for an unknown name.
    pub fn static_name(name: &str) -> Option<&'static str> {
        Self::NAMES.iter().find(|known| **known == name).copied()
    }

    /// The digest of id, name and body. Two ids never have one digest, so it tells nothing about two people to
    /// whom the same happened.
    pub fn digest(&self, id: &CommandId, tenant: &TenantKey) -> String {
        tenant.command_digest(id, &self.digested())
    }

    /// Whether a stored digest is that of this command under its id (rule 36). Earlier events have a digest of name
    /// and body alone.
    pub fn has_digest(&self, stored: &str, id: &CommandId, tenant: &TenantKey) -> bool {
        let text = self.digested();
        tenant.command_digest(id, &text) == stored || tenant.digest(&text) == stored
    }

    /// The name and the body, as digests take them.
    fn digested(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(DIGESTED_BYTES);
        text.extend_from_slice(self.name().as_bytes());
        text.push(b'\n');
        serde_json::to_writer(&mut text, self).expect("commands are plain data");
        text
    }
}

#[cfg(test)]
mod specs;
