//! The scores of a month. Thousands of people are appraised by the same few sets of indicators, so the names
//! are held once for all of them, and a month holds its points.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    sync::{Arc, LazyLock},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::shared::Pool;

/// Names of indicators, in order.
type Indicators = Box<[Box<str>]>;

static INDICATORS: Pool<Indicators> = Pool::new();
static NO_INDICATORS: LazyLock<Arc<Indicators>> =
    LazyLock::new(|| INDICATORS.share(Indicators::default()));

/// The most scores that stand beside the names. The KAK's scheme has seven.
const FEW: usize = 15;

/// Scores by indicator. In an event and in answers a JSON object.
#[derive(Clone, PartialEq, Eq)]
pub struct Scores {
    indicators: Arc<Indicators>,
    points: Points,
}

/// One score for each indicator, in their order.
#[derive(Clone, PartialEq, Eq)]
enum Points {
    /// Zeros follow the last.
    Few([u8; FEW]),
    /// A pointer to them, so that they take no more room here than a few.
    Many(Arc<Vec<u8>>),
}

impl Points {
    fn of(points: impl ExactSizeIterator<Item = u8>) -> Self {
        if points.len() <= FEW {
            let mut few = [0; FEW];
            few.iter_mut()
                .zip(points)
                .for_each(|(held, point)| *held = point);
            Self::Few(few)
        } else {
            Self::Many(Arc::new(points.collect()))
        }
    }
}

impl Scores {
    /// Indicators and their scores, in order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u8)> {
        self.indicators
            .iter()
            .map(|name| &**name)
            .zip(self.points().iter().copied())
    }

    /// The score of an indicator.
    pub fn get(&self, indicator: &str) -> Option<u8> {
        let at = self
            .indicators
            .binary_search_by(|name| (**name).cmp(indicator))
            .ok()?;
        self.points().get(at).copied()
    }

    /// Their sum.
    pub fn total(&self) -> u32 {
        self.points().iter().map(|score| u32::from(*score)).sum()
    }

    /// Other points of the same indicators, in order of their names; none when they are more or fewer.
    pub fn with_points(&self, points: &[u8]) -> Option<Self> {
        let indicators = self.indicators.clone();
        (points.len() == indicators.len()).then(|| Self {
            indicators,
            points: Points::of(points.iter().copied()),
        })
    }

    /// Of scores that stand in order of their names, none twice.
    pub(super) fn of_sorted(scores: &[(impl AsRef<str>, u8)]) -> Self {
        debug_assert!(scores.is_sorted_by(|(a, _), (b, _)| a.as_ref() < b.as_ref()));
        let names = || scores.iter().map(|(name, _)| name.as_ref());
        let known = INDICATORS.last_if(|last| last.iter().map(|name| &**name).eq(names()));
        let indicators = known
            .unwrap_or_else(|| INDICATORS.share(names().map(Box::from).collect::<Indicators>()));
        Self {
            indicators,
            points: Points::of(scores.iter().map(|(_, score)| *score)),
        }
    }

    fn points(&self) -> &[u8] {
        match &self.points {
            Points::Few(points) => &points[..self.indicators.len().min(FEW)],
            Points::Many(points) => points,
        }
    }
}

impl Default for Scores {
    fn default() -> Self {
        Self {
            indicators: NO_INDICATORS.clone(),
            points: Points::Few([0; FEW]),
        }
    }
}

impl fmt::Debug for Scores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<N: AsRef<str> + Ord> FromIterator<(N, u8)> for Scores {
    /// In any order. Of one name told twice the last counts.
    fn from_iter<I: IntoIterator<Item = (N, u8)>>(scores: I) -> Self {
        Self::of_sorted(&Vec::from_iter(BTreeMap::from_iter(scores)))
    }
}

impl Serialize for Scores {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Scores {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Told;

        #[derive(Deserialize)]
        struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

        impl<'de> de::Visitor<'de> for Told {
            type Value = Scores;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Scores, A::Error> {
                let mut scores = Vec::with_capacity(FEW);
                while let Some((Name(name), score)) = map.next_entry()? {
                    scores.push((name, score));
                }
                let is_sorted = scores.is_sorted_by(|(a, _), (b, _)| a < b);
                Ok(if is_sorted {
                    Scores::of_sorted(&scores)
                } else {
                    scores.into_iter().collect()
                })
            }
        }

        deserializer.deserialize_map(Told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_read_and_written_as_they_stand_in_events() {
        let stored = r#"{"attendance":4,"quality":0,"roll_call":255}"#;
        let scores: Scores = serde_json::from_str(stored).unwrap();
        assert_eq!(serde_json::to_string(&scores).unwrap(), stored);
        assert_eq!(
            (
                scores.get("quality"),
                scores.get("quantity"),
                scores.total()
            ),
            (Some(0), None, 259)
        );
        for count in [0, 1, 14, 15, 16, 100] {
            let told: BTreeMap<_, _> = (0..count).map(|n| (format!("{n:02}"), n + 1)).collect();
            let scores = Scores::from_iter(told.clone());
            assert!(
                scores
                    .iter()
                    .eq(told.iter().map(|(name, score)| (name.as_str(), *score))),
                "{count}"
            );
            assert_eq!(scores == Scores::default(), count == 0, "{count}");
            let others: Vec<u8> = told.values().map(|score| score + 1).collect();
            let more = scores.with_points(&others).unwrap();
            assert!(
                more.iter()
                    .eq(told.iter().map(|(name, score)| (name.as_str(), score + 1))),
                "{count}"
            );
            assert_eq!(
                scores.with_points(&[&others[..], &[0]].concat()),
                None,
                "{count}"
            );
        }
    }

    #[test]
    fn names_may_be_told_in_any_order_and_twice() {
        let scores = Scores::from_iter([
            ("attendance".to_owned(), 4),
            ("quality \"1\"".to_owned(), 2),
        ]);
        let told = r#"{"quality \"1\"":1,"attendance":4,"quality \u00221\"":2}"#;
        assert_eq!(serde_json::from_str::<Scores>(told).unwrap(), scores);
        let told_twice = r#"{"attendance":3,"attendance":4,"quality \"1\"":2}"#;
        assert_eq!(serde_json::from_str::<Scores>(told_twice).unwrap(), scores);
        for wrong in [
            r#"{"attendance":256}"#,
            r#"{"attendance":-1}"#,
            r#"[["attendance",4]]"#,
            r#"{"attendance""#,
        ] {
            assert!(serde_json::from_str::<Scores>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_months_names_are_everyones() {
        let of = |score| Scores::from_iter([("attendance".to_owned(), score)]);
        assert!(Arc::ptr_eq(&of(1).indicators, &of(2).indicators));
        assert_ne!(of(1), of(2));
    }
}
