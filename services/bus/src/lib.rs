//! Request and reply between the services over NATS, with their health and metrics. No rules, no
//! storage.
//!
//! A request is JSON with the actor in a header. A reply is the answer's JSON, or
//! `{"problem":{"code":...}}`. Commands go to `jejak.<tenant>.cmd.<name>`, queries to
//! `jejak.<tenant>.qry.<view>.<query>`, and a question about a view's health to
//! `jejak.<tenant>.qry.<view>.health`. The auditor answers like a view named `audit`.

pub mod answer;
pub mod as_of;
pub mod connect;
pub mod health;
pub mod history;
mod personal_number;
pub mod problem;
pub mod request;
pub mod serve;
pub mod startup;
mod subject_of_token;
pub mod telemetry;
pub mod tile;

pub use answer::{CommandAnswer, CreatedIds, created_ids};
pub use as_of::AsOf;
pub use connect::{BrokerConfig, ConnectError, connect};
pub use problem::{Problem, RequestProblem, UNCOMPRESSED};
pub use request::{Actor, Role, command_subject, query_subject};
pub use startup::{wait_for_broker, wait_for_log};
pub use subject_of_token::{SubjectFault, canonical_subject, check_subject, check_subject_text};
