//! Reading types from their text, and bounds on free text. Nothing else.

use std::{borrow::Cow, fmt::Display, str::FromStr};

use serde::{Deserialize, Deserializer, de};

/// Deserializes a type from its text form.
pub(crate) fn parse_str<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: Display,
{
    let text = Cow::<'de, str>::deserialize(deserializer)?;
    text.parse().map_err(de::Error::custom)
}

/// The longest free text an event takes, in characters.
pub const LONGEST_TEXT: usize = 2_000;

/// Deserializes a text that says something: not empty, not longer than [`LONGEST_TEXT`].
pub(crate) fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    check(&text).map_err(de::Error::custom)?;
    Ok(text)
}

/// [`filled`], where the field may be absent or null.
pub(crate) fn filled_opt<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    if let Some(text) = &text {
        check(text).map_err(de::Error::custom)?;
    }
    Ok(text)
}

fn check(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("must not be empty".to_owned());
    }
    if text.chars().count() > LONGEST_TEXT {
        return Err(format!("must not be longer than {LONGEST_TEXT} characters"));
    }
    Ok(())
}
