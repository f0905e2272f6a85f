//! A view's file. Rows and checkpoint change in one transaction, so the file is right at some position
//! or not there at all; which file to use, and when to build one anew, is not decided here.

mod entry;
mod past;
mod pending;
mod scratch;

use std::{
    fmt::Write as _,
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use chrono::NaiveDate;
use redb::{Database, Durability, ReadableTable, backends::FileBackend};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use self::scratch::Scratch;
use crate::{
    ProjectionError, QueryError, View,
    memo::Memo,
    rows::{Reader, Table, Write},
};
pub use entry::{Entry, LastEvent, Logged, Seen, Unreadable};
pub use pending::Pending;

/// Not one of any view's tables: what the file is and how far it has come.
const META: Table<'static> = Table::new("meta");
const CHECKPOINT: &str = "checkpoint";
/// redb would take a gigabyte for each view otherwise.
const CACHE_BYTES: usize = 28 << 20;

#[derive(Serialize, Deserialize)]
struct Checkpoint {
    view: String,
    version: u32,
    /// What the rows follow from; others were passed over.
    #[serde(default)]
    topics: Vec<String>,
    incarnation: String,
    position: u64,
    last: Option<LastEvent>,
}

/// A [`Checkpoint`] as far as its position.
#[derive(Deserialize)]
struct Position {
    position: u64,
}

impl Checkpoint {
    /// Before the first event.
    fn new(view: &dyn View, incarnation: &str) -> Self {
        Self {
            view: view.name().to_owned(),
            version: view.version(),
            topics: view.topics().iter().map(ToString::to_string).collect(),
            incarnation: incarnation.to_owned(),
            position: 0,
            last: None,
        }
    }

    /// What the rows are made by.
    fn maker(&self) -> String {
        format!(
            "{} v{} of {}",
            self.view,
            self.version,
            self.topics.join(", ")
        )
    }
}

/// One view's rows, and the position up to which they are right.
pub struct Store {
    database: Database,
    view: &'static dyn View,
    memo: Memo,
}

impl Store {
    /// Opens the file of a view, or creates it: mode 0600, since rows hold opened personal data. Every
    /// page is checked first, because an altered file must not answer.
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
            memo: Memo::default(),
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
            Some(found) => store.memo = Memo::at(found.position),
        }
        Ok(store)
    }

    /// An empty view in a file that nobody else uses and that is not kept: nothing in it is synced, durable or
    /// not.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn scratch(
        file: File,
        view: &'static dyn View,
        incarnation: &str,
    ) -> Result<Self, ProjectionError> {
        let backend = Scratch(FileBackend::new(file)?);
        let mut builder = Database::builder();
        let database = builder
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(backend)?;
        let store = Self {
            database,
            view,
            memo: Memo::default(),
        };
        store.create(incarnation)?;
        Ok(store)
    }

    /// Whether a file exists and another process has it open.
    pub fn is_in_use(path: &Path) -> bool {
        path.exists()
            && matches!(
                Database::builder().open_read_only(path),
                Err(redb::DatabaseError::DatabaseAlreadyOpen)
            )
    }

    /// The view whose rows these are.
    pub fn view(&self) -> &'static dyn View {
        self.view
    }

    /// The position of the last event applied.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn position(&self) -> Result<u64, ProjectionError> {
        Ok(self.finished_checkpoint()?.position)
    }

    /// The last event applied; none at position 0.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn last_event(&self) -> Result<Option<LastEvent>, ProjectionError> {
        Ok(self.finished_checkpoint()?.last)
    }

    fn finished_checkpoint(&self) -> Result<Checkpoint, ProjectionError> {
        self.checkpoint()?.ok_or_else(unfinished)
    }

    fn checkpoint(&self) -> Result<Option<Checkpoint>, ProjectionError> {
        let transaction = redb::ReadableDatabase::begin_read(&self.database)?;
        match transaction.open_table(META) {
            Ok(table) => table
                .get(CHECKPOINT)?
                .map(|bytes| decode(bytes.value()))
                .transpose(),
            Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn create(&self, incarnation: &str) -> Result<(), ProjectionError> {
        let transaction = self.database.begin_write()?;
        for table in self.view.tables() {
            transaction.open_table(Table::new(table))?;
        }
        put_checkpoint(&transaction, &Checkpoint::new(self.view, incarnation))?;
        Ok(transaction.commit()?)
    }

    /// Applies events in one transaction with the checkpoint, and answers the new position. Events at or
    /// below the checkpoint were applied before and change nothing.
    ///
    /// What is not `durable` is visible at once but lost in a crash, together with its checkpoint, until
    /// a later durable batch: the log still has it.
    ///
    /// # Errors
    /// [`ProjectionError::Inapplicable`], [`ProjectionError::Unreadable`] or [`ProjectionError::Gap`] at the first
    /// event that cannot be applied; those before it are, durably.
    pub fn apply_batch(
        &self,
        events: &[impl Logged],
        durable: bool,
    ) -> Result<u64, ProjectionError> {
        let mut pending = self.begin()?;
        match pending.apply(events) {
            Ok(()) => self.commit(pending, durable),
            Err(error) if pending.events() == 0 => Err(error),
            Err(error) => self.commit(pending, true).and(Err(error)),
        }
    }

    /// Begins a transaction that may take in many batches. One at a time is committed: a second one that was
    /// begun meanwhile is refused.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn begin(&self) -> Result<Pending, ProjectionError> {
        let transaction = redb::ReadableDatabase::begin_read(&self.database)?;
        let checkpoint = checkpoint_in(&transaction.open_table(META)?)?;
        let write = Write::new(&transaction, self.view.tables())?;
        Ok(Pending {
            view: self.view,
            write,
            begun_at: checkpoint.position,
            checkpoint,
            changes: vec![],
        })
    }

    /// Commits rows and checkpoint, and answers the new position; [`Store::apply_batch`] says what is
    /// `durable`.
    ///
    /// # Errors
    /// When the file cannot be written: then nothing of it is.
    pub fn commit(&self, pending: Pending, durable: bool) -> Result<u64, ProjectionError> {
        let Pending {
            write,
            begun_at,
            checkpoint,
            changes,
            ..
        } = pending;
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
        let transaction = write.finish(begin)?;
        let found = checkpoint_in(&transaction.open_table(META)?)?.position;
        if found != begun_at {
            return Err(ProjectionError::Gap {
                expected: found + 1,
                found: begun_at + 1,
            });
        }
        self.memo.changing(changes.into_iter());
        put_checkpoint(&transaction, &checkpoint)?;
        transaction.commit()?;
        Ok(checkpoint.position)
    }

    /// Answers a question, and says at which position: rows and position are of the same moment.
    ///
    /// # Errors
    /// [`QueryError`].
    pub fn answer(
        &self,
        query: &str,
        params: &[u8],
        today: NaiveDate,
    ) -> Result<(u64, Vec<u8>), QueryError> {
        self.ask(query, params, today, false)
    }

    /// [`Store::answer`] to a question about one thing, from a few rows and within microseconds; `None` for
    /// other questions, and when it takes longer now.
    pub fn answer_at_once(
        &self,
        query: &str,
        params: &[u8],
        today: NaiveDate,
    ) -> Option<Result<(u64, Vec<u8>), QueryError>> {
        let answer = || self.ask(query, params, today, true);
        let answer = self.view.by_key().contains(&query).then(answer)?;
        (!matches!(answer, Err(QueryError::TakesLonger))).then_some(answer)
    }

    fn ask(
        &self,
        query: &str,
        params: &[u8],
        today: NaiveDate,
        at_once: bool,
    ) -> Result<(u64, Vec<u8>), QueryError> {
        let transaction =
            redb::ReadableDatabase::begin_read(&self.database).map_err(ProjectionError::from)?;
        let table = transaction
            .open_table(META)
            .map_err(ProjectionError::from)?;
        let position = position_in(&table)?;
        let reader = Reader {
            transaction: &transaction,
            position,
            today,
            memo: &self.memo,
            at_once,
        };
        Ok((position, self.view.query(&reader, query, params)?))
    }

    /// SHA-256, in hexadecimal, of all rows in order of their tables and keys. The same events make the
    /// same hash, however they were batched or delivered; the checkpoint is not part of it.
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
        let position = position_in(&transaction.open_table(META)?)?;
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
    // A file altered from outside is unlike anything redb writes; its assertions must not end the
    // projector, which can build the file anew.
    let opened = catch_unwind(AssertUnwindSafe(open));
    Ok(opened.map_err(|_| ProjectionError::Damaged("its structure is broken".to_owned()))??)
}

fn checkpoint_in(
    table: &impl ReadableTable<&'static str, &'static [u8]>,
) -> Result<Checkpoint, ProjectionError> {
    let row = table.get(CHECKPOINT)?;
    decode(row.ok_or_else(unfinished)?.value())
}

/// The checkpoint's position alone, which every answer says.
fn position_in(
    table: &impl ReadableTable<&'static str, &'static [u8]>,
) -> Result<u64, ProjectionError> {
    let row = table.get(CHECKPOINT)?;
    let Position { position } = decode(row.ok_or_else(unfinished)?.value())?;
    Ok(position)
}

fn unfinished() -> ProjectionError {
    ProjectionError::Damaged("it has no checkpoint".to_owned())
}

fn put_checkpoint(
    transaction: &redb::WriteTransaction,
    checkpoint: &Checkpoint,
) -> Result<(), ProjectionError> {
    transaction
        .open_table(META)?
        .insert(CHECKPOINT, encode(checkpoint)?.as_slice())?;
    Ok(())
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ProjectionError> {
    let unreadable = |_| ProjectionError::Damaged("its checkpoint is unreadable".to_owned());
    serde_json::from_slice(bytes).map_err(unreadable)
}

fn encode(checkpoint: &Checkpoint) -> Result<Vec<u8>, ProjectionError> {
    serde_json::to_vec(checkpoint).map_err(|error| ProjectionError::Store(error.to_string()))
}

#[cfg(test)]
mod tests;
