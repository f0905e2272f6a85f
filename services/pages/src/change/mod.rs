//! Forms that give commands: each field is a field of the command, and each refusal is the API's.
//!
//! `forms` lists the forms, each with its address. `values.rs` turns what was typed into what the API reads,
//! `typed.rs` turns an answer back. `known.rs` asks what a form is about, `aside.rs` what stands beside it,
//! `draw.rs` draws fields, `handlers.rs` answers. Deliberately absent: any judgement of a value.

mod aside;
pub(crate) mod draw;
mod forms;
pub(crate) mod handlers;
mod ids;
mod known;
mod typed;
pub(crate) mod values;

pub(crate) use draw::KEY;
pub(crate) use handlers::{new_key, role_missing, role_missing_of};
pub(crate) use values::day;
