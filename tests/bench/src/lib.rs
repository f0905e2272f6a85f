//! How fast Jejak is, beside what the machine could do: every figure is measured in the same run as its
//! physical limit, on brokers and services of its own. What was learned is in `docs/performance.md`.
//!
//! It judges speed only. That what it measures is right, the stories say.

#![allow(
    clippy::float_arithmetic,
    reason = "figures of a measurement, no money"
)]

pub mod bare;
pub mod bed;
pub mod echo;
pub mod fault;
pub mod figure;
pub mod give;
pub mod history;
pub mod load;
pub mod office;
pub mod people;
pub mod raw;
pub mod scale;
pub mod sections;
pub mod wire;
