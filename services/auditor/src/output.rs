//! An output whose reader may stand still. It is written on a thread of its own, so that whoever waits for it can
//! be told to stop, and how much of it was taken is known even then.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc as blocking,
    },
};

use tokio::sync::mpsc;

/// Bytes that a pipe takes whole or not at all (POSIX `PIPE_BUF`, as Linux has it).
pub const PIPE_BUF: usize = 4_096;

/// A writer on a thread. The thread of one that is dropped while its reader stands still ends with the process.
#[derive(Debug)]
pub struct Output {
    to_thread: blocking::Sender<Vec<u8>>,
    written: mpsc::UnboundedReceiver<(Vec<u8>, io::Result<()>)>,
    taken: Arc<AtomicUsize>,
}

impl Output {
    /// Writes to `out`, at most `at_once` bytes at a time, and whole lines as far as they are not longer.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn new(mut out: impl Write + Send + 'static, at_once: usize) -> io::Result<Self> {
        let (to_thread, from_owner) = blocking::channel::<Vec<u8>>();
        let (to_owner, written) = mpsc::unbounded_channel();
        let taken = Arc::new(AtomicUsize::new(0));
        let count = taken.clone();
        let work = move || {
            for lines in from_owner {
                let outcome = write(&mut out, &lines, at_once, &count);
                if to_owner.send((lines, outcome)).is_err() {
                    break;
                }
            }
        };
        std::thread::Builder::new().name("output".to_owned()).spawn(work)?;
        Ok(Self { to_thread, written, taken })
    }

    /// Writes lines, and gives the buffer back when all of it is taken. Dropped before that, [`Output::taken`] says
    /// how much is; nothing more may be written then.
    ///
    /// # Errors
    /// The writer's.
    pub async fn write(&mut self, lines: Vec<u8>) -> io::Result<Vec<u8>> {
        let gone = || io::Error::other("the thread that writes has ended");
        self.taken.store(0, Ordering::Release);
        self.to_thread.send(lines).map_err(|_| gone())?;
        let (lines, outcome) = self.written.recv().await.ok_or_else(gone)?;
        outcome.map(|()| lines)
    }

    /// How many bytes of the last lines are taken for certain.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Acquire)
    }
}

fn write(out: &mut impl Write, lines: &[u8], at_once: usize, taken: &AtomicUsize) -> io::Result<()> {
    let mut rest = lines;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(piece(rest, at_once));
        out.write_all(now)?;
        taken.fetch_add(now.len(), Ordering::Release);
        rest = later;
    }
    out.flush()
}

/// As many whole lines as may be written at once, or the beginning of one that is longer.
fn piece(lines: &[u8], at_once: usize) -> usize {
    match lines.get(..at_once) {
        None => lines.len(),
        Some(piece) => piece.iter().rposition(|byte| *byte == b'\n').map_or(at_once, |end| end + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_whole_where_they_fit() {
        for (lines, at_once, expected) in
            [("a\nbb\n", 4, 2), ("a\nbb\n", 5, 5), ("a\nbb\n", 9, 5), ("aaaa\n", 3, 3), ("", 3, 0)]
        {
            assert_eq!(piece(lines.as_bytes(), at_once), expected, "{lines:?} at {at_once}");
        }
    }

    /// Goal: a reader that never reads is told from one that does, and what is in the pipe is known. Method: more than
    /// a pipe holds; the writing is given up as soon as something is taken.
    #[tokio::test]
    async fn what_a_standing_reader_took_is_known() {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut output = Output::new(writer, PIPE_BUF).unwrap();
        let lines: Vec<u8> = (0..200_000).flat_map(|n| format!("line {n}\n").into_bytes()).collect();
        let count = output.taken.clone();
        let something = async {
            while count.load(Ordering::Acquire) == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            written = output.write(lines.clone()) => panic!("nobody reads: {written:?}"),
            () = something => {}
        }
        let taken = output.taken();
        assert!(taken > 0 && taken < lines.len(), "{taken} of {}", lines.len());
        assert_eq!(lines[taken - 1], b'\n');
        let mut read = vec![0; taken];
        io::Read::read_exact(&mut reader, &mut read).unwrap();
        assert_eq!(read, lines[..taken]);
    }
}
