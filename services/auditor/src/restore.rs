//! Puts the history back into an empty log, from the tree's own copy.
//!
//! Every entry is checked against the signed root before it is written.
//! Nothing unsigned is put back.

use jejak_events::ids::{StreamId, TenantId};
use jejak_journal::{Journal, JournalError, RefillError};
use serde::Deserialize;
use tlog_tiles::record_hash;

use crate::{
    note::{self, LogPublicKey, NoteError},
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
    /// An entry names no stream of this office.
    #[error("position {position} was signed but cannot be put back: {reason}")]
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
/// A key of another office, or the first entry that was not signed or names
/// no stream of this office.
pub fn check(tree: &Tree, key: &LogPublicKey, tenant: &TenantId) -> Result<(), RestoreError> {
    key.check_office(tenant)?;
    let roots = signed_roots(tree)?;
    for index in 0..tree.head().size.div_ceil(WIDTH) {
        for placed in bundle(tree, &roots, index, tenant)? {
            placed?;
        }
    }
    Ok(())
}

/// The signed roots, from the tiles or, after damage, from the entries.
fn signed_roots(tree: &Tree) -> Result<TileRoots, TreeError> {
    TileRoots::load(tree).or_else(|error| TileRoots::rebuild(tree).ok_or(error))
}

/// The stream, the topic and the bytes of an entry.
type PlacedEntry = (StreamId, String, bytes::Bytes);

/// The entries of a bundle with their streams. All of them are checked first.
fn bundle<'a>(
    tree: &Tree,
    roots: &TileRoots,
    index: u64,
    tenant: &'a TenantId,
) -> Result<impl Iterator<Item = Result<PlacedEntry, RestoreError>> + use<'a>, TreeError> {
    let width = u32::try_from((tree.head().size - index * WIDTH).min(WIDTH)).unwrap_or(TILE_WIDTH);
    let bytes = signed_entries(tree, roots, index, width)?;
    let entries: Vec<_> = split(&bytes)
        .flatten()
        .map(bytes::Bytes::copy_from_slice)
        .collect();
    Ok(entries
        .into_iter()
        .zip(index * WIDTH + 1..)
        .map(move |(entry, position)| {
            let placed = place(&entry, tenant);
            let (stream, topic) =
                placed.map_err(|reason| RestoreError::NoPlace { position, reason })?;
            Ok((stream, topic, entry))
        }))
}

/// Appends every entry of a tree to an empty log and returns their number. `progress` receives
/// the position and the size.
///
/// # Errors
/// See [`RestoreError`]. It ends before the first entry that was not signed.
pub async fn restore(
    tree: &Tree,
    journal: &Journal,
    mut progress: impl FnMut(u64, u64),
) -> Result<u64, RestoreError> {
    let size = tree.head().size;
    let roots = signed_roots(tree)?;
    let mut refill = journal.refill();
    for index in 0..size.div_ceil(WIDTH) {
        for placed in bundle(tree, &roots, index, journal.tenant())? {
            let (stream, topic, entry) = placed?;
            refill.append(&stream, &topic, entry).await?;
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
fn signed_entries(
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

/// Reads the stream and topic of an entry from its own fields.
fn place(entry: &[u8], tenant: &TenantId) -> Result<(StreamId, String), String> {
    #[derive(Deserialize)]
    struct EntryPlace {
        source: String,
        r#type: String,
        subject: String,
    }
    let place: EntryPlace = serde_json::from_slice(entry).map_err(|error| error.to_string())?;
    if place.source != format!("/{}", note::origin(tenant)) {
        return Err(format!("it is of {}", place.source));
    }
    let stream: StreamId = place
        .subject
        .parse()
        .map_err(|_| format!("{} is no stream", place.subject))?;
    match place.r#type.split('.').nth(2) {
        Some(topic) if stream.topics().contains(&topic) => Ok((stream, topic.to_owned())),
        _ => Err(format!("{} is no type of event", place.r#type)),
    }
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
    fn an_entry_names_its_stream() {
        let tenant = "pontianak".parse().unwrap();
        let entry = br#"{"source":"/jejak/pontianak","type":"jejak.calendar.holiday.declared.v1","subject":"calendar/2020"}"#;
        assert_eq!(
            place(entry, &tenant),
            Ok((StreamId::Calendar(2020), "holiday".to_owned()))
        );
        for wrong in [
            &b"{}"[..],
            b"x",
            br#"{"source":"/jejak/other","type":"jejak.calendar.holiday.declared.v1","subject":"calendar/2020"}"#,
            br#"{"source":"/jejak/pontianak","type":"jejak.calendar.leave.declared.v1","subject":"calendar/2020"}"#,
            br#"{"source":"/jejak/pontianak","type":"jejak.calendar.holiday.declared.v1","subject":"calendar/x.y"}"#,
        ] {
            assert!(place(wrong, &tenant).is_err());
        }
    }
}
