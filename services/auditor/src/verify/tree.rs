//! The files of the tree from the root down, and every payload of the log against its signed hash.

use jejak_journal::Journal;
use tokio::sync::mpsc;

use super::{
    batch::{StoredBatch, VerifyBatch, missing},
    check::{CheckResult, FirstFault},
    input::{CheckedHistory, VerifyInput},
    loaded_tile::LoadedTile,
};
use crate::tree::{TILE_WIDTH, TileRoots, Tree, TreeError, incarnation};

const WIDTH: u64 = TILE_WIDTH as u64;
/// The line of a log that is not here.
const NO_LOG: &str = "not compared with the tree: no broker is named; name it with --nats, or compare what a feed delivers with \
     `jejak audit replay --tree` (docs/operating/audit.md, For an outside auditor)";

/// Compares the log with the tree. Returns the checks `tree` and `log`.
pub(super) fn compare(
    input: &VerifyInput,
    mut batches: mpsc::Receiver<StoredBatch>,
) -> Vec<CheckResult> {
    let tree = &input.tree;
    let size = tree.head().size;
    let mut comparison = TreeComparison::new(tree);
    let is_mirror = match &input.history {
        CheckedHistory::Log(journal) => compare_incarnation(input, journal, &mut comparison),
        CheckedHistory::Copy(_) => false,
    };
    let mut end = 0;
    while let Some(batch) = batches.blocking_recv() {
        match batch {
            VerifyBatch::Events(events) => {
                for event in events.iter() {
                    end = event.stored.position;
                    comparison.event(end, &event.stored.payload);
                }
            }
            VerifyBatch::Unreadable { position, .. }
            | VerifyBatch::InQuarantine { position, .. } => end = position,
            VerifyBatch::Missing { from, to } => {
                end = to;
                comparison.missing(from, to);
            }
        }
    }
    if end < size {
        let fault = format!(
            "the log ends at position {end}, and {size} are signed: {}",
            missing(end + 1, size)
        );
        comparison.log.note(|| fault);
        comparison.missing(end + 1, size);
    }
    let (mut files, mut log) = comparison.end();
    if let CheckedHistory::Copy(_) = input.history
        && let Err(fault) = std::mem::take(&mut log).or_passed(String::new)
    {
        // The entries that were read are the tree's own.
        files.note(|| fault);
    }
    let unsigned = match end.saturating_sub(size) {
        0 => String::new(),
        later if tree.successor().is_some() => {
            format!("; {later} after them are for the key that replaced this one")
        }
        later => format!("; {later} after them are not signed yet"),
    };
    let incarnation = if is_mirror {
        "; its incarnation was not compared: the tree has no log.json"
    } else {
        ""
    };
    let files =
        files.or_passed(|| format!("tiles and bundles of {size} entries lead to the signed root"));
    let log = match &input.history {
        CheckedHistory::Log(_) => {
            let passed =
                || format!("positions 1 to {size} hold what was signed{unsigned}{incarnation}");
            CheckResult::new("log", log.or_passed(passed))
        }
        CheckedHistory::Copy(_) => CheckResult::skipped("log", NO_LOG),
    };
    vec![CheckResult::new("tree", files), log]
}

/// Compares the incarnations of log and tree. Returns whether the tree is a
/// mirror, which has no description.
fn compare_incarnation(
    input: &VerifyInput,
    journal: &Journal,
    comparison: &mut TreeComparison<'_>,
) -> bool {
    let found = journal.incarnation();
    match incarnation(input.tree.folder()) {
        Ok(expected) if expected != found => comparison.log.note(|| {
            format!(
                "it is incarnation {found}, and {expected} was signed: another history under the same name"
            )
        }),
        Ok(_) => {}
        // An office's own tree has all its files.
        Err(TreeError::Undescribed(_)) if input.office.is_none() => return true,
        Err(error) => comparison.files.note(|| error.to_string()),
    }
    false
}

/// The comparison of a log with a tree, event by event.
struct TreeComparison<'a> {
    tree: &'a Tree,
    roots: Option<TileRoots>,
    tile: Option<LoadedTile>,
    /// The first run of positions without a known signed hash.
    uncompared: Option<(u64, u64)>,
    files: FirstFault,
    log: FirstFault,
}

impl<'a> TreeComparison<'a> {
    fn new(tree: &'a Tree) -> Self {
        let mut files = FirstFault::default();
        let loaded = TileRoots::load(tree).map_err(|error| files.note(|| error.to_string()));
        Self {
            tree,
            roots: loaded.ok().or_else(|| TileRoots::rebuild(tree)),
            tile: None,
            uncompared: None,
            files,
            log: FirstFault::default(),
        }
    }

    fn event(&mut self, position: u64, payload: &[u8]) {
        let Some((tile, at)) = self.tile_of(position) else {
            return;
        };
        match tile.was_signed(at, payload) {
            Some(true) => {}
            Some(false) => self
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

    /// Notes missing positions. Their tiles are checked all the same.
    fn missing(&mut self, from: u64, to: u64) {
        self.log.note(|| missing(from, to));
        let last = to.min(self.tree.head().size).saturating_sub(1);
        for index in (from - 1) / WIDTH..=last / WIDTH {
            self.tile_of(index * WIDTH + 1);
        }
    }

    /// The tile of a position, and the place in it. `None` after the end of the tree.
    fn tile_of(&mut self, position: u64) -> Option<(&LoadedTile, usize)> {
        let size = self.tree.head().size;
        let entry = position.checked_sub(1).filter(|entry| *entry < size)?;
        let (index, at) = (entry / WIDTH, usize::try_from(entry % WIDTH).ok()?);
        let tile = self.tile.take().filter(|tile| tile.index == index);
        let tile = tile.unwrap_or_else(|| {
            LoadedTile::load(self.tree, self.roots.as_ref(), index, &mut self.files)
        });
        Some((self.tile.insert(tile), at))
    }

    /// The first fault of the files, and the first of the log.
    fn end(self) -> (FirstFault, FirstFault) {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::test_tree::TestTree;

    /// The faults of the files and of a log in which two neighbours may be swapped.
    fn compared(
        tree: &TestTree,
        size: u64,
        swapped: Option<u64>,
    ) -> (Option<String>, Option<String>) {
        let tree = tree.tree();
        let mut comparison = TreeComparison::new(&tree);
        for position in 1..=size {
            let from = match swapped {
                Some(first) if position == first => first + 1,
                Some(first) if position == first + 1 => first,
                _ => position,
            };
            comparison.event(position, &TestTree::entry(from));
        }
        let (files, log) = comparison.end();
        let fault = |first: FirstFault| first.or_passed(String::new).err();
        (fault(files), fault(log))
    }

    #[test]
    fn a_changed_position_is_named_despite_a_damaged_tile() {
        for file in ["tile/0/001", "tile/1/000.p/2", "tile/0/002.p/88"] {
            let tree = TestTree::of(600);
            assert_eq!(compared(&tree, 600, None), (None, None));
            tree.flip(file);
            let (files, log) = compared(&tree, 600, Some(300));
            assert!(files.unwrap().contains("damaged"), "{file}");
            assert_eq!(
                log.unwrap(),
                "position 300 holds other bytes than were signed",
                "{file}"
            );
            let (files, log) = compared(&tree, 600, None);
            assert!(files.is_some() && log.is_none(), "{file}: {log:?}");
        }
    }

    #[test]
    fn a_higher_tile_and_another_bundle_may_be_damaged_too() {
        let tree = TestTree::of(600);
        tree.flip("tile/1/000.p/2");
        tree.flip("tile/entries/000");
        let (_, log) = compared(&tree, 600, Some(300));
        assert_eq!(
            log.unwrap(),
            "position 300 holds other bytes than were signed"
        );
    }

    #[test]
    fn positions_that_cannot_be_compared_fail_the_check() {
        let tree = TestTree::of(600);
        tree.flip("tile/0/001");
        tree.flip("tile/entries/001");
        let (files, log) = compared(&tree, 600, None);
        assert!(files.is_some());
        assert!(
            log.unwrap()
                .starts_with("positions 257 to 512 cannot be compared")
        );
        tree.flip("tile/1/000.p/2");
        let (_, log) = compared(&tree, 600, None);
        assert!(log.unwrap().contains("cannot be compared"));
    }
}
