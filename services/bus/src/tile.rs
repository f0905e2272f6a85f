//! Files of the signed tree over NATS: asked for by their path, answered in parts, since a message holds at
//! most a megabyte and a bundle of entries may be larger.

use serde::{Deserialize, Serialize};

/// The name the auditor's queries are asked under: `checkpoint`, `tile`, `health`.
pub const AUDIT: &str = "audit";
/// Bytes of a part at most.
pub const PART: usize = 512 * 1024;

/// What the query `tile` is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileRequest {
    /// Path of the file, `tile/...`.
    pub path: String,
    /// How many of its bytes were received before.
    pub offset: usize,
}

/// A part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilePart<'a> {
    /// Bytes of the whole file.
    pub whole: usize,
    /// The bytes from the offset asked for.
    pub bytes: &'a [u8],
}

impl<'a> FilePart<'a> {
    /// The part of a file that begins at an offset; none past its end.
    pub fn of(file: &'a [u8], offset: usize) -> Self {
        let rest = file.get(offset..).unwrap_or_default();
        Self {
            whole: file.len(),
            bytes: &rest[..rest.len().min(PART)],
        }
    }

    /// The reply that carries it. Its first byte is zero, so it is never taken for a problem.
    pub fn to_reply(self) -> Vec<u8> {
        [&(self.whole as u64).to_be_bytes()[..], self.bytes].concat()
    }

    /// The part a reply carries.
    pub fn from_reply(reply: &'a [u8]) -> Option<Self> {
        let (whole, bytes) = reply.split_at_checked(8)?;
        let whole = u64::from_be_bytes(whole.try_into().ok()?);
        Some(Self {
            whole: usize::try_from(whole).ok()?,
            bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_comes_together_from_its_parts() {
        let file: Vec<u8> = (0..PART * 2 + 7).map(|n| n as u8).collect();
        let mut received = Vec::new();
        loop {
            let reply = FilePart::of(&file, received.len()).to_reply();
            assert_eq!(crate::Problem::from_reply(&reply), None);
            let part = FilePart::from_reply(&reply).unwrap();
            received.extend_from_slice(part.bytes);
            if received.len() == part.whole {
                break;
            }
        }
        assert_eq!(received, file);
        assert_eq!(FilePart::of(&file, usize::MAX).bytes, b"");
        assert_eq!(FilePart::from_reply(b"short"), None);
    }
}
