//! Verification: one pass over the history that feeds all checks.
//!
//! Each check prints one line. A failed check names the first fault with its position. The
//! checks compare the tree with its checkpoints (`checkpoint`), the log with the tree (`tree`),
//! each event with its own form (`events`), each record of a message without an event with that message
//! (`quarantine`), each stream with the rules (`rules`), and each view
//! with a fresh one (`views`).
//!
//! Without a broker the history is the tree's own entries, and the log is not compared.
//!
//! Rules and views concern sealed data. Without the office's keys these checks are skipped,
//! and their lines say so.

mod batch;
mod check;
mod checkpoint;
mod events;
mod input;
mod loaded_tile;
mod quarantine;
mod read;
mod rules;
mod tree;
mod views;

use std::sync::Arc;

use jejak_journal::JournalError;
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{quarantine::records, tree::TreeError};
use batch::DecodedBatch;
pub use check::{CheckOutcome, CheckResult};
pub use input::{CheckedHistory, OfficeKeys, OlderCheckpoint, VerifyInput, WitnessToCheck};

/// Batches that wait for a check. More would only fill memory.
const WAITING_BATCHES: usize = 4;

/// The reason why nothing could be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The log cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The tree cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A check panicked.
    #[error("a check panicked: {0}; this is a fault of Jejak")]
    Panic(#[from] tokio::task::JoinError),
}

/// Runs every check that the input allows. `progress` receives the position and the last position;
/// `report` receives each check when it is done.
///
/// # Errors
/// See [`VerifyError`]. A fault of the log, the tree or a view is no error: its check fails.
pub async fn verify(
    mut input: VerifyInput,
    mut progress: impl FnMut(u64, u64),
    mut report: impl FnMut(&CheckResult),
) -> Result<Vec<CheckResult>, VerifyError> {
    if let CheckedHistory::Log(journal) = input.history {
        let records = records(input.tree.folder(), &input.key);
        input.history = CheckedHistory::Log(journal.with_quarantine(records));
    }
    let input = Arc::new(input);
    let end = input.history.last_position().await?;
    let mut checks = Vec::new();
    let mut add = |check: CheckResult| {
        report(&check);
        checks.push(check);
    };
    add(checkpoint::checkpoint(&input));
    checkpoint::growth(&input)
        .await
        .into_iter()
        .for_each(&mut add);

    let (to_tree, tree_batches) = mpsc::channel(WAITING_BATCHES);
    let (to_events, event_batches) = mpsc::channel(WAITING_BATCHES);
    let tree = on_thread(&input, move |input| tree::compare(input, tree_batches));
    let (decoded, office_checks) = OfficeChecks::start(&input);
    let events = on_thread(&input, move |input| {
        events::check(input, event_batches, decoded)
    });
    let mut reader = read::HistoryReader::new(&input.history, end);
    while let Some(batch) = reader.next().await? {
        progress(reader.position(), end);
        // A send fails only after the check panicked; its handle reports that below.
        let _ = tokio::join!(to_tree.send(batch.clone()), to_events.send(batch));
    }
    drop((to_tree, to_events));

    tree.await?.into_iter().for_each(&mut add);
    add(events.await?);
    let quarantined = quarantine::check(&input, end).await;
    quarantined.into_iter().for_each(&mut add);
    let Some(OfficeChecks { rules, fresh }) = office_checks else {
        skipped().into_iter().for_each(&mut add);
        return Ok(checks);
    };
    add(rules.await?);
    // All views at once: each asks another process, and hashes its own rows meanwhile.
    let compared = fresh.into_iter().map(|build| {
        let input = input.clone();
        tokio::spawn(
            async move { Ok::<_, VerifyError>(views::compare(&input, build.await?).await) },
        )
    });
    for compared in compared.collect::<Vec<_>>() {
        add(compared.await??);
    }
    Ok(checks)
}

/// The running checks of sealed data.
struct OfficeChecks {
    rules: JoinHandle<CheckResult>,
    fresh: Vec<JoinHandle<views::FreshView>>,
}

impl OfficeChecks {
    /// Starts the checks if the office's keys are there. Returns where each takes decoded events.
    fn start(input: &Arc<VerifyInput>) -> (Vec<mpsc::Sender<DecodedBatch>>, Option<Self>) {
        if input.office.is_none() {
            return (vec![], None);
        }
        let (to_rules, rule_batches) = mpsc::channel(WAITING_BATCHES);
        let rules = on_thread(input, move |_| rules::check(rule_batches));
        let (mut decoded, mut fresh) = (vec![to_rules], Vec::new());
        for view in jejak_projections::VIEWS {
            let (to_view, view_batches) = mpsc::channel(WAITING_BATCHES);
            decoded.push(to_view);
            fresh.push(on_thread(input, move |input| {
                views::build(input, view, view_batches)
            }));
        }
        (decoded, Some(Self { rules, fresh }))
    }
}

fn skipped() -> Vec<CheckResult> {
    let streams = CheckResult::skipped(
        "streams",
        "not checked: the rules concern data that only the office's keys open; let the office run `jejak audit verify` on its own machine",
    );
    let views = jejak_projections::VIEWS.iter().map(|view| {
        let reason = "not checked: a fresh view needs the office's keys, and the comparison the office's permission; let the office run `jejak audit verify` on its own machine";
        CheckResult::skipped(format!("view {}", view.name()), reason)
    });
    std::iter::once(streams).chain(views).collect()
}

fn on_thread<T: Send + 'static>(
    input: &Arc<VerifyInput>,
    work: impl FnOnce(&VerifyInput) -> T + Send + 'static,
) -> JoinHandle<T> {
    let input = input.clone();
    tokio::task::spawn_blocking(move || work(&input))
}
