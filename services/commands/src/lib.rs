//! The commands service: it decides commands on loaded states and appends the decided events under
//! guards. Any number of replicas may run. The rules are in `jejak-events`, the log's protocol in
//! `jejak-journal`.

mod append;
mod config;
mod decider;
mod dry_run;
mod error;
mod follow;
mod replay;
mod request;
mod service;
mod states;
mod stream_locks;
mod unreadable;

pub use config::Config;
pub use error::CommandsError;
pub use service::run;
