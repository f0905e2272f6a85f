//! The read models: what the log says, in the shape questions are asked in. One folder a view, with its
//! rows, how events change them, its queries and their tests; one line in [`VIEWS`].
//!
//! Deliberately absent: NATS, tokio, clocks, keys. Events arrive opened, today arrives as a value, and
//! what follows from facts is computed by the same pure functions the rules use.

mod deeds;
mod error;
mod memo;
mod packed;
mod page;
mod parts;
mod person;
mod rank;
mod rows;
mod store;

pub mod contracts;
pub mod evaluations;
pub mod history;
pub mod leave;
pub mod packages;

#[cfg(test)]
mod story;

use jejak_events::RecordedEvent;

pub use error::{ProjectionError, QueryError};
pub use page::{Page, Positioned};
pub use rank::PriorEvaluation;
pub use rows::{Reader, Write};
pub use store::{Entry, LastEvent, Logged, Pending, Seen, Store, Unreadable};

/// Every view there is.
pub static VIEWS: [&dyn View; 4] = [
    &contracts::Contracts,
    &leave::Leave,
    &evaluations::Evaluations,
    &packages::Packages,
];

/// The view of a name.
pub fn view(name: &str) -> Option<&'static dyn View> {
    VIEWS.into_iter().find(|view| view.name() == name)
}

/// A read model: rows that events change, and the questions they answer.
pub trait View: Send + Sync {
    /// Its name, a plural noun.
    fn name(&self) -> &'static str;

    /// The version of its rows. One more whenever the same events would make other rows: the file of
    /// another version is never read.
    fn version(&self) -> u32;

    /// The tables it keeps its rows in, in ascending order.
    fn tables(&self) -> &'static [&'static str];

    /// The questions it answers.
    fn queries(&self) -> &'static [&'static str];

    /// Those of them that are about one thing, and answered from a few rows.
    fn by_key(&self) -> &'static [&'static str];

    /// The topics it follows from, `<stream>.<topic>`, in ascending order: events of others change nothing.
    fn topics(&self) -> &'static [&'static str];

    /// Takes in an event, in order and with its personal part opened or erased.
    ///
    /// # Errors
    /// [`ProjectionError::Inapplicable`] for an event that cannot have happened in this history. It is
    /// never skipped.
    fn apply(&self, write: &Write, recorded: &RecordedEvent) -> Result<(), ProjectionError>;

    /// Answers a question with JSON that says at which position it was answered. `params` is a JSON
    /// object; no bytes at all stand for an empty one.
    ///
    /// # Errors
    /// [`QueryError`].
    fn query(&self, reader: &Reader<'_>, name: &str, params: &[u8]) -> Result<Vec<u8>, QueryError>;
}
