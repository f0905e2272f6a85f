//! The test rig: real brokers, real services, a client. It starts what a test needs, waits on
//! positions and readiness, and stops what it started by its own handle.

pub mod broker;
