//! The measurements, section by section. Each limit is measured in the same loop as the figure
//! beside it.

mod cold;
mod commands;
mod idle;
mod lists;
mod memory;
mod queries;
mod rebuild;
mod visible;

use crate::{bed::TestBed, error::BenchError, figure::Figure, history::HistoryDepth, scale::Scale};
use jejak_rig::broker::SyncMode;

/// The sections, in the order of a run.
pub const NAMES: [&str; 8] = [
    "commands", "cold", "rebuild", "queries", "lists", "visible", "idle", "memory",
];

/// The test bed that several sections share. The first of them makes it.
#[derive(Default)]
pub struct Shared {
    bed: Option<TestBed>,
}

impl Shared {
    /// A year of history on a broker that syncs each write.
    async fn bed(&mut self, scale: &Scale) -> Result<&TestBed, BenchError> {
        if self.bed.is_none() {
            self.bed =
                Some(TestBed::new(SyncMode::Always, scale.people(), HistoryDepth::Year).await?);
        }
        self.bed.as_ref().ok_or(BenchError::Spent("beds"))
    }
}

/// Runs one section.
///
/// # Errors
/// When a measurement does not run to its end.
pub async fn run(
    name: &str,
    scale: &Scale,
    shared: &mut Shared,
) -> Result<Vec<Figure>, BenchError> {
    match name {
        "commands" => commands::run(scale).await,
        "cold" => cold::run(scale, shared.bed(scale).await?).await,
        "rebuild" => rebuild::run(scale, shared.bed(scale).await?).await,
        "queries" => queries::run(scale, shared.bed(scale).await?).await,
        "lists" => lists::run(scale, shared.bed(scale).await?).await,
        "visible" => visible::run(scale).await,
        "idle" => idle::run(scale).await,
        "memory" => memory::run(scale).await,
        other => Err(BenchError::answer(
            "jejak-bench",
            format!("there is no section {other}").as_bytes(),
        )),
    }
}
