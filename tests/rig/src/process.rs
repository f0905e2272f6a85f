//! The `jejak` binary as a process: its log is kept in a file, and its handle ends it.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use crate::{signal::tell_to_end, usage::ProcessUsage};

/// A process has this long to end.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time between two looks whether a process has ended.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// A running `jejak`.
pub struct Process {
    child: Child,
    /// The file of its log lines.
    pub log: PathBuf,
    name: String,
}

impl Process {
    /// Starts `jejak` with these arguments in a folder, its log appended to `<name>.log` there.
    pub fn start(dir: &Path, name: &str, arguments: &[&str]) -> Self {
        Self::start_program(&binary(), dir, name, arguments)
    }

    /// Starts any program in the same way as `jejak`.
    pub fn start_program(program: &Path, dir: &Path, name: &str, arguments: &[&str]) -> Self {
        let log = dir.join(format!("{name}.log"));
        let file = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .expect("the folder is writable");
        let child = command(program, dir)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .expect("the binary starts");
        Self {
            child,
            log,
            name: name.to_owned(),
        }
    }

    /// Starts `jejak` so that a file at its size limit is an error, as on a full disk, and not the
    /// end of the process.
    pub fn start_growing_carefully(dir: &Path, name: &str, arguments: &[&str]) -> Self {
        let log = dir.join(format!("{name}.log"));
        let file = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .expect("the folder is writable");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
            .arg(binary())
            .args(arguments);
        let child = shell
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .expect("a shell starts");
        Self {
            child,
            log,
            name: name.to_owned(),
        }
    }

    /// Limits the size of its files from now on; `None` lifts the limit.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let soft = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        let arguments = [
            "--pid".to_owned(),
            self.child.id().to_string(),
            format!("--fsize={soft}:unlimited"),
        ];
        let told = Command::new("prlimit")
            .args(arguments)
            .status()
            .expect("prlimit exists");
        assert!(
            told.success(),
            "the files of {} could not be limited",
            self.name
        );
    }

    /// Waits for a line of its standard output with this beginning; returns the rest of the line.
    pub fn wait_for_line(&mut self, beginning: &str) -> String {
        let stdout = self.child.stdout.take().expect("its output is read once");
        for line in BufReader::new(stdout).lines() {
            let line = line.expect("its output is text");
            if let Some(rest) = line.strip_prefix(beginning) {
                return rest.to_owned();
            }
        }
        panic!(
            "{} ended without saying {beginning:?}: {}",
            self.name,
            self.log_text()
        );
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The log so far.
    pub fn log_text(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child of ours can be killed");
        self.child
            .wait()
            .expect("a child of ours can be waited for");
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    pub fn terminate(&mut self) -> ExitStatus {
        tell_to_end(&self.child.id().to_string());
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self
                .child
                .try_wait()
                .expect("a child of ours can be waited for")
            {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "{} does not end: {}",
                self.name,
                self.log_text()
            );
            std::thread::park_timeout(ASK_EVERY);
        }
    }
}

impl Drop for Process {
    /// In its own time, so that `jejak up` takes its broker along.
    fn drop(&mut self) {
        if self.child.try_wait().ok().flatten().is_none() {
            self.terminate();
        }
    }
}

/// Runs `jejak` to its end: exit status, standard output, standard error.
pub fn run(dir: &Path, arguments: &[&str]) -> (ExitStatus, String, String) {
    let output = command(&binary(), dir)
        .args(arguments)
        .output()
        .expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("its output is text");
    (output.status, text(output.stdout), text(output.stderr))
}

/// Runs `jejak` to its end with its standard output in a file: exit status, and its use of the
/// machine.
pub fn run_measured(dir: &Path, arguments: &[&str], out: File) -> (ExitStatus, ProcessUsage) {
    let child = command(&binary(), dir).args(arguments).stdout(out).spawn();
    ProcessUsage::by(child.expect("the binary starts"))
}

fn command(program: &Path, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(dir)
        .stdin(Stdio::null())
        .env("JEJAK_NATS_SERVER", crate::nats_server::find_binary());
    command
}

/// The `jejak` of the same profile: beside a program, or above the folder of the tests. A test run
/// of the whole workspace builds it.
pub fn binary() -> PathBuf {
    let own = std::env::current_exe().expect("a process knows its own path");
    let found = own
        .ancestors()
        .skip(1)
        .take(2)
        .map(|dir| dir.join("jejak"))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!(
            "jejak is not built in the profile of {}; build the whole workspace",
            own.display()
        )
    })
}
