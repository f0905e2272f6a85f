//! Figures: the median of the samples, the physical limit measured beside it, and the bar to meet.

use std::io::{self, Write};

use serde::Serialize;

/// The bar of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bar {
    /// The greatest value, in the figure's unit.
    AtMost(f64),
    /// The least ratio to the limit.
    RatioAtLeast(f64),
    /// The greatest ratio to the limit.
    RatioAtMost(f64),
}

/// A physical limit, measured in the same run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limit {
    /// Such as `raw publish`.
    pub name: &'static str,
    /// In the figure's unit.
    pub value: f64,
}

/// One figure of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Such as `commands over NATS, 64 in flight`.
    pub name: String,
    /// The median of the samples.
    pub value: f64,
    /// Such as `/s` or `ms p50`.
    pub unit: &'static str,
    /// The limit beside it, if there is one.
    pub limit: Option<Limit>,
    /// The value divided by the limit.
    pub ratio: Option<f64>,
    /// The bar to meet.
    pub bar: Bar,
    /// Whether the figure meets its bar.
    pub met: bool,
}

impl Figure {
    /// A figure with a bar for its value. Each sample is one value.
    pub fn new(name: impl Into<String>, unit: &'static str, samples: &[f64], bar: Bar) -> Self {
        let figure = Self {
            name: name.into(),
            value: median(samples),
            unit,
            limit: None,
            ratio: None,
            bar,
            met: false,
        };
        figure.judged()
    }

    /// The same figure beside a limit.
    #[must_use]
    pub fn beside(mut self, name: &'static str, samples: &[f64]) -> Self {
        let value = median(samples);
        self.ratio = (value > 0.0).then(|| self.value / value);
        self.limit = Some(Limit { name, value });
        self.judged()
    }

    fn judged(mut self) -> Self {
        let ratio = self.ratio.unwrap_or(f64::NAN);
        self.met = match self.bar {
            Bar::AtMost(most) => self.value <= most,
            Bar::RatioAtLeast(least) => ratio >= least,
            Bar::RatioAtMost(most) => ratio <= most,
        };
        self
    }

    fn cells(&self) -> [String; 6] {
        let limit = self.limit.as_ref();
        let ratio = self.ratio.map(|ratio| format!("{ratio:.2}"));
        [
            self.name.clone(),
            format!("{} {}", number(self.value), self.unit),
            limit.map_or_else(String::new, |limit| {
                format!("{} {}", number(limit.value), limit.name)
            }),
            ratio.unwrap_or_default(),
            match self.bar {
                Bar::AtMost(most) => format!("<= {most} {}", self.unit),
                Bar::RatioAtLeast(least) => format!("x >= {least}"),
                Bar::RatioAtMost(most) => format!("x <= {most}"),
            },
            if self.met { "met" } else { "missed" }.to_owned(),
        ]
    }
}

/// Large numbers without a fraction, small ones with three places.
fn number(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.3}")
    }
}

/// The middle value; of an even count the upper of the two. 0 without a sample.
pub fn median(samples: &[f64]) -> f64 {
    percentile(samples, 50)
}

/// The value that `percent` of a hundred samples do not exceed. 0 without a sample.
pub fn percentile(samples: &[f64], percent: usize) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let nth = sorted.len() * percent / 100;
    sorted
        .get(nth.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(0.0)
}

/// Prints the figures as a table.
///
/// # Errors
/// When standard output is closed.
pub fn print_table(figures: &[Figure]) -> io::Result<()> {
    let head = ["figure", "value", "limit", "ratio", "bar", ""].map(str::to_owned);
    let rows: Vec<[String; 6]> = std::iter::once(head)
        .chain(figures.iter().map(Figure::cells))
        .collect();
    let width = |n: usize| rows.iter().map(|row| row[n].len()).max().unwrap_or(0);
    let widths: [usize; 6] = std::array::from_fn(width);
    let mut out = io::stdout().lock();
    for row in &rows {
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
    fn a_bar_is_met_by_the_value_or_by_the_ratio_to_the_limit() {
        let figure = |bar| Figure::new("f", "/s", &[50.0], bar);
        assert!(figure(Bar::AtMost(50.0)).met);
        assert!(!figure(Bar::AtMost(49.0)).met);
        assert!(!figure(Bar::RatioAtMost(1.0)).met, "without a limit");
        let beside = |bar| figure(bar).beside("limit", &[100.0]);
        assert!(beside(Bar::RatioAtLeast(0.5)).met);
        assert!(!beside(Bar::RatioAtLeast(0.6)).met);
        assert!(beside(Bar::RatioAtMost(0.5)).met);
        assert!(!beside(Bar::RatioAtMost(0.4)).met);
    }
}
