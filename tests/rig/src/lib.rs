//! The test rig: real brokers, real services, a client. It starts the processes of a test, waits on
//! positions and readiness, and ends each process by its handle.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

pub mod broker;
pub mod browser;
pub mod chromium;
pub mod http;
pub mod nats_server;
pub mod office;
pub mod process;
pub mod provider;
mod signal;
pub mod tls;
pub mod usage;
