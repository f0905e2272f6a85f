//! Answering requests for the checkpoint, for files of the tree, and for how the auditor is.

use std::{path::PathBuf, sync::Arc};

use async_nats::service::Request;
use jejak_bus::{
    Problem, RequestProblem,
    tile::{AUDIT, FilePart, TileRequest},
};
use jejak_events::rejection::thing::Thing;

use crate::{
    desk::Desk,
    tree::{self, Resource},
};

/// The reply to one request.
pub(crate) async fn answer(
    desk: Arc<Desk>,
    folder: Arc<PathBuf>,
    request: Arc<Request>,
) -> Vec<u8> {
    let message = &request.message;
    let query = message.subject.rsplit('.').next().unwrap_or_default();
    let answered = match query {
        "health" => serde_json::to_vec(&desk.health()).map_err(|error| fault(&error)),
        "checkpoint" => match desk.checkpoint() {
            Some((checkpoint, _)) => Ok(FilePart::of(&checkpoint, 0).to_reply()),
            None => Err(RequestProblem::ServiceUnavailable {
                service: "auditor".to_owned(),
                retry_after_s: 1,
            }),
        },
        "tile" => tile(&desk, folder, &message.payload).await,
        _ => Err(RequestProblem::Unknown {
            path: format!("{AUDIT}/{query}"),
        }),
    };
    answered.unwrap_or_else(|problem| Problem::Request(problem).to_reply())
}

fn not_there(item: &str) -> RequestProblem {
    RequestProblem::ItemUnknown {
        thing: Thing::Tile,
        item: format!("log/{item}"),
    }
}

async fn tile(
    desk: &Desk,
    folder: Arc<PathBuf>,
    payload: &[u8],
) -> Result<Vec<u8>, RequestProblem> {
    let malformed = |error: serde_json::Error| RequestProblem::Malformed {
        path: ".".to_owned(),
        reason: error.to_string(),
    };
    let TileRequest { path, offset } = serde_json::from_slice(payload).map_err(malformed)?;
    let size = desk.checkpoint().map_or(0, |(_, size)| size);
    let resource = Resource::parse(&path).filter(|resource| resource.is_within(size));
    let resource = resource.ok_or_else(|| not_there(&path))?;
    let read = tokio::task::spawn_blocking(move || tree::read(&folder, resource)).await;
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
