//! Events that the service takes from the log: those of packages and calendars, to keep their
//! states current, and erasures, to remove the person from memory.

use std::time::Duration;

use jejak_events::personal::{Key, Owner};
use jejak_journal::{EventFilter, Journal, JournalError, Keyring};

use crate::{
    decider::Decider, error::CommandsError, states::StateCache, unreadable::UnreadablePositions,
};

/// Most events taken in one turn. Commands wait meanwhile.
const BATCH: usize = 32;
/// Time between two tries while the broker does not answer.
const PAUSE: Duration = Duration::from_millis(250);

/// Keeps packages and calendars current. Waits at a message that is no event, and ends only at
/// another fault of the log.
pub(crate) async fn keep_current(
    journal: &Journal,
    states: &StateCache,
    unreadable: &UnreadablePositions,
) -> Result<(), CommandsError> {
    let mut events = journal.subscribe(0, EventFilter::Kinds(vec!["package", "calendar"]));
    loop {
        for entry in events.next_entries(BATCH).await? {
            if let Some(recorded) = unreadable.wait_for_event(journal, &entry).await? {
                through_outages(|| states.take_in(&recorded)).await?;
            }
        }
    }
}

/// Removes erased people from memory, whichever replica erased them. A crash may come between an
/// erasure's event and the mark of its destroyed key; the next start of any replica goes on there.
/// Once for an office, it also cleans the bucket of keys from what earlier versions left.
pub(crate) async fn forget_erased(
    journal: &Journal,
    decider: &Decider,
    keyring: &Keyring,
    unreadable: &UnreadablePositions,
) -> Result<(), CommandsError> {
    through_outages(|| async {
        if keyring.clean_files().await? {
            tracing::info!("the bucket of data keys holds nothing of destroyed keys");
        }
        Ok(())
    })
    .await?;
    let mut events = journal.subscribe(0, EventFilter::Topic("operator", "identity"));
    loop {
        for entry in events.next_entries(BATCH).await? {
            let event = unreadable.wait_for_event(journal, &entry).await?;
            let Some(operator_id) = event.and_then(|recorded| recorded.erased()) else {
                continue;
            };
            let owner = Owner::Operator(operator_id);
            if keyring.get(&owner) != Some(Key::Destroyed) {
                through_outages(|| async { Ok(keyring.destroy(&owner).await?) }).await?;
            }
            decider.forget(operator_id).await;
        }
    }
}

/// Repeats `attempt` until the broker answers.
async fn through_outages<F>(mut attempt: impl FnMut() -> F) -> Result<(), CommandsError>
where
    F: Future<Output = Result<(), CommandsError>>,
{
    loop {
        match attempt().await {
            Err(CommandsError::Journal(JournalError::Unavailable(reason))) => {
                tracing::debug!(%reason, "the broker does not answer, trying again");
                tokio::time::sleep(PAUSE).await;
            }
            ended => return ended,
        }
    }
}
