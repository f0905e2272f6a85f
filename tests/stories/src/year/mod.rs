//! A made-up office of 2023: its people and signatures (`people`, `months`), the office that gets
//! them over HTTP, the steps of its year in order, and the answers at the end. The numbers are
//! worked out in `tests/stories/year.rs`.

pub mod answers;
pub mod contracts;
pub mod leave;
pub mod months;
pub mod office;
pub mod opening;
pub mod people;
pub mod selection;
pub mod signing;
