//! What the log holds, what happens when it is full or cannot be written, and which files are kept.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use bytes::Bytes;
use jejak_bus::Role;
use serde_json::json;

use super::{line::AccessEvent, *};
use crate::auth::Caller;

const NIP: &str = "197701161997031006";
const ID: &str = "00000000-0000-8000-8000-000000000001";

fn read(answer: Bytes) -> EntryKind {
    EntryKind::Read {
        caller: Caller::new(NIP.to_owned(), vec![Role::Officer], u64::MAX, None),
        query: "/v1/operators",
        params: json!({"q": "Contoh Satu", "operator": null}),
        answer,
        correlation: None,
    }
}

fn refused(reason: &str) -> EntryKind {
    EntryKind::Refused(Refusal {
        caller: None,
        reason: Some(reason.to_owned()),
        route: "/v1/operators".to_owned(),
        path: "/v1/operators".to_owned(),
        body: Bytes::new(),
        correlation: None,
    })
}

fn opened(dir: &Path) -> (AccessLog, Writer, AccessLogConfig) {
    let config = AccessLogConfig::new(dir.join("access.log"));
    let (log, writer) = AccessLog::open(&config).unwrap();
    (log, writer, config)
}

fn lines(path: &Path) -> Vec<AccessLine> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Goal: a line says who read whose data, by pseudonym and id, and nothing of a name, a NIP or a
/// search.
#[tokio::test]
async fn a_line_names_the_reader_and_the_people_by_pseudonyms() {
    let dir = tempfile::tempdir().unwrap();
    let (log, writer, config) = opened(dir.path());
    let answer =
        format!(r#"{{"position":1,"items":[{{"operator_id":"{ID}","name":"Contoh Satu"}}]}}"#);
    log.add(read(answer.into())).await;
    log.close();
    writer.run();
    let text = fs::read_to_string(&config.path).unwrap();
    for personal in ["Contoh", NIP] {
        assert!(!text.contains(personal), "{text}");
    }
    let [AccessLine { event, .. }] = &lines(&config.path)[..] else {
        panic!("{text}")
    };
    let AccessEvent::Read {
        reader,
        roles,
        query,
        persons,
        ..
    } = event
    else {
        panic!("{event:?}")
    };
    assert_eq!(
        (roles, query.as_str()),
        (&vec!["officer".to_owned()], "/v1/operators")
    );
    assert_eq!(persons, &[ID.to_owned()].into());
    let again = AccessFile::open(&config.path).unwrap();
    let officer = |nip| again.pseudonym(nip, &[Role::Officer]);
    assert_eq!(*reader, officer(NIP), "the auditor finds a reader");
    assert_ne!(*reader, officer("197701161997031007"));
    assert!(again.pseudonyms(NIP).contains(reader));
    for file in ["access.log", "access.key"] {
        let mode = fs::metadata(dir.path().join(file)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "{file}");
    }
}

/// Goal: a flood of failed sign-ins is one line of a kind, with their number.
#[tokio::test]
async fn failed_sign_ins_of_one_kind_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let (log, writer, config) = opened(dir.path());
    for _ in 0..1_000 {
        log.add(refused("expired")).await;
    }
    log.add(refused("missing")).await;
    log.close();
    writer.run();
    let times: Vec<_> = lines(&config.path)
        .into_iter()
        .map(|line| match line.event {
            AccessEvent::SignInFailed { reason, times, .. } => (reason, times),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        times,
        [("expired".to_owned(), 1_000), ("missing".to_owned(), 1)]
    );
}

/// Goal: a full queue makes a request wait, and loses no line while the writer works.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let (log, writer, config) = opened(dir.path());
    let writing = tokio::task::spawn_blocking(move || writer.run());
    let many = MOST_ENTRIES * 3;
    for _ in 0..many {
        log.add(read(Bytes::from_static(b"{}"))).await;
    }
    assert_eq!(log.problem(), None);
    log.close();
    writing.await.unwrap();
    assert_eq!(lines(&config.path).len(), many);
}

/// Goal: a log that cannot be written is said, delays nobody, and goes on with the number of lines that
/// were lost. Method: a folder in the place of the file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_cannot_be_written_is_said_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (log, writer, config) = opened(dir.path());
    fs::create_dir(&config.path).unwrap();
    let writing = tokio::task::spawn_blocking(move || writer.run());
    log.add(read(Bytes::new())).await;
    let began = std::time::Instant::now();
    while log.problem().is_none() {
        assert!(began.elapsed() < Duration::from_secs(10), "it is said");
        tokio::task::yield_now().await;
    }
    let began = std::time::Instant::now();
    for _ in 0..MOST_ENTRIES + 5 {
        log.add(read(Bytes::new())).await;
    }
    assert!(began.elapsed() < Duration::from_secs(1), "nobody waits");
    assert!(log.problem().unwrap().contains("access.log"));
    fs::remove_dir(&config.path).unwrap();
    let began = std::time::Instant::now();
    while log.problem().is_some() {
        assert!(began.elapsed() < Duration::from_secs(10), "it goes on");
        tokio::task::yield_now().await;
    }
    log.close();
    writing.await.unwrap();
    let (mut lost, mut kept) = (0, 0);
    for line in lines(&config.path) {
        match line.event {
            AccessEvent::Lost { lines } => lost += lines,
            _ => kept += 1,
        }
    }
    assert!(lost >= 5, "{lost}");
    assert_eq!(lost + kept, MOST_ENTRIES as u64 + 6);
}

/// Goal: a large or an old file is set aside, and of those only so many are kept.
#[test]
fn large_and_old_files_are_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let config = AccessLogConfig {
        largest_bytes: 50,
        keep: 2,
        ..AccessLogConfig::new(dir.path().join("access.log"))
    };
    fs::write(dir.path().join("access-notes.log"), "mine").unwrap();
    let file = AccessFile::open(&config.path).unwrap();
    let line = AccessLine::now(AccessEvent::Lost { lines: 1 });
    let now = Utc::now();
    for n in 0..5 {
        file.append([&line]).unwrap();
        file.rotate(&config, now + chrono::TimeDelta::milliseconds(n))
            .unwrap();
    }
    assert_eq!(files(&config.path).unwrap().len(), 2, "each was too large");
    let roomy = AccessLogConfig {
        largest_bytes: 1_000,
        ..config.clone()
    };
    file.append([&line]).unwrap();
    file.rotate(&roomy, now).unwrap();
    assert!(config.path.exists(), "neither large nor old");
    file.rotate(&roomy, now + chrono::TimeDelta::hours(25))
        .unwrap();
    assert!(!config.path.exists(), "older than a day");
    assert!(dir.path().join("access-notes.log").exists());
}

/// Goal: no line shows the name of an account, and none takes an administrator for an operator. Method: readers
/// with each form of a subject.
#[tokio::test]
async fn a_reader_who_is_no_person_is_told_by_a_pseudonym_of_an_account() {
    let dir = tempfile::tempdir().unwrap();
    let (log, writer, config) = opened(dir.path());
    let subjects = ["admin-bkpsdm", ID, NIP];
    for subject in subjects {
        let caller = Caller::new(subject.to_owned(), vec![Role::Admin], u64::MAX, None);
        log.add(EntryKind::Read {
            caller,
            query: "/v1/packages",
            params: json!({}),
            answer: Bytes::from_static(b"{}"),
            correlation: None,
        })
        .await;
    }
    log.close();
    writer.run();
    let again = AccessFile::open(&config.path).unwrap();
    let text = fs::read_to_string(&config.path).unwrap();
    for (line, subject) in text.lines().zip(subjects) {
        assert!(
            line.contains(r#""reader":"account/"#) && !line.contains(subject),
            "{line}"
        );
        let found = again.pseudonyms(subject);
        assert!(
            found.iter().any(|pseudonym| line.contains(pseudonym)),
            "{line}"
        );
    }
    assert_eq!(text.lines().count(), subjects.len());
}
