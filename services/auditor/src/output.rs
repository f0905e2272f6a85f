//! An output whose reader may stand still. It is written on a thread of its own, so that whoever waits for it can
//! be told to stop, and how much of it was taken is known even then.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::AsFd,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc as blocking,
    },
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use tokio::{sync::mpsc, time::timeout};

/// Bytes that a pipe takes whole or not at all (POSIX `PIPE_BUF`, as Linux has it).
const PIPE_BUF: usize = 4_096;
/// How often the thread looks whether it is to end, while the reader stands still.
const LOOK_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 20_000_000,
};
/// How long the thread may take to say what it wrote. Only a terminal that takes a part of a piece keeps it longer.
const LAST_WORD: Duration = Duration::from_millis(500);

/// A writer on a thread. The thread of one that is dropped while its reader stands still ends with the process.
#[derive(Debug)]
pub struct Output {
    to_thread: blocking::Sender<Vec<u8>>,
    written: mpsc::UnboundedReceiver<(Vec<u8>, io::Result<()>)>,
    shared: Arc<Shared>,
    /// The most that is written at once.
    at_once: usize,
    /// Whether lines were given to the thread of which it has not said yet that they are written.
    under_way: bool,
}

/// What the thread and its owner tell each other.
#[derive(Debug, Default)]
struct Shared {
    /// Bytes of the last lines that are taken for certain.
    taken: AtomicUsize,
    /// Nothing more is to be written.
    ended: AtomicBool,
}

/// How much of the last lines was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Bytes, for certain.
    pub bytes: usize,
    /// More may follow: the output takes a piece, and does not end.
    pub in_hand: bool,
}

impl Output {
    /// Writes to a file: lines that are given at once are in it all or not at all. A file always takes them or refuses.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn to_file(out: File) -> io::Result<Self> {
        Self::start(out, usize::MAX)
    }

    /// Writes to a reader that may stand still: pieces that a pipe takes whole or not at all, and whole lines as far
    /// as they are not longer.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn to_reader(out: impl Write + AsFd + Send + 'static) -> io::Result<Self> {
        Self::start(out, PIPE_BUF)
    }

    fn start(mut out: impl Write + AsFd + Send + 'static, at_once: usize) -> io::Result<Self> {
        let (to_thread, from_owner) = blocking::channel::<Vec<u8>>();
        let (to_owner, written) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared::default());
        let told = shared.clone();
        let work = move || {
            for lines in from_owner {
                let outcome = write(&mut out, &lines, at_once, &told);
                if to_owner.send((lines, outcome)).is_err() {
                    break;
                }
            }
        };
        std::thread::Builder::new()
            .name("output".to_owned())
            .spawn(work)?;
        Ok(Self {
            to_thread,
            written,
            shared,
            at_once,
            under_way: false,
        })
    }

    /// Writes lines, and gives the buffer back when all of it is taken. May be dropped before that, for
    /// [`Output::end`].
    ///
    /// # Errors
    /// The writer's.
    pub async fn write(&mut self, lines: Vec<u8>) -> io::Result<Vec<u8>> {
        self.shared.taken.store(0, Ordering::Release);
        self.to_thread.send(lines).map_err(|_| gone())?;
        self.under_way = true;
        self.last_word().await
    }

    /// Ends a write, given up or not: nothing more is written once it is known how much was.
    ///
    /// # Errors
    /// The writer's.
    pub async fn end(mut self) -> io::Result<Taken> {
        self.shared.ended.store(true, Ordering::Release);
        if self.under_way && self.at_once == usize::MAX {
            self.last_word().await?;
        } else if self.under_way
            && let Ok(said) = timeout(LAST_WORD, self.last_word()).await
        {
            said?;
        }
        Ok(Taken {
            bytes: self.shared.taken.load(Ordering::Acquire),
            in_hand: self.under_way,
        })
    }

    async fn last_word(&mut self) -> io::Result<Vec<u8>> {
        let (lines, outcome) = self.written.recv().await.ok_or_else(gone)?;
        self.under_way = false;
        outcome.map(|()| lines)
    }
}

fn gone() -> io::Error {
    io::Error::other("the thread that writes has ended")
}

fn write(
    out: &mut (impl Write + AsFd),
    lines: &[u8],
    at_once: usize,
    shared: &Shared,
) -> io::Result<()> {
    let mut rest = lines;
    while !rest.is_empty() && takes(out, &shared.ended)? {
        let (now, later) = rest.split_at(piece(rest, at_once));
        out.write_all(now)?;
        shared.taken.fetch_add(now.len(), Ordering::Release);
        rest = later;
    }
    out.flush()
}

/// Waits until a piece can be written, or until nothing more is to be.
fn takes(out: &impl AsFd, ended: &AtomicBool) -> io::Result<bool> {
    while !ended.load(Ordering::Acquire) {
        match poll(&mut [PollFd::new(out, PollFlags::OUT)], Some(&LOOK_EVERY)) {
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}

/// As many whole lines as may be written at once, or the beginning of one that is longer.
fn piece(lines: &[u8], at_once: usize) -> usize {
    match lines.get(..at_once) {
        None => lines.len(),
        Some(piece) => piece
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(at_once, |end| end + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_whole_where_they_fit() {
        for (lines, at_once, expected) in [
            ("a\nbb\n", 4, 2),
            ("a\nbb\n", 5, 5),
            ("a\nbb\n", 9, 5),
            ("aaaa\n", 3, 3),
            ("", 3, 0),
        ] {
            assert_eq!(
                piece(lines.as_bytes(), at_once),
                expected,
                "{lines:?} at {at_once}"
            );
        }
    }

    fn many_lines() -> Vec<u8> {
        (0..200_000)
            .flat_map(|n| format!("line {n}\n").into_bytes())
            .collect()
    }

    /// Writes until something is taken, then ends.
    async fn interrupted(mut output: Output, lines: &[u8]) -> usize {
        let shared = output.shared.clone();
        let something = async {
            while shared.taken.load(Ordering::Acquire) == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            written = output.write(lines.to_vec()) => assert_eq!(written.unwrap(), lines),
            () = something => {}
        }
        let Taken { bytes, in_hand } = output.end().await.unwrap();
        assert!(!in_hand);
        bytes
    }

    /// Goal: what a reader gets is what is said to be taken, whether it begins to read only then or reads all the time.
    /// Method: more than a pipe holds; the writing is given up as soon as something is taken.
    #[tokio::test]
    async fn what_a_reader_gets_is_known_to_the_byte() {
        let lines = many_lines();
        for reads in [false, true] {
            let (mut reader, writer) = io::pipe().unwrap();
            let mut read = Vec::new();
            let output = Output::to_reader(writer).unwrap();
            let taken = if reads {
                let reading = std::thread::spawn(move || {
                    io::Read::read_to_end(&mut reader, &mut read).map(|_| read)
                });
                let taken = interrupted(output, &lines).await;
                read = reading.join().unwrap().unwrap();
                taken
            } else {
                let taken = interrupted(output, &lines).await;
                io::Read::read_to_end(&mut reader, &mut read).unwrap();
                taken
            };
            assert!(
                taken > 0 && taken < lines.len(),
                "{taken} of {}",
                lines.len()
            );
            assert_eq!(lines[taken - 1], b'\n');
            assert!(
                read == lines[..taken],
                "{} bytes were read of {taken}",
                read.len()
            );
        }
    }

    #[tokio::test]
    async fn lines_are_in_a_file_all_or_not_at_all() {
        let lines = many_lines();
        for _ in 0..20 {
            let mut file = tempfile::tempfile().unwrap();
            let mut output = Output::to_file(file.try_clone().unwrap()).unwrap();
            tokio::select! {
                biased;
                written = output.write(lines.clone()) => assert_eq!(written.unwrap(), lines),
                () = std::future::ready(()) => {}
            }
            let taken = output.end().await.unwrap();
            assert!(
                !taken.in_hand && [0, lines.len()].contains(&taken.bytes),
                "{taken:?}"
            );
            let mut stored = Vec::new();
            io::Seek::rewind(&mut file).unwrap();
            io::Read::read_to_end(&mut file, &mut stored).unwrap();
            assert_eq!(stored.len(), taken.bytes);
        }
    }
}
