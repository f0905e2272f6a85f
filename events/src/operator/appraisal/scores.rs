//! The scores of one month, by indicator.

use std::collections::BTreeMap;

use litemap::LiteMap;
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

// A state holds twelve of these for each year of a person, so they take little room.
/// The score of each indicator by its code: `{"attendance":4,"quality":3}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(from = "BTreeMap<Box<str>, u8>")]
#[schema(value_type = BTreeMap<String, u8>)]
pub struct Scores(LiteMap<Box<str>, u8>);

impl Scores {
    /// The codes and their scores, in order of the codes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u8)> {
        self.0.iter().map(|(code, score)| (&**code, *score))
    }

    /// The score of an indicator.
    pub fn get(&self, indicator: &str) -> Option<u8> {
        self.0.get(indicator).copied()
    }

    /// The sum of all scores.
    pub fn total(&self) -> u32 {
        self.0.values().map(|score| u32::from(*score)).sum()
    }
}

impl Serialize for Scores {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The map of `litemap` would write an empty list in place of an empty object.
        serializer.collect_map(&self.0)
    }
}

impl From<BTreeMap<Box<str>, u8>> for Scores {
    fn from(scores: BTreeMap<Box<str>, u8>) -> Self {
        Self(scores.into_iter().collect())
    }
}

impl<C: Into<Box<str>>> FromIterator<(C, u8)> for Scores {
    /// Takes codes in any order. The last score of a code counts.
    fn from_iter<I: IntoIterator<Item = (C, u8)>>(scores: I) -> Self {
        let scores = scores.into_iter();
        Self(scores.map(|(code, score)| (code.into(), score)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Scores, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn scores_are_read_and_written_as_events_hold_them() {
        let stored = r#"{"attendance":4,"quality":0,"roll_call":255}"#;
        let scores = read(stored).unwrap();
        assert_eq!(serde_json::to_string(&scores).unwrap(), stored);
        assert_eq!(serde_json::to_string(&Scores::default()).unwrap(), "{}");
        assert_eq!(
            (scores.get("quality"), scores.get("quantity")),
            (Some(0), None)
        );
        assert_eq!(scores.total(), 259);
    }

    #[test]
    fn codes_come_in_any_order_and_twice() {
        let scores = Scores::from_iter([("attendance", 4), ("quality \"1\"", 2)]);
        for json in [
            r#"{"quality \"1\"":1,"attendance":4,"quality \u00221\"":2}"#,
            r#"{"attendance":3,"attendance":4,"quality \"1\"":2}"#,
        ] {
            assert_eq!(read(json).unwrap(), scores, "{json}");
        }
        for wrong in [
            r#"{"attendance":256}"#,
            r#"{"attendance":-1}"#,
            r#"[["attendance",4]]"#,
            r#"{"attendance""#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
