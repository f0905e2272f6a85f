//! The checkpoint of the tree, and the tree against an older checkpoint.

use tlog_tiles::check_tree;

use super::{check::CheckResult, input::VerifyInput};
use crate::{
    note::{LogPublicKey, TreeHead},
    tree::{Tree, predecessors},
};

/// Reports the checkpoint. Opening the tree has checked its signature.
pub(super) fn checkpoint(input: &VerifyInput) -> CheckResult {
    let head = input.tree.head();
    let successor = input.tree.successor().map_or_else(String::new, |key| {
        format!(
            ", whose last checkpoint it is; it names {} as the key from then on",
            key.text()
        )
    });
    let checked = format!(
        "{} entries, root {}, signed by {}{successor}",
        head.size,
        head.root,
        input.key.name()
    );
    CheckResult::new("checkpoint", Ok(checked))
}

/// Compares the tree with an older checkpoint, if one was given.
pub(super) fn since(input: &VerifyInput) -> Option<CheckResult> {
    let older = input.since.as_ref()?;
    Some(CheckResult::new(
        "since",
        check_growth(&input.tree, &input.key, older),
    ))
}

/// Opens a checkpoint of the key, or of one that it replaced.
fn open_older(tree: &Tree, key: &LogPublicKey, older: &[u8]) -> Result<TreeHead, String> {
    let refused = match key.open(older) {
        Ok(head) => return Ok(head),
        Err(error) => error.to_string(),
    };
    let before = predecessors(tree.folder(), key).map_err(|error| error.to_string())?;
    let mut opened = before.iter().filter_map(|key| key.open(older).ok());
    opened.next().ok_or(refused)
}

fn check_growth(tree: &Tree, key: &LogPublicKey, older: &[u8]) -> Result<String, String> {
    let older = open_older(tree, key, older)
        .map_err(|error| format!("the older checkpoint cannot be used: {error}"))?;
    let head = tree.head();
    if older.size > head.size {
        return Err(format!(
            "the older checkpoint has {} entries and the tree {}: positions {} to {} are missing from it",
            older.size,
            head.size,
            head.size + 1,
            older.size
        ));
    }
    let consistent = match older.size {
        0 if older.root != tlog_tiles::EMPTY_HASH => {
            return Err(
                "the older checkpoint has no entries, and its root is not that of an empty tree"
                    .to_owned(),
            );
        }
        0 => true,
        size if size == head.size => older.root == head.root,
        size => {
            let proof = tree.prove_growth(size).map_err(|error| error.to_string())?;
            check_tree(&proof, head.size, head.root, size, older.root).is_ok()
        }
    };
    if consistent {
        Ok(format!(
            "the tree extends the checkpoint of {} entries",
            older.size
        ))
    } else {
        Err(format!(
            "the tree does not extend the checkpoint of {} entries: one of positions 1 to {} was signed with other bytes",
            older.size, older.size
        ))
    }
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
        let since = |size, root| check_growth(&tree, key, &signed.sign(TreeHead { size, root }));
        let (ours, other) = (tree.head().root, record_hash(b"another history"));
        let extends = |size| Ok(format!("the tree extends the checkpoint of {size} entries"));
        let diverges = |size| {
            Err(format!(
                "the tree does not extend the checkpoint of {size} entries: one of positions 1 to {size} was signed \
                 with other bytes"
            ))
        };
        assert_eq!(since(600, ours), extends(600));
        assert_eq!(since(0, tlog_tiles::EMPTY_HASH), extends(0));
        assert_eq!(
            since(300, TestTree::of(300).tree().head().root),
            extends(300)
        );
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
        for (text, reason) in [
            ("", "no signed note"),
            ("jejak/pontianak\n5\n", "no signed note"),
        ] {
            let error = check_growth(&tree, key, text.as_bytes()).unwrap_err();
            assert_eq!(
                error,
                format!("the older checkpoint cannot be used: not a signed checkpoint: {reason}")
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
