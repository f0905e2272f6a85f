//! Places on a line of days, and the contracts in force by day. The unit of a chart is one day.

use chrono::{Days, NaiveDate};
use jejak_events::date::{Month, Period};

use super::rows::Contract;

/// A line of days from the first to the last one.
#[derive(Clone, Copy)]
pub(super) struct DayLine {
    first: NaiveDate,
    last: NaiveDate,
}

/// A bar on a line of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    /// Days before the bar.
    pub(super) x: i64,
    /// Days of the bar; at least 1.
    pub(super) width: i64,
}

/// Days on which the same number of contracts is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: NaiveDate,
    pub(super) to: NaiveDate,
    pub(super) bar: Bar,
    pub(super) count: u32,
}

impl DayLine {
    pub(super) fn of(period: &Period) -> Self {
        let Period { start, end } = *period;
        Self {
            first: start,
            last: end.max(start),
        }
    }

    /// The number of days.
    pub(super) fn days(self) -> i64 {
        (self.last - self.first).num_days() + 1
    }

    /// The first days of months inside the line, as days before them.
    pub(super) fn month_starts(self) -> Vec<i64> {
        let mut starts = Vec::new();
        let mut month = Month::of(self.first);
        while month.last() < self.last {
            let next = month.last() + Days::new(1);
            starts.push((next - self.first).num_days());
            month = Month::of(next);
        }
        starts
    }

    /// The part of some days that lies on the line. None for days outside.
    pub(super) fn bar(self, from: NaiveDate, to: Option<NaiveDate>) -> Option<Bar> {
        let (from, to) = (
            from.max(self.first),
            to.map_or(self.last, |to| to.min(self.last)),
        );
        (from <= to).then(|| Bar {
            x: (from - self.first).num_days(),
            width: (to - from).num_days() + 1,
        })
    }

    /// The number of contracts in force, in spans of days with the same number.
    pub(super) fn spans(self, contracts: &[Contract]) -> Vec<Span> {
        let counted = contracts.iter().filter(|contract| !contract.is_voided());
        let periods: Vec<_> = counted.map(|one| (one.start, *one.last_day())).collect();
        let mut edges: Vec<_> = periods
            .iter()
            .flat_map(|(start, last)| [*start, *last + Days::new(1)])
            .filter(|edge| self.first < *edge && *edge <= self.last)
            .chain([self.first])
            .collect();
        edges.sort_unstable();
        edges.dedup();
        let ends = edges.iter().skip(1).map(|next| *next - Days::new(1));
        let ends: Vec<_> = ends.chain([self.last]).collect();
        let spans = edges.into_iter().zip(ends).filter_map(|(from, to)| {
            let in_force = periods
                .iter()
                .filter(|(start, last)| *start <= from && from <= *last);
            Some(Span {
                from,
                to,
                bar: self.bar(from, Some(to))?,
                count: u32::try_from(in_force.count()).unwrap_or(u32::MAX),
            })
        });
        let mut merged: Vec<Span> = Vec::new();
        for span in spans {
            match merged.last_mut() {
                Some(before) if before.count == span.count => {
                    before.to = span.to;
                    before.bar.width += span.bar.width;
                }
                Some(_) | None => merged.push(span),
            }
        }
        merged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn line(from: &str, to: &str) -> DayLine {
        DayLine::of(&Period {
            start: day(from),
            end: day(to),
        })
    }

    fn contract(start: &str, end: &str, status: &str, terminated_on: Option<&str>) -> Contract {
        serde_json::from_value(serde_json::json!({
            "operator_id": "x", "operator_name": null, "spk_number": null, "start": start, "end": end,
            "terminated_on": terminated_on, "value": "1", "status": status,
        }))
        .unwrap()
    }

    #[test]
    fn a_bar_is_the_part_on_the_line() {
        let line = line("2020-10-01", "2020-12-31");
        assert_eq!(line.days(), 92);
        assert_eq!(line.month_starts(), [31, 61]);
        let bar = |from: &str, to: Option<&str>| line.bar(day(from), to.map(day));
        assert_eq!(bar("2020-10-01", None), Some(Bar { x: 0, width: 92 }));
        assert_eq!(
            bar("2020-09-01", Some("2020-10-01")),
            Some(Bar { x: 0, width: 1 })
        );
        assert_eq!(
            bar("2020-12-31", Some("2021-06-30")),
            Some(Bar { x: 91, width: 1 })
        );
        assert_eq!(bar("2020-01-01", Some("2020-09-30")), None);
        assert_eq!(bar("2021-01-01", None), None);
    }

    #[test]
    fn contracts_in_force_are_counted_by_day() {
        let contracts = [
            contract("2020-10-01", "2020-12-31", "active", None),
            contract("2020-10-01", "2020-12-31", "terminated", Some("2020-10-31")),
            contract("2020-11-01", "2020-12-31", "active", None),
            contract("2020-10-01", "2020-12-31", "voided", None),
        ];
        let spans = line("2020-10-01", "2020-12-31").spans(&contracts);
        assert_eq!(spans.len(), 1, "one follows the other: {spans:?}");
        assert_eq!((spans[0].count, spans[0].bar.width), (2, 92));
        let spans = line("2020-09-30", "2021-01-01").spans(&contracts[..2]);
        let counts: Vec<_> = spans
            .iter()
            .map(|span| (span.from, span.count, span.bar.x))
            .collect();
        let expected = [
            (day("2020-09-30"), 0, 0),
            (day("2020-10-01"), 2, 1),
            (day("2020-11-01"), 1, 32),
            (day("2021-01-01"), 0, 93),
        ];
        assert_eq!(counts, expected);
        assert_eq!(line("2020-10-01", "2020-12-31").spans(&[]).len(), 1);
    }
}
