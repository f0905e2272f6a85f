//! Entry bundles: each entry follows its length, which is two bytes, big-endian.

/// The largest entry a bundle can hold, in bytes.
pub const LARGEST_ENTRY: usize = u16::MAX as usize;

/// A bundle that still takes entries.
#[derive(Debug, Default)]
pub(super) struct EntryBundle {
    pub(super) bytes: Vec<u8>,
    pub(super) width: u32,
}

impl EntryBundle {
    /// Adds an entry; `None` if it is larger than [`LARGEST_ENTRY`].
    pub(super) fn push(&mut self, entry: &[u8]) -> Option<()> {
        let length = u16::try_from(entry.len()).ok()?;
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(entry);
        self.width += 1;
        Some(())
    }
}

/// The entries of a bundle. A bundle that is cut short ends with `None`.
pub fn split(mut bytes: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let entry = bytes.split_at_checked(2).and_then(|(length, rest)| {
            let length = u16::from_be_bytes([length[0], length[1]]);
            rest.split_at_checked(usize::from(length))
        });
        match entry {
            Some((entry, rest)) => {
                bytes = rest;
                Some(Some(entry))
            }
            None => {
                bytes = &[];
                Some(None)
            }
        }
    })
}

/// The bytes of the first `width` entries. `None` if the bundle has fewer.
pub(super) fn cut(bytes: &[u8], width: u32) -> Option<&[u8]> {
    let mut end = 0;
    let mut entries = split(bytes);
    for _ in 0..width {
        end += 2 + entries.next()??.len();
    }
    Some(&bytes[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundles_come_apart_as_they_were_put_together() {
        let mut bundle = EntryBundle::default();
        for entry in [&b"one"[..], b"", b"three"] {
            bundle.push(entry).unwrap();
        }
        assert_eq!(bundle.width, 3);
        let entries: Vec<_> = split(&bundle.bytes).collect();
        assert_eq!(
            entries,
            [Some(&b"one"[..]), Some(&b""[..]), Some(&b"three"[..])]
        );
        assert_eq!(cut(&bundle.bytes, 1).unwrap(), b"\0\x03one");
        assert_eq!(cut(&bundle.bytes, 4), None);
        assert!(bundle.push(&vec![0; LARGEST_ENTRY + 1]).is_none());
    }

    #[test]
    fn a_bundle_cut_short_says_so() {
        assert_eq!(split(b"\0\x03on").collect::<Vec<_>>(), [None]);
        assert_eq!(split(b"\0").collect::<Vec<_>>(), [None]);
        assert_eq!(
            split(b"\0\x01a\0").collect::<Vec<_>>(),
            [Some(&b"a"[..]), None]
        );
    }
}
