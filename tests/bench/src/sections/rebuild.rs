//! Rebuilds: each view from an empty file to the end of the log, from the start of its process to
//! its first answer there. Beside it a consumer reads the same events and does nothing with them.

use std::time::Instant;

use crate::{
    bed::{TestBed, tenant},
    error::BenchError,
    figure::{Bar::RatioAtLeast, Figure},
    raw,
    scale::Scale,
};

pub(super) async fn run(scale: &Scale, bed: &TestBed) -> Result<Vec<Figure>, BenchError> {
    let log = jejak_journal::log_name(&tenant());
    let events = bed.journal.last_position().await?;
    let mut figures = Vec::new();
    for view in jejak_projections::VIEWS {
        let (mut ours, mut consumer) = (vec![], vec![]);
        for _ in 0..scale.samples {
            consumer.push(raw::consume(bed.own_url(), log.clone(), events).await?);
            let began = Instant::now();
            let _projector = bed.rebuilt(&[view.name()], events).await?;
            ours.push(events as f64 / began.elapsed().as_secs_f64());
        }
        let name = format!("rebuild of {}", view.name());
        let figure = Figure::new(name, "events/s", &ours, RatioAtLeast(0.35));
        figures.push(figure.beside("consumer", &consumer));
    }
    Ok(figures)
}
