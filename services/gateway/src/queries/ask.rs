//! The request to the service that answers a query.

use std::time::Duration;

use bytes::Bytes;
use jejak_bus::{
    Problem, query_subject,
    request::{MIN_POSITION, OWN_RECORDS},
};

use super::params::ViewQuery;
use crate::{app::App, auth::roles::RecordScope};

/// The deadline for a view's answer. A view itself waits for a position for five seconds at most.
const ANSWER: Duration = Duration::from_secs(7);

/// Asks the view. Its reply is the answer's body.
pub(super) async fn ask(
    app: &App,
    view_query: &ViewQuery,
    scope: RecordScope,
) -> Result<Bytes, Problem> {
    let ViewQuery {
        view,
        name,
        params,
        min_position,
    } = view_query;
    let subject = query_subject(&app.broker.tenant, view, name);
    let mut headers = async_nats::HeaderMap::new();
    if *min_position > 0 {
        headers.insert(MIN_POSITION, min_position.to_string());
    }
    if let RecordScope::Operator(_) = scope {
        headers.insert(OWN_RECORDS, "true");
    }
    let payload = params.to_string().into();
    app.broker
        .query(view, subject, headers, payload, ANSWER)
        .await
}

/// The position of an answer. It is the answer's first member, so the rest need not be parsed.
pub(super) fn position_of(answer: &[u8]) -> Option<u64> {
    let rest = answer.strip_prefix(b"{\"position\":")?;
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(&rest[..end]).ok()?.parse().ok()
}
