//! Answers requests for the checkpoint, for files of the tree, for proofs, and for the health.

use std::{path::PathBuf, sync::Arc};

use async_nats::service::Request;
use jejak_bus::{
    Problem, RequestProblem,
    tile::{AUDIT, FilePart, ProofRequest, TileRequest},
};
use jejak_events::kinds::ItemKind;

use crate::{
    proof::{self, ProveError},
    status::SharedStatus,
    tree::{self, TilePath},
};

/// The files that answers are read from.
pub(crate) struct TreeFiles {
    /// The folder of the signed tree.
    pub(crate) folder: PathBuf,
    /// The file of the key that checks it.
    pub(crate) public_key_file: PathBuf,
}

/// The reply to one request. The last token of its subject names the query.
pub(crate) async fn answer(
    status: Arc<SharedStatus>,
    files: Arc<TreeFiles>,
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
        "tile" => tile(&status, files, &message.payload).await,
        "proof" => proof(files, &message.payload).await,
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
    files: Arc<TreeFiles>,
    payload: &[u8],
) -> Result<Vec<u8>, RequestProblem> {
    let malformed = |error: serde_json::Error| RequestProblem::malformed(".", error.to_string());
    let TileRequest { path, offset } = serde_json::from_slice(payload).map_err(malformed)?;
    let size = status.checkpoint().map_or(0, |(_, size)| size);
    let file = TilePath::parse(&path).filter(|file| file.is_within(size));
    let file = file.ok_or_else(|| unknown(&path))?;
    let read = tokio::task::spawn_blocking(move || tree::read(&files.folder, file)).await;
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

/// The proof of one position, by the newest checkpoint on disk.
async fn proof(files: Arc<TreeFiles>, payload: &[u8]) -> Result<Vec<u8>, RequestProblem> {
    let malformed = |error: serde_json::Error| RequestProblem::malformed(".", error.to_string());
    let ProofRequest { position } = serde_json::from_slice(payload).map_err(malformed)?;
    let missing = || unknown(&format!("proof/{position}"));
    let made = tokio::task::spawn_blocking(move || {
        let signed = tree::signed(&files.folder, &files.public_key_file)?;
        signed
            .map(|(tree, _)| proof::prove(&tree, position))
            .transpose()
    });
    match made.await.map_err(|error| fault(&error))? {
        Ok(Some(proof)) => Ok(FilePart::of(&proof, 0).to_reply()),
        Ok(None) | Err(ProveError::NotSigned { .. }) => Err(missing()),
        Err(error @ ProveError::Tree(_)) => Err(fault(&error)),
    }
}

fn fault(error: &dyn std::fmt::Display) -> RequestProblem {
    RequestProblem::fault("a request for the signed tree", error)
}
