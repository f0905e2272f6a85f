//! The cells of a table, from a member of an item.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use jejak_projections::{Column, ColumnKind};
use jejak_words::{Language, cell_code, yes_no};
use serde_json::Value;

/// The value of a cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Empty,
    Text(String),
    Date(NaiveDate),
    /// In UTC, to the second.
    Time(NaiveDateTime),
    /// A decimal, as the answer writes it: `17.33`.
    Number(String),
}

impl Cell {
    /// The cell of a column. A value of another form than the column's is shown as text.
    pub(super) fn of(column: &Column, item: &Value, language: Language) -> Self {
        let member = |value: &'_ Value, name: &str| value.get(name).cloned();
        let mut names = column.path.split('.');
        let value = names.try_fold(item.clone(), |value, name| member(&value, name));
        match value {
            None | Some(Value::Null) => Self::Empty,
            Some(value) => {
                let cell = Self::read(column, &value, language);
                cell.unwrap_or_else(|| Self::Text(text(&value)))
            }
        }
    }

    fn read(column: &Column, value: &Value, language: Language) -> Option<Self> {
        Some(match column.kind {
            ColumnKind::Text => Self::Text(value.as_str()?.to_owned()),
            ColumnKind::Code => {
                let code = value.as_str()?;
                let label = cell_code(column.path, code, language);
                Self::Text(label.unwrap_or(code).to_owned())
            }
            ColumnKind::Sentence => {
                let member = match language {
                    Language::Indonesian => "id",
                    Language::English => "en",
                };
                Self::Text(value.get(member)?.as_str()?.to_owned())
            }
            ColumnKind::Date => Self::Date(value.as_str()?.parse().ok()?),
            ColumnKind::Time => {
                let time: DateTime<Utc> = value.as_str()?.parse().ok()?;
                Self::Time(time.naive_utc())
            }
            ColumnKind::Number | ColumnKind::Money => Self::Number(number(value)?),
            ColumnKind::YesNo => Self::Text(yes_no(value.as_bool()?, language).to_owned()),
            ColumnKind::Count => Self::Number(value.as_array()?.len().to_string()),
        })
    }
}

/// The digits of a number, or of a decimal string.
fn number(value: &Value) -> Option<String> {
    let digits = match value {
        Value::Number(number) => number.to_string(),
        Value::String(decimal) => decimal.clone(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let unsigned = digits.strip_prefix('-').unwrap_or(&digits);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (is_digits(whole) && is_digits(fraction)).then_some(digits)
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
