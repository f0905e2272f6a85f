//! Answers to requests: queries of a view, its health, a rebuild. A fault is logged here once, under the
//! incident that the answer names.

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
use jejak_journal::Keyring;
use jejak_projections::{ProjectionError, QueryError, Store};

use crate::{rebuild::Rebuilder, served::ServedView};

/// The reply to one request.
pub(crate) async fn answer(
    served: Arc<ServedView>,
    rebuilder: Arc<Rebuilder>,
    request: Arc<Request>,
) -> Vec<u8> {
    let message = &request.message;
    let query = message.subject.rsplit('.').next().unwrap_or_default();
    let answered = match query {
        "health" => Ok(health(&served)),
        "rebuild" => {
            rebuilder.start();
            Ok(health(&served))
        }
        CONTENT_HASH => content(&served, message).await,
        query if is_known(&served, query) => {
            ask(&served, rebuilder.keyring(), query, message).await
        }
        _ => Err(RequestProblem::Unknown {
            path: format!("{}/{query}", served.view.name()),
        }),
    };
    answered.unwrap_or_else(|problem| Problem::Request(problem).to_reply())
}

fn is_known(served: &ServedView, query: &str) -> bool {
    let mut queries = served.view.queries().iter();
    queries.any(|known| known.query.name == query)
}

fn health(served: &ServedView) -> Vec<u8> {
    serde_json::to_vec(&served.health()).expect("a health is plain data")
}

/// The hash of all rows. Reading them takes a thread.
async fn content(served: &Arc<ServedView>, message: &Message) -> Result<Vec<u8>, RequestProblem> {
    let store = served.rows_at(min_position(message)?).await?;
    let hashed = tokio::task::spawn_blocking(move || store.content()).await;
    let hashed = hashed.map_err(|error| RequestProblem::fault("hashing the rows", &error))?;
    let (position, hash) =
        hashed.map_err(|error| RequestProblem::fault("hashing the rows", &error))?;
    serde_json::to_vec(&ViewContent { position, hash })
        .map_err(|error| RequestProblem::fault("hashing the rows", &error))
}

/// Answers a query. A key that is not in memory is fetched, and the query asked again.
async fn ask(
    served: &Arc<ServedView>,
    keyring: &Keyring,
    query: &str,
    message: &Message,
) -> Result<Vec<u8>, RequestProblem> {
    let store = served.rows_at(min_position(message)?).await?;
    loop {
        match ask_once(served, store.clone(), query, message).await? {
            Err(QueryError::Store(ProjectionError::KeyUnknown(owner))) => {
                let fetched = keyring.fetch(&owner).await;
                let fetched = fetched.map_err(|error| RequestProblem::fault("a query", &error))?;
                if fetched.is_none() {
                    let missing = ProjectionError::KeyUnknown(owner);
                    return Err(RequestProblem::fault("a query", &missing));
                }
            }
            answered => {
                return answered
                    .map(|(_, answer)| answer)
                    .map_err(|error| problem(served, error));
            }
        }
    }
}

/// The position and bytes of an answer.
type Answered = Result<(u64, Vec<u8>), QueryError>;

async fn ask_once(
    served: &Arc<ServedView>,
    store: Arc<Store>,
    query: &str,
    message: &Message,
) -> Result<Answered, RequestProblem> {
    let (params, today) = (message.payload.clone(), served.today());
    // Another thread costs more than an answer about one thing. This thread answers all queries, and redb
    // panics on a file that was altered from outside.
    let at_once = catch_unwind(AssertUnwindSafe(|| {
        store.answer_at_once(query, &params, today)
    }));
    let at_once = at_once.map_err(|_| RequestProblem::fault("a query", &"it panicked"))?;
    Ok(match at_once {
        Some(answered) => answered,
        None => {
            let query = query.to_owned();
            let reader = served.readers.acquire().await;
            let _reader = reader.map_err(|error| RequestProblem::fault("a query", &error))?;
            let answered =
                tokio::task::spawn_blocking(move || store.answer(&query, &params, today)).await;
            answered.map_err(|error| RequestProblem::fault("a query", &error))?
        }
    })
}

fn problem(served: &ServedView, error: QueryError) -> RequestProblem {
    match error {
        QueryError::UnknownQuery => RequestProblem::Unknown {
            path: served.view.name().to_owned(),
        },
        QueryError::Malformed { path, reason } => RequestProblem::malformed(path, reason),
        QueryError::ItemUnknown { thing, item } => RequestProblem::ItemUnknown { thing, item },
        error @ (QueryError::Store(_) | QueryError::TakesLonger) => {
            RequestProblem::fault("a query", &error)
        }
    }
}
