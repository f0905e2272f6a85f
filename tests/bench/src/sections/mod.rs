//! The measurements, section by section. Each limit is measured in the same loop as the figure beside it.

mod cold;
mod commands;
mod idle;
mod memory;
mod queries;
mod rebuild;
mod visible;

use crate::{bed::Bed, fault::Fault, figure::Figure, history::Depth, scale::Scale};
use jejak_rig::broker::Sync;

/// The sections, in the order of a run.
pub const NAMES: [&str; 7] = [
    "commands", "cold", "rebuild", "queries", "visible", "idle", "memory",
];

/// The test bed that several sections share. The first of them makes it.
#[derive(Default)]
pub struct Shared {
    bed: Option<Bed>,
}

impl Shared {
    /// A year of history on a broker that syncs each write.
    async fn bed(&mut self, scale: &Scale) -> Result<&Bed, Fault> {
        if self.bed.is_none() {
            self.bed = Some(Bed::new(Sync::Always, scale.people(), Depth::Year).await?);
        }
        self.bed.as_ref().ok_or(Fault::Spent("beds"))
    }
}

/// Runs one section.
///
/// # Errors
/// When a measurement does not run to its end.
pub async fn run(name: &str, scale: &Scale, shared: &mut Shared) -> Result<Vec<Figure>, Fault> {
    match name {
        "commands" => commands::run(scale).await,
        "cold" => cold::run(scale, shared.bed(scale).await?).await,
        "rebuild" => rebuild::run(scale, shared.bed(scale).await?).await,
        "queries" => queries::run(scale, shared.bed(scale).await?).await,
        "visible" => visible::run(scale).await,
        "idle" => idle::run(scale).await,
        "memory" => memory::run(scale).await,
        other => Err(Fault::answer(
            "jejak-bench",
            format!("there is no section {other}").as_bytes(),
        )),
    }
}
