//! Events as stored: pages of them for auditors ([`export`]), and live ([`feed`]). The bytes are never
//! parsed into anything but their type, and never changed.

pub(crate) mod export;
pub(crate) mod feed;

use std::borrow::Cow;

use jejak_bus::RequestProblem;
use serde::Deserialize;

use crate::problem::malformed;

/// The largest position that is taken: every one the log can have, with room to count on from it.
const LAST_POSITION: u64 = u64::MAX >> 1;

/// A parameter that is a position.
pub(crate) fn position(name: &str, value: &str) -> Result<u64, RequestProblem> {
    let position = value
        .parse()
        .ok()
        .filter(|position| *position <= LAST_POSITION);
    position.ok_or_else(|| malformed(name, "must be a position, 0 or more"))
}

/// The CloudEvents type of a stored event; `None` for what is not one line of JSON with a type.
pub(crate) fn type_of(payload: &[u8]) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Typed<'a> {
        #[serde(borrow)]
        r#type: Cow<'a, str>,
    }
    if payload.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return None;
    }
    serde_json::from_slice::<Typed<'_>>(payload)
        .ok()
        .map(|typed| typed.r#type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_can_be_counted_on_from() {
        assert_eq!(position("after", "7").unwrap(), 7);
        for wrong in ["", "-1", "x", "1.5", "18446744073709551615"] {
            assert!(position("after", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_stored_event_is_one_line_with_a_type() {
        let typed = type_of(br#"{"type":"jejak.operator.contract.hired.v1","data":{"type":"x"}}"#);
        assert_eq!(typed.as_deref(), Some("jejak.operator.contract.hired.v1"));
        assert_eq!(type_of(b"{\"type\":\n\"x\"}"), None);
        assert_eq!(type_of(b"{}"), None);
    }
}
