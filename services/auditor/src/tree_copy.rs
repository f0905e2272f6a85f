//! A copy of the signed tree as the history itself: an outside auditor has no broker to read from.
//!
//! The copy has the bytes of each message, and not the subject that it was stored under. So nothing here
//! tells whether an event stood under its own subject.

use bytes::Bytes;
use jejak_events::{RecordedEvent, ids::TenantId};
use jejak_journal::{
    JournalError, LogEntry, Quarantine, QuarantineError, QuarantineRecord, StoredEvent,
    event_or_record,
};

use crate::{
    note::LogPublicKey,
    quarantine::{any_subject, own_subject, records},
    restore::{signed_entries, signed_roots},
    tree::{TILE_WIDTH, TilePath, TileRoots, Tree, TreeError, split},
};

const WIDTH: u64 = TILE_WIDTH as u64;

/// The entries of a tree, in order.
pub struct TreeCopy {
    tree: Tree,
    tenant: TenantId,
    /// The roots that lead to the signed one. `None` where entries are not checked here.
    roots: Option<TileRoots>,
    /// The records of messages without an event. `None` without a key, which alone can check them.
    records: Option<Quarantine>,
}

impl TreeCopy {
    /// A copy whose entries are checked against the signed root as they are read.
    ///
    /// # Errors
    /// Neither tiles nor entries lead to the signed root.
    pub fn checked(tree: Tree, key: &LogPublicKey, tenant: &TenantId) -> Result<Self, TreeError> {
        let roots = signed_roots(&tree)?;
        Ok(Self {
            roots: Some(roots),
            ..Self::signed(tree, key, tenant)
        })
    }

    /// A copy whose checkpoint is signed. Somebody else checks the entries against it.
    pub fn signed(tree: Tree, key: &LogPublicKey, tenant: &TenantId) -> Self {
        Self {
            records: Some(records(tree.folder(), key)),
            tree,
            tenant: tenant.clone(),
            roots: None,
        }
    }

    /// A copy without a key: nothing of it is checked. It ends at a message that is no event.
    pub fn unchecked(tree: Tree, tenant: &TenantId) -> Self {
        Self {
            tree,
            tenant: tenant.clone(),
            roots: None,
            records: None,
        }
    }

    /// The position of the last entry.
    pub fn last_position(&self) -> u64 {
        self.tree.head().size
    }

    pub(crate) fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    pub(crate) fn quarantine(&self) -> Option<&Quarantine> {
        self.records.as_ref()
    }

    /// The entries after a position, up to the end of their bundle. None after the last one.
    ///
    /// # Errors
    /// A bundle that is missing, cut short, or not the signed one.
    pub(crate) fn entries_after(&self, position: u64) -> Result<Vec<LogEntry>, TreeError> {
        let size = self.last_position();
        if position >= size {
            return Ok(vec![]);
        }
        let index = position / WIDTH;
        let first = index * WIDTH;
        let width = u32::try_from((size - first).min(WIDTH)).unwrap_or(TILE_WIDTH);
        let bytes = match &self.roots {
            Some(roots) => signed_entries(&self.tree, roots, index, width)?,
            None => self.tree.read(TilePath::entries(index, width))?,
        };
        let stored = split(&bytes).flatten().zip(first + 1..);
        let after = stored.filter(|(_, at)| *at > position);
        Ok(after
            .map(|(bytes, position)| {
                self.entry(StoredEvent {
                    position,
                    payload: Bytes::copy_from_slice(bytes),
                })
            })
            .collect())
    }

    /// Reads the event of an entry. `None` for a message in quarantine.
    ///
    /// # Errors
    /// [`JournalError::NoEvent`].
    pub(crate) fn event(&self, entry: &LogEntry) -> Result<Option<RecordedEvent>, JournalError> {
        event_or_record(&self.tenant, self.quarantine(), entry)
    }

    /// An entry under the subject of its record, or under its own. A record hides no event: its signer
    /// has seen that none stood under that subject.
    fn entry(&self, stored: StoredEvent) -> LogEntry {
        let recorded = self.record(stored.position).ok().flatten();
        let subject = recorded.map(|record| record.subject);
        let own = || own_subject(&stored, &self.tenant);
        let subject = subject
            .or_else(own)
            .unwrap_or_else(|| any_subject(&self.tenant));
        LogEntry {
            subject: subject.into(),
            stored,
        }
    }

    fn record(&self, position: u64) -> Result<Option<QuarantineRecord>, QuarantineError> {
        match &self.records {
            Some(records) => records.record(position),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::test_tree::TestTree;

    /// The positions and bytes of a copy up to its end, or to the first bundle that is refused.
    fn read(copy: &TreeCopy) -> (Vec<(u64, Bytes)>, Option<TreeError>) {
        let mut all = Vec::new();
        while (all.len() as u64) < copy.last_position() {
            match copy.entries_after(all.len() as u64) {
                Ok(entries) => all.extend(entries.into_iter().map(|entry| {
                    let StoredEvent { position, payload } = entry.stored;
                    (position, payload)
                })),
                Err(error) => return (all, Some(error)),
            }
        }
        (all, None)
    }

    #[test]
    fn a_copy_is_read_in_order_up_to_an_altered_bundle() {
        let tree = TestTree::of(600);
        let tenant: TenantId = "pontianak".parse().unwrap();
        let signed: Vec<_> = (1..=600)
            .map(|position| (position, Bytes::from(TestTree::entry(position))))
            .collect();
        let checked = || TreeCopy::checked(tree.tree(), tree.key(), &tenant).unwrap();
        let (all, fault) = read(&checked());
        assert!(all == signed && fault.is_none(), "{fault:?}");
        let from_within = checked().entries_after(300).unwrap();
        assert_eq!(from_within[0].stored.position, 301);
        assert_eq!(from_within.len(), 212, "up to the end of the bundle");
        assert!(checked().entries_after(600).unwrap().is_empty());

        tree.flip("tile/entries/001");
        let (all, fault) = read(&checked());
        assert_eq!(all, signed[..256]);
        let fault = fault.unwrap().to_string();
        assert!(fault.contains("tile/entries/001"), "{fault}");
        let unchecked = Tree::open_unchecked(tree.tree().folder()).unwrap();
        let (all, _) = read(&TreeCopy::unchecked(unchecked, &tenant));
        assert!(all != signed, "nothing is checked");
    }
}
