//! Writes lines to an output with a reader that may stand still.
//!
//! A thread of its own writes. The owner can therefore stop at any time, and knows
//! which line was the last.

use std::{
    io::{self, Write},
    os::fd::AsFd,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use tokio::{sync::oneshot, time::timeout};

/// A pipe takes this many bytes completely or not at all (POSIX `PIPE_BUF`, on Linux).
const PIPE_BUF: usize = 4_096;
/// The interval at which the thread looks for a stop while the reader stands still.
const CHECK_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 20_000_000,
};
/// The time the thread has to end. Only a terminal that takes part of a line needs more.
const ENDS_WITHIN: Duration = Duration::from_millis(500);

/// A line, its newline included, and the position of its event in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The position of the event.
    pub position: u64,
    /// The bytes to write.
    pub bytes: Vec<u8>,
}

/// The state of an output that was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoppedAt {
    /// The position of the last line that was written completely.
    pub position: u64,
    /// Whether a part of the next line was written.
    pub cut: bool,
}

type LineBatch = (Vec<Line>, oneshot::Sender<io::Result<bool>>);

/// A writer on a thread.
#[derive(Debug)]
pub struct LineWriter {
    to_thread: mpsc::Sender<LineBatch>,
    /// The answer of the thread to an interrupted write.
    unanswered: Option<oneshot::Receiver<io::Result<bool>>>,
    shared: Arc<WriterState>,
}

#[derive(Debug)]
struct WriterState {
    /// The position of the last line that was written completely.
    written: AtomicU64,
    /// Whether the thread must write no more.
    stopped: AtomicBool,
}

impl LineWriter {
    /// Starts the thread. `position` is the position before the first line.
    ///
    /// # Errors
    /// The system starts no thread.
    pub fn start(mut out: impl Write + AsFd + Send + 'static, position: u64) -> io::Result<Self> {
        let (to_thread, batches) = mpsc::channel::<LineBatch>();
        let shared = Arc::new(WriterState {
            written: AtomicU64::new(position),
            stopped: AtomicBool::new(false),
        });
        let of_thread = shared.clone();
        let work = move || {
            for (lines, answer) in batches {
                let cut = write(&mut out, &lines, &of_thread);
                if answer.send(cut).is_err() {
                    break;
                }
            }
        };
        std::thread::Builder::new()
            .name("lines".to_owned())
            .spawn(work)?;
        Ok(Self {
            to_thread,
            unanswered: None,
            shared,
        })
    }

    /// Writes lines and waits until all are written. The caller may drop
    /// the future and call [`LineWriter::stop`].
    ///
    /// # Errors
    /// The error of the output.
    pub async fn write(&mut self, lines: Vec<Line>) -> io::Result<()> {
        let (answer, answered) = oneshot::channel();
        self.to_thread
            .send((lines, answer))
            .map_err(|_| thread_ended())?;
        let outcome = self.unanswered.insert(answered).await;
        self.unanswered = None;
        outcome.map_err(|_| thread_ended())?.map(|_| ())
    }

    /// Stops writing, in the middle of a batch if need be. Says where.
    ///
    /// # Errors
    /// The error of the output.
    pub async fn stop(mut self) -> io::Result<StoppedAt> {
        self.shared.stopped.store(true, Ordering::Release);
        let cut = match self.unanswered.take() {
            None => false,
            Some(answered) => match timeout(ENDS_WITHIN, answered).await {
                Ok(outcome) => outcome.map_err(|_| thread_ended())??,
                Err(_) => true,
            },
        };
        Ok(StoppedAt {
            position: self.shared.written.load(Ordering::Acquire),
            cut,
        })
    }
}

fn thread_ended() -> io::Error {
    io::Error::other("the thread that writes has ended")
}

/// Writes lines until all are written or a stop is asked for. Returns whether
/// the last line was cut.
fn write(out: &mut (impl Write + AsFd), lines: &[Line], shared: &WriterState) -> io::Result<bool> {
    for Line { position, bytes } in lines {
        // Pieces that a pipe takes completely: the write never blocks after a successful poll.
        for (n, piece) in bytes.chunks(PIPE_BUF).enumerate() {
            if !wait_until_writable(out, &shared.stopped)? {
                return Ok(n > 0);
            }
            out.write_all(piece)?;
        }
        shared.written.store(*position, Ordering::Release);
    }
    out.flush()?;
    Ok(false)
}

/// Waits until the output takes a piece. Returns `false` if a stop is asked for.
fn wait_until_writable(out: &impl AsFd, stopped: &AtomicBool) -> io::Result<bool> {
    while !stopped.load(Ordering::Acquire) {
        match poll(&mut [PollFd::new(out, PollFlags::OUT)], Some(&CHECK_EVERY)) {
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<Line> {
        (1..=50_000)
            .map(|position| Line {
                position,
                bytes: format!("line {position}\n").into_bytes(),
            })
            .collect()
    }

    /// Gives up a write as soon as one line is written.
    async fn interrupted(mut writer: LineWriter) -> StoppedAt {
        let shared = writer.shared.clone();
        let first_line = async {
            while shared.written.load(Ordering::Acquire) == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            written = writer.write(lines()) => written.unwrap(),
            () = first_line => {}
        }
        writer.stop().await.unwrap()
    }

    fn up_to(position: u64) -> Vec<u8> {
        let lines = lines().into_iter();
        lines
            .take_while(|line| line.position <= position)
            .flat_map(|line| line.bytes)
            .collect()
    }

    /// Goal: the reported position is the last line that a reader gets. Method: more lines
    /// than a pipe holds; the write is given up after the first line, and the reader begins to
    /// read before or after that.
    #[tokio::test]
    async fn the_reported_position_is_the_last_line_of_a_reader() {
        for reads_at_once in [false, true] {
            let (mut reader, pipe) = io::pipe().unwrap();
            let writer = LineWriter::start(pipe, 0).unwrap();
            let mut read = move || {
                let mut read = Vec::new();
                io::Read::read_to_end(&mut reader, &mut read).unwrap();
                read
            };
            let (stopped, read) = if reads_at_once {
                let reading = std::thread::spawn(read);
                (interrupted(writer).await, reading.join().unwrap())
            } else {
                (interrupted(writer).await, read())
            };
            assert!(!stopped.cut && stopped.position > 0, "{stopped:?}");
            assert!(read == up_to(stopped.position), "{stopped:?}");
        }
    }

    #[tokio::test]
    async fn a_long_line_that_is_cut_is_reported() {
        let (mut reader, pipe) = io::pipe().unwrap();
        let mut writer = LineWriter::start(pipe, 6).unwrap();
        let line = Line {
            position: 7,
            bytes: vec![b'x'; 1 << 20],
        };
        let first_byte = tokio::task::spawn_blocking(move || {
            io::Read::read_exact(&mut reader, &mut [0]).map(|()| reader)
        });
        let reader = tokio::select! {
            written = writer.write(vec![line]) => panic!("a pipe does not hold the line: {written:?}"),
            reader = first_byte => reader.unwrap().unwrap(),
        };
        let stopped = writer.stop().await.unwrap();
        assert_eq!(
            stopped,
            StoppedAt {
                position: 6,
                cut: true
            }
        );
        drop(reader);
    }

    #[tokio::test]
    async fn a_file_holds_the_lines_up_to_the_reported_position() {
        let mut file = tempfile::tempfile().unwrap();
        let stopped = interrupted(LineWriter::start(file.try_clone().unwrap(), 0).unwrap()).await;
        let mut stored = Vec::new();
        io::Seek::rewind(&mut file).unwrap();
        io::Read::read_to_end(&mut file, &mut stored).unwrap();
        assert!(
            !stopped.cut && stored == up_to(stopped.position),
            "{stopped:?}"
        );
    }
}
