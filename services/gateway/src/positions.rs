//! Positions of the log in requests and answers.

use axum::http::HeaderName;
use jejak_bus::RequestProblem;

use crate::problem::malformed;

/// Response header: the position of the log that an answer was computed at.
pub(crate) const JEJAK_POSITION: HeaderName = HeaderName::from_static("jejak-position");

/// The largest position that is accepted. Half the range of `u64` leaves room for arithmetic.
const LAST_POSITION: u64 = u64::MAX >> 1;

/// Reads a parameter that holds a position.
///
/// # Errors
/// `request.malformed` with the parameter's name.
pub(crate) fn position(name: &str, value: &str) -> Result<u64, RequestProblem> {
    let position = value
        .parse()
        .ok()
        .filter(|position| *position <= LAST_POSITION);
    position.ok_or_else(|| malformed(name, "must be a position, 0 or more"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_leaves_room_for_arithmetic() {
        assert_eq!(position("after", "7").unwrap(), 7);
        for wrong in ["", "-1", "x", "1.5", "18446744073709551615"] {
            assert!(position("after", wrong).is_err(), "{wrong}");
        }
    }
}
