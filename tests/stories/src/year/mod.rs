//! The made office of 2023: who works there and what is signed (`people`, `months`), a desk that sends it
//! all through HTTP, the steps of its year in their order, and what is answered in the end. The numbers
//! are worked out in `tests/year.rs`.

pub mod answers;
pub mod contracts;
pub mod desk;
pub mod leave;
pub mod months;
pub mod opening;
pub mod people;
pub mod selection;
pub mod signing;
