//! The processor time and memory of a process, as Linux counts them in `/proc`.

#![allow(
    clippy::float_arithmetic,
    reason = "figures of a measurement, no money"
)]

use std::{
    fmt, fs, io,
    process::{Child, ExitStatus},
    thread,
    time::{Duration, Instant},
};

/// Time between two looks at a running process. The counts only grow, so the last look misses at
/// most the use after it.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// The unit of processor time in `/proc`, the same on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// The highest resident memory so far, as `/proc` names it.
pub const PEAK: &str = "VmHWM:";
/// The resident memory, as `/proc` names it.
pub const RESIDENT: &str = "VmRSS:";

/// The use of the machine by a process, from its start to its end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProcessUsage {
    /// The time from start to end.
    pub wall: Duration,
    /// Processor time of all threads, in user space and in the kernel.
    pub cpu: Duration,
    /// The highest resident memory, in MiB.
    pub peak_mib: f64,
}

impl ProcessUsage {
    /// Watches a started process until it ends.
    pub(crate) fn by(mut child: Child) -> (ExitStatus, Self) {
        let (began, pid) = (Instant::now(), child.id());
        let (mut cpu, mut peak_mib) = (Duration::ZERO, 0.0);
        loop {
            // A process that has just ended reports no memory; `try_wait` notices the end.
            cpu = cpu_time(pid).unwrap_or(cpu);
            peak_mib = memory_mib(pid, PEAK).unwrap_or(peak_mib);
            if let Some(status) = child.try_wait().expect("a child of ours can be waited for") {
                return (
                    status,
                    Self {
                        wall: began.elapsed(),
                        cpu,
                        peak_mib,
                    },
                );
            }
            thread::park_timeout(LOOK_EVERY);
        }
    }
}

impl fmt::Display for ProcessUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            wall,
            cpu,
            peak_mib,
        } = self;
        write!(
            f,
            "{wall:.2?}, of processors {cpu:.2?}, at most {peak_mib:.0} MiB"
        )
    }
}

/// A memory figure of a process, in MiB.
///
/// # Errors
/// When it has ended.
pub fn memory_mib(pid: u32, figure: &str) -> io::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib = status.lines().find_map(|line| {
        line.strip_prefix(figure)?
            .trim()
            .strip_suffix("kB")?
            .trim()
            .parse::<f64>()
            .ok()
    });
    Ok(kib.ok_or(io::ErrorKind::NotFound)? / 1_024.0)
}

/// The processor time of a process so far, in user space and in the kernel.
///
/// # Errors
/// When it has ended.
pub fn cpu_time(pid: u32) -> io::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name before the closing parenthesis may hold anything.
    let fields = stat
        .rsplit_once(')')
        .map(|(_, fields)| fields.split_whitespace());
    let ticks: f64 = fields
        .into_iter()
        .flatten()
        .skip(11)
        .take(2)
        .flat_map(str::parse::<f64>)
        .sum();
    Ok(Duration::from_secs_f64(ticks / TICKS_PER_SECOND))
}
