//! A view's file. Rows and checkpoint change in one transaction, so the rows are always those of the
//! checkpoint's position. The projector decides which file to open and when to build one anew.

mod checkpoint;
mod content;
mod entry;
mod open;
mod past;
mod snapshot;
mod transaction;

use chrono::NaiveDate;
use redb::{Database, Durability};

use self::{
    checkpoint::{Checkpoint, META},
    snapshot::LastSnapshot,
};
use crate::{
    cache::RankingCache,
    cell::CellKeys,
    error::{ProjectionError, QueryError},
    people::PeopleCache,
    query::QueryHandler,
    reader::Reader,
    view::View,
    writer::RowWriter,
};
pub use entry::{Applicable, EventMark, ViewEntry};
pub use transaction::ViewTransaction;

/// The rows of one view at the position of its checkpoint.
pub struct Store {
    database: Database,
    view: &'static dyn View,
    keys: CellKeys,
    rankings: RankingCache,
    people: PeopleCache,
    snapshot: LastSnapshot,
}

impl Store {
    /// The position of the last applied event.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn position(&self) -> Result<u64, ProjectionError> {
        let transaction = redb::ReadableDatabase::begin_read(&self.database)?;
        Checkpoint::position(&transaction.open_table(META)?)
    }

    /// The mark of the last applied event; none at position 0.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn last_event(&self) -> Result<Option<EventMark>, ProjectionError> {
        Ok(self.checkpoint()?.and_then(|checkpoint| checkpoint.last))
    }

    /// None for a file that was just created.
    fn checkpoint(&self) -> Result<Option<Checkpoint>, ProjectionError> {
        let transaction = redb::ReadableDatabase::begin_read(&self.database)?;
        match transaction.open_table(META) {
            Ok(table) => Checkpoint::read(&table).map(Some),
            Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Applies events in one transaction with the checkpoint, and returns the new position. Events at or
    /// before the checkpoint change nothing.
    ///
    /// A batch that is not `durable` is visible at once. A crash loses it, together with its checkpoint,
    /// until a later batch is durable. The log still has its events.
    ///
    /// # Errors
    /// [`ProjectionError::Inapplicable`], [`ProjectionError::Unreadable`] or [`ProjectionError::Gap`] at
    /// the first event that cannot be applied. The events before it are applied durably.
    pub fn apply_batch(
        &self,
        events: &[impl Applicable],
        durable: bool,
    ) -> Result<u64, ProjectionError> {
        let mut transaction = self.begin()?;
        match transaction.apply(events) {
            Ok(()) => self.commit(transaction, durable),
            Err(error) if transaction.events() == 0 => Err(error),
            Err(error) => self.commit(transaction, true).and(Err(error)),
        }
    }

    /// Begins a transaction of one or more batches. Of two transactions begun at one position, only one
    /// can be committed.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn begin(&self) -> Result<ViewTransaction, ProjectionError> {
        let transaction = redb::ReadableDatabase::begin_read(&self.database)?;
        let checkpoint = Checkpoint::read(&transaction.open_table(META)?)?;
        let writer = RowWriter::new(&transaction, self.view.tables(), self.keys.clone())?;
        Ok(ViewTransaction::new(self.view, writer, checkpoint))
    }

    /// Commits rows and checkpoint, and returns the new position. [`Store::apply_batch`] explains `durable`.
    ///
    /// # Errors
    /// When the file cannot be written. Then the transaction is lost as a whole.
    pub fn commit(&self, applied: ViewTransaction, durable: bool) -> Result<u64, ProjectionError> {
        let ViewTransaction {
            writer,
            begun_at,
            checkpoint,
            changes,
            erased,
            ..
        } = applied;
        let begin = || {
            let mut transaction = self.database.begin_write()?;
            let durability = if durable {
                Durability::Immediate
            } else {
                Durability::None
            };
            transaction.set_durability(durability)?;
            Ok(transaction)
        };
        let transaction = writer.finish(begin)?;
        let found = Checkpoint::position(&transaction.open_table(META)?)?;
        if found != begun_at {
            return Err(ProjectionError::Gap {
                expected: found + 1,
                found: begun_at + 1,
            });
        }
        // Remembered before the commit: an answer must not see new rows beside an old ranking.
        self.rankings.add(changes.into_iter());
        checkpoint.put(&transaction)?;
        transaction.commit()?;
        self.snapshot.forget();
        if !erased.is_empty() {
            self.rankings.clear();
        }
        self.people.forget(&erased);
        Ok(checkpoint.position)
    }

    /// Answers a query, and returns the position of the rows it was answered from.
    ///
    /// # Errors
    /// [`QueryError`].
    pub fn answer(
        &self,
        query: &str,
        params: &[u8],
        today: NaiveDate,
    ) -> Result<(u64, Vec<u8>), QueryError> {
        let found = self.query(query).ok_or(QueryError::UnknownQuery)?;
        self.ask(found, params, today, true)
    }

    /// [`Store::answer`] for a query about one thing, within some microseconds. None for other queries, and
    /// when the answer takes longer now.
    pub fn answer_at_once(
        &self,
        query: &str,
        params: &[u8],
        today: NaiveDate,
    ) -> Option<Result<(u64, Vec<u8>), QueryError>> {
        let found = self.query(query).filter(|query| query.by_key)?;
        let answer = self.ask(found, params, today, false);
        (!matches!(answer, Err(QueryError::TakesLonger))).then_some(answer)
    }

    fn query(&self, name: &str) -> Option<&'static QueryHandler> {
        self.view
            .queries()
            .iter()
            .find(|handler| handler.query.name == name)
    }

    fn ask(
        &self,
        query: &QueryHandler,
        params: &[u8],
        today: NaiveDate,
        may_wait: bool,
    ) -> Result<(u64, Vec<u8>), QueryError> {
        let snapshot = self.snapshot.get(&self.database, self.view.tables())?;
        let position = snapshot.position;
        let reader = Reader {
            tables: &snapshot.tables,
            position,
            today,
            rankings: &self.rankings,
            people: &self.people,
            keys: &self.keys,
            may_wait,
        };
        Ok((position, (query.answer)(&reader, params)?))
    }
}

#[cfg(test)]
mod tests;
