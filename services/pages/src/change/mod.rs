//! Forms that give commands: each field is a field of the command, and each refusal is the API's.
//!
//! `forms.rs` lists the forms, `values.rs` turns what was typed into what the API reads, `draw.rs` draws
//! fields, `handlers.rs` answers. Deliberately absent: any judgement of a value.

mod draw;
mod forms;
pub(crate) mod handlers;
mod values;
