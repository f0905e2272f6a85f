//! What is measured, section by section. Each makes its own beds, and every limit stands in the same
//! loop as what it limits.

mod cold;
mod commands;
mod growth;
mod memory;
mod queries;
mod rebuild;
mod visible;

use crate::{bed::Bed, fault::Fault, figure::Figure, history::Depth, scale::Scale};
use jejak_rig::broker::Sync;

/// The sections, in the order they run.
pub const NAMES: [&str; 7] = [
    "commands", "cold", "rebuild", "queries", "visible", "memory", "growth",
];

/// What several sections measure on: made by the first, gone with the last.
#[derive(Default)]
pub struct Shared {
    bed: Option<Bed>,
}

impl Shared {
    /// A year of the history asked for, on a broker that syncs always.
    async fn bed(&mut self, scale: &Scale, figures: &mut Vec<Figure>) -> Result<&Bed, Fault> {
        if self.bed.is_none() {
            let bed = Bed::new(Sync::Always, scale.people(), Depth::Years(1)).await?;
            let rate = bed.events as f64 / bed.written_s;
            figures.push(Figure::new(
                "history",
                "written, of typed events, sealed",
                "events/s",
                &[rate],
            ));
            self.bed = Some(bed);
        }
        self.bed.as_ref().ok_or(Fault::Spent("beds"))
    }
}

/// Runs one section.
///
/// # Errors
/// When it cannot be run to its end.
pub async fn run(name: &str, scale: &Scale, shared: &mut Shared) -> Result<Vec<Figure>, Fault> {
    let mut figures = Vec::new();
    match name {
        "commands" => commands::run(scale, &mut figures).await?,
        "cold" => cold::run(scale, shared.bed(scale, &mut figures).await?, &mut figures).await?,
        "rebuild" => {
            rebuild::run(scale, shared.bed(scale, &mut figures).await?, &mut figures).await?
        }
        "queries" => {
            queries::run(scale, shared.bed(scale, &mut figures).await?, &mut figures).await?
        }
        "visible" => visible::run(scale, &mut figures).await?,
        "memory" => memory::run(scale, &mut figures).await?,
        "growth" => growth::run(scale, &mut figures).await?,
        other => {
            return Err(Fault::answer(
                "jejak-bench",
                format!("there is no section {other}").as_bytes(),
            ));
        }
    }
    Ok(figures)
}
