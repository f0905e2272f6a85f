//! Forms that give commands: each field is a field of the command, and each refusal is the API's.
//!
//! `forms` lists the forms, each with its address. `values.rs` turns what was typed into what the API reads,
//! `known.rs` asks what a form is about, `draw.rs` draws fields, `handlers.rs` answers. Deliberately absent: any judgement of a value.

mod draw;
mod forms;
pub(crate) mod handlers;
mod ids;
mod known;
mod values;
