//! The data folder of an office: its keys, its broker's store, its views. Made on first start, each file
//! whole or not at all; what is there is never overwritten.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use ed25519_dalek::{
    SigningKey,
    pkcs8::{EncodePrivateKey, EncodePublicKey, spki::der::pem::LineEnding},
};
use jejak_events::secret::TenantKey;
use nkeys::{KeyPair, KeyPairType};

/// Whom the broker knows: each service, and who creates the stream.
pub const IDENTITIES: [&str; 6] = [
    "admin",
    "commands",
    "projector",
    "history",
    "gateway",
    "auditor",
];

/// Where the tenant's key is in a folder: no folder of an office is without it.
const TENANT_KEY: &str = "keys/tenant.key";

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The file system refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A key file does not hold a key.
    #[error("{} does not hold {expected}; restore it from a backup, a new key would not open old data", path.display())]
    BrokenKey {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
    /// Another process uses the folder.
    #[error("{} is in use by another `jejak up`; stop that one, or give another folder with --data", .0.display())]
    InUse(PathBuf),
    /// There is no data folder.
    #[error("{} is no data folder; give another with --data, or make it with `jejak up` or `jejak init`", .0.display())]
    Missing(PathBuf),
    /// No random numbers.
    #[error("the machine gives no random numbers: {0}")]
    Random(String),
}

/// An office's folder.
#[derive(Debug, Clone)]
pub struct DataFolder {
    root: PathBuf,
    /// Used in place of the folder's own.
    tenant_key_file: Option<PathBuf>,
    /// Used in place of every identity's own.
    seed_file: Option<PathBuf>,
}

impl DataFolder {
    /// The folder, with all its keys; what is missing is made.
    ///
    /// # Errors
    /// See [`DataError`].
    pub fn open(root: &Path) -> Result<Self, DataError> {
        for dir in ["", "keys", "keys/nats", "broker", "views"] {
            make_dir(&root.join(dir))?;
        }
        let folder = Self::at(root)?;
        make(&folder.tenant_key_file(), || Ok(hex(&random()?)))?;
        make(&folder.token_key_file(), || {
            let key = SigningKey::from_bytes(&random()?);
            let pem = key
                .to_pkcs8_pem(LineEnding::LF)
                .map_err(|error| DataError::Random(error.to_string()))?;
            Ok(pem.as_str().to_owned())
        })?;
        for identity in IDENTITIES {
            make(&folder.seed_file(identity), || {
                let pair = KeyPair::new_from_raw(KeyPairType::User, random()?);
                pair.and_then(|pair| pair.seed())
                    .map_err(|error| DataError::Random(error.to_string()))
            })?;
        }
        folder.public_key_pem()?;
        Ok(folder)
    }

    /// The folder an earlier `jejak up` or `jejak init` made. Keys made anew elsewhere would fit nothing.
    ///
    /// # Errors
    /// [`DataError::Missing`], and those of [`DataFolder::open`].
    pub fn existing(root: &Path) -> Result<Self, DataError> {
        if root.join(TENANT_KEY).is_file() {
            Self::open(root)
        } else {
            Err(DataError::Missing(root.to_owned()))
        }
    }

    /// A folder for the views of a service that brings its keys ([`DataFolder::with_key_files`]); none are
    /// made.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn without_keys(root: &Path) -> Result<Self, DataError> {
        make_dir(&root.join("views"))?;
        Self::at(root)
    }

    /// One spelling, however it was given: a broker left behind is known by its configuration's path.
    fn at(root: &Path) -> Result<Self, DataError> {
        let root = fs::canonicalize(root).map_err(io(root))?;
        Ok(Self {
            root,
            tenant_key_file: None,
            seed_file: None,
        })
    }

    /// The folder, with these files in place of its own keys where they are given.
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

    /// Claims the folder for as long as the file lives.
    ///
    /// # Errors
    /// [`DataError::InUse`].
    pub fn lock(&self) -> Result<File, DataError> {
        let path = self.root.join("lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path);
        let file = file.map_err(|source| DataError::Io { path, source })?;
        file.try_lock()
            .map_err(|_| DataError::InUse(self.root.clone()))?;
        Ok(file)
    }

    fn tenant_key_file(&self) -> PathBuf {
        self.tenant_key_file
            .clone()
            .unwrap_or_else(|| self.root.join(TENANT_KEY))
    }

    fn token_key_file(&self) -> PathBuf {
        self.root.join("keys/token.pem")
    }

    fn seed_file(&self, identity: &str) -> PathBuf {
        self.seed_file
            .clone()
            .unwrap_or_else(|| self.root.join(format!("keys/nats/{identity}.seed")))
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The broker's store and configuration.
    pub fn broker(&self) -> PathBuf {
        self.root.join("broker")
    }

    /// The views' files.
    pub fn views(&self) -> PathBuf {
        self.root.join("views")
    }

    /// The signed tree of the log.
    pub fn tree(&self) -> PathBuf {
        self.root.join("tree")
    }

    /// The key the tree is signed with. The auditor makes it together with the tree, since a new key beside
    /// an old tree, or the other way round, would be a loss unnoticed.
    pub fn log_key_file(&self) -> PathBuf {
        self.root.join("keys/log.key")
    }

    /// The public part of that key, for auditors.
    pub fn log_public_key_file(&self) -> PathBuf {
        self.root.join("keys/log.vkey")
    }

    /// The key pseudonyms and data keys hang on.
    ///
    /// # Errors
    /// A file that holds no key.
    pub fn tenant_key(&self) -> Result<TenantKey, DataError> {
        let path = self.tenant_key_file();
        let text = read(&path)?;
        let bytes: Option<Vec<u8>> = text
            .trim()
            .as_bytes()
            .chunks(2)
            .map(|pair| {
                std::str::from_utf8(pair)
                    .ok()
                    .and_then(|pair| u8::from_str_radix(pair, 16).ok())
            })
            .collect();
        let key: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
        key.map(TenantKey::new).ok_or(DataError::BrokenKey {
            path,
            expected: "64 hexadecimal digits",
        })
    }

    /// The private key tokens are signed with, as PEM.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn token_key_pem(&self) -> Result<String, DataError> {
        read(&self.token_key_file())
    }

    /// The public key tokens are checked with, as PEM; also written beside the private one.
    ///
    /// # Errors
    /// A file that holds no key.
    pub fn public_key_pem(&self) -> Result<String, DataError> {
        use ed25519_dalek::pkcs8::DecodePrivateKey;
        let path = self.token_key_file();
        let broken = || DataError::BrokenKey {
            path: path.clone(),
            expected: "an Ed25519 private key in PKCS#8 PEM",
        };
        let key = SigningKey::from_pkcs8_pem(&self.token_key_pem()?).map_err(|_| broken())?;
        let pem = key
            .verifying_key()
            .to_public_key_pem(LineEnding::LF)
            .map_err(|_| broken())?;
        make(&self.root.join("keys/token.pub.pem"), || Ok(pem.clone()))?;
        Ok(pem)
    }

    /// The seed of an identity at the broker.
    ///
    /// # Errors
    /// A file that holds no seed.
    pub fn seed(&self, identity: &str) -> Result<String, DataError> {
        let path = self.seed_file(identity);
        let seed = read(&path)?.trim().to_owned();
        match KeyPair::from_seed(&seed) {
            Ok(_) => Ok(seed),
            Err(_) => Err(DataError::BrokenKey {
                path,
                expected: "an NKey user seed",
            }),
        }
    }

    /// Whether a seed is one of the folder's own.
    ///
    /// # Errors
    /// Those of [`DataFolder::seed`].
    pub fn has_seed(&self, seed: &str) -> Result<bool, DataError> {
        for identity in IDENTITIES {
            if self.seed(identity)? == seed {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The public NKey of an identity.
    ///
    /// # Errors
    /// A file that holds no seed.
    pub fn public_nkey(&self, identity: &str) -> Result<String, DataError> {
        let path = self.seed_file(identity);
        let pair = KeyPair::from_seed(&self.seed(identity)?);
        pair.map(|pair| pair.public_key())
            .map_err(|_| DataError::BrokenKey {
                path,
                expected: "an NKey user seed",
            })
    }

    /// Notes where the broker of this folder listens, for other commands.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note_broker(&self, url: &str) -> Result<(), DataError> {
        write(&self.root.join("broker.url"), url)
    }

    /// Where the broker of this folder listens, if it was ever started.
    pub fn noted_broker(&self) -> Option<String> {
        fs::read_to_string(self.root.join("broker.url"))
            .ok()
            .map(|url| url.trim().to_owned())
    }
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> DataError {
    let path = path.to_owned();
    move |source| DataError::Io { path, source }
}

fn read(path: &Path) -> Result<String, DataError> {
    fs::read_to_string(path).map_err(io(path))
}

fn make_dir(path: &Path) -> Result<(), DataError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(io(path))
}

/// Makes a file that is not there yet. Of several that try at once, one makes it and all use it: a link,
/// unlike a move, never takes the place of a file.
fn make(path: &Path, content: impl FnOnce() -> Result<String, DataError>) -> Result<(), DataError> {
    if path.exists() {
        return Ok(());
    }
    let beside = write_beside(path, &content()?)?;
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside).map_err(io(&beside))?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(io(path)(error)),
        _ => sync_parent(path),
    }
}

/// Writes a file whole: beside its place first, synced, then moved. Only its owner may read it.
pub(crate) fn write(path: &Path, content: &str) -> Result<(), DataError> {
    let beside = write_beside(path, content)?;
    fs::rename(&beside, path).map_err(io(path))?;
    sync_parent(path)
}

/// A file beside another's place that no other process, and no other call, writes to.
fn write_beside(path: &Path, content: &str) -> Result<PathBuf, DataError> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", hex(&random()?[..8])));
    let beside = PathBuf::from(name);
    let mut file = File::options()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&beside)
        .map_err(io(&beside))?;
    file.write_all(content.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(io(&beside))?;
    Ok(beside)
}

fn sync_parent(path: &Path) -> Result<(), DataError> {
    match path.parent() {
        Some(parent) => File::open(parent)
            .and_then(|dir| dir.sync_all())
            .map_err(io(parent)),
        None => Ok(()),
    }
}

fn random() -> Result<[u8; 32], DataError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| DataError::Random(error.to_string()))?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
