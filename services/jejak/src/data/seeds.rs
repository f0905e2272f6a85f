//! The NKey seeds of the services and of the feeds.
//!
//! A feed exists while its seed does: the broker's configuration is written from these files.

use std::{fs, path::PathBuf};

use nkeys::{KeyPair, KeyPairType};

use super::{
    DataFolder,
    error::{DataError, io},
    files::{make, random, read, sync_parent},
};
use crate::identity::{BrokerIdentity, FeedName};

/// The folder of the seeds of feeds.
pub(super) const FEEDS: &str = "keys/nats/feeds";
const EXTENSION: &str = ".seed";

impl DataFolder {
    pub(super) fn seed_file(&self, identity: BrokerIdentity) -> PathBuf {
        self.seed_file
            .clone()
            .unwrap_or_else(|| self.root.join(format!("keys/nats/{identity}{EXTENSION}")))
    }

    /// The NKey seed of an identity.
    ///
    /// # Errors
    /// The file holds no seed.
    pub fn seed(&self, identity: BrokerIdentity) -> Result<String, DataError> {
        let path = self.seed_file(identity);
        let seed = read(&path)?.trim().to_owned();
        match public_of(&seed) {
            Some(_) => Ok(seed),
            None => Err(broken(path)),
        }
    }

    /// Whether a seed belongs to an identity of this folder.
    ///
    /// # Errors
    /// Those of [`DataFolder::seed`].
    pub fn has_seed(&self, seed: &str) -> Result<bool, DataError> {
        for identity in BrokerIdentity::ALL {
            if self.seed(identity)? == seed {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The public NKey of an identity.
    ///
    /// # Errors
    /// The file holds no seed.
    pub fn public_nkey(&self, identity: BrokerIdentity) -> Result<String, DataError> {
        let path = self.seed_file(identity);
        public_of(&self.seed(identity)?).ok_or_else(|| broken(path))
    }

    /// The file of a feed's seed.
    pub fn feed_seed_file(&self, feed: &FeedName) -> PathBuf {
        self.root.join(format!("{FEEDS}/{feed}{EXTENSION}"))
    }

    /// The feeds of this folder, by name.
    ///
    /// # Errors
    /// The folder cannot be read, or a seed in it is not named after a feed.
    pub fn feeds(&self) -> Result<Vec<FeedName>, DataError> {
        let folder = self.root.join(FEEDS);
        let mut feeds = Vec::new();
        for file in fs::read_dir(&folder).map_err(io(&folder))? {
            let path = file.map_err(io(&folder))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // A call that was cut short leaves a file of another extension.
            if let Some(name) = name.strip_suffix(EXTENSION) {
                feeds.push(name.parse().map_err(|_| DataError::NoFeed(path.clone()))?);
            }
        }
        feeds.sort();
        Ok(feeds)
    }

    /// Draws the seed of a feed unless it has one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn make_feed_seed(&self, feed: &FeedName) -> Result<(), DataError> {
        make(&self.feed_seed_file(feed), draw)
    }

    /// The NKey seed of a feed.
    ///
    /// # Errors
    /// There is no such feed, or its file holds no seed.
    pub fn feed_seed(&self, feed: &FeedName) -> Result<String, DataError> {
        let path = self.feed_seed_file(feed);
        let seed = read(&path)?.trim().to_owned();
        match public_of(&seed) {
            Some(_) => Ok(seed),
            None => Err(DataError::BrokenFeed(path)),
        }
    }

    /// The public NKey of a feed.
    ///
    /// # Errors
    /// Those of [`DataFolder::feed_seed`].
    pub fn feed_nkey(&self, feed: &FeedName) -> Result<String, DataError> {
        let path = self.feed_seed_file(feed);
        public_of(&self.feed_seed(feed)?).ok_or(DataError::BrokenFeed(path))
    }

    /// Removes the seed of a feed.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn remove_feed_seed(&self, feed: &FeedName) -> Result<(), DataError> {
        let path = self.feed_seed_file(feed);
        fs::remove_file(&path).map_err(io(&path))?;
        sync_parent(&path)
    }
}

/// A new seed.
pub(super) fn draw() -> Result<String, DataError> {
    let pair = KeyPair::new_from_raw(KeyPairType::User, random()?);
    pair.and_then(|pair| pair.seed())
        .map_err(|error| DataError::Random(error.to_string()))
}

fn broken(path: PathBuf) -> DataError {
    DataError::BrokenKey {
        path,
        expected: "an NKey user seed",
    }
}

/// The public key of a seed; none where the text is no seed.
fn public_of(seed: &str) -> Option<String> {
    let pair = KeyPair::from_seed(seed).ok()?;
    Some(pair.public_key())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_feed_has_one_seed_for_its_owner_until_it_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(dir.path()).unwrap();
        assert_eq!(folder.feeds().unwrap(), []);
        let [payroll, access]: [FeedName; 2] =
            ["payroll", "access"].map(|name| name.parse().unwrap());
        folder.make_feed_seed(&payroll).unwrap();
        folder.make_feed_seed(&access).unwrap();
        let seed = folder.feed_seed(&payroll).unwrap();
        folder.make_feed_seed(&payroll).unwrap();
        assert_eq!(
            folder.feed_seed(&payroll).unwrap(),
            seed,
            "it keeps its seed"
        );
        assert_ne!(folder.feed_seed(&access).unwrap(), seed);
        let mode = fs::metadata(folder.feed_seed_file(&payroll))
            .unwrap()
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        assert_eq!(folder.feeds().unwrap(), [access.clone(), payroll.clone()]);
        folder.remove_feed_seed(&payroll).unwrap();
        assert_eq!(folder.feeds().unwrap(), [access]);
        assert!(folder.remove_feed_seed(&payroll).is_err());
    }

    #[test]
    fn a_damaged_seed_is_named_with_the_way_out() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(dir.path()).unwrap();
        let feed: FeedName = "payroll".parse().unwrap();
        fs::write(folder.feed_seed_file(&feed), "half").unwrap();
        let error = folder.feed_nkey(&feed).unwrap_err().to_string();
        assert!(
            error.ends_with("remove the file and add the feed again"),
            "{error}"
        );
    }

    #[test]
    fn a_seed_that_no_feed_can_have_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(dir.path()).unwrap();
        fs::write(dir.path().join(FEEDS).join("Pay roll.seed"), "").unwrap();
        assert!(
            folder
                .feeds()
                .unwrap_err()
                .to_string()
                .contains("Pay roll.seed")
        );
    }
}
