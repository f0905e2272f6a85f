//! Lines and progress for the user.

use std::{
    io::{IsTerminal, Write},
    time::{Duration, Instant},
};

/// The interval of progress on a terminal.
const ON_TERMINAL_EVERY: Duration = Duration::from_millis(200);
/// The interval of progress lines elsewhere.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// A failure of the command line: its text is the one line on standard error.
pub(crate) type CliError = Box<dyn std::error::Error>;

/// Prints one line on standard output.
pub(crate) fn say(line: &str) {
    // A closed output needs no line.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The progress of long work: one line that is overwritten on a terminal, plain lines elsewhere.
pub(crate) struct ProgressLine<W: Write = std::io::Stderr> {
    verb: &'static str,
    out: W,
    is_terminal: bool,
    every: Duration,
    last: Instant,
    has_unfinished_line: bool,
}

impl ProgressLine {
    /// ProgressLine on standard error. The verb ends each line: `5 of 10 verified`.
    pub(crate) fn new(verb: &'static str) -> Self {
        let out = std::io::stderr();
        let is_terminal = out.is_terminal();
        let every = if is_terminal {
            ON_TERMINAL_EVERY
        } else {
            LINE_EVERY
        };
        Self {
            verb,
            out,
            is_terminal,
            every,
            last: Instant::now(),
            has_unfinished_line: false,
        }
    }
}

impl<W: Write> ProgressLine<W> {
    pub(crate) fn say(&mut self, position: u64, last: u64) {
        if self.last.elapsed() < self.every {
            return;
        }
        self.last = Instant::now();
        self.has_unfinished_line = self.is_terminal;
        let (begin, end) = if self.is_terminal {
            ("\r", "")
        } else {
            ("", "\n")
        };
        // Progress that cannot be shown is no reason to stop the work.
        let _ = write!(self.out, "{begin}{position} of {last} {}{end}", self.verb);
    }

    pub(crate) fn end(&mut self) {
        if self.has_unfinished_line {
            let _ = writeln!(self.out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(is_terminal: bool, every: Duration) -> String {
        let mut progress = ProgressLine {
            verb: "verified",
            out: vec![],
            is_terminal,
            every,
            last: Instant::now(),
            has_unfinished_line: false,
        };
        progress.say(1, 3);
        progress.say(2, 3);
        progress.end();
        String::from_utf8(progress.out).unwrap()
    }

    #[test]
    fn progress_is_overwritten_on_a_terminal_and_plain_lines_elsewhere() {
        assert_eq!(
            printed(true, Duration::ZERO),
            "\r1 of 3 verified\r2 of 3 verified\n"
        );
        assert_eq!(
            printed(false, Duration::ZERO),
            "1 of 3 verified\n2 of 3 verified\n"
        );
        assert_eq!(printed(false, LINE_EVERY), "", "quick work says nothing");
    }
}
