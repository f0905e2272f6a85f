//! The test rig: real brokers, real services, a client. It starts what a test needs, waits on
//! positions and readiness, and stops what it started by its own handle.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

pub mod broker;
pub mod http;
pub mod office;
pub mod process;
pub mod spent;
