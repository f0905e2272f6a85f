//! The same at several lengths of the log. An office grows by years: the longest history is of the same
//! people as the one before it, over as many more years.

use jejak_rig::{broker::Sync, office::VIEWS};

use super::{cold, rebuild};
use crate::{
    bed::Bed,
    fault::Fault,
    figure::{Figure, Target::RatioAtLeast},
    history::Depth,
    people::FIRST_YEAR,
    scale::{Scale, people_of},
};

/// The most people an office here has.
const MOST_PEOPLE: usize = 40_000;
/// A rebuild of the longest log takes minutes.
const MOST_SAMPLES: usize = 3;

pub(super) async fn run(scale: &Scale, figures: &mut Vec<Figure>) -> Result<(), Fault> {
    let samples = scale.samples.min(MOST_SAMPLES);
    let mut before: Vec<Vec<f64>> = vec![];
    for events in &scale.growth {
        let people = people_of(*events).min(MOST_PEOPLE);
        let years =
            i32::try_from(events.div_ceil(people * crate::scale::EVENTS_OF_A_PERSON)).unwrap_or(1);
        let bed = Bed::new(Sync::Lazy, people, Depth::Years(years)).await?;
        let of = format!("{events} events, {people} people from {FIRST_YEAR} for {years} years");
        figures.push(Figure::new(
            "growth",
            format!("written: {of}"),
            "events/s",
            &[bed.events as f64 / bed.written_s],
        ));
        let mut rates = Vec::new();
        for (n, view) in VIEWS.into_iter().enumerate() {
            let measured = rebuild::measure(&bed, &[view], samples).await?;
            let figure = Figure::new(
                "growth",
                format!("rebuild of {view}, {events} events"),
                "events/s",
                &measured.rate,
            );
            // Only the longest has a target: 0.8 of the rate before it.
            figures.push(match before.get(n) {
                Some(shorter) if scale.growth.last() == Some(events) => figure
                    .beside("shorter log", shorter)
                    .target(RatioAtLeast(0.8)),
                Some(shorter) => figure.beside("shorter log", shorter),
                None => figure,
            });
            rates.push(measured.rate);
        }
        before = rates;
        let at = cold::measure(scale, &bed).await?;
        let figure = Figure::new(
            "growth",
            format!("cold command, {events} events, sync lazy"),
            "ms p50",
            &at.ours,
        );
        figures.push(figure.beside("gets + publish", &at.bare));
    }
    Ok(())
}
