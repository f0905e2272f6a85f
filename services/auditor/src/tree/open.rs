//! Opening a tree to add to it, or creating an empty one.
//!
//! The last checkpoint is kept beside the key, too. A folder that was lost or put back from
//! an older copy is therefore noticed: going on from it would sign a second tree of the
//! same size. An older copy of both the keys and the folder is not noticed here. Only
//! checkpoints kept elsewhere show that.

use std::path::Path;

use tlog_tiles::check_tree;

use super::{
    config::{self, DESCRIPTION, TreeConfig},
    disk::{self, FOR_ALL, OWNER_ONLY, PendingFiles},
    error::TreeError,
    frontier::Frontier,
    key_change,
    path::CHECKPOINT,
    read::Tree,
};
use crate::note::{LogPrivateKey, LogPublicKey, TreeHead, unchecked_size};

/// A signing key and the tree that goes on under it.
pub(super) struct OpenedTree {
    pub(super) key: LogPrivateKey,
    pub(super) public: LogPublicKey,
    pub(super) tree: Tree,
    pub(super) frontier: Frontier,
}

/// Opens the tree at its last checkpoint. Creates a new one if no file of a tree is there.
pub(super) fn open_or_create(
    config: &TreeConfig,
    pending: &mut PendingFiles,
) -> Result<OpenedTree, TreeError> {
    config.check_description()?;
    let key = match disk::read(&config.key_file)? {
        Some(text) => existing_key(config, &text, pending)?,
        None => new_key(config, pending)?,
    };
    let public = key.public()?;
    let (tree, frontier) = latest_tree(config, &public, pending)?;
    Ok(OpenedTree {
        key,
        public,
        tree,
        frontier,
    })
}

/// Reads the signing key. Its tree must be there, and the public key must belong to it.
fn existing_key(
    config: &TreeConfig,
    text: &[u8],
    pending: &mut PendingFiles,
) -> Result<LogPrivateKey, TreeError> {
    let TreeConfig {
        folder,
        key_file,
        public_key_file,
        ..
    } = config;
    if config::description(folder)?.is_none() {
        return Err(match disk::read(&folder.join(CHECKPOINT))? {
            Some(_) => TreeError::Undescribed(folder.join(DESCRIPTION)),
            None => TreeError::TreeLost {
                folder: folder.clone(),
                key: key_file.clone(),
            },
        });
    }
    let key = LogPrivateKey::parse(&String::from_utf8_lossy(text))
        .map_err(|error| TreeError::damaged(key_file, error.to_string()))?;
    let public = key.public()?;
    match disk::read(public_key_file)? {
        Some(given) if String::from_utf8_lossy(&given).trim() == public.text() => {
            disk::let_all_read(public_key_file)?;
        }
        // A process was killed while it replaced the key.
        Some(given) if is_replaced(folder, &given, &public)? => {
            write_public_key(config, &public, pending)?;
        }
        Some(_) => {
            return Err(TreeError::OtherKey {
                public_key: public_key_file.clone(),
                key: key_file.clone(),
            });
        }
        None => write_public_key(config, &public, pending)?,
    }
    Ok(key)
}

/// Creates a key if nothing shows that there was one before.
///
/// The first checkpoint is stored before the key. A key without a checkpoint therefore means
/// that its tree was lost.
fn new_key(config: &TreeConfig, pending: &mut PendingFiles) -> Result<LogPrivateKey, TreeError> {
    refuse_lost_key(config)?;
    let TreeConfig {
        folder, key_file, ..
    } = config;
    let description = config.description()?;
    pending.write(&folder.join(DESCRIPTION), &description, OWNER_ONLY)?;
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| TreeError::Random(error.to_string()))?;
    let text = LogPrivateKey::text(&config.origin, &random);
    let key = LogPrivateKey::parse(&text)
        .map_err(|error| TreeError::damaged(key_file, error.to_string()))?;
    let empty = key.sign(TreeHead {
        size: 0,
        root: Frontier::default().root(),
    })?;
    pending.write(&config.last_checkpoint_file(), &empty, OWNER_ONLY)?;
    pending.sync()?;
    pending.write(key_file, format!("{text}\n").as_bytes(), OWNER_ONLY)?;
    pending.sync()?;
    write_public_key(config, &key.public()?, pending)?;
    Ok(key)
}

/// Refuses a new key if a tree, a public key or a checkpoint shows that an earlier key signed.
fn refuse_lost_key(config: &TreeConfig) -> Result<(), TreeError> {
    let TreeConfig {
        folder,
        key_file,
        public_key_file,
        ..
    } = config;
    let last = config.last_checkpoint_file();
    if disk::read(&folder.join(CHECKPOINT))?.is_some() || disk::has_files(&folder.join("tile"))? {
        return Err(TreeError::KeyLost {
            key: key_file.clone(),
            folder: folder.clone(),
        });
    }
    // A process killed while it created the tree may leave a checkpoint of no entries.
    let signed = disk::read(&last)?.is_some_and(|note| unchecked_size(&note) != Some(0));
    let trace = if signed {
        last
    } else if disk::read(public_key_file)?.is_some() {
        public_key_file.clone()
    } else {
        return Ok(());
    };
    Err(TreeError::BothLost {
        key: key_file.clone(),
        folder: folder.clone(),
        trace,
    })
}

/// Whether the public key in a file was replaced by another one.
fn is_replaced(folder: &Path, given: &[u8], public: &LogPublicKey) -> Result<bool, TreeError> {
    match LogPublicKey::parse(&String::from_utf8_lossy(given)) {
        Ok(old) => key_change::is_successor(folder, &old, public),
        Err(_) => Ok(false),
    }
}

/// Writes the public key. Everybody may read it.
pub(super) fn write_public_key(
    config: &TreeConfig,
    public: &LogPublicKey,
    pending: &mut PendingFiles,
) -> Result<(), TreeError> {
    let text = format!("{}\n", public.text());
    pending.write(&config.public_key_file, text.as_bytes(), FOR_ALL)?;
    pending.sync()
}

/// The tree at the later of two checkpoints: the one in the folder and the one beside the key.
///
/// A process killed between storing the two leaves the later one beside the key. The folder
/// then holds all its files.
fn latest_tree(
    config: &TreeConfig,
    public: &LogPublicKey,
    pending: &mut PendingFiles,
) -> Result<(Tree, Frontier), TreeError> {
    let TreeConfig {
        folder, key_file, ..
    } = config;
    let last_file = config.last_checkpoint_file();
    let shown = match Tree::open(folder, public) {
        Ok(tree) => Some(tree),
        Err(TreeError::Missing(_)) => None,
        Err(error) => return Err(error),
    };
    let last = match disk::read(&last_file)? {
        Some(note) => Some(Tree::of(folder, note, public, &last_file)?),
        None => None,
    };
    match (shown, last) {
        (None, None) => Err(TreeError::TreeLost {
            folder: folder.clone(),
            key: key_file.clone(),
        }),
        (Some(shown), None) => {
            // Earlier versions kept no checkpoint beside the key.
            let frontier = shown.frontier()?;
            pending.write(&last_file, shown.checkpoint(), OWNER_ONLY)?;
            pending.sync()?;
            Ok((shown, frontier))
        }
        (Some(shown), Some(last)) if shown.head() == last.head() => {
            let frontier = shown.frontier()?;
            Ok((shown, frontier))
        }
        (Some(shown), Some(last)) if shown.head().size >= last.head().size => {
            check_growth(&shown, last.head(), &last_file)?;
            let frontier = shown.frontier()?;
            Ok((shown, frontier))
        }
        (shown, Some(last)) => {
            let frontier = match last.frontier() {
                Err(TreeError::Damaged { .. }) => {
                    return Err(TreeError::Older {
                        folder: folder.clone(),
                        found: shown.map_or(0, |shown| shown.head().size),
                        signed: last.head().size,
                        last: last_file,
                    });
                }
                frontier => frontier?,
            };
            // The earlier failure may have been the sync of this very file.
            pending.write(&last_file, last.checkpoint(), OWNER_ONLY)?;
            pending.sync()?;
            pending.write(&folder.join(CHECKPOINT), last.checkpoint(), OWNER_ONLY)?;
            pending.sync()?;
            Ok((last, frontier))
        }
    }
}

/// Refuses a tree that does not extend the last signed one.
fn check_growth(shown: &Tree, last: TreeHead, last_file: &Path) -> Result<(), TreeError> {
    let head = shown.head();
    let extends = last.size == 0
        || head.size > last.size
            && check_tree(
                &shown.prove_growth(last.size)?,
                head.size,
                head.root,
                last.size,
                last.root,
            )
            .is_ok();
    if extends {
        return Ok(());
    }
    Err(TreeError::Contradicts {
        folder: shown.folder().to_owned(),
        size: last.size,
        last: last_file.to_owned(),
    })
}
