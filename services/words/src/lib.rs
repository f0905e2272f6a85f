//! The words of Jejak in Indonesian and English: refusals, events, labels, days and amounts.
//!
//! Deliberately absent: rules, IO, HTTP. Each topic has one file in `topics`; it holds the labels,
//! event sentences and refusals of that topic. A new refusal or event without words does not compile.

mod actors;
mod catalogue;
mod changes;
mod columns;
mod fields;
mod language;
mod pages;
mod problem_text;
mod topics;

pub mod requests;

pub use actors::actor_unknown_before;
pub use catalogue::{error_page, error_pages};
pub use columns::{cell_code, column_heading, yes_no};
pub use fields::label as field_label;
pub use language::{Language, rupiah};
pub use pages::ErrorPage;
pub use problem_text::ProblemText;
pub use topics::{
    EventContext, by_indicator, code_labels, element, event_sentence, indicator, place_on_form,
    refusal_text, terms_bound, violation,
};
