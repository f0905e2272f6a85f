//! `/evaluasi` and `/seleksi`: cumulative results in rank, their signatures, and the candidates of a package.

mod page;
mod selection;

pub(crate) use page::{page, save};
pub(crate) use selection::page as selection;
