//! Money as whole ten-thousandths of a Rupiah.

/// Ten-thousandths of a Rupiah; more digits than that are never written.
pub(crate) type Money = i128;

const ONE: i128 = 10_000;

pub(crate) fn read(text: &str) -> Money {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part: Money = format!("{part:0<4}").parse().unwrap();
    whole.parse::<Money>().unwrap() * ONE + part
}

/// As in answers: no trailing zeros.
pub(crate) fn write(money: Money) -> String {
    let sign = if money < 0 { "-" } else { "" };
    let (whole, part) = (money.abs() / ONE, money.abs() % ONE);
    let text = format!("{sign}{whole}.{part:04}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// To whole Rupiah, half of one upwards.
pub(crate) fn round(money: Money) -> Money {
    (money + ONE / 2) / ONE * ONE
}

/// So many parts of a whole number of Rupiah, rounded the same way.
pub(crate) fn share(money: Money, part: usize, of: usize) -> Money {
    let (part, of) = (part as i128, of as i128);
    if of == 0 {
        return 0;
    }
    (2 * money * part + ONE * of) / (2 * ONE * of) * ONE
}
