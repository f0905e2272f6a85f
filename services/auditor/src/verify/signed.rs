//! The log against the signed tree: the signature, the tree's own files from the root down, and every
//! payload against the hash that was signed for its position.

use tlog_tiles::{HASH_SIZE, check_tree, record_hash};
use tokio::sync::mpsc;

use super::{Check, First, Part, Stored, Subject, missing};
use crate::{
    note::PublicKey,
    tree::{Resource, TILE_WIDTH, Tree, TreeError, Upper, incarnation, split},
};

const WIDTH: u64 = TILE_WIDTH as u64;

/// The checkpoint: opening the tree has checked its signature.
pub(super) fn checkpoint(subject: &Subject) -> Option<Check> {
    let head = subject.tree.head();
    let found = Ok(format!(
        "{} entries, root {}, signed by {}",
        head.size,
        head.root,
        subject.key.name()
    ));
    Some(Check::new("checkpoint", found))
}

/// The tree against an older checkpoint.
pub(super) fn since(subject: &Subject) -> Option<Check> {
    let older = subject.since.as_ref()?;
    Some(Check::new(
        "since",
        grown(&subject.tree, &subject.key, older),
    ))
}

fn grown(tree: &Tree, key: &PublicKey, older: &[u8]) -> Result<String, String> {
    let older = key
        .open(older)
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
                "the older checkpoint is of no entries and has another root than a tree of none"
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
            "the tree goes on from the checkpoint of {} entries",
            older.size
        ))
    } else {
        Err(format!(
            "the tree does not go on from the checkpoint of {} entries: one of positions 1 to {} was signed with other bytes",
            older.size, older.size
        ))
    }
}

/// The tree's files, and the log by them.
pub(super) fn compare(subject: &Subject, mut parts: mpsc::Receiver<Stored>) -> Vec<Check> {
    let tree = &subject.tree;
    let size = tree.head().size;
    let mut comparison = Comparison::new(tree);
    let (found, expected) = (subject.journal.incarnation(), incarnation(tree.folder()));
    // A mirror of what is served has tiles and a checkpoint alone. The office's own tree has all its files.
    let mirrored = subject.office.is_none() && matches!(expected, Err(TreeError::Undescribed(_)));
    match expected {
        Err(_) if mirrored => {}
        Err(error) => comparison.files.note(|| error.to_string()),
        Ok(expected) if expected != found => comparison.log.note(|| {
            format!(
                "it is incarnation {found}, and {expected} was signed: another history under the same name"
            )
        }),
        Ok(_) => {}
    }
    let mut end = 0;
    while let Some(part) = parts.blocking_recv() {
        match part {
            Part::Events(events) => {
                for event in events.iter() {
                    end = event.stored.position;
                    comparison.event(end, &event.stored.payload);
                }
            }
            Part::Unread { position, .. } => end = position,
            Part::Missing { from, to } => {
                end = to;
                comparison.missing(from, to);
            }
        }
    }
    if end < size {
        let signed = format!(
            "the log ends at position {end}, and {size} are signed: {}",
            missing(end + 1, size)
        );
        comparison.log.note(|| signed);
        comparison.missing(end + 1, size);
    }
    let (files, log) = comparison.end();
    let later = end.saturating_sub(size);
    vec![
        Check::new(
            "tree",
            files.found(|| format!("tiles and bundles of {size} entries lead to the signed root")),
        ),
        Check::new(
            "log",
            log.found(|| {
                let later = match later {
                    0 => String::new(),
                    later => format!("; {later} after them are not signed yet"),
                };
                let incarnation = match mirrored {
                    false => "",
                    true => "; its incarnation was not compared, for the tree has no log.json",
                };
                format!("positions 1 to {size} hold what was signed{later}{incarnation}")
            }),
        ),
    ]
}

struct Comparison<'a> {
    tree: &'a Tree,
    size: u64,
    upper: Option<Upper>,
    /// The tile at hand.
    current: Option<Current>,
    /// The first positions of which nothing tells what was signed.
    uncompared: Option<(u64, u64)>,
    files: First,
    log: First,
}

/// The signed hashes of up to 256 entries, and the copies of these.
struct Current {
    index: u64,
    /// Of each entry; none where neither tile nor bundle leads to the root.
    hashes: Vec<u8>,
    /// What is kept of each entry, as far as it is what was signed.
    entries: Vec<Option<Vec<u8>>>,
}

impl<'a> Comparison<'a> {
    fn new(tree: &'a Tree) -> Self {
        let mut files = First::default();
        let loaded = Upper::load(tree).map_err(|error| files.note(|| error.to_string()));
        let upper = loaded.ok().or_else(|| Upper::rebuild(tree));
        let (size, log) = (tree.head().size, First::default());
        Self {
            tree,
            size,
            upper,
            current: None,
            uncompared: None,
            files,
            log,
        }
    }

    fn event(&mut self, position: u64, payload: &[u8]) {
        let Some(at) = self.seek(position) else {
            return;
        };
        let Some(current) = &self.current else { return };
        if current
            .entries
            .get(at)
            .is_some_and(|entry| entry.as_deref() == Some(payload))
        {
            return;
        }
        let signed = current.hashes.get(at * HASH_SIZE..(at + 1) * HASH_SIZE);
        match signed {
            Some(signed) if signed == record_hash(payload).0 => {}
            Some(_) => self
                .log
                .note(|| format!("position {position} holds other bytes than were signed")),
            None => self.not_compared(position),
        }
    }

    fn not_compared(&mut self, position: u64) {
        match &mut self.uncompared {
            Some((_, to)) if *to + 1 == position => *to = position,
            Some(_) => {}
            none => *none = Some((position, position)),
        }
    }

    fn missing(&mut self, from: u64, to: u64) {
        self.log.note(|| missing(from, to));
        for index in (from - 1) / WIDTH..=(to.min(self.size).saturating_sub(1)) / WIDTH {
            self.seek(index * WIDTH + 1);
        }
    }

    /// Where in the tile at hand a position is; none past the end of the tree.
    fn seek(&mut self, position: u64) -> Option<usize> {
        let entry = position.checked_sub(1).filter(|entry| *entry < self.size)?;
        let index = entry / WIDTH;
        if self
            .current
            .as_ref()
            .is_none_or(|current| current.index != index)
        {
            let current = self.load(index);
            self.current = Some(current);
        }
        usize::try_from(entry % WIDTH).ok()
    }

    fn load(&mut self, index: u64) -> Current {
        let width = u32::try_from((self.size - index * WIDTH).min(WIDTH)).unwrap_or(TILE_WIDTH);
        let (tile, bundle) = (
            Resource::hashes(0, index, width),
            Resource::entries(index, width),
        );
        let entries = self.tree.read(bundle);
        let split: Vec<Vec<u8>> = match &entries {
            Ok(bytes) => split(bytes)
                .map_while(|entry| entry.map(<[u8]>::to_vec))
                .collect(),
            Err(_) => vec![],
        };
        let from_entries: Vec<u8> = split
            .iter()
            .flat_map(|entry| record_hash(entry).0)
            .collect();
        let hashes = self.tree.read(tile);
        let hashes = match hashes {
            Ok(hashes) if self.leads_to_root(index, &hashes) => hashes,
            other => {
                let damaged = other.err().unwrap_or_else(|| {
                    self.damaged(tile, "its hashes are not those that were signed")
                });
                self.files.note(|| damaged.to_string());
                if self.leads_to_root(index, &from_entries) {
                    from_entries.clone()
                } else {
                    vec![]
                }
            }
        };
        if let Err(error) = &entries {
            self.files.note(|| error.to_string());
        }
        let signed = |at: usize, of: &[u8]| {
            let range = at * HASH_SIZE..(at + 1) * HASH_SIZE;
            hashes
                .get(range.clone())
                .is_some_and(|signed| Some(signed) == of.get(range))
        };
        let mut kept = Vec::with_capacity(split.len());
        for (at, entry) in split.into_iter().enumerate() {
            let is_signed = signed(at, &from_entries);
            if !is_signed && !hashes.is_empty() {
                let position = index * WIDTH + at as u64 + 1;
                let damaged = self.damaged(
                    bundle,
                    &format!("its entry of position {position} is not what was signed"),
                );
                self.files.note(|| damaged.to_string());
            }
            kept.push(is_signed.then_some(entry));
        }
        Current {
            index,
            hashes,
            entries: kept,
        }
    }

    /// What is wrong with the tree's files, and with the log.
    fn end(self) -> (First, First) {
        let Self {
            files,
            mut log,
            uncompared,
            ..
        } = self;
        if let Some((from, to)) = uncompared {
            log.note(|| {
                format!(
                    "positions {from} to {to} cannot be compared: neither tiles nor entries of the tree lead to the signed root"
                )
            });
        }
        (files, log)
    }

    fn leads_to_root(&self, index: u64, hashes: &[u8]) -> bool {
        match &self.upper {
            Some(upper) => upper.holds(index, hashes),
            None => false,
        }
    }

    fn damaged(&self, resource: Resource, reason: &str) -> TreeError {
        TreeError::damaged(self.tree.folder().join(resource.to_string()), reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{note::Head, tree::altered::Altered};

    /// What is said of files and of a log in which two neighbours are swapped, if any.
    fn compared(
        altered: &Altered,
        size: u64,
        swapped: Option<u64>,
    ) -> (Option<String>, Option<String>) {
        let tree = altered.tree();
        let mut comparison = Comparison::new(&tree);
        for position in 1..=size {
            let from = match swapped {
                Some(first) if position == first => first + 1,
                Some(first) if position == first + 1 => first,
                _ => position,
            };
            comparison.event(position, &Altered::entry(from));
        }
        let (files, log) = comparison.end();
        (files.0, log.0)
    }

    #[test]
    fn an_older_checkpoint_that_the_tree_does_not_go_on_from_is_told_apart() {
        let altered = Altered::of(600);
        let (tree, key) = (altered.tree(), altered.key());
        let since = |size, root| grown(&tree, key, &altered.sign(Head { size, root }));
        let (ours, other) = (tree.head().root, record_hash(b"another history"));
        let goes_on = |size| {
            Ok(format!(
                "the tree goes on from the checkpoint of {size} entries"
            ))
        };
        let parts = |size| {
            Err(format!(
                "the tree does not go on from the checkpoint of {size} entries: one of positions 1 to {size} was signed \
                 with other bytes"
            ))
        };
        assert_eq!(since(600, ours), goes_on(600));
        assert_eq!(since(0, tlog_tiles::EMPTY_HASH), goes_on(0));
        assert_eq!(
            since(300, Altered::of(300).tree().head().root),
            goes_on(300)
        );
        for size in [1, 300, 512, 600] {
            assert_eq!(since(size, other), parts(size));
        }
        assert_eq!(
            since(0, other).unwrap_err(),
            "the older checkpoint is of no entries and has another root than a tree of none"
        );
        assert_eq!(
            since(700, other).unwrap_err(),
            "the older checkpoint has 700 entries and the tree 600: positions 601 to 700 are missing from it"
        );
        for (text, reason) in [
            ("", "no signed note"),
            ("jejak/pontianak\n5\n", "no signed note"),
        ] {
            let error = grown(&tree, key, text.as_bytes()).unwrap_err();
            assert_eq!(
                error,
                format!("the older checkpoint cannot be used: not a signed checkpoint: {reason}")
            );
        }
        altered.flip("tile/0/001");
        let error = since(300, ours).unwrap_err();
        assert!(
            error.contains("tile/0/001 of the signed tree is damaged"),
            "{error}"
        );
    }

    #[test]
    fn whatever_tile_is_damaged_a_changed_position_is_still_named() {
        for file in ["tile/0/001", "tile/1/000.p/2", "tile/0/002.p/88"] {
            let altered = Altered::of(600);
            assert_eq!(compared(&altered, 600, None), (None, None));
            altered.flip(file);
            let (files, log) = compared(&altered, 600, Some(300));
            assert!(files.unwrap().contains("damaged"), "{file}");
            assert_eq!(
                log.unwrap(),
                "position 300 holds other bytes than were signed",
                "{file}"
            );
            let (files, log) = compared(&altered, 600, None);
            assert!(files.is_some() && log.is_none(), "{file}: {log:?}");
        }
    }

    #[test]
    fn a_tile_above_and_a_bundle_elsewhere_may_be_damaged_too() {
        let altered = Altered::of(600);
        altered.flip("tile/1/000.p/2");
        altered.flip("tile/entries/000");
        let (_, log) = compared(&altered, 600, Some(300));
        assert_eq!(
            log.unwrap(),
            "position 300 holds other bytes than were signed"
        );
    }

    #[test]
    fn what_cannot_be_compared_is_no_log_that_holds_what_was_signed() {
        let altered = Altered::of(600);
        altered.flip("tile/0/001");
        altered.flip("tile/entries/001");
        let (files, log) = compared(&altered, 600, None);
        assert!(files.is_some());
        assert!(
            log.unwrap()
                .starts_with("positions 257 to 512 cannot be compared")
        );
        altered.flip("tile/1/000.p/2");
        let (_, log) = compared(&altered, 600, None);
        assert!(log.unwrap().contains("cannot be compared"));
    }
}
