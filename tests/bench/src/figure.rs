//! Figures: medians, the physical limit each stands beside, its target, and how they are shown.

use std::io::{self, Write};

use serde::Serialize;

/// What a figure must come to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The least value.
    AtLeast(f64),
    /// The greatest value.
    AtMost(f64),
    /// The least ratio to the limit.
    RatioAtLeast(f64),
    /// The greatest ratio to the limit.
    RatioAtMost(f64),
}

/// The physical limit, measured in the same run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limit {
    /// What it is.
    pub name: &'static str,
    /// In the figure's unit.
    pub value: f64,
}

/// One figure: the median of what was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// The section.
    pub section: &'static str,
    /// What was measured.
    pub name: String,
    /// The median.
    pub value: f64,
    /// What it counts.
    pub unit: &'static str,
    /// What it stands beside.
    pub limit: Option<Limit>,
    /// Value by limit.
    pub ratio: Option<f64>,
    /// What it must come to; all of it.
    pub targets: Vec<Target>,
    /// Whether it does; none without a target.
    pub pass: Option<bool>,
}

impl Figure {
    /// A figure from what was measured, one value a sample.
    pub fn new(
        section: &'static str,
        name: impl Into<String>,
        unit: &'static str,
        samples: &[f64],
    ) -> Self {
        let (name, value) = (name.into(), median(samples));
        Self {
            section,
            name,
            value,
            unit,
            limit: None,
            ratio: None,
            targets: vec![],
            pass: None,
        }
    }

    /// Beside its limit.
    #[must_use]
    pub fn beside(mut self, name: &'static str, samples: &[f64]) -> Self {
        let value = median(samples);
        self.ratio = (value > 0.0).then(|| self.value / value);
        self.limit = Some(Limit { name, value });
        self
    }

    /// With something to come to.
    #[must_use]
    pub fn target(mut self, target: Target) -> Self {
        let ratio = self.ratio.unwrap_or(f64::NAN);
        let met = match target {
            Target::AtLeast(least) => self.value >= least,
            Target::AtMost(most) => self.value <= most,
            Target::RatioAtLeast(least) => ratio >= least,
            Target::RatioAtMost(most) => ratio <= most,
        };
        self.pass = Some(self.pass.unwrap_or(true) && met);
        self.targets.push(target);
        self
    }

    fn cells(&self) -> [String; 7] {
        let limit = self.limit.as_ref();
        let targets: Vec<String> = self.targets.iter().map(|target| said(*target)).collect();
        [
            self.section.to_owned(),
            self.name.clone(),
            format!("{} {}", number(self.value), self.unit),
            limit.map_or_else(String::new, |limit| {
                format!("{} {}", number(limit.value), limit.name)
            }),
            self.ratio
                .map_or_else(String::new, |ratio| format!("{ratio:.2}")),
            targets.join(", "),
            self.pass
                .map_or("", |pass| if pass { "pass" } else { "miss" })
                .to_owned(),
        ]
    }
}

fn said(target: Target) -> String {
    match target {
        Target::AtLeast(least) => format!(">= {}", number(least)),
        Target::AtMost(most) => format!("<= {}", number(most)),
        Target::RatioAtLeast(least) => format!("x >= {least}"),
        Target::RatioAtMost(most) => format!("x <= {most}"),
    }
}

/// Large numbers whole, small ones to three places.
fn number(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.3}")
    }
}

/// The middle one; of an even count the upper of the two. 0 of none.
pub fn median(samples: &[f64]) -> f64 {
    percentile(samples, 50)
}

/// The value that so many of a hundred do not exceed. 0 of none.
pub fn percentile(samples: &[f64], percent: usize) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let nth = sorted.len() * percent / 100;
    sorted
        .get(nth.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(0.0)
}

/// Writes the figures as a table.
///
/// # Errors
/// When nobody reads it any more.
pub fn table(figures: &[Figure]) -> io::Result<()> {
    let head = ["section", "figure", "value", "limit", "ratio", "target", ""].map(str::to_owned);
    let rows: Vec<[String; 7]> = std::iter::once(head)
        .chain(figures.iter().map(Figure::cells))
        .collect();
    let widths: Vec<usize> = (0..7)
        .map(|n| rows.iter().map(|row| row[n].len()).max().unwrap_or(0))
        .collect();
    let mut out = io::stdout().lock();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle_and_percentiles_stay_inside() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(percentile(&[1.0, 2.0, 3.0, 4.0], 99), 4.0);
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn a_target_is_met_only_by_all_its_parts() {
        let figure = Figure::new("s", "f", "/s", &[50.0]).beside("limit", &[100.0]);
        let met = figure
            .clone()
            .target(Target::RatioAtLeast(0.5))
            .target(Target::AtLeast(50.0));
        assert_eq!(met.pass, Some(true));
        let missed = figure
            .target(Target::AtLeast(60.0))
            .target(Target::RatioAtMost(0.6));
        assert_eq!(missed.pass, Some(false));
        let without_limit = Figure::new("s", "f", "/s", &[50.0]).target(Target::RatioAtLeast(0.1));
        assert_eq!(without_limit.pass, Some(false));
    }
}
