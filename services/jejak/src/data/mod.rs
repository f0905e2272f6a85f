//! The data folder of an office: its keys, its broker's store, its views and its signed tree.
//!
//! The first start makes it. Each file is complete or absent, and no key is ever overwritten.

mod error;
mod files;
mod seeds;
mod tenant;
mod tokens;

use std::{
    fs::{self, File},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use jejak_auditor::quarantine;
use jejak_gateway::AccessFile;
use jejak_journal::{Quarantine, RecordKey};

use crate::identity::BrokerIdentity;
pub use error::DataError;
use error::io;
use files::{hex, let_others_pass, make, make_dir, read};
pub(crate) use files::{random, write};
pub(crate) use tokens::token_key_id;

/// The file of the tenant's key. A folder with this file is a data folder.
const TENANT_KEY: &str = "keys/tenant.key";

/// The data folder of an office.
#[derive(Debug, Clone)]
pub struct DataFolder {
    root: PathBuf,
    /// Replaces the folder's own tenant key.
    tenant_key_file: Option<PathBuf>,
    /// Replaces the seed of every identity.
    seed_file: Option<PathBuf>,
}

impl DataFolder {
    /// Opens the folder and makes all missing keys.
    ///
    /// # Errors
    /// See [`DataError`].
    pub fn open(root: &Path) -> Result<Self, DataError> {
        for dir in [
            "",
            "keys",
            "keys/nats",
            seeds::FEEDS,
            "tokens",
            "broker",
            "views",
        ] {
            make_dir(&root.join(dir))?;
        }
        // They lead to the public key of the log and to the token register. Every other file and
        // folder in them is closed to others.
        for dir in ["", "keys"] {
            let_others_pass(&root.join(dir))?;
        }
        let folder = Self::at(root)?;
        make(&folder.tenant_key_file(), || Ok(hex(&random()?)))?;
        for identity in BrokerIdentity::ALL {
            make(&folder.seed_file(identity), seeds::draw)?;
        }
        folder.make_token_key()?;
        // Gateways elsewhere get a copy. A key that is damaged is the access log's own fault.
        if !folder.access_log().with_extension("key").exists() {
            AccessFile::open(&folder.access_log())?;
        }
        Ok(folder)
    }

    /// Opens a folder that `jejak up` or `jejak init` made. A folder without a tenant key is
    /// refused: new keys would open no data.
    ///
    /// # Errors
    /// [`DataError::Missing`], and those of [`DataFolder::open`].
    pub fn existing(root: &Path) -> Result<Self, DataError> {
        if Self::exists(root) {
            Self::open(root)
        } else {
            Err(DataError::Missing(root.to_owned()))
        }
    }

    /// Whether `jejak up` or `jejak init` made the folder.
    pub fn exists(root: &Path) -> bool {
        root.join(TENANT_KEY).is_file()
    }

    /// Opens a folder for a service with keys of its own
    /// ([`DataFolder::with_key_files`]). Makes no keys.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn without_keys(root: &Path) -> Result<Self, DataError> {
        make_dir(&root.join("views"))?;
        Self::at(root)
    }

    /// Resolves the path: a broker that was left behind is recognised by
    /// the path of its configuration.
    fn at(root: &Path) -> Result<Self, DataError> {
        let root = fs::canonicalize(root).map_err(io(root))?;
        Ok(Self {
            root,
            tenant_key_file: None,
            seed_file: None,
        })
    }

    /// The folder with these key files instead of its own.
    #[must_use]
    pub fn with_key_files(
        self,
        tenant_key_file: Option<PathBuf>,
        seed_file: Option<PathBuf>,
    ) -> Self {
        Self {
            tenant_key_file,
            seed_file,
            ..self
        }
    }

    /// Locks the folder for as long as the returned file is open.
    ///
    /// # Errors
    /// [`DataError::InUse`].
    pub fn lock(&self) -> Result<File, DataError> {
        let file = self.lock_file("lock")?;
        file.try_lock()
            .map_err(|_| DataError::InUse(self.root.clone()))?;
        Ok(file)
    }

    /// Waits for the turn to write the broker's configuration, which lasts until the returned file is
    /// closed.
    pub(crate) fn lock_broker_config(&self) -> Result<File, DataError> {
        let file = self.lock_file("broker/config.lock")?;
        file.lock().map_err(io(&self.broker()))?;
        Ok(file)
    }

    fn lock_file(&self, name: &str) -> Result<File, DataError> {
        let path = self.root.join(name);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path);
        file.map_err(io(&path))
    }

    fn tenant_key_file(&self) -> PathBuf {
        self.tenant_key_file
            .clone()
            .unwrap_or_else(|| self.root.join(TENANT_KEY))
    }

    /// The folder of the broker's store and configuration.
    pub fn broker(&self) -> PathBuf {
        self.root.join("broker")
    }

    /// The folder of the views.
    pub fn views(&self) -> PathBuf {
        self.root.join("views")
    }

    /// The folder of the signed tree.
    pub fn tree(&self) -> PathBuf {
        self.root.join("tree")
    }

    /// The access log. The commands that change tokens and keys add lines to it too.
    pub fn access_log(&self) -> PathBuf {
        self.root.join("access.log")
    }

    /// The signed records of messages that hold no event. They stand in the tree's folder, and the
    /// public key checks them. A service on another host reads copies of both at the same places.
    pub fn quarantine(&self) -> Quarantine {
        let key = RecordKey::File(self.log_public_key_file());
        Quarantine::new(quarantine::folder(&self.tree()), key)
    }

    /// The file of the key that signs the tree. The auditor makes key and tree together, so the
    /// loss of one is noticed.
    pub fn log_key_file(&self) -> PathBuf {
        self.root.join("keys/log.key")
    }

    /// The file of the public key of the tree, for auditors.
    pub fn log_public_key_file(&self) -> PathBuf {
        self.root.join("keys/log.vkey")
    }

    /// The password of the demonstration's accounts. Makes one if there is none.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub(crate) fn demo_password(&self) -> Result<String, DataError> {
        let path = self.root.join("demo.password");
        make(&path, || Ok(hex(&random()?[..8])))?;
        Ok(read(&path)?.trim().to_owned())
    }

    /// Notes the address of this folder's broker, for later commands.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn note_broker(&self, url: &str) -> Result<(), DataError> {
        write(&self.root.join("broker.url"), url)
    }

    /// The noted address of this folder's broker.
    pub fn noted_broker(&self) -> Option<String> {
        fs::read_to_string(self.root.join("broker.url"))
            .ok()
            .map(|url| url.trim().to_owned())
    }
}

#[cfg(test)]
mod tests;
