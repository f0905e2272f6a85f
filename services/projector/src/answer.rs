//! Answering requests: a view's queries, its health, a rebuild. Every failure becomes a problem the
//! asker can act on; faults are logged here, once, under the incident the asker is told.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use async_nats::{Message, service::Request};
use jejak_bus::{
    Problem, RequestProblem,
    health::{CONTENT_HASH, ViewContent},
    request::min_position,
};
use jejak_projections::QueryError;

use crate::{desk::Desk, rebuild::Rebuilder};

/// The reply to one request.
pub(crate) async fn answer(
    desk: Arc<Desk>,
    rebuilder: Arc<Rebuilder>,
    request: Arc<Request>,
) -> Vec<u8> {
    let message = &request.message;
    let query = message.subject.rsplit('.').next().unwrap_or_default();
    let answered = match query {
        "health" => Ok(health(&desk)),
        "rebuild" => {
            rebuilder.start();
            Ok(health(&desk))
        }
        CONTENT_HASH => content(&desk, message).await,
        known if desk.view.queries().iter().any(|query| query.name == known) => {
            ask(&desk, known, message).await
        }
        _ => Err(RequestProblem::Unknown {
            path: format!("{}/{query}", desk.view.name()),
        }),
    };
    answered.unwrap_or_else(|problem| Problem::Request(problem).to_reply())
}

fn health(desk: &Desk) -> Vec<u8> {
    serde_json::to_vec(&desk.health()).expect("a health is plain data")
}

/// A hash of all rows takes as long as reading them.
async fn content(desk: &Arc<Desk>, message: &Message) -> Result<Vec<u8>, RequestProblem> {
    let store = desk.rows_at(min_position(message)?).await?;
    let hashed = tokio::task::spawn_blocking(move || store.content()).await;
    let hashed = hashed.map_err(|error| RequestProblem::fault("hashing the rows", &error))?;
    let (position, hash) =
        hashed.map_err(|error| RequestProblem::fault("hashing the rows", &error))?;
    serde_json::to_vec(&ViewContent { position, hash })
        .map_err(|error| RequestProblem::fault("hashing the rows", &error))
}

async fn ask(desk: &Arc<Desk>, query: &str, message: &Message) -> Result<Vec<u8>, RequestProblem> {
    let store = desk.rows_at(min_position(message)?).await?;
    let (params, today) = (message.payload.clone(), desk.today());
    // To hand a question over to another thread costs more than to answer one about one thing. There a panic
    // would be caught: a file altered from outside is unlike anything redb writes.
    let at_once = catch_unwind(AssertUnwindSafe(|| {
        store.answer_at_once(query, &params, today)
    }));
    let at_once = at_once.map_err(|_| RequestProblem::fault("a query", &"it panicked"))?;
    let answered = match at_once {
        Some(answered) => answered,
        None => {
            let query = query.to_owned();
            let reader = desk.readers.acquire().await;
            let _reader = reader.map_err(|error| RequestProblem::fault("a query", &error))?;
            let answered =
                tokio::task::spawn_blocking(move || store.answer(&query, &params, today)).await;
            answered.map_err(|error| RequestProblem::fault("a query", &error))?
        }
    };
    answered
        .map(|(_, answer)| answer)
        .map_err(|error| problem(desk, error))
}

fn problem(desk: &Desk, error: QueryError) -> RequestProblem {
    match error {
        QueryError::UnknownQuery => RequestProblem::Unknown {
            path: desk.view.name().to_owned(),
        },
        QueryError::Malformed { path, reason } => RequestProblem::Malformed { path, reason },
        QueryError::ItemUnknown { thing, item } => RequestProblem::ItemUnknown { thing, item },
        error @ (QueryError::Store(_) | QueryError::TakesLonger) => {
            RequestProblem::fault("a query", &error)
        }
    }
}
