//! Numbers for charts: places and heights in the units of an inline SVG. The totals are the API's own.

use chrono::NaiveDate;
use jejak_words::Language;

use crate::records::{Evaluation, Scheme};

/// The height of the largest column.
const HEIGHT: u32 = 150;
/// The line on which columns stand.
const GROUND: u32 = 176;
/// The left edge of the first column, and the width of all.
const LEFT: u32 = 44;
const WIDTH: u32 = 272;
/// The widest step from one column to the next.
const WIDEST_STEP: u32 = 90;
/// The largest total where the scheme is not known.
const USUAL_MAX: u32 = 28;

/// A person's months as columns, with the line of a good month.
pub(crate) struct MonthColumns {
    pub(crate) columns: Vec<Column>,
    /// The height of the line and its value, where the scheme is known.
    pub(crate) good: Option<(u32, u32)>,
    pub(crate) max: u32,
    pub(crate) top: u32,
    pub(crate) ground: u32,
}

/// One month.
pub(crate) struct Column {
    pub(crate) x: u32,
    pub(crate) width: u32,
    pub(crate) middle: u32,
    pub(crate) y: u32,
    pub(crate) height: u32,
    /// The total; none for a waived month.
    pub(crate) total: Option<u32>,
    pub(crate) month: String,
}

impl MonthColumns {
    pub(crate) fn of(
        evaluation: &Evaluation,
        scheme: Option<&Scheme>,
        language: Language,
    ) -> Option<Self> {
        let months = &evaluation.months;
        let count = u32::try_from(months.len())
            .ok()
            .filter(|count| *count > 0)?;
        let max = scheme.map_or(USUAL_MAX, Scheme::largest_total).max(1);
        let height = |total: u32| total.min(max) * HEIGHT / max;
        let step = (WIDTH / count).min(WIDEST_STEP);
        let width = step * 2 / 3;
        let columns = (0..count).zip(months).map(|(n, month)| {
            let (x, height) = (LEFT + n * step, height(month.total.unwrap_or(0)));
            Column {
                x,
                width,
                middle: x + width / 2,
                y: GROUND - height,
                height,
                total: month.total,
                month: short_month(month.month.first(), language),
            }
        });
        Some(Self {
            columns: columns.collect(),
            good: scheme.map(|scheme| (GROUND - height(scheme.good_from), scheme.good_from)),
            max,
            top: GROUND - HEIGHT,
            ground: GROUND,
        })
    }

    /// The chart in a sentence.
    pub(crate) fn sentence(&self) -> String {
        let months = self.columns.iter().map(|column| match column.total {
            Some(total) => format!("{} {total}", column.month),
            None => format!("{} –", column.month),
        });
        months.collect::<Vec<_>>().join(", ")
    }
}

impl Scheme {
    fn largest_total(&self) -> u32 {
        let indicators = self.elements.values().map(Vec::len).sum::<usize>();
        u32::try_from(indicators).unwrap_or(0) * self.scale_max
    }
}

/// The first three letters of a month.
fn short_month(first: NaiveDate, language: Language) -> String {
    match language {
        Language::English => first.format("%b").to_string(),
        Language::Indonesian => {
            let day = language.day(&first);
            let month = day.split(' ').nth(1).unwrap_or_default();
            month.chars().take(3).collect()
        }
    }
}
