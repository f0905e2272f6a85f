//! One submission to a witness: the newest checkpoint, with the proof that its tree extends the one
//! that the witness cosigned last (C2SP tlog-witness).

use std::{path::Path, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use reqwest::{Client, Response, StatusCode, redirect::Policy};

use super::RemoteWitness;
use crate::{
    note::{LogPublicKey, TreeHead},
    tree::{Tree, TreeError},
};

/// The deadline of a request.
const DEADLINE: Duration = Duration::from_secs(10);
/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;
/// The clock of a witness may be behind ours by this many seconds. An older cosignature is a copy of an earlier one.
const CLOCKS_DIFFER_S: u64 = 300;
/// Attempts to agree on the size from which the proof leads. Another process of the office may submit
/// at the same time.
const ATTEMPTS: usize = 4;

/// A checkpoint that a witness cosigned.
#[derive(Debug)]
pub(crate) struct Submitted {
    /// Its head.
    pub(crate) head: TreeHead,
    /// The checkpoint with the signature of the log and the cosignature.
    pub(crate) note: Vec<u8>,
    /// The time of the cosignature, in seconds since 1970.
    pub(crate) time: u64,
}

/// The reason why a witness did not cosign.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SubmitError {
    /// It does not answer as a witness of this log. That shows nothing of the tree.
    #[error("{0}")]
    Away(String),
    /// It says that it cosigned another tree.
    #[error("{0}")]
    Contradicts(String),
}

impl From<TreeError> for SubmitError {
    fn from(error: TreeError) -> Self {
        Self::Away(format!("the checkpoint cannot be sent: {error}"))
    }
}

/// The client of all witnesses.
pub(crate) fn client() -> Result<Client, reqwest::Error> {
    // Fails where a provider is installed already; that one serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .timeout(DEADLINE)
        // Another address may be one that is not protected.
        .redirect(Policy::none())
        .build()
}

/// Submits the newest checkpoint of a tree. `known` is the size that the witness cosigned last, as far
/// as is known here.
pub(crate) async fn submit(
    client: &Client,
    witness: &RemoteWitness,
    folder: &Path,
    key: &LogPublicKey,
    known: u64,
) -> Result<Submitted, SubmitError> {
    let url = witness.url.below("add-checkpoint");
    let mut known = known;
    let mut last = SubmitError::Away("it was not asked".to_owned());
    for _ in 0..ATTEMPTS {
        // Opened anew each time: the tree may have grown meanwhile.
        let request = Request::make(folder, key, known).await?;
        let (size, old) = (request.head.size, request.old);
        let asked_s = now_s();
        let sent = client.post(url.clone()).body(request.body).send().await;
        let response = sent.map_err(|error| SubmitError::Away(reason(&error)))?;
        let status = response.status();
        let answer = read(response).await?;
        last = match status {
            StatusCode::OK => {
                let submitted = cosigned(witness, key, request.head, &request.note, &answer)?;
                return recent(submitted, asked_s);
            }
            StatusCode::CONFLICT => {
                let Some(theirs) = size_in(&answer) else {
                    return Err(SubmitError::Away(
                        "it answers 409 without a size".to_owned(),
                    ));
                };
                known = theirs;
                match theirs {
                    larger if larger > size => SubmitError::Contradicts(rolled_back(larger, size)),
                    same if same == old && same == size => {
                        return Err(SubmitError::Contradicts(forked(same)));
                    }
                    _ => SubmitError::Away(
                        "it names another size of its own at each request".to_owned(),
                    ),
                }
            }
            StatusCode::UNPROCESSABLE_ENTITY if old > 0 => {
                return Err(SubmitError::Contradicts(forked(old)));
            }
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
                return Err(SubmitError::Away(format!(
                    "it answers {}: it does not know this log or its key; hand it {}",
                    status.as_u16(),
                    key.text()
                )));
            }
            other => return Err(SubmitError::Away(format!("it answers {}", other.as_u16()))),
        };
    }
    Err(last)
}

/// A request, and the checkpoint in it.
struct Request {
    head: TreeHead,
    /// The size from which the proof leads.
    old: u64,
    note: Vec<u8>,
    body: Vec<u8>,
}

impl Request {
    async fn make(folder: &Path, key: &LogPublicKey, known: u64) -> Result<Self, SubmitError> {
        let (folder, key) = (folder.to_owned(), key.clone());
        let made = tokio::task::spawn_blocking(move || Self::read(&folder, &key, known)).await;
        let made = made.map_err(|error| SubmitError::Away(error.to_string()))?;
        Ok(made?)
    }

    fn read(folder: &Path, key: &LogPublicKey, known: u64) -> Result<Self, TreeError> {
        let tree = Tree::open(folder, key)?;
        let head = tree.head();
        // A witness with more than this tree says so itself.
        let old = known.min(head.size);
        let proof = if old == 0 || old == head.size {
            vec![]
        } else {
            tree.prove_growth(old)?
        };
        let note = tree.checkpoint().to_vec();
        let mut body = format!("old {old}\n").into_bytes();
        for hash in proof {
            body.extend(BASE64.encode(hash.0).into_bytes());
            body.push(b'\n');
        }
        body.push(b'\n');
        body.extend(&note);
        Ok(Self {
            head,
            old,
            note,
            body,
        })
    }
}

/// Checks the answer of a witness. Cosignatures of other keys are dropped.
fn cosigned(
    witness: &RemoteWitness,
    key: &LogPublicKey,
    head: TreeHead,
    note: &[u8],
    answer: &[u8],
) -> Result<Submitted, SubmitError> {
    let wrong = |error| SubmitError::Away(format!("its answer is not its cosignature: {error}"));
    let (_, signed) = key.open_alone(note).map_err(wrong)?;
    let found = witness.key.find(&[&signed, answer].concat());
    let note = [signed, found.map_err(wrong)?.line].concat();
    // The line must fit this checkpoint, whatever else stood in the answer.
    let found = witness.key.find(&note).map_err(wrong)?;
    Ok(Submitted {
        head,
        note,
        time: found.time,
    })
}

/// Refuses a cosignature from before the request. Somebody who kept it gives it in place of a witness that may have
/// seen more meanwhile.
fn recent(submitted: Submitted, asked_s: u64) -> Result<Submitted, SubmitError> {
    let oldest = asked_s.saturating_sub(CLOCKS_DIFFER_S);
    if submitted.time >= oldest {
        return Ok(submitted);
    }
    Err(SubmitError::Away(format!(
        "it answers with a cosignature that was made {} seconds before it was asked: an older one was kept and sent \
         again, or its clock is wrong",
        asked_s - submitted.time
    )))
}

/// Seconds since 1970.
fn now_s() -> u64 {
    u64::try_from(chrono::Utc::now().timestamp()).unwrap_or(0)
}

async fn read(mut response: Response) -> Result<Vec<u8>, SubmitError> {
    let mut answer = Vec::new();
    let away = |error: reqwest::Error| SubmitError::Away(reason(&error));
    while let Some(part) = response.chunk().await.map_err(away)? {
        if answer.len() + part.len() > LARGEST_ANSWER {
            return Err(SubmitError::Away("its answer has no end".to_owned()));
        }
        answer.extend_from_slice(&part);
    }
    Ok(answer)
}

fn size_in(answer: &[u8]) -> Option<u64> {
    std::str::from_utf8(answer).ok()?.trim().parse().ok()
}

/// The last cause of a failed request, such as a refused connection.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    format!("it does not answer: {cause}")
}

fn rolled_back(theirs: u64, ours: u64) -> String {
    format!(
        "it cosigned {theirs} entries, and the tree here has {ours}: positions {} to {theirs} are missing, as after an \
         older copy of the folder was put back",
        ours + 1
    )
}

fn forked(theirs: u64) -> String {
    format!(
        "it cosigned {theirs} entries that the tree here does not extend: one of positions 1 to {theirs} was signed with \
         other bytes"
    )
}

#[cfg(test)]
mod tests;
