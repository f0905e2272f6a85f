//! Putting the history back from the tree's own copy into an empty log. Every entry is checked against the
//! signed root before it is written, so that nothing is put back that was not signed.

use jejak_events::ids::{StreamId, TenantId};
use jejak_journal::{Journal, JournalError, RefillError};
use serde::Deserialize;
use tlog_tiles::record_hash;

use crate::{
    note::{self, NoteError, PublicKey},
    tree::{self, Resource, TILE_WIDTH, Tree, TreeError, Upper, split},
};

const WIDTH: u64 = TILE_WIDTH as u64;

/// Why a history was not put back, or not whole.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The tree, or its copy of the events.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The log.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The broker does not take an event.
    #[error(transparent)]
    Refill(#[from] RefillError),
    /// The tree of another office.
    #[error(transparent)]
    OtherOffice(#[from] NoteError),
    /// An entry that says of itself no place it belongs to.
    #[error("position {position} was signed but cannot be put back: {reason}")]
    NoPlace {
        /// The position.
        position: u64,
        /// Why.
        reason: String,
    },
    /// The log is longer than what was put back.
    #[error("the log ends at position {found} instead of {expected}: another process writes to it")]
    Longer {
        /// The last position put back.
        expected: u64,
        /// The last position of the log.
        found: u64,
    },
}

/// The incarnation a tree's history had, which the log it is put back into must have.
///
/// # Errors
/// No tree, or one whose description cannot be read.
pub fn incarnation(tree: &Tree) -> Result<String, TreeError> {
    tree::incarnation(tree.folder())
}

/// That every entry of a tree can be put back, before anything is made at a broker.
///
/// # Errors
/// A tree of another office, by the key that signed it; the first entry that is not what was signed, or that has no
/// place in this office's log.
pub fn check(tree: &Tree, key: &PublicKey, tenant: &TenantId) -> Result<(), RestoreError> {
    key.check_office(tenant)?;
    let upper = signed_above(tree)?;
    for index in 0..tree.head().size.div_ceil(WIDTH) {
        for placed in bundle(tree, &upper, index, tenant)? {
            placed?;
        }
    }
    Ok(())
}

/// What was signed of every bundle, from the tiles or, where those are damaged, from the entries.
fn signed_above(tree: &Tree) -> Result<Upper, TreeError> {
    Upper::load(tree).or_else(|error| Upper::rebuild(tree).ok_or(error))
}

type Placed = (StreamId, String, bytes::Bytes);

/// The entries of a bundle, all of which are what was signed, with their places.
fn bundle<'a>(
    tree: &Tree,
    upper: &Upper,
    index: u64,
    tenant: &'a TenantId,
) -> Result<impl Iterator<Item = Result<Placed, RestoreError>> + use<'a>, TreeError> {
    let width = u32::try_from((tree.head().size - index * WIDTH).min(WIDTH)).unwrap_or(TILE_WIDTH);
    let bytes = signed_entries(tree, upper, index, width)?;
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

/// Puts every entry of a tree in its place; `progress` hears how far it has come. Answers with how many
/// there are.
///
/// # Errors
/// See [`RestoreError`]. The first entry that is not what was signed is named, and nothing from it on is
/// put back.
pub async fn restore(
    tree: &Tree,
    journal: &Journal,
    mut progress: impl FnMut(u64, u64),
) -> Result<u64, RestoreError> {
    let size = tree.head().size;
    let upper = signed_above(tree)?;
    let mut refill = journal.refill();
    for index in 0..size.div_ceil(WIDTH) {
        for placed in bundle(tree, &upper, index, journal.tenant())? {
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

/// A bundle, all of whose entries are what was signed.
fn signed_entries(
    tree: &Tree,
    upper: &Upper,
    index: u64,
    width: u32,
) -> Result<Vec<u8>, TreeError> {
    let resource = Resource::entries(index, width);
    let bytes = tree.read(resource)?;
    let hashes: Vec<u8> = split(&bytes)
        .flatten()
        .flat_map(|entry| record_hash(entry).0)
        .collect();
    if upper.holds(index, &hashes) {
        return Ok(bytes);
    }
    let tile = tree.read(Resource::hashes(0, index, width));
    let signed = tile.ok().filter(|tile| upper.holds(index, tile));
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
        tree.folder().join(resource.to_string()),
        reason,
    ))
}

/// The stream and topic of an entry, by what it says itself.
fn place(entry: &[u8], tenant: &TenantId) -> Result<(StreamId, String), String> {
    #[derive(Deserialize)]
    struct Placed {
        source: String,
        r#type: String,
        subject: String,
    }
    let placed: Placed = serde_json::from_slice(entry).map_err(|error| error.to_string())?;
    if placed.source != format!("/{}", note::origin(tenant)) {
        return Err(format!("it is of {}", placed.source));
    }
    let stream: StreamId = placed
        .subject
        .parse()
        .map_err(|_| format!("{} is no stream", placed.subject))?;
    match placed.r#type.split('.').nth(2) {
        Some(topic) if stream.topics().contains(&topic) => Ok((stream, topic.to_owned())),
        _ => Err(format!("{} is no type of event", placed.r#type)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_bundle_is_found_before_anything_is_put_back() {
        let tenant = "pontianak".parse().unwrap();
        let altered = crate::tree::altered::Altered::of(600);
        // Made-up entries have no place; the first of them is met before any other fault.
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
    fn an_entry_says_where_it_belongs() {
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
