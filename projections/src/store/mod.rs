//! A view's file. Rows and checkpoint change in one transaction, so the rows are always those of the
//! checkpoint's position. The projector decides which file to open and when to build one anew.

mod checkpoint;
mod entry;
mod past;
mod transaction;

use std::{
    fmt::Write as _,
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use chrono::NaiveDate;
use redb::{Database, Durability, backends::FileBackend};
use sha2::{Digest, Sha256};

use self::checkpoint::{Checkpoint, META};
use crate::{
    ProjectionError, QueryError, Reader, RowWriter, View, ViewQuery, cache::RankingCache,
    rows::Table,
};
pub use entry::{Applicable, EventMark, ViewEntry};
pub use transaction::ViewTransaction;

/// The cache of one file. The default of redb is a gigabyte.
const CACHE_BYTES: usize = 28 << 20;

/// The rows of one view at the position of its checkpoint.
pub struct Store {
    database: Database,
    view: &'static dyn View,
    rankings: RankingCache,
}

impl Store {
    /// Opens the file of a view, or creates it with mode 0600, since rows hold opened personal data.
    /// Every page is checked first: an altered file must not answer.
    ///
    /// # Errors
    /// [`ProjectionError::Damaged`] and [`ProjectionError::OtherView`]: remove it and build it anew;
    /// [`ProjectionError::OtherIncarnation`]: refuse; [`ProjectionError::InUse`].
    pub fn open(
        path: &Path,
        view: &'static dyn View,
        incarnation: &str,
    ) -> Result<Self, ProjectionError> {
        let database = database(path)?;
        let mut store = Self {
            database,
            view,
            rankings: RankingCache::default(),
        };
        match store.checkpoint()? {
            None => store.create(incarnation)?,
            Some(found) if found.maker() != Checkpoint::new(view, incarnation).maker() => {
                return Err(ProjectionError::OtherView {
                    path: path.to_owned(),
                    expected: Checkpoint::new(view, incarnation).maker(),
                    found: found.maker(),
                });
            }
            Some(found) if found.incarnation != incarnation => {
                return Err(ProjectionError::OtherIncarnation {
                    path: path.to_owned(),
                    expected: incarnation.to_owned(),
                    found: found.incarnation,
                });
            }
            Some(found) => store.rankings = RankingCache::at(found.position),
        }
        Ok(store)
    }

    /// An empty view in an open file, such as an unnamed temporary file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn temporary(
        file: File,
        view: &'static dyn View,
        incarnation: &str,
    ) -> Result<Self, ProjectionError> {
        let backend = FileBackend::new(file)?;
        let mut builder = Database::builder();
        let database = builder
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(backend)?;
        let store = Self {
            database,
            view,
            rankings: RankingCache::default(),
        };
        store.create(incarnation)?;
        Ok(store)
    }

    /// Whether another process has the file open.
    pub fn is_in_use(path: &Path) -> bool {
        path.exists()
            && matches!(
                Database::builder().open_read_only(path),
                Err(redb::DatabaseError::DatabaseAlreadyOpen)
            )
    }

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

    fn create(&self, incarnation: &str) -> Result<(), ProjectionError> {
        let transaction = self.database.begin_write()?;
        for table in self.view.tables() {
            transaction.open_table(Table::new(table))?;
        }
        Checkpoint::new(self.view, incarnation).put(&transaction)?;
        Ok(transaction.commit()?)
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
        let writer = RowWriter::new(&transaction, self.view.tables())?;
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

    fn query(&self, name: &str) -> Option<&'static ViewQuery> {
        self.view.queries().iter().find(|query| query.name == name)
    }

    fn ask(
        &self,
        query: &ViewQuery,
        params: &[u8],
        today: NaiveDate,
        may_wait: bool,
    ) -> Result<(u64, Vec<u8>), QueryError> {
        let transaction =
            redb::ReadableDatabase::begin_read(&self.database).map_err(ProjectionError::from)?;
        let table = transaction
            .open_table(META)
            .map_err(ProjectionError::from)?;
        let position = Checkpoint::position(&table)?;
        let reader = Reader {
            transaction: &transaction,
            position,
            today,
            rankings: &self.rankings,
            may_wait,
        };
        Ok((position, (query.answer)(&reader, params)?))
    }

    /// SHA-256, in hexadecimal, of all rows in order of their tables and keys. The same events make the
    /// same hash in any batches. The checkpoint is not part of it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn content_hash(&self) -> Result<String, ProjectionError> {
        Ok(self.content()?.1)
    }

    /// [`Store::content_hash`], and the position of the rows at the same moment.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn content(&self) -> Result<(u64, String), ProjectionError> {
        let transaction = redb::ReadableDatabase::begin_read(&self.database)?;
        let position = Checkpoint::position(&transaction.open_table(META)?)?;
        let mut hash = Sha256::new();
        let mut add = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        for name in self.view.tables() {
            add(name.as_bytes());
            for row in transaction
                .open_table(Table::new(name))?
                .range::<&str>(..)?
            {
                let (key, value) = row?;
                add(key.value().as_bytes());
                add(value.value());
            }
        }
        let mut hex = String::new();
        for byte in hash.finalize() {
            let _ = write!(hex, "{byte:02x}");
        }
        Ok((position, hex))
    }
}

fn database(path: &Path) -> Result<Database, ProjectionError> {
    let io = |error: std::io::Error| ProjectionError::Store(format!("{}: {error}", path.display()));
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(io)?;
    let open = || {
        let mut builder = Database::builder();
        builder
            .set_cache_size(CACHE_BYTES)
            .set_check_integrity_on_open(true);
        builder.create_with_backend(FileBackend::new(file)?)
    };
    // redb asserts that its pages are sound. A file that was altered from outside must not end the
    // projector, which builds the file anew.
    let opened = catch_unwind(AssertUnwindSafe(open));
    Ok(opened.map_err(|_| ProjectionError::Damaged("its structure is broken".to_owned()))??)
}

#[cfg(test)]
mod tests;
