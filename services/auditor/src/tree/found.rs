//! Founding a tree, or finding the one there is: which key signs it, of which log it is, and where it goes on.
//! What was signed last is kept beside the key too, so that a folder that was lost or put back from an older
//! copy is noticed: going on from it would sign a second tree of a size that was signed already.
//!
//! Whoever rolls back the keys together with the folder is not noticed here, only by checkpoints kept elsewhere.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tlog_tiles::check_tree;

use super::{
    CHECKPOINT, Tree, TreeError,
    disk::{self, Unsynced},
    edge::Edge,
    grow::{Founding, OWNER_ONLY},
};
use crate::note::{Head, PrivateKey, PublicKey, unchecked_size};

/// What the tree is of; written before anything else.
const ABOUT: &str = "log.json";
const FORMAT: u32 = 1;
/// How the file of the last checkpoint beside the key ends.
const LAST: &str = "checkpoint";

#[derive(Debug, Serialize, Deserialize)]
struct About {
    format: u32,
    origin: String,
    incarnation: String,
}

/// A key, and the tree that goes on under it.
pub(super) struct Found {
    pub(super) key: PrivateKey,
    pub(super) public: PublicKey,
    pub(super) tree: Tree,
    pub(super) edge: Edge,
}

/// The file beside the key that holds the last checkpoint that was signed.
pub(super) fn last_file(key_file: &Path) -> PathBuf {
    key_file.with_extension(LAST)
}

/// The tree there is, at what was signed last, or a new one where there is nothing of one.
pub(super) fn found(founding: &Founding, unsynced: &mut Unsynced) -> Result<Found, TreeError> {
    check_about(founding)?;
    let key = match disk::read(&founding.key_file)? {
        Some(text) => kept_key(founding, &text, unsynced)?,
        None => new_key(founding, unsynced)?,
    };
    let public = key.public()?;
    let (tree, edge) = go_on(founding, &public, unsynced)?;
    Ok(Found {
        key,
        public,
        tree,
        edge,
    })
}

fn check_about(founding: &Founding) -> Result<(), TreeError> {
    let Some(about) = about(&founding.folder)? else {
        return Ok(());
    };
    for (expected, found) in [
        (&founding.origin, about.origin),
        (&founding.incarnation, about.incarnation),
    ] {
        if *expected != found {
            let (folder, expected) = (founding.folder.clone(), expected.clone());
            return Err(TreeError::OtherLog {
                folder,
                expected,
                found,
            });
        }
    }
    Ok(())
}

/// A key that is there has signed, so its tree must be there, and the public key must be its own.
fn kept_key(
    founding: &Founding,
    text: &[u8],
    unsynced: &mut Unsynced,
) -> Result<PrivateKey, TreeError> {
    let Founding {
        folder,
        key_file,
        public_key_file,
        ..
    } = founding;
    if about(folder)?.is_none() {
        return Err(match disk::read(&folder.join(CHECKPOINT))? {
            Some(_) => TreeError::Undescribed(folder.join(ABOUT)),
            None => TreeError::TreeLost {
                folder: folder.clone(),
                key: key_file.clone(),
            },
        });
    }
    let key = PrivateKey::parse(&String::from_utf8_lossy(text))
        .map_err(|error| TreeError::damaged(key_file, error.to_string()))?;
    let public = key.public()?;
    match disk::read(public_key_file)? {
        Some(given) if String::from_utf8_lossy(&given).trim() == public.text() => {}
        Some(_) => {
            let (public_key, key) = (public_key_file.clone(), key_file.clone());
            return Err(TreeError::OtherKey { public_key, key });
        }
        None => {
            unsynced.write(
                public_key_file,
                format!("{}\n", public.text()).as_bytes(),
                OWNER_ONLY,
            )?;
            unsynced.sync()?;
        }
    }
    Ok(key)
}

/// A new key, if nothing says that there was one before. What it signed first is stored before itself, so that
/// a key without anything signed is one whose tree was lost.
fn new_key(founding: &Founding, unsynced: &mut Unsynced) -> Result<PrivateKey, TreeError> {
    let Founding {
        folder,
        key_file,
        public_key_file,
        origin,
        incarnation,
    } = founding;
    let last = last_file(key_file);
    if disk::read(&folder.join(CHECKPOINT))?.is_some() || disk::has_files(&folder.join("tile"))? {
        return Err(TreeError::KeyLost {
            key: key_file.clone(),
            folder: folder.clone(),
        });
    }
    // Killed while founding, it may have left a checkpoint of nothing at all.
    let signed = disk::read(&last)?.is_some_and(|note| unchecked_size(&note) != Some(0));
    if signed || disk::read(public_key_file)?.is_some() {
        let trace = if signed {
            last
        } else {
            public_key_file.clone()
        };
        return Err(TreeError::BothLost {
            key: key_file.clone(),
            folder: folder.clone(),
            trace,
        });
    }
    let about = About {
        format: FORMAT,
        origin: origin.clone(),
        incarnation: incarnation.clone(),
    };
    let about_file = folder.join(ABOUT);
    let text = serde_json::to_vec(&about)
        .map_err(|error| TreeError::damaged(&about_file, error.to_string()))?;
    unsynced.write(&about_file, &text, OWNER_ONLY)?;
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| TreeError::Random(error.to_string()))?;
    let text = PrivateKey::text(origin, &random);
    let key = PrivateKey::parse(&text)
        .map_err(|error| TreeError::damaged(key_file, error.to_string()))?;
    unsynced.write(
        &last,
        &key.sign(Head {
            size: 0,
            root: Edge::default().root(),
        })?,
        OWNER_ONLY,
    )?;
    unsynced.sync()?;
    unsynced.write(key_file, format!("{text}\n").as_bytes(), OWNER_ONLY)?;
    unsynced.sync()?;
    unsynced.write(
        public_key_file,
        format!("{}\n", key.public()?.text()).as_bytes(),
        OWNER_ONLY,
    )?;
    unsynced.sync()?;
    Ok(key)
}

/// The tree at the later of the checkpoints in its folder and beside the key. Killed between storing the two, the
/// one beside the key is later, and all its files are in the folder.
fn go_on(
    founding: &Founding,
    public: &PublicKey,
    unsynced: &mut Unsynced,
) -> Result<(Tree, Edge), TreeError> {
    let Founding {
        folder, key_file, ..
    } = founding;
    let last_file = last_file(key_file);
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
            // Of before anything was kept beside the key.
            let edge = shown.edge()?;
            unsynced.write(&last_file, shown.checkpoint(), OWNER_ONLY)?;
            unsynced.sync()?;
            Ok((shown, edge))
        }
        (Some(shown), Some(last)) if shown.head() == last.head() => {
            let edge = shown.edge()?;
            Ok((shown, edge))
        }
        (Some(shown), Some(last)) if shown.head().size >= last.head().size => {
            follows(&shown, last.head(), &last_file)?;
            let edge = shown.edge()?;
            Ok((shown, edge))
        }
        (shown, Some(last)) => {
            let edge = match last.edge() {
                Err(TreeError::Damaged { .. }) => {
                    let found = shown.map_or(0, |shown| shown.head().size);
                    let (folder, signed) = (folder.clone(), last.head().size);
                    return Err(TreeError::Older {
                        folder,
                        found,
                        signed,
                        last: last_file,
                    });
                }
                edge => edge?,
            };
            // The sync of the one beside the key may be what failed before.
            unsynced.write(&last_file, last.checkpoint(), OWNER_ONLY)?;
            unsynced.sync()?;
            unsynced.write(&folder.join(CHECKPOINT), last.checkpoint(), OWNER_ONLY)?;
            unsynced.sync()?;
            Ok((last, edge))
        }
    }
}

/// That a tree goes on from what was signed last, as its key's folder has it.
fn follows(shown: &Tree, last: Head, last_file: &Path) -> Result<(), TreeError> {
    let head = shown.head();
    let goes_on = last.size == 0
        || head.size > last.size
            && check_tree(
                &shown.prove_growth(last.size)?,
                head.size,
                head.root,
                last.size,
                last.root,
            )
            .is_ok();
    if goes_on {
        return Ok(());
    }
    let (folder, last_file) = (shown.folder().to_owned(), last_file.to_owned());
    Err(TreeError::Contradicts {
        folder,
        size: last.size,
        last: last_file,
    })
}

fn about(folder: &Path) -> Result<Option<About>, TreeError> {
    let path = folder.join(ABOUT);
    let Some(bytes) = disk::read(&path)? else {
        return Ok(None);
    };
    let about: About = serde_json::from_slice(&bytes)
        .map_err(|error| TreeError::damaged(&path, error.to_string()))?;
    if about.format != FORMAT {
        return Err(TreeError::damaged(
            &path,
            format!("format {} is not known", about.format),
        ));
    }
    Ok(Some(about))
}

/// The incarnation of the log the tree in a folder was made of.
///
/// # Errors
/// [`TreeError::Undescribed`], and a description that cannot be read.
pub(crate) fn incarnation(folder: &Path) -> Result<String, TreeError> {
    about(folder)?
        .map(|about| about.incarnation)
        .ok_or_else(|| TreeError::Undescribed(folder.join(ABOUT)))
}
