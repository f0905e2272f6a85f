//! An answer of the page beside the one that came.
//!
//! A JSON object of the page may leave members out. Ids differ, but one id of the page is one id of
//! the office. Times and sealed parts may hold anything. In a text, three dots stand for any text
//! of the line.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde_json::Value;
use uuid::Uuid;

/// Members whose values are new in each office.
const NEW_EACH_TIME: [&str; 2] = ["time", "personal"];

/// The ids of the page, each with the one that came in its place.
#[derive(Default)]
pub(crate) struct Ids(BTreeMap<Uuid, Uuid>);

/// An answer of the page.
pub(crate) enum Answer {
    Json(Value),
    Text(String),
}

impl Answer {
    pub(crate) fn read(language: &str, text: &str, line: usize) -> Self {
        if language == "text" {
            return Self::Text(text.to_owned());
        }
        let value = serde_json::from_str(text);
        Self::Json(value.unwrap_or_else(|error| panic!("line {line}: {error}")))
    }

    /// Says where the answer that came is another one.
    pub(crate) fn compare(&self, output: &str, ids: &mut Ids) -> Result<(), String> {
        match self {
            Self::Json(expected) => {
                let found: Value = serde_json::from_str(output)
                    .map_err(|error| format!("the answer is no JSON: {error}"))?;
                ids.compare("", expected, &found)
            }
            Self::Text(expected) => compare_lines(expected, output.trim_end()),
        }
    }
}

impl Ids {
    fn compare(&mut self, path: &str, expected: &Value, found: &Value) -> Result<(), String> {
        match (expected, found) {
            (Value::Object(expected), Value::Object(found)) => {
                for (name, expected) in expected {
                    let path = format!("{path}.{name}");
                    let found = found.get(name).ok_or(format!("{path} is missing"))?;
                    if NEW_EACH_TIME.contains(&name.as_str()) && found.is_string() {
                        continue;
                    }
                    self.compare(&path, expected, found)?;
                }
                Ok(())
            }
            (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
                let mut pairs = expected.iter().zip(found).enumerate();
                pairs.try_for_each(|(n, (expected, found))| {
                    self.compare(&format!("{path}[{n}]"), expected, found)
                })
            }
            (Value::String(expected), Value::String(found)) if self.same(expected, found) => Ok(()),
            _ if expected == found => Ok(()),
            _ => Err(format!("{path} is {found}, and the page says {expected}")),
        }
    }

    /// Compares text, where an id may stand alone or after a slash.
    fn same(&mut self, expected: &str, found: &str) -> bool {
        if expected == found || (is_time(expected) && is_time(found)) {
            return true;
        }
        let (expected, found) = match (expected.rsplit_once('/'), found.rsplit_once('/')) {
            (Some((before, expected)), Some((same, found))) if before == same => (expected, found),
            _ => (expected, found),
        };
        match (expected.parse(), found.parse()) {
            (Ok(expected), Ok(found)) => *self.0.entry(expected).or_insert(found) == found,
            _ => false,
        }
    }
}

fn compare_lines(expected: &str, found: &str) -> Result<(), String> {
    let (expected, found): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    let same = |(expected, found): (&&str, &&str)| is_like(expected, found);
    if expected.len() == found.len() && expected.iter().zip(&found).all(same) {
        return Ok(());
    }
    Err(format!("the page says\n{}", expected.join("\n")))
}

/// Says whether a line has the parts between the dots, in order.
fn is_like(expected: &str, found: &str) -> bool {
    let mut parts = expected.split("...");
    let Some(mut rest) = found.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty() || expected.ends_with("...")
}

fn is_time(text: &str) -> bool {
    DateTime::parse_from_rfc3339(text).is_ok()
}
