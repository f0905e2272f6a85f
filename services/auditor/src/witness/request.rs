//! The body of `add-checkpoint`: the old size, the proof, and the checkpoint.

use tlog_tiles::Hash;

/// The largest number of hashes in a proof (C2SP tlog-witness).
const MOST_HASHES: usize = 63;

/// A checkpoint that is submitted.
#[derive(Debug, PartialEq)]
pub(super) struct Submission<'a> {
    /// The size of the checkpoint from which the proof leads.
    pub(super) old: u64,
    /// The proof that the tree extends it.
    pub(super) proof: Vec<Hash>,
    /// The signed checkpoint. Nothing of it is checked yet.
    pub(super) checkpoint: &'a [u8],
}

impl<'a> Submission<'a> {
    /// Parses a body. An error is the reason for a person.
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, &'static str> {
        let end = body.windows(2).position(|two| two == b"\n\n");
        let end = end.ok_or("no empty line after the proof")?;
        let head = std::str::from_utf8(&body[..end]).map_err(|_| "the proof is no text")?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let old = old
            .and_then(decimal)
            .ok_or("the first line is not `old N`")?;
        let hashes = lines.map(Hash::parse_hash);
        let proof: Result<Vec<_>, _> = hashes.take(MOST_HASHES + 1).collect();
        let proof = proof.map_err(|_| "a line of the proof is no hash")?;
        if proof.len() > MOST_HASHES {
            return Err("the proof has more than 63 hashes");
        }
        let checkpoint = &body[end + 2..];
        Ok(Self {
            old,
            proof,
            checkpoint,
        })
    }
}

/// A number without leading zeros and signs.
fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_to_the_letter() {
        let hash = Hash([7; 32]);
        let body = format!("old 5\n{hash}\n{hash}\n\na\n6\n");
        let read = Submission::parse(body.as_bytes()).unwrap();
        let expected = Submission {
            old: 5,
            proof: vec![hash, hash],
            checkpoint: b"a\n6\n",
        };
        assert_eq!(read, expected);
        let empty = Submission::parse(b"old 0\n\n").unwrap();
        assert_eq!((empty.old, empty.proof.len()), (0, 0));
        let many = format!("old 5\n{}\n", format!("{hash}\n").repeat(64));
        for wrong in [
            "",
            "\n\n",
            "old\n\n",
            "old 05\n\n",
            "old +5\n\n",
            "old -1\n\n",
            "old 5 \n\n",
            "old 18446744073709551616\n\n",
            "old 5\nAAAA\n\n",
            "old 5\n",
            " old 5\n\n",
            &many,
        ] {
            assert!(Submission::parse(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
        assert!(Submission::parse(b"old 5\n\xff\n\n").is_err());
    }
}
