//! Stored events over HTTP: in pages for auditors, and live. The bytes are passed on as they are
//! stored.

mod format;
pub(crate) mod page;
mod stored;
pub(crate) mod stream;
