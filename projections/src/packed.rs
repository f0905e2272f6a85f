//! Values packed into few bytes, for the rows that most events read and change. What was packed is not
//! described in it: rows of another layout are of another version of their view, and never read.

use chrono::{Datelike, NaiveDate};
use uuid::Uuid;

/// A value that can be packed.
pub(crate) trait Pack: Sized {
    /// Adds it to what is packed so far.
    fn pack(&self, out: &mut Vec<u8>);
    /// Takes it off what is left; none when it is not there.
    fn unpack(left: &mut Left<'_>) -> Option<Self>;
}

/// What is packed and not read yet.
pub(crate) struct Left<'a>(&'a [u8]);

pub(crate) fn encode(value: &impl Pack) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    value.pack(&mut out);
    out
}

/// The value of all these bytes.
pub(crate) fn decode<T: Pack>(bytes: &[u8]) -> Option<T> {
    let mut left = Left(bytes);
    let value = T::unpack(&mut left)?;
    left.0.is_empty().then_some(value)
}

impl<'a> Left<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next bytes.
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(count)?;
        self.0 = left;
        Some(taken)
    }

    /// The next bytes, packed by [`bytes`].
    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let count = u32::unpack(self)?;
        self.take(usize::try_from(count).ok()?)
    }

    /// The next text, packed by [`bytes`].
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All that is left.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }
}

/// Whether all of it was packed by [`bytes`], piece after piece, to the last byte. Whoever takes the pieces off
/// cannot tell where they end from where they are broken.
pub(crate) fn is_whole(pieces: &[u8]) -> bool {
    let mut left = Left::of(pieces);
    while !left.is_empty() {
        if left.bytes().is_none() {
            return false;
        }
    }
    true
}

/// Packs bytes with their number.
pub(crate) fn bytes(bytes: &[u8], out: &mut Vec<u8>) {
    number(bytes.len(), out);
    out.extend_from_slice(bytes);
}

/// Packs a number of things.
pub(crate) fn number(count: usize, out: &mut Vec<u8>) {
    u32::try_from(count)
        .expect("a row is less than four gigabytes")
        .pack(out);
}

impl Pack for u8 {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn unpack(left: &mut Left<'_>) -> Option<Self> {
        left.take(1).map(|byte| byte[0])
    }
}

impl Pack for bool {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn unpack(left: &mut Left<'_>) -> Option<Self> {
        match u8::unpack(left)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

/// Seven bits a byte, the least first.
impl Pack for u32 {
    fn pack(&self, out: &mut Vec<u8>) {
        let mut rest = *self;
        while rest > 0x7f {
            out.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }

    fn unpack(left: &mut Left<'_>) -> Option<Self> {
        let mut value = 0_u64;
        for shift in (0..=28).step_by(7) {
            let byte = u8::unpack(left)?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Self::try_from(value).ok();
            }
        }
        None
    }
}

impl Pack for Uuid {
    fn pack(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }

    fn unpack(left: &mut Left<'_>) -> Option<Self> {
        left.take(16).and_then(|bytes| Self::from_slice(bytes).ok())
    }
}

impl Pack for NaiveDate {
    fn pack(&self, out: &mut Vec<u8>) {
        self.num_days_from_ce().cast_unsigned().pack(out);
    }

    fn unpack(left: &mut Left<'_>) -> Option<Self> {
        Self::from_num_days_from_ce_opt(u32::unpack(left)?.cast_signed())
    }
}

impl<T: Pack> Pack for Option<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        self.is_some().pack(out);
        if let Some(value) = self {
            value.pack(out);
        }
    }

    fn unpack(left: &mut Left<'_>) -> Option<Self> {
        if bool::unpack(left)? {
            T::unpack(left).map(Some)
        } else {
            Some(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check<T: Pack + PartialEq + std::fmt::Debug>(value: T) {
        let packed = encode(&value);
        assert_eq!(decode::<T>(&packed), Some(value));
        for end in 0..packed.len() {
            assert_eq!(decode::<T>(&packed[..end]), None, "a part of {packed:?}");
        }
        assert_eq!(
            decode::<T>(&[packed.as_slice(), &[0]].concat()),
            None,
            "more than {packed:?}"
        );
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(number: u32, id: u128, days in -800_000..3_000_000, held: Option<bool>) {
            check(number);
            check(Uuid::from_u128(id));
            check(NaiveDate::from_num_days_from_ce_opt(days).unwrap());
            check(held);
        }

        #[test]
        fn other_bytes_are_no_values(bytes: Vec<u8>) {
            if let Some(number) = decode::<u32>(&bytes) {
                prop_assert!(bytes.len() <= 5);
                prop_assert!(encode(&number).len() <= bytes.len());
            }
            let taken = Left::of(&bytes).bytes();
            prop_assert!(taken.is_none_or(|taken| taken.len() < bytes.len()));
        }
    }

    #[test]
    fn numbers_take_few_bytes() {
        for (number, count) in [(0, 1), (127, 1), (128, 2), (u32::MAX, 5)] {
            assert_eq!(encode(&number).len(), count, "{number}");
            check(number);
        }
        assert_eq!(decode::<u32>(&[0xff; 5]), None);
        assert_eq!(encode(&NaiveDate::from_ymd_opt(2020, 1, 31)).len(), 4);
    }
}
