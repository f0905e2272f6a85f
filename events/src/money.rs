//! Rupiah and grade points as exact decimals. Nothing here is a float.

use std::{fmt, iter::Sum, ops, str::FromStr};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserializer;
use utoipa::ToSchema;

use crate::text::serde_as_text;

/// The largest amount that is read, in Rupiah. Sums of such amounts never overflow.
const MOST: i64 = 1_000_000_000_000_000;

/// A text that is no amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount of money must be a decimal string from 0 to {MOST}")]
pub struct InvalidAmount;

/// A text that is no grade point average.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a GPA must be a decimal string from 0 to 4 with at most 3 decimals")]
pub struct InvalidGpa;

/// An amount of money in Rupiah, as a decimal string with at most four decimals: `2750000` or `38124.5`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, ToSchema)]
#[schema(value_type = String, pattern = r"^([0-9]{1,15}(\.[0-9]{1,4})?|1000000000000000)$")]
pub struct Rupiah(Decimal);

impl Rupiah {
    /// No money.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Makes an amount of whole Rupiah.
    pub fn new(whole: i64) -> Self {
        Self(Decimal::from(whole))
    }

    /// Rounds half-up to whole Rupiah (docs/domain/policies.md, Money).
    pub fn rounded(self) -> Self {
        Self(
            self.0
                .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero),
        )
    }

    /// Works out this amount for `part` of `whole` days or months, rounded half-up. A `whole` of 0 gives 0.
    pub fn share(self, part: u32, whole: u32) -> Self {
        if whole == 0 {
            return Self::ZERO;
        }
        Self(self.0 * Decimal::from(part) / Decimal::from(whole)).rounded()
    }
}

impl FromStr for Rupiah {
    type Err = InvalidAmount;

    fn from_str(text: &str) -> Result<Self, InvalidAmount> {
        let amount = Decimal::from_str_exact(text).map_err(|_| InvalidAmount)?;
        let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if plain && amount <= Decimal::from(MOST) && amount.scale() <= 4 {
            Ok(Self(amount.normalize()))
        } else {
            Err(InvalidAmount)
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

/// Deserializes an amount that a rule worked out. A refusal may name one past the bound.
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
    /// The difference may go below zero. A budget overcommitted by amended terms shows so.
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

/// A grade point average from 0 to 4, as a decimal string with at most three decimals: `3.10`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, pattern = r"^([0-3](\.[0-9]{1,3})?|4(\.0{1,3})?)$")]
pub struct Gpa(Decimal);

impl FromStr for Gpa {
    type Err = InvalidGpa;

    fn from_str(text: &str) -> Result<Self, InvalidGpa> {
        let gpa = Decimal::from_str_exact(text).map_err(|_| InvalidGpa)?;
        let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if plain && gpa <= Decimal::from(4) && gpa.scale() <= 3 {
            Ok(Self(gpa))
        } else {
            Err(InvalidGpa)
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

serde_as_text!(Rupiah, Gpa);

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
    fn an_amount_is_a_plain_decimal_within_bounds() {
        for (text, written) in [
            ("0", "0"),
            ("24750000.00", "24750000"),
            ("0.0001", "0.0001"),
            ("1000000000000000", "1000000000000000"),
        ] {
            assert_eq!(text.parse::<Rupiah>().unwrap().to_string(), written);
        }
        for text in [
            "-1",
            "+1",
            "1e3",
            "",
            "1000000000000001",
            "1,5",
            "0.00001",
            "1_0",
        ] {
            assert_eq!(text.parse::<Rupiah>(), Err(InvalidAmount), "{text}");
        }
    }

    #[test]
    fn a_gpa_is_a_plain_decimal_on_the_scale() {
        for text in ["0", "2.75", "3.10", "4.000"] {
            assert_eq!(text.parse::<Gpa>().unwrap().to_string(), text);
        }
        for text in ["4.01", "-0.1", "+1", "3,1", "2.7500", ""] {
            assert_eq!(text.parse::<Gpa>(), Err(InvalidGpa), "{text}");
        }
        assert!("2.749".parse::<Gpa>().unwrap() < "2.75".parse::<Gpa>().unwrap());
    }
}
