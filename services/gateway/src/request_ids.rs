//! The ids that a client gives its requests.

use axum::http::HeaderName;

/// The client's id of a request.
pub(crate) const X_CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
