//! `/penilaian`: all people of a month and package by the indicators of their terms, each a form of its own.
//!
//! `rows.rs` makes rows of the API's answer, `command.rs` makes a command of a row that was sent, `page.rs` draws.

mod command;
mod page;
mod rows;

pub(crate) use page::{page, save};
