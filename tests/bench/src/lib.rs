//! Jejak's figures of speed and memory, each measured in the same run as its physical limit, on
//! brokers and services of its own. The last table is in `docs/performance.md`. The stories check
//! that the measured things are right.

#![allow(
    clippy::float_arithmetic,
    reason = "figures of a measurement, no money"
)]

pub mod bed;
pub mod connection;
pub mod echo;
pub mod error;
pub mod figure;
pub mod give;
pub mod history;
pub mod load;
pub mod office;
pub mod people;
pub mod raw;
pub mod scale;
pub mod sections;
