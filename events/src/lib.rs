//! The rules of Jejak: commands, events, states, and the functions between them.
//!
//! Pure: no IO, no clock, no randomness, no async. Time, ids, nonces and the states of other streams arrive as values.
//! Each topic is one file in a fixed order: events, commands, state, decisions.

mod event;
mod object;
mod topic;

pub mod actor;
pub mod calendar;
pub mod command_log;
pub mod commands;
pub mod date;
pub mod decision;
pub mod envelope;
pub mod facts;
// Its macro makes the ids of topics.
#[macro_use]
pub mod ids;
pub mod kinds;
pub mod money;
pub mod nik;
pub mod operator;
pub mod package;
pub mod personal;
pub mod rejection;
pub mod role;
pub mod schema;
pub mod secret;
pub mod stream_state;
pub mod text;
pub mod version;

#[cfg(test)]
mod spec;

pub use commands::{Command, Decision, Malformed};
pub use decision::{DecisionContext, Reads};
pub use envelope::{Envelope, RecordedEvent};
pub use event::{Event, StreamEvent};
pub use object::without_type_names;
pub use rejection::Rejection;
pub use role::Role;
pub use topic::TopicEvent;
pub use version::PayloadError;
