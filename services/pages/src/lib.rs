//! The pages that people see: HTML from the server, with forms that work without scripts.
//!
//! A page has no state and no door of its own. It asks the same queries and gives the same commands as any
//! client of the API, as the person who is signed in ([`Office`]). Deliberately absent: rules, arithmetic, and
//! a second check of anything. A refusal is shown in its own words. Start reading at `router.rs`.

mod address;
mod answer;
mod assets;
mod card;
mod change;
mod charts;
mod context;
mod form;
mod frame;
mod history;
mod home;
mod html;
mod leave;
mod office;
mod origin;
mod people;
mod records;
mod refusal;
mod router;
mod session;
mod sign_in;

pub use office::{Away, ChoosePasswordProblem, LinkOwner, Office, Person, Session, SignInProblem};
pub use refusal::{refusal_page, wants_page};
pub use router::routes;

#[cfg(test)]
mod tests;
