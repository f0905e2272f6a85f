//! The ids that a client gives its requests.

use axum::http::HeaderName;

/// The longest correlation id that is passed on, in bytes.
const LONGEST_CONTEXT: usize = 128;

/// The client's id of a request.
pub(crate) const X_CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// Whether a context is an identifier, by the same rule as in the commands service. A sentence
/// might hold a name.
pub(crate) fn is_context(value: &str) -> bool {
    (1..=LONGEST_CONTEXT).contains(&value.len())
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
}
