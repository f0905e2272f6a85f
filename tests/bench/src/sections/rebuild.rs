//! Every view from nothing to the end of the log, alone and all together, from the start of its process to its first
//! answer there, beside a consumer that reads the same events and does nothing with them.

use std::time::Instant;

use jejak_rig::office::VIEWS;

use crate::{
    bed::{Bed, peak_mib, tenant},
    fault::Fault,
    figure::{
        Figure,
        Target::{AtLeast, AtMost, RatioAtLeast},
    },
    raw,
    scale::Scale,
};

pub(super) async fn run(scale: &Scale, bed: &Bed, figures: &mut Vec<Figure>) -> Result<(), Fault> {
    let mut consumer = Vec::new();
    let together = measure(bed, &VIEWS, scale.samples).await?;
    let name = format!("all four at once, {} events", together.events);
    let figure = Figure::new("rebuild", name, "events/s", &together.rate);
    figures.push(figure.beside("consumer", &together.consumer));
    figures.push(Figure::new(
        "rebuild",
        "all four at once, most memory",
        "MiB",
        &together.peak,
    ));
    for view in VIEWS {
        let measured = measure(bed, &[view], scale.samples).await?;
        let name = format!("{view}, {} events", measured.events);
        let figure = Figure::new("rebuild", name, "events/s", &measured.rate)
            .beside("consumer", &measured.consumer);
        figures.push(figure.target(RatioAtLeast(0.35)).target(AtLeast(100_000.0)));
        let peak = Figure::new(
            "rebuild",
            format!("{view}, most memory"),
            "MiB",
            &measured.peak,
        );
        figures.push(peak.target(AtMost(200.0)));
        let size = std::fs::metadata(bed.file(view))?.len() as f64 / f64::from(1 << 20);
        figures.push(Figure::new(
            "rebuild",
            format!("{view}, file"),
            "MiB",
            &[size],
        ));
        consumer.extend(measured.consumer);
    }
    figures.push(Figure::new(
        "rebuild",
        "bare consumer",
        "events/s",
        &consumer,
    ));
    Ok(())
}

/// What each sample came to.
#[derive(Default)]
pub(super) struct Rebuilt {
    pub(super) events: u64,
    pub(super) rate: Vec<f64>,
    pub(super) consumer: Vec<f64>,
    peak: Vec<f64>,
}

pub(super) async fn measure(bed: &Bed, views: &[&str], samples: usize) -> Result<Rebuilt, Fault> {
    let log = jejak_journal::log_name(&tenant());
    let events = bed.journal.last_position().await?;
    let mut measured = Rebuilt {
        events,
        ..Rebuilt::default()
    };
    for _ in 0..samples {
        measured
            .consumer
            .push(raw::consume(bed.url(), log.clone(), events).await?);
        let began = Instant::now();
        let projector = bed.rebuilt(views, events).await?;
        measured
            .rate
            .push(events as f64 / began.elapsed().as_secs_f64());
        measured.peak.push(peak_mib(&projector)?);
    }
    Ok(measured)
}
