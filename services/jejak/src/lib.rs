//! The binary `jejak`: arguments, data folder, broker process, start and stop.
//! The services do the work.

mod accounts;
mod args;
pub mod asyncapi;
mod audit;
pub mod broker;
pub mod cli;
pub mod data;
pub mod demo;
mod demo_accounts;
mod feeds;
mod http;
pub mod identity;
mod keys;
pub mod logging;
pub mod memory;
mod office_config;
mod permissions;
mod rebuild;
pub mod run;
mod security_log;
mod service_group;
mod share_args;
mod terminal;
pub mod token;
mod up;
mod witness;
