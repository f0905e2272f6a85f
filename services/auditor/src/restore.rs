//! Puts the history back into an empty log, from the tree's own copy.
//!
//! Every entry is checked against the signed root before it is written.
//! Nothing unsigned is put back.

use bytes::Bytes;
use jejak_events::ids::{StreamId, TenantId};
use jejak_journal::{
    Journal, JournalError, LogEntry, Quarantine, QuarantineRecord, RefillError, StoredEvent,
};
use tlog_tiles::record_hash;

use crate::{
    note::{LogPublicKey, NoteError},
    quarantine::{own_event, records},
    tree::{self, TILE_WIDTH, TilePath, TileRoots, Tree, TreeError, split},
};

const WIDTH: u64 = TILE_WIDTH as u64;

/// The reason why a history was not put back completely.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The tree or its copy of the events cannot be used.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The log cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The broker refuses an event.
    #[error(transparent)]
    Refill(#[from] RefillError),
    /// The tree belongs to another office.
    #[error(transparent)]
    OtherOffice(#[from] NoteError),
    /// An entry is no event of this office, and it is not in quarantine.
    #[error(
        "position {position} was signed but holds no event: {reason}; the events before it are put back. To put back all, run `jejak audit quarantine {position} --reason TEXT`, and begin again with an empty log"
    )]
    NoPlace {
        /// The position of the entry.
        position: u64,
        /// The fault of the entry.
        reason: String,
    },
    /// The log is longer than the restored history.
    #[error("the log ends at position {found} instead of {expected}: another process writes to it")]
    Longer {
        /// The last restored position.
        expected: u64,
        /// The last position of the log.
        found: u64,
    },
}

/// The incarnation of a tree's log. The restored log must have the same.
///
/// # Errors
/// A description of the tree that is missing or cannot be read.
pub fn incarnation(tree: &Tree) -> Result<String, TreeError> {
    tree::incarnation(tree.folder())
}

/// Checks every entry of a tree before anything is created at a broker.
///
/// # Errors
/// A key of another office, an entry that was not signed, or a first entry that is no event.
pub fn check(tree: &Tree, key: &LogPublicKey, tenant: &TenantId) -> Result<(), RestoreError> {
    key.check_office(tenant)?;
    let roots = signed_roots(tree)?;
    let records = records(tree.folder(), key);
    for index in 0..tree.head().size.div_ceil(WIDTH) {
        for placed in bundle(tree, &roots, index, &records, tenant)? {
            match placed {
                // The events before it can be put back.
                Err(RestoreError::NoPlace { position, .. }) if position > 1 => {}
                placed => drop(placed?),
            }
        }
    }
    Ok(())
}

/// The signed roots, from the tiles or, after damage, from the entries.
pub(crate) fn signed_roots(tree: &Tree) -> Result<TileRoots, TreeError> {
    TileRoots::load(tree).or_else(|error| TileRoots::rebuild(tree).ok_or(error))
}

/// The bytes of an entry, and where they stood.
struct PlacedEntry {
    place: EntryPlace,
    bytes: Bytes,
}

/// The place of an entry in the log.
#[derive(Debug, PartialEq)]
enum EntryPlace {
    /// The stream and topic of an event.
    Event(StreamId, &'static str),
    /// The subject of a message in quarantine.
    InQuarantine(String),
}

/// The entries of a bundle with their streams. All of them are checked first.
fn bundle<'a>(
    tree: &Tree,
    roots: &TileRoots,
    index: u64,
    records: &'a Quarantine,
    tenant: &'a TenantId,
) -> Result<impl Iterator<Item = Result<PlacedEntry, RestoreError>> + use<'a>, TreeError> {
    let width = u32::try_from((tree.head().size - index * WIDTH).min(WIDTH)).unwrap_or(TILE_WIDTH);
    let bytes = signed_entries(tree, roots, index, width)?;
    let entries: Vec<_> = split(&bytes)
        .flatten()
        .map(Bytes::copy_from_slice)
        .collect();
    Ok(entries
        .into_iter()
        .zip(index * WIDTH + 1..)
        .map(move |(bytes, position)| {
            let placed = place(position, &bytes, records, tenant);
            let place = placed.map_err(|reason| RestoreError::NoPlace { position, reason })?;
            Ok(PlacedEntry { place, bytes })
        }))
}

/// Appends every entry of a tree to an empty log and returns their number. `progress` receives
/// the position and the size.
///
/// # Errors
/// See [`RestoreError`]. It ends before the first entry that was not signed or is no event. The
/// entries before it are put back.
pub async fn restore(
    tree: &Tree,
    key: &LogPublicKey,
    journal: &Journal,
    mut progress: impl FnMut(u64, u64),
) -> Result<u64, RestoreError> {
    let size = tree.head().size;
    let roots = signed_roots(tree)?;
    let records = records(tree.folder(), key);
    let mut refill = journal.refill();
    for index in 0..size.div_ceil(WIDTH) {
        for placed in bundle(tree, &roots, index, &records, journal.tenant())? {
            let PlacedEntry { place, bytes } = match placed {
                Ok(placed) => placed,
                Err(no_event) => {
                    refill.finish().await?;
                    return Err(no_event);
                }
            };
            match place {
                EntryPlace::Event(stream, topic) => refill.append(&stream, topic, bytes).await?,
                EntryPlace::InQuarantine(subject) => refill.append_raw(&subject, bytes).await?,
            }
        }
        progress(size.min((index + 1) * WIDTH), size);
    }
    let expected = refill.finish().await?;
    let found = journal.last_position().await?;
    if found == expected {
        Ok(expected)
    } else {
        Err(RestoreError::Longer { expected, found })
    }
}

/// Reads a bundle and checks all its entries.
pub(crate) fn signed_entries(
    tree: &Tree,
    roots: &TileRoots,
    index: u64,
    width: u32,
) -> Result<Vec<u8>, TreeError> {
    let path = TilePath::entries(index, width);
    let bytes = tree.read(path)?;
    let hashes: Vec<u8> = split(&bytes)
        .flatten()
        .flat_map(|entry| record_hash(entry).0)
        .collect();
    if roots.holds(index, &hashes) {
        return Ok(bytes);
    }
    let tile = tree.read(TilePath::hashes(0, index, width));
    let signed = tile.ok().filter(|tile| roots.holds(index, tile));
    let hash = tlog_tiles::HASH_SIZE;
    let first = signed.and_then(|signed| {
        hashes
            .chunks(hash)
            .zip(signed.chunks(hash))
            .position(|(found, signed)| found != signed)
    });
    let reason = match first {
        Some(at) => format!(
            "its entry of position {} is not what was signed",
            index * WIDTH + at as u64 + 1
        ),
        None => "its entries are not those that were signed".to_owned(),
    };
    Err(TreeError::damaged(
        tree.folder().join(path.to_string()),
        reason,
    ))
}

/// The place of an entry: that of its record, or that of its own fields.
fn place(
    position: u64,
    bytes: &Bytes,
    records: &Quarantine,
    tenant: &TenantId,
) -> Result<EntryPlace, String> {
    let stored = StoredEvent {
        position,
        payload: bytes.clone(),
    };
    let record = records
        .record(position)
        .map_err(|error| error.to_string())?;
    if let Some(QuarantineRecord { subject, .. }) = record {
        let entry = LogEntry {
            subject: subject.as_str().into(),
            stored,
        };
        let recorded = records
            .record_of(&entry)
            .map_err(|error| error.to_string())?;
        return recorded
            .map(|_| EntryPlace::InQuarantine(subject))
            .ok_or_else(|| "its record is gone".to_owned());
    }
    let recorded = own_event(stored, tenant)?;
    let topic = recorded.event.topic();
    Ok(EntryPlace::Event(recorded.envelope.stream, topic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_bundle_is_found_before_anything_is_put_back() {
        let tenant = "pontianak".parse().unwrap();
        let altered = crate::tree::test_tree::TestTree::of(600);
        // Made-up entries name no stream; the first of them is found before any other fault.
        let found = check(&altered.tree(), altered.key(), &tenant);
        assert!(
            matches!(found, Err(RestoreError::NoPlace { position: 1, .. })),
            "{found:?}"
        );
        let found = check(
            &altered.tree(),
            altered.key(),
            &"singkawang".parse().unwrap(),
        )
        .unwrap_err()
        .to_string();
        assert_eq!(
            found,
            "the tree is of jejak/pontianak, not of jejak/singkawang; name its office with --tenant"
        );
        altered.flip("tile/entries/000");
        let found = check(&altered.tree(), altered.key(), &tenant)
            .unwrap_err()
            .to_string();
        assert!(
            found.contains("tile/entries/000 of the signed tree is damaged"),
            "{found}"
        );
        assert!(found.contains("is not what was signed"), "{found}");
    }

    #[test]
    fn an_entry_that_is_no_event_stands_where_its_record_says() {
        let tenant = "pontianak".parse().unwrap();
        let tree = crate::tree::test_tree::TestTree::of(2);
        let records = records(tree.tree().folder(), tree.key());
        let placed = |bytes: &'static [u8]| place(1, &bytes.into(), &records, &tenant);
        for wrong in [&b"{}"[..], b"x"] {
            assert!(placed(wrong).is_err());
        }
        crate::quarantine::tests::quarantined(&tree, 1, b"x");
        let subject = "jejak.pontianak.ev.calendar.2020.holiday".to_owned();
        assert_eq!(placed(b"x"), Ok(EntryPlace::InQuarantine(subject)));
        let other = placed(b"y").unwrap_err();
        assert!(other.contains("the message holds other bytes"), "{other}");
    }
}
