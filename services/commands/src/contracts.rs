//! Whose every contract of the log is: two ids an entry, followed live from all contract events. Only a
//! hire under an id of the caller's own asks it, since no stream that such a hire is guarded on knows the
//! contracts of other people in other packages. Nothing else of a contract is kept here.

use std::{
    collections::HashMap,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use jejak_events::{
    Event,
    ids::{ContractId, OperatorId, StreamId},
    operator::{self, contract},
};
use jejak_journal::{EventFilter, Journal, JournalError, StoredEvent};
use tokio::sync::watch;

use crate::{BATCH, CommandsError, decode};

/// The kind of streams that contract events stand in.
const KIND: &str = "operator";
/// Their topic.
const TOPIC: &str = "contract";

pub(crate) struct Contracts {
    journal: Journal,
    holders: RwLock<HashMap<ContractId, OperatorId>>,
    /// The position of the last contract event taken in.
    position: watch::Sender<u64>,
    /// A position up to which every contract event was seen to be taken in: further than the last one's when
    /// others follow it, so that the broker need not look through those again.
    complete: AtomicU64,
}

impl Contracts {
    pub(crate) fn new(journal: Journal) -> Self {
        Self {
            journal,
            holders: RwLock::default(),
            position: watch::Sender::new(0),
            complete: AtomicU64::new(0),
        }
    }

    /// Keeps it current. Ends only when the log is not what it was.
    pub(crate) async fn follow(&self) -> Result<(), CommandsError> {
        let mut follow = self.journal.subscribe(0, EventFilter::Topic(KIND, TOPIC));
        loop {
            let batch = follow.next_batch(BATCH).await?;
            let hired = batch.iter().map(hired).collect::<Result<Vec<_>, _>>()?;
            let mut holders = self.holders.write().unwrap_or_else(PoisonError::into_inner);
            for (contract_id, operator_id) in hired.into_iter().flatten() {
                holders.entry(contract_id).or_insert(operator_id);
            }
            drop(holders);
            self.position.send_replace(follow.position());
        }
    }

    /// Who was hired first under an id, by all that the leader of the log has when asked. Waits until it is
    /// taken in, for as long as the caller lets it.
    pub(crate) async fn holder(
        &self,
        contract_id: ContractId,
    ) -> Result<Option<OperatorId>, JournalError> {
        let end = self.journal.last_position().await?;
        let mut position = self.position.subscribe();
        loop {
            let known = self
                .complete
                .load(Ordering::Relaxed)
                .max(*position.borrow());
            match self.journal.next_of_topic(KIND, TOPIC, known).await? {
                Some(next) if next <= end => {
                    let taken_in = position.wait_for(|position| *position >= next).await;
                    taken_in.map_err(|_| {
                        JournalError::Unavailable("contracts are not followed".to_owned())
                    })?;
                }
                _ => break,
            }
        }
        self.complete.fetch_max(end, Ordering::Relaxed);
        Ok(self
            .holders
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&contract_id)
            .copied())
    }
}

/// The contract and person of a hire.
fn hired(stored: &StoredEvent) -> Result<Option<(ContractId, OperatorId)>, CommandsError> {
    let recorded = decode(stored)?;
    Ok(match (recorded.envelope.stream, recorded.event) {
        (
            StreamId::Operator(id),
            Event::Operator(operator::Event::Contract(contract::Event::Hired(hired))),
        ) => Some((hired.contract_id, id)),
        _ => None,
    })
}
