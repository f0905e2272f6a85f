//! The elements of a month's appraisal and their indicators. Every contract binds those of its terms for
//! good, and thousands of contracts have the same, so equal ones are held once.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::{Deref, DerefMut},
    sync::Arc,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::shared::Pool;

type ByName = BTreeMap<String, BTreeSet<String>>;

static ELEMENTS: Pool<ByName> = Pool::new();

/// Indicators by element: a map, as far as anyone can tell. Changed, it is a copy of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elements(Arc<ByName>);

impl From<ByName> for Elements {
    fn from(elements: ByName) -> Self {
        Self(ELEMENTS.share(elements))
    }
}

impl<const N: usize> From<[(String, BTreeSet<String>); N]> for Elements {
    fn from(elements: [(String, BTreeSet<String>); N]) -> Self {
        Self::from(ByName::from(elements))
    }
}

impl Default for Elements {
    fn default() -> Self {
        Self::from(ByName::new())
    }
}

impl Deref for Elements {
    type Target = ByName;

    fn deref(&self) -> &ByName {
        &self.0
    }
}

impl DerefMut for Elements {
    fn deref_mut(&mut self) -> &mut ByName {
        Arc::make_mut(&mut self.0)
    }
}

impl Serialize for Elements {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Elements {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ByName::deserialize(deserializer).map(Self::from)
    }
}
