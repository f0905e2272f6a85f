//! Texts that may hold a citizen number (NIK) or a civil-service number (NIP). Ids of callers are kept for good in the
//! clear, and subjects of tokens under a key that outlives the person, so neither may hold one.

use uuid::Uuid;

/// The digits of a NIK.
const NIK: usize = 16;
/// The digits of a NIP.
const NIP: usize = 18;

/// Whether a caller's id may hold a NIK or a NIP: 16 digits in a row or more, or digits with separators between them
/// that have the form of one. The digits of a random UUID are none, with hyphens or without.
pub fn may_hold_a_nik(id: &str) -> bool {
    let has_letter = id.bytes().any(|b| b.is_ascii_alphabetic());
    if has_letter && Uuid::try_parse(id).is_ok() {
        return false;
    }
    numbers(id).iter().any(|number| {
        number.longest_row >= NIK || has_form(&number.digits, NIK) || has_form(&number.digits, NIP)
    })
}

/// Whether the subject of a token holds a NIK: 16 digits, or more with separators that have the form of one among them.
/// The name of an account at an issuer elsewhere may be a longer number, and that of an officer is one.
pub(crate) fn holds_a_nik(subject: &str) -> bool {
    if Uuid::try_parse(subject).is_ok() {
        return false;
    }
    numbers(subject).iter().any(|number| {
        let is_separated = number.longest_row < number.digits.len();
        number.digits.len() == NIK
            || number.rows.contains(&NIK)
            || (is_separated && has_form(&number.digits, NIK))
    })
}

/// The digits between two letters of a text.
#[derive(Default)]
struct Number {
    /// The digits without their separators. One of another script counts as 0.
    digits: Vec<u8>,
    /// The lengths of its rows of digits without a separator.
    rows: Vec<usize>,
    longest_row: usize,
}

fn numbers(text: &str) -> Vec<Number> {
    let parts = text.split(|c: char| c.is_alphabetic());
    let number = |part: &str| {
        let rows = part.split(|c: char| !c.is_numeric());
        let rows: Vec<usize> = rows.map(|row| row.chars().count()).collect();
        let digits = part.chars().filter(|c| c.is_numeric());
        Number {
            digits: digits.map(value).collect(),
            longest_row: rows.iter().copied().max().unwrap_or(0),
            rows,
        }
    };
    parts.map(number).collect()
}

/// The value of a digit, of ASCII or full width.
fn value(digit: char) -> u8 {
    let from = |zero: u32| u32::from(digit).checked_sub(zero).filter(|d| *d < 10);
    let value = from(u32::from('0')).or_else(|| from(u32::from('\u{ff10}')));
    value.and_then(|d| u8::try_from(d).ok()).unwrap_or(0)
}

/// Whether some digits in a row have the form of a NIK or a NIP.
fn has_form(digits: &[u8], length: usize) -> bool {
    let is_one = |window: &[u8]| {
        if length == NIK {
            is_nik(window)
        } else {
            is_nip(window)
        }
    };
    digits.windows(length).any(is_one)
}

/// A NIK has the code of a province, and a day of birth, to which 40 is added for women.
fn is_nik(digits: &[u8]) -> bool {
    let [province, _, _, day, month, ..] = pairs(digits);
    let is_province = matches!(
        province,
        11..=19 | 21 | 31..=36 | 51..=53 | 61..=65 | 71..=76 | 81 | 82 | 91..=97
    );
    is_province && matches!(day, 1..=31 | 41..=71) && matches!(month, 1..=12)
}

/// A NIP has the day of birth, the month of the appointment, and 1 for a man or 2 for a woman.
fn is_nip(digits: &[u8]) -> bool {
    let [century, _, month, day, appointed, _, appointed_month, _] = pairs(digits);
    let is_century = |pair| matches!(pair, 19 | 20);
    is_century(century)
        && matches!(month, 1..=12)
        && matches!(day, 1..=31)
        && is_century(appointed)
        && matches!(appointed_month, 1..=12)
        && matches!(digits.get(14), Some(1 | 2))
}

/// The first 16 digits as eight numbers of two digits.
fn pairs(digits: &[u8]) -> [u8; 8] {
    let mut pairs = [0; 8];
    for (pair, two) in pairs.iter_mut().zip(digits.chunks_exact(2)) {
        *pair = two.iter().fold(0, |value, digit| value * 10 + digit);
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_separators_is_one_too() {
        for number in [
            "6171011503950001",
            "6171.0115.0395.0001",
            "6171-0115-0395-0001",
            "budi-santoso-6171-0115-0395-0001",
            "6171_015503_95.0001-2",
            "cuti-19770116-199703-1-006",
            "197701161997031006",
            "1234567890123456",
        ] {
            assert!(may_hold_a_nik(number), "{number}");
        }
        for other in [
            "spk-2020.17_a",
            "20201001-123456789012345",
            "20261130-223451-0001-01",
            "2026-11-30T22-34-51.123456",
            "0190c1c4-1111-7222-8333-123456789012",
            "0af7651916cd43dd1234567890123456",
        ] {
            assert!(!may_hold_a_nik(other), "{other}");
        }
    }

    #[test]
    fn a_subject_holds_a_nik_in_any_writing() {
        for nik in [
            "6171011503950001",
            "nik6171011503950001",
            "6171011503950001@contoh.id",
            "6171 0115 0395 0001",
            "6171.0115.0395.0001-1",
            "\u{ff16}\u{ff11}\u{ff17}\u{ff11}\u{ff10}\u{ff11}\u{ff11}\u{ff15}\u{ff10}\u{ff13}\u{ff19}\u{ff15}\u{ff10}\u{ff10}\u{ff10}\u{ff11}",
        ] {
            assert!(holds_a_nik(nik), "{nik}");
        }
        for other in [
            "197701161997031006",
            "108204268033311374519",
            "admin-bkpsdm-2026",
            "00000000-0000-8000-8000-000000000001",
            "sari@contoh.id",
        ] {
            assert!(!holds_a_nik(other), "{other}");
        }
    }
}
