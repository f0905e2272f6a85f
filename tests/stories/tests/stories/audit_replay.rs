//! Goal: `jejak audit replay` ends as its reader lets it: one that has enough, one that stands
//! still while it is told to stop. Nothing that a reader took is lost or told twice. Method: the
//! command line with a pipe as its output.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use jejak_rig::{broker::Broker, office::Office};
use jejak_stories::audited::{append_holidays, audit, signed};

/// More than a pipe holds.
const EVENTS: u64 = 2_000;
/// Bytes after which a pipe of 64 KiB takes only a few lines more.
const NEARLY_FULL: u64 = 50_000;

fn replay(office: &Office, arguments: &[&str]) -> Child {
    let binary = std::env::current_exe()
        .unwrap()
        .ancestors()
        .nth(2)
        .unwrap()
        .join("jejak");
    let mut command = Command::new(binary);
    command
        .args(["audit", "replay", "--data", "data"])
        .args(arguments)
        .current_dir(office.dir());
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// A reader that has enough closes the pipe; that is no error.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_may_go_away() {
    let office = Office::up(true).await;
    let mut child = replay(&office, &["--format", "csv"]);
    let mut first = String::new();
    BufReader::with_capacity(16, child.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    assert!(first.starts_with("position,"), "{first}");
    let ended = child.wait_with_output().unwrap();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
}

/// Waits until it has written so much that the pipe is as good as full.
fn wait_until_full(child: &Child) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let held = rustix::io::ioctl_fionread(child.stdout.as_ref().unwrap()).unwrap();
        if held >= NEARLY_FULL {
            return;
        }
        assert!(Instant::now() < deadline, "{held} bytes");
        std::thread::yield_now();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_stop_it_does_not_wait_for_a_reader_that_stands_still() {
    let office = Office::apart(Broker::single().await).await;
    let broker = office.broker.as_ref().unwrap();
    append_holidays(&broker.client().await, EVENTS).await;
    signed(&office.http, EVENTS).await;
    let url = broker.url();
    for format in ["jsonl", "csv"] {
        let whole = audit(&office, &["replay", "--format", format]).out;
        let mut child = replay(&office, &["--nats", &url, "--format", format]);
        wait_until_full(&child);
        let told = Instant::now();
        let signal = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(signal.success());
        let status = child.wait().unwrap();
        assert!(
            told.elapsed() < Duration::from_secs(5),
            "it took {:?}",
            told.elapsed()
        );
        assert_eq!(status.code(), Some(1));
        let (mut said, mut out) = (String::new(), String::new());
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut out)
            .unwrap();
        assert!(
            out.len() as u64 >= NEARLY_FULL && out.len() < whole.len(),
            "{} bytes",
            out.len()
        );
        // The pipe holds whole lines up to the position that is named, and the rest begins after
        // it.
        let after = out.lines().count() as u64 - u64::from(format == "csv");
        let next = (after + 1).to_string();
        let expected = format!("jejak: stopped after position {after}; go on with --from {next}\n");
        assert_eq!(said, expected);
        let rest = audit(&office, &["replay", "--format", format, "--from", &next]).out;
        let rest = if format == "csv" {
            rest.split_once("\r\n").unwrap().1
        } else {
            &rest
        };
        assert_eq!(out + rest, whole);
    }
}
