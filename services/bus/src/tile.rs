//! Files of the signed tree over NATS. A request names a file's path; the reply is a part of the
//! file, since a message holds at most a megabyte and a bundle of entries may be larger.

use serde::{Deserialize, Serialize};

/// The auditor's name in the subjects of its queries `checkpoint`, `tile`, `proof` and `health`.
pub const AUDIT: &str = "audit";
/// The largest part, in bytes.
pub const PART: usize = 512 * 1024;

/// The body of the query `tile`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileRequest {
    /// The file's path in the tree, such as `tile/0/000`.
    pub path: String,
    /// The number of bytes received before.
    pub offset: usize,
}

/// The body of the query `proof`. The reply is one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofRequest {
    /// The position of the event to prove, from 1.
    pub position: u64,
}

/// A part of a file, as one reply carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilePart<'a> {
    /// The whole file's size in bytes.
    pub whole: usize,
    /// The bytes from the requested offset.
    pub bytes: &'a [u8],
}

impl<'a> FilePart<'a> {
    /// The part that begins at an offset, empty past the file's end.
    pub fn of(file: &'a [u8], offset: usize) -> Self {
        let rest = file.get(offset..).unwrap_or_default();
        Self {
            whole: file.len(),
            bytes: &rest[..rest.len().min(PART)],
        }
    }

    /// Encodes the part: the size in 8 bytes, then the bytes. The first byte is zero, so no reader
    /// takes it for a problem.
    pub fn to_reply(self) -> Vec<u8> {
        [&(self.whole as u64).to_be_bytes()[..], self.bytes].concat()
    }

    /// Decodes a reply; `None` for one shorter than 8 bytes.
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
