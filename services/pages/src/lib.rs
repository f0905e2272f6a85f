//! The pages that people see: HTML from the server, with forms that work without scripts.
//!
//! A page has no state and no door of its own. It asks the same queries and gives the same commands as any
//! client of the API, as the person who is signed in ([`Office`]). Deliberately absent: rules, arithmetic, and
//! a second check of anything. A refusal is shown in its own words. Start reading at `router.rs`.

mod account;
mod address;
mod answer;
mod appraisal;
mod assets;
mod audit;
mod calendar;
mod card;
mod change;
mod charts;
mod choice;
mod context;
mod days_off;
mod download;
mod evaluation;
mod form;
mod frame;
mod history;
mod home;
mod html;
mod leave;
mod office;
mod origin;
mod packages;
mod people;
mod readiness;
mod records;
mod refusal;
mod router;
mod sent;
mod session;
mod sign_in;
mod sign_in_elsewhere;
mod system;

pub use account::{AccountChange, AccountProblem, AccountRow, AccountStatus, NewAccount};
pub use office::{
    Arrival, Away, ChoosePasswordProblem, Departure, LinkOwner, Office, Person, Provider,
    ProviderAnswer, ProviderProblem, Session, SignInProblem,
};
pub use refusal::{refusal_page, wants_page};
pub use router::routes;

#[cfg(test)]
mod tests;
