//! Growth: whether a tree goes on from an older checkpoint that is kept somewhere else.

use std::path::Path;

use tlog_tiles::{EMPTY_HASH, check_tree};

use crate::{
    note::{LogPublicKey, NoteError, TreeHead},
    tree::{Tree, TreeError, predecessors},
};

/// The reason why a tree does not go on from an older checkpoint.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GrowthError {
    /// The older checkpoint is not of this log.
    #[error("the older checkpoint cannot be used: {0}")]
    Unusable(#[from] NoteError),
    /// The tree is smaller.
    #[error(
        "the older checkpoint has {older} entries and the tree {size}: positions {from} to {older} are missing from it",
        from = size + 1
    )]
    Shorter {
        /// Entries of the older checkpoint.
        older: u64,
        /// Entries of the tree.
        size: u64,
    },
    /// An entry is another one than before.
    #[error(
        "the tree does not extend the checkpoint of {0} entries: one of positions 1 to {0} was signed with other bytes"
    )]
    Other(u64),
    /// A checkpoint of no entries has the root of some.
    #[error("the older checkpoint has no entries, and its root is not that of an empty tree")]
    EmptyRoot,
    /// The tree cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

impl GrowthError {
    /// Whether two signed checkpoints contradict each other. A tree that cannot be read shows nothing.
    pub(crate) fn is_proof(&self) -> bool {
        match self {
            Self::Shorter { .. } | Self::Other(_) | Self::EmptyRoot => true,
            Self::Unusable(_) | Self::Tree(_) => false,
        }
    }
}

/// Compares a tree with an older checkpoint of its key, or of a key that it replaced. Returns the
/// head of the older one.
pub(crate) fn check(
    tree: &Tree,
    key: &LogPublicKey,
    older: &[u8],
) -> Result<TreeHead, GrowthError> {
    let older = open_older(tree.folder(), key, older)?;
    let head = tree.head();
    let is_same = match older.size {
        larger if larger > head.size => {
            return Err(GrowthError::Shorter {
                older: larger,
                size: head.size,
            });
        }
        0 if older.root != EMPTY_HASH => return Err(GrowthError::EmptyRoot),
        0 => true,
        size if size == head.size => older.root == head.root,
        size => {
            let proof = tree.prove_growth(size)?;
            check_tree(&proof, head.size, head.root, size, older.root).is_ok()
        }
    };
    if is_same {
        Ok(older)
    } else {
        Err(GrowthError::Other(older.size))
    }
}

/// Opens a checkpoint of the key, or of one that it replaced.
fn open_older(folder: &Path, key: &LogPublicKey, older: &[u8]) -> Result<TreeHead, GrowthError> {
    let refused = match key.open(older) {
        Ok(head) => return Ok(head),
        Err(error) => error,
    };
    let before = predecessors(folder, key)?;
    let mut opened = before.iter().filter_map(|key| key.open(older).ok());
    Ok(opened.next().ok_or(refused)?)
}

#[cfg(test)]
mod tests {
    use tlog_tiles::record_hash;

    use super::*;
    use crate::tree::test_tree::TestTree;

    #[test]
    fn an_older_checkpoint_that_the_tree_does_not_extend_is_refused() {
        let signed = TestTree::of(600);
        let (tree, key) = (signed.tree(), signed.key());
        let since = |size, root| {
            let older = signed.sign(TreeHead { size, root });
            let checked = check(&tree, key, &older).map(|head| head.size);
            checked.map_err(|error| error.to_string())
        };
        let (ours, other) = (tree.head().root, record_hash(b"another history"));
        let diverges = |size| {
            Err(format!(
                "the tree does not extend the checkpoint of {size} entries: one of positions 1 to {size} was signed \
                 with other bytes"
            ))
        };
        assert_eq!(since(600, ours), Ok(600));
        assert_eq!(since(0, EMPTY_HASH), Ok(0));
        assert_eq!(since(300, TestTree::of(300).tree().head().root), Ok(300));
        for size in [1, 300, 512, 600] {
            assert_eq!(since(size, other), diverges(size));
        }
        assert_eq!(
            since(0, other).unwrap_err(),
            "the older checkpoint has no entries, and its root is not that of an empty tree"
        );
        assert_eq!(
            since(700, other).unwrap_err(),
            "the older checkpoint has 700 entries and the tree 600: positions 601 to 700 are missing from it"
        );
        for text in ["", "jejak/pontianak\n5\n"] {
            let error = check(&tree, key, text.as_bytes()).unwrap_err();
            assert_eq!(
                error.to_string(),
                "the older checkpoint cannot be used: not a signed checkpoint: no signed note"
            );
        }
        signed.flip("tile/0/001");
        let error = since(300, ours).unwrap_err();
        assert!(
            error.contains("tile/0/001 of the signed tree is damaged"),
            "{error}"
        );
    }
}
