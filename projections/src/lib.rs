//! The read models: rows that follow from the log, and the queries they answer.
//!
//! Each view has a folder with its rows, handlers, queries and tests, and a line in [`VIEWS`].
//! Deliberately absent: NATS, tokio, clocks, stored keys. Events arrive opened, keys are asked for by owner,
//! and today arrives as a value. Personal data stands in rows as sealed cells.
//! The rules' own functions compute balances, sums and violations.

mod cache;
mod cell;
mod column;
mod error;
mod holidays;
mod name;
pub mod page;
mod people;
mod person;
mod query;
mod rank;
mod ranking;
mod reader;
mod register;
mod rows;
mod store;
mod view;
mod writer;

pub mod contracts;
pub mod evaluations;
pub mod facilities;
pub mod leave;
pub mod packages;
pub mod work;

#[cfg(test)]
mod story;

pub use cell::CellKeys;
pub use column::{Column, ColumnKind};
pub use error::{ProjectionError, QueryError};
pub use page::{ItemAnswer, Page};
pub use query::{OperatorAccess, Query, QueryHandler, Schemas};
pub use rank::PriorEvaluationItem;
pub use reader::Reader;
pub use store::{Applicable, EventMark, Store, ViewEntry, ViewTransaction};
pub use view::{TopicHandler, View};
pub use writer::RowWriter;

/// All views, in the order of the documents.
pub static VIEWS: [&dyn View; 6] = [
    &contracts::Contracts,
    &leave::Leave,
    &evaluations::Evaluations,
    &packages::Packages,
    &facilities::Facilities,
    &work::Work,
];

/// The view with a name.
pub fn view(name: &str) -> Option<&'static dyn View> {
    VIEWS.into_iter().find(|view| view.name() == name)
}
