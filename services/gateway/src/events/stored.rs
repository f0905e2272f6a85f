//! The only member of a stored event that the gateway reads: its type.

use std::borrow::Cow;

use serde::Deserialize;

/// The CloudEvents type of a stored event. None unless the event is one line of JSON with a type.
pub(super) fn type_of(payload: &[u8]) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct TypeMember<'a> {
        #[serde(borrow)]
        r#type: Cow<'a, str>,
    }
    if payload.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return None;
    }
    let event: TypeMember<'_> = serde_json::from_slice(payload).ok()?;
    Some(event.r#type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_event_is_one_line_with_a_type() {
        let kind = type_of(br#"{"type":"jejak.operator.contract.hired.v2","data":{"type":"x"}}"#);
        assert_eq!(kind.as_deref(), Some("jejak.operator.contract.hired.v2"));
        assert_eq!(type_of(b"{\"type\":\n\"x\"}"), None);
        assert_eq!(type_of(b"{}"), None);
    }
}
