//! What the services say to each other over NATS, and how they connect. No rules, no storage.
//!
//! A request is JSON with the actor in a header; a reply is the answer's JSON, or
//! `{"problem":{"code":...}}`. Commands are asked at `jejak.<tenant>.cmd.<name>`, queries at
//! `jejak.<tenant>.qry.<view>.<query>`, a view's health at `jejak.<tenant>.qry.<view>.health`. The auditor answers like a view named `audit`.

pub mod as_of;
mod busy_poll;
pub mod connect;
pub mod health;
pub mod problem;
pub mod request;
pub mod serve;
pub mod startup;
pub mod telemetry;
pub mod tile;

pub use as_of::AsOf;
pub use connect::{BrokerConfig, ConnectError, connect};
pub use problem::{Problem, RequestProblem};
pub use request::{Actor, CommandAnswer, Role, command_subject, query_subject};
pub use startup::{wait_for_broker, wait_for_log};
