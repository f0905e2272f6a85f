//! Opening the file of a view, and creating it.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use redb::{Database, backends::FileBackend};

use super::{Store, checkpoint::Checkpoint, snapshot::LastSnapshot};
use crate::{
    cache::RankingCache, cell::CellKeys, error::ProjectionError, people::PeopleCache, view::View,
    writer::Table,
};

/// The cache of one file. The default of redb is a gigabyte.
const CACHE_BYTES: usize = 28 << 20;

impl Store {
    /// Opens the file of a view, or creates it with mode 0600. `keys` seal and open its personal cells.
    /// Every page is checked first: an altered file must not answer.
    ///
    /// # Errors
    /// [`ProjectionError::Damaged`] and [`ProjectionError::OtherView`]: remove it and build it anew;
    /// [`ProjectionError::OtherIncarnation`]: refuse; [`ProjectionError::InUse`].
    pub fn open(
        path: &Path,
        view: &'static dyn View,
        incarnation: &str,
        keys: CellKeys,
    ) -> Result<Self, ProjectionError> {
        let database = database(path)?;
        let mut store = Self {
            database,
            view,
            keys,
            rankings: RankingCache::default(),
            people: PeopleCache::default(),
            snapshot: LastSnapshot::default(),
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
        keys: CellKeys,
    ) -> Result<Self, ProjectionError> {
        let backend = FileBackend::new(file)?;
        let mut builder = Database::builder();
        let database = builder
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(backend)?;
        let store = Self {
            database,
            view,
            keys,
            rankings: RankingCache::default(),
            people: PeopleCache::default(),
            snapshot: LastSnapshot::default(),
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

    pub(super) fn create(&self, incarnation: &str) -> Result<(), ProjectionError> {
        let transaction = self.database.begin_write()?;
        for table in self.view.tables() {
            transaction.open_table(Table::new(table))?;
        }
        Checkpoint::new(self.view, incarnation).put(&transaction)?;
        Ok(transaction.commit()?)
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
