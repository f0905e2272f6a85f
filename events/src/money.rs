//! Rupiah and grade points as exact decimals. No float ever.

use std::{fmt, iter::Sum, ops, str::FromStr};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::ids::InvalidId;

/// The most one amount may be: a thousand trillion Rupiah, so that sums never overflow.
const MOST: i64 = 1_000_000_000_000_000;

/// An amount of money in Rupiah, not negative when read. Text and JSON are decimal strings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, ToSchema)]
#[schema(value_type = String, pattern = r"^([0-9]{1,15}(\.[0-9]{1,4})?|1000000000000000)$")]
pub struct Rupiah(Decimal);

impl Rupiah {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// A whole number of Rupiah.
    pub fn new(whole: i64) -> Self {
        Self(Decimal::from(whole))
    }

    /// Rounded half-up to whole Rupiah (domain.md, Money).
    pub fn rounded(self) -> Self {
        Self(
            self.0
                .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero),
        )
    }

    /// This amount for `part` of `whole` days or months, rounded half-up. A `whole` of 0 gives 0.
    pub fn share(self, part: u32, whole: u32) -> Self {
        if whole == 0 {
            return Self::ZERO;
        }
        Self(self.0 * Decimal::from(part) / Decimal::from(whole)).rounded()
    }
}

impl FromStr for Rupiah {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId {
            what: "an amount of money",
            expected: "a decimal string from 0 to 1000000000000000",
        };
        let amount = Decimal::from_str_exact(text).map_err(|_| invalid.clone())?;
        let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if plain && amount <= Decimal::from(MOST) && amount.scale() <= 4 {
            Ok(Self(amount.normalize()))
        } else {
            Err(invalid)
        }
    }
}

impl fmt::Display for Rupiah {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.normalize().fmt(f)
    }
}

impl fmt::Debug for Rupiah {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rp {}", self.0.normalize())
    }
}

impl Serialize for Rupiah {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rupiah {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parse_str(deserializer)
    }
}

/// Deserializes an amount that was worked out, not given: a refusal may name one past the bound.
pub(crate) fn worked_out<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Rupiah, D::Error> {
    crate::text::parse_str(deserializer).map(Rupiah)
}

impl ops::Add for Rupiah {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl ops::Sub for Rupiah {
    type Output = Self;
    /// May go below zero: a budget overcommitted by amended terms would show so.
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl ops::Mul<u32> for Rupiah {
    type Output = Self;
    fn mul(self, times: u32) -> Self {
        Self(self.0 * Decimal::from(times))
    }
}

impl Sum for Rupiah {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, |total, amount| total + amount)
    }
}

/// A grade point average on the scale of 0 to 4, at most three decimals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, pattern = r"^([0-3](\.[0-9]{1,3})?|4(\.0{1,3})?)$")]
pub struct Gpa(Decimal);

impl FromStr for Gpa {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId {
            what: "gpa",
            expected: "a decimal string from 0 to 4 with at most 3 decimals",
        };
        let gpa = Decimal::from_str_exact(text).map_err(|_| invalid.clone())?;
        let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if plain && gpa <= Decimal::from(4) && gpa.scale() <= 3 {
            Ok(Self(gpa))
        } else {
            Err(invalid)
        }
    }
}

impl fmt::Display for Gpa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Gpa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gpa({})", self.0)
    }
}

impl Serialize for Gpa {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Gpa {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parse_str(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_round_half_up_to_whole_rupiah() {
        let rounded = |text: &str| text.parse::<Rupiah>().unwrap().rounded();
        assert_eq!(rounded("38124.5"), Rupiah::new(38_125));
        assert_eq!(rounded("38124.4999"), Rupiah::new(38_124));
    }

    #[test]
    fn signs_exponents_and_too_much_are_refused() {
        for wrong in ["-1", "+1", "1e3", "", "1000000000000001", "1,5", "0.00001"] {
            assert!(wrong.parse::<Rupiah>().is_err(), "{wrong}");
        }
        assert_eq!(
            "24750000.00".parse::<Rupiah>().unwrap().to_string(),
            "24750000"
        );
    }

    #[test]
    fn a_gpa_stays_on_the_scale() {
        assert!("2.749".parse::<Gpa>().unwrap() < "2.75".parse::<Gpa>().unwrap());
        assert!("4.01".parse::<Gpa>().is_err());
        assert!("-0.1".parse::<Gpa>().is_err());
    }
}
