//! Verifying: one pass over the log, from which each check takes what it needs. Each says one line, and of
//! what is wrong the first that it met, with its position.
//!
//! What is compared: the log with the signed tree (`signed`), each event with its own form (`form`),
//! each stream's history with the rules (`rules`), each view with a fresh one (`views`), and the tree
//! with an older checkpoint.
//!
//! Rules and views are about what is sealed: without the office's keys they are not checked, and said not to be.

mod form;
mod read;
mod rules;
mod signed;
mod views;

use std::{fmt, sync::Arc};

use jejak_events::RecordedEvent;
use jejak_journal::{Journal, JournalError, Keyring, LogEntry};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    note::PublicKey,
    tree::{Tree, TreeError},
};

/// Parts of the log on their way to a check; more would only fill memory.
const ON_THEIR_WAY: usize = 4;

/// What is verified, and with what.
pub struct Subject {
    /// The log.
    pub journal: Journal,
    /// The signed tree.
    pub tree: Tree,
    /// The key that signed it.
    pub key: PublicKey,
    /// An older checkpoint that the tree must go on from.
    pub since: Option<Vec<u8>>,
    /// What only the office has. Without it neither rules nor views are checked.
    pub office: Option<Office>,
}

/// What it takes to check what is sealed.
pub struct Office {
    /// The keys to the log's sealed parts.
    pub keyring: Keyring,
    /// Where fresh views are built; nothing is left there.
    pub scratch: std::path::PathBuf,
}

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// All is well; what was checked.
    Well(String),
    /// The first thing that is wrong.
    Wrong(String),
    /// It was not made; why.
    NotMade(String),
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub found: Found,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.found {
            Found::Well(what) => write!(f, "ok      {}: {what}", self.name),
            Found::Wrong(what) => write!(f, "FAILED  {}: {what}", self.name),
            Found::NotMade(why) => write!(f, "SKIPPED {}: {why}", self.name),
        }
    }
}

impl Check {
    fn new(name: impl Into<String>, found: Result<String, String>) -> Self {
        let found = found.map_or_else(Found::Wrong, Found::Well);
        Self {
            name: name.into(),
            found,
        }
    }

    fn not_made(name: impl Into<String>, why: &str) -> Self {
        Self {
            name: name.into(),
            found: Found::NotMade(why.to_owned()),
        }
    }
}

/// Why nothing could be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The log cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The tree cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A check ended by a fault of ours.
    #[error("a check ended by a fault of ours: {0}")]
    Fault(#[from] tokio::task::JoinError),
}

/// A part of the log, in order.
#[derive(Debug, Clone)]
enum Part<E> {
    /// Events.
    Events(Arc<Vec<E>>),
    /// Positions that the broker does not give.
    Missing { from: u64, to: u64 },
    /// One that is there and cannot be taken in.
    Unread { position: u64, why: Unread },
}

/// Why an event that is there cannot be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unread {
    /// It is none of ours.
    NoEvent,
    /// Its sealed part does not open: its data key is not here, or it was altered.
    Sealed,
}

fn unread(position: u64, why: Unread) -> String {
    match why {
        Unread::NoEvent => format!("cannot be done: position {position} cannot be read"),
        Unread::Sealed => {
            format!(
                "cannot be done: the sealed part of position {position} does not open with the keys there are"
            )
        }
    }
}

type Stored = Part<LogEntry>;
type Opened = Part<RecordedEvent>;

/// Verifies everything that can be with what there is; `progress` hears how far the log is read, `said` each
/// check when it is done.
///
/// # Errors
/// See [`VerifyError`]. Whatever is wrong with the log, the tree or a view is no error but a check that
/// failed.
pub async fn verify(
    subject: Subject,
    mut progress: impl FnMut(u64, u64),
    mut said: impl FnMut(&Check),
) -> Result<Vec<Check>, VerifyError> {
    let subject = Arc::new(subject);
    let end = subject.journal.last_position().await?;
    let mut checks = vec![signed::checkpoint(&subject), signed::since(&subject)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>();
    checks.iter().for_each(&mut said);

    let (to_signed, signed_in) = mpsc::channel(ON_THEIR_WAY);
    let (to_form, form_in) = mpsc::channel(ON_THEIR_WAY);
    let signed = on_thread(&subject, move |subject| signed::compare(subject, signed_in));
    let (onward, sealed) = Sealed::begin(&subject);
    let form = on_thread(&subject, move |subject| {
        form::check(subject, form_in, onward)
    });
    let mut reader = read::Reader::new(&subject.journal, end);
    while let Some(part) = reader.next().await? {
        progress(reader.position(), end);
        // A check that has ended by a fault says so below.
        let _ = tokio::join!(to_signed.send(part.clone()), to_form.send(part));
    }
    drop((to_signed, to_form));

    let mut done = signed.await?;
    done.push(form.await?);
    done.iter().for_each(&mut said);
    checks.extend(done);
    let Some(Sealed { rules, fresh }) = sealed else {
        let not_made = not_made();
        not_made.iter().for_each(&mut said);
        checks.extend(not_made);
        return Ok(checks);
    };
    let rules = rules.await?;
    said(&rules);
    checks.push(rules);
    // All at once: each asks another process, and hashes rows of its own meanwhile.
    let compared = fresh.into_iter().map(|build| {
        let subject = subject.clone();
        tokio::spawn(
            async move { Ok::<_, VerifyError>(views::compare(&subject, build.await?).await) },
        )
    });
    for compared in compared.collect::<Vec<_>>() {
        let check = compared.await??;
        said(&check);
        checks.push(check);
    }
    Ok(checks)
}

/// The checks of what is sealed, under way.
struct Sealed {
    rules: JoinHandle<Check>,
    fresh: Vec<JoinHandle<views::Fresh>>,
}

impl Sealed {
    /// Begins them, if they can be made, with where each takes the opened events from.
    fn begin(subject: &Arc<Subject>) -> (Vec<mpsc::Sender<Opened>>, Option<Self>) {
        if subject.office.is_none() {
            return (vec![], None);
        }
        let (to_rules, rules_in) = mpsc::channel(ON_THEIR_WAY);
        let rules = on_thread(subject, move |_| rules::check(rules_in));
        let (mut onward, mut fresh) = (vec![to_rules], Vec::new());
        for view in jejak_projections::VIEWS {
            let (to_view, view_in) = mpsc::channel(ON_THEIR_WAY);
            onward.push(to_view);
            fresh.push(on_thread(subject, move |subject| {
                views::build(subject, view, view_in)
            }));
        }
        (onward, Some(Self { rules, fresh }))
    }
}

fn not_made() -> Vec<Check> {
    let streams = Check::not_made(
        "streams",
        "not checked: the rules are about what only the office's keys open",
    );
    let views = jejak_projections::VIEWS.iter().map(|view| {
        let why =
            "not checked: a fresh one takes the office's keys, and comparing with it the office's leave";
        Check::not_made(format!("view {}", view.name()), why)
    });
    std::iter::once(streams).chain(views).collect()
}

fn on_thread<T: Send + 'static>(
    subject: &Arc<Subject>,
    work: impl FnOnce(&Subject) -> T + Send + 'static,
) -> JoinHandle<T> {
    let subject = subject.clone();
    tokio::task::spawn_blocking(move || work(&subject))
}

/// Keeps the first that is wrong.
#[derive(Debug, Default)]
struct First(Option<String>);

impl First {
    fn note(&mut self, what: impl FnOnce() -> String) {
        if self.0.is_none() {
            self.0 = Some(what());
        }
    }

    fn found(self, passed: impl FnOnce() -> String) -> Result<String, String> {
        match self.0 {
            None => Ok(passed()),
            Some(what) => Err(what),
        }
    }
}

fn missing(from: u64, to: u64) -> String {
    if from == to {
        format!("position {from} is missing from the log")
    } else {
        format!("positions {from} to {to} are missing from the log")
    }
}
