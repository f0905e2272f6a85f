//! The parameter `as_of`: a past moment, as a position of the log or a time.

use std::{fmt, str::FromStr};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The query parameter's name.
pub const AS_OF: &str = "as_of";
/// Digits of the largest position, `u64::MAX`.
const DIGITS: usize = 20;

/// A past moment. The service that answers checks whether the log reaches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// Right after the event at this position, 1 or more.
    Position(u64),
    /// Right after every event recorded up to this time.
    Time(DateTime<Utc>),
}

/// The text is neither a position nor a time with an offset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a position of the log, 1 or more, or an RFC 3339 time with its offset, \
     such as 2020-12-01T08:00:00Z (a + in an address is written %2B)"
)]
pub struct InvalidAsOf;

impl FromStr for AsOf {
    type Err = InvalidAsOf;
    fn from_str(text: &str) -> Result<Self, InvalidAsOf> {
        if !text.is_empty()
            && text.len() <= DIGITS
            && text.bytes().all(|byte| byte.is_ascii_digit())
        {
            let position = text.parse().ok().filter(|position| *position > 0);
            return position.map(Self::Position).ok_or(InvalidAsOf);
        }
        DateTime::parse_from_rfc3339(text)
            .map(|time| Self::Time(time.to_utc()))
            .map_err(|_| InvalidAsOf)
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Position(position) => position.fmt(f),
            Self::Time(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        }
    }
}

impl Serialize for AsOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AsOf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_positions_or_times_with_an_offset() {
        assert_eq!("57".parse(), Ok(AsOf::Position(57)));
        let time = AsOf::Time("2020-12-01T01:00:00Z".parse().unwrap());
        assert_eq!("2020-12-01T08:00:00+07:00".parse(), Ok(time));
        assert_eq!(time.to_string().parse(), Ok(time));
        for wrong in [
            "",
            "0",
            "-1",
            "+1",
            "1.5",
            "now",
            "99999999999999999999",
            "2020-12-01",
            "2020-12-01T08:00:00",
            "2020-13-01T08:00:00Z",
            "2020-12-01T08:00:00 07:00",
        ] {
            assert_eq!(wrong.parse::<AsOf>(), Err(InvalidAsOf), "{wrong}");
        }
    }
}
