//! Answers requests for the checkpoint, for files of the tree, and for the health.

use std::{path::PathBuf, sync::Arc};

use async_nats::service::Request;
use jejak_bus::{
    Problem, RequestProblem,
    tile::{AUDIT, FilePart, TileRequest},
};
use jejak_events::kinds::ItemKind;

use crate::{
    status::SharedStatus,
    tree::{self, TilePath},
};

/// The reply to one request. The last token of its subject names the query.
pub(crate) async fn answer(
    status: Arc<SharedStatus>,
    folder: Arc<PathBuf>,
    request: Arc<Request>,
) -> Vec<u8> {
    let message = &request.message;
    let query = message.subject.rsplit('.').next().unwrap_or_default();
    let answered = match query {
        "health" => serde_json::to_vec(&status.health()).map_err(|error| fault(&error)),
        "checkpoint" => match status.checkpoint() {
            Some((checkpoint, _)) => Ok(FilePart::of(&checkpoint, 0).to_reply()),
            None => Err(RequestProblem::ServiceUnavailable {
                service: "auditor".to_owned(),
                retry_after_s: 1,
            }),
        },
        "tile" => tile(&status, folder, &message.payload).await,
        _ => Err(RequestProblem::Unknown {
            path: format!("{AUDIT}/{query}"),
        }),
    };
    answered.unwrap_or_else(|problem| Problem::Request(problem).to_reply())
}

fn unknown(item: &str) -> RequestProblem {
    RequestProblem::ItemUnknown {
        thing: ItemKind::Tile,
        item: format!("log/{item}"),
    }
}

async fn tile(
    status: &SharedStatus,
    folder: Arc<PathBuf>,
    payload: &[u8],
) -> Result<Vec<u8>, RequestProblem> {
    let malformed = |error: serde_json::Error| RequestProblem::malformed(".", error.to_string());
    let TileRequest { path, offset } = serde_json::from_slice(payload).map_err(malformed)?;
    let size = status.checkpoint().map_or(0, |(_, size)| size);
    let file = TilePath::parse(&path).filter(|file| file.is_within(size));
    let file = file.ok_or_else(|| unknown(&path))?;
    let read = tokio::task::spawn_blocking(move || tree::read(&folder, file)).await;
    match read
        .map_err(|error| fault(&error))?
        .map_err(|error| fault(&error))?
    {
        Some(bytes) => Ok(FilePart::of(&bytes, offset).to_reply()),
        None => Err(fault(&format!(
            "{path} of the signed tree is missing or cut short"
        ))),
    }
}

fn fault(error: &dyn std::fmt::Display) -> RequestProblem {
    RequestProblem::fault("a request for the signed tree", error)
}
