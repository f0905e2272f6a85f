//! What a query can ask for and not find, by the code of that answer (docs/errors): the same codes as
//! those of the rejections where commands name such a thing. Not a rejection itself: nobody was refused.

use serde::{Deserialize, Serialize};

/// A kind of thing that may be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Thing {
    /// A package, by its id.
    #[serde(rename = "package.unknown")]
    Package,
    /// A person, by his id.
    #[serde(rename = "operator.unknown")]
    Operator,
    /// A contract, by its id.
    #[serde(rename = "contract.unknown")]
    Contract,
    /// A person's evaluation of a year.
    #[serde(rename = "evaluation.unknown")]
    Evaluation,
    /// A year of which no day was ever declared.
    #[serde(rename = "calendar.unknown")]
    Calendar,
    /// A file of the signed tree.
    #[serde(rename = "tile.unknown")]
    Tile,
}

impl Thing {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Package,
        Self::Operator,
        Self::Contract,
        Self::Evaluation,
        Self::Calendar,
        Self::Tile,
    ];
}
