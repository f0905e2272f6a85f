//! A proof that the log holds an event, as one small file (C2SP tlog-proof).
//!
//! The file holds the index, the audit path, the signed checkpoint and, as its extra part, the
//! event. The public key suffices to check it.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use tlog_tiles::{Hash, check_record, record_hash};

use crate::{
    note::{LogPublicKey, NoteError},
    tree::{LARGEST_ENTRY, TILE_WIDTH, TilePath, Tree, TreeError, split},
};

/// The first line of every proof.
const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
/// The longest possible path has one hash for each bit of an index.
const LONGEST_PATH: usize = 64;

/// The reason why a proof cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The signed tree does not have the position.
    #[error("position {position} is not signed; the tree has positions 1 to {size}")]
    NotSigned {
        /// The requested position.
        position: u64,
        /// The size of the tree.
        size: u64,
    },
    /// A file of the tree cannot be used.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// The reason why a proof is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A line of the file does not belong in a proof of an event.
    #[error("line {line} of the proof {expected}")]
    Malformed {
        /// The number of the line, from 1.
        line: usize,
        /// The rule that the line breaks.
        expected: &'static str,
    },
    /// The checkpoint in the proof is refused.
    #[error("the checkpoint in the proof is {0}")]
    Checkpoint(#[from] NoteError),
    /// Event, index or path do not lead to the signed root.
    #[error(
        "the event in the proof is not position {position} of the signed log of {size}: event, index or path was altered"
    )]
    Path {
        /// The position in the proof.
        position: u64,
        /// The size of the signed tree.
        size: u64,
    },
}

/// The event that a proof proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenEvent {
    /// The position of the event in the log.
    pub position: u64,
    /// The size of the signed tree.
    pub size: u64,
    /// The event, byte for byte.
    pub event: Vec<u8>,
}

/// Makes the proof of a position, as text.
///
/// # Errors
/// See [`ProveError`].
pub fn prove(tree: &Tree, position: u64) -> Result<Vec<u8>, ProveError> {
    let (event, path) = signed_entry(tree, position)?;
    let index = position - 1;
    let mut text = format!(
        "{FIRST_LINE}\nextra {}\nindex {index}\n",
        BASE64.encode(event)
    );
    for hash in path {
        text.push_str(&BASE64.encode(hash.0));
        text.push('\n');
    }
    text.push('\n');
    let mut proof = text.into_bytes();
    proof.extend_from_slice(tree.checkpoint());
    Ok(proof)
}

/// Reads one entry of a tree, and the path that leads from it to the signed root.
///
/// # Errors
/// See [`ProveError`].
pub(crate) fn signed_entry(tree: &Tree, position: u64) -> Result<(Vec<u8>, Vec<Hash>), ProveError> {
    let size = tree.head().size;
    let index = position.checked_sub(1).filter(|index| *index < size);
    let index = index.ok_or(ProveError::NotSigned { position, size })?;
    let event = entry(tree, index)?;
    let path = tree.prove(index)?;
    if check_record(&path, size, tree.head().root, index, record_hash(&event)).is_err() {
        let (bundle, width) = (index / u64::from(TILE_WIDTH), u64::from(TILE_WIDTH));
        let items = u32::try_from((size - bundle * width).min(width)).unwrap_or(TILE_WIDTH);
        let bundle = TilePath::entries(bundle, items);
        let reason = format!("its entry of position {position} is not the one that was signed");
        return Err(TreeError::damaged(tree.folder().join(bundle.to_string()), reason).into());
    }
    Ok((event, path))
}

/// Reads one entry of a tree.
fn entry(tree: &Tree, index: u64) -> Result<Vec<u8>, TreeError> {
    let (bundle, at) = (index / u64::from(TILE_WIDTH), index % u64::from(TILE_WIDTH));
    let width = u32::try_from(at + 1).unwrap_or(TILE_WIDTH);
    let path = TilePath::entries(bundle, width);
    let bytes = tree.read(path)?;
    let entry = split(&bytes).last().flatten().map(<[u8]>::to_vec);
    entry.ok_or_else(|| TreeError::damaged(tree.folder().join(path.to_string()), "it is cut short"))
}

/// Checks a proof with the public key alone.
///
/// # Errors
/// See [`ProofError`].
pub fn check(proof: &[u8], key: &LogPublicKey) -> Result<ProvenEvent, ProofError> {
    let ParsedProof {
        index,
        event,
        path,
        checkpoint,
    } = parse(proof)?;
    let head = key.open(checkpoint)?;
    let position = index.saturating_add(1);
    let refused = ProofError::Path {
        position,
        size: head.size,
    };
    if index >= head.size
        || check_record(&path, head.size, head.root, index, record_hash(&event)).is_err()
    {
        return Err(refused);
    }
    Ok(ProvenEvent {
        position,
        size: head.size,
        event,
    })
}

/// A proof, split into its parts.
struct ParsedProof<'a> {
    index: u64,
    event: Vec<u8>,
    path: Vec<Hash>,
    checkpoint: &'a [u8],
}

fn parse(proof: &[u8]) -> Result<ParsedProof<'_>, ProofError> {
    let mut rest = proof;
    let mut line = 0;
    let mut next = || {
        line += 1;
        let end = rest.iter().position(|byte| *byte == b'\n');
        let (head, tail) = end.map(|end| (&rest[..end], &rest[end + 1..]))?;
        rest = tail;
        std::str::from_utf8(head).ok().map(|text| (line, text))
    };
    let malformed = |line, expected| ProofError::Malformed { line, expected };
    match next() {
        Some((_, FIRST_LINE)) => {}
        _ => return Err(malformed(1, "must be c2sp.org/tlog-proof@v1")),
    }
    let extra = next().and_then(|(_, line)| BASE64.decode(line.strip_prefix("extra ")?).ok());
    let event = extra.filter(|event| event.len() <= LARGEST_ENTRY);
    let event = event.ok_or(malformed(2, "must be extra and the event in base64"))?;
    let index = next().and_then(|(_, line)| {
        let digits = line.strip_prefix("index ")?;
        digits
            .parse::<u64>()
            .ok()
            .filter(|index| index.to_string() == digits)
    });
    let index = index.ok_or(malformed(3, "must be index and a number"))?;
    let mut path = Vec::new();
    loop {
        match next() {
            Some((_, "")) => break,
            Some((line, hash)) if path.len() < LONGEST_PATH => {
                let hash = Hash::parse_hash(hash);
                path.push(hash.map_err(|_| malformed(line, "must be a hash in base64"))?);
            }
            _ => {
                return Err(malformed(
                    4 + path.len(),
                    "must be empty, before the checkpoint",
                ));
            }
        }
    }
    Ok(ParsedProof {
        index,
        event,
        path,
        checkpoint: rest,
    })
}
