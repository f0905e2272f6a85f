//! The file of the access log, and the files that were set aside before it.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, BufRead, BufReader, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use jejak_events::{Role, secret::TenantKey};
use ring::rand::{SecureRandom, SystemRandom};

use super::line::AccessLine;
use crate::config::{AccessKeyError, AccessLogConfig};

/// The mode of the log and of its key.
const OWNER_ONLY: u32 = 0o600;

/// The access log as a file, and the key of its pseudonyms.
pub struct AccessFile {
    path: PathBuf,
    key: TenantKey,
}

impl AccessFile {
    /// Opens the log at a path. Makes the key of its pseudonyms if there is none.
    ///
    /// # Errors
    /// The key cannot be read or made.
    pub fn open(path: &Path) -> Result<Self, AccessKeyError> {
        let key_file = path.with_extension("key");
        let key = key(&key_file).map_err(|reason| AccessKeyError {
            path: key_file,
            reason,
        })?;
        Ok(Self {
            path: path.to_owned(),
            key,
        })
    }

    /// The key of the pseudonyms. It is no key of the office, and leads to no other data.
    pub(super) fn key(&self) -> &TenantKey {
        &self.key
    }

    /// The pseudonym in this log of a subject with these roles.
    pub fn pseudonym(&self, subject: &str, roles: &[Role]) -> String {
        self.key.actor_id(subject, roles).to_string()
    }

    /// The pseudonym in this log of a subject whose roles are not known: `subject/<uuid>`.
    pub fn subject(&self, subject: &str) -> String {
        format!("subject/{}", self.key.subject_id(subject))
    }

    /// All pseudonyms that a subject may have in this log, with any roles. Earlier versions wrote the name of an
    /// account in the clear.
    pub fn pseudonyms(&self, subject: &str) -> BTreeSet<String> {
        let by_role = Role::ALL.map(|role| self.pseudonym(subject, &[role]));
        let without = [self.subject(subject), format!("account/{subject}")];
        by_role.into_iter().chain(without).collect()
    }

    /// Adds lines at once, so that other processes may add lines too.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn append<'a>(&self, lines: impl IntoIterator<Item = &'a AccessLine>) -> io::Result<()> {
        let mut text = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut text, line)?;
            text.push(b'\n');
        }
        let mut options = File::options();
        let mut file = options
            .create(true)
            .append(true)
            .mode(OWNER_ONLY)
            .open(&self.path)?;
        file.write_all(&text)
    }

    /// Sets the file aside if it is too large or too old, and removes what is more than is kept.
    ///
    /// # Errors
    /// The file system refuses.
    pub(super) fn rotate(&self, config: &AccessLogConfig, now: DateTime<Utc>) -> io::Result<()> {
        let bytes = match fs::metadata(&self.path) {
            Ok(found) => found.len(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let is_old = || -> io::Result<bool> {
            let began = began(&self.path)?;
            let age = began.map(|began| (now - began).to_std().unwrap_or(Duration::ZERO));
            Ok(age.is_some_and(|age| age >= config.oldest))
        };
        if bytes < config.largest_bytes && !is_old()? {
            return Ok(());
        }
        fs::rename(&self.path, self.aside(now))?;
        let mut before = set_aside(&self.path)?;
        before.truncate(before.len().saturating_sub(config.keep));
        before.iter().try_for_each(fs::remove_file)
    }

    /// The name of a file that is set aside: `access-20261130T080000.123Z.log`.
    fn aside(&self, now: DateTime<Utc>) -> PathBuf {
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let ending = self.path.extension().unwrap_or_default().to_string_lossy();
        let time = now.format("%Y%m%dT%H%M%S%.3fZ");
        self.path.with_file_name(format!("{stem}-{time}.{ending}"))
    }
}

/// The files of a log in order: those that were set aside, then the present one.
///
/// # Errors
/// The folder cannot be read.
pub fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = set_aside(path)?;
    files.extend(path.exists().then(|| path.to_owned()));
    Ok(files)
}

fn set_aside(path: &Path) -> io::Result<Vec<PathBuf>> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path.extension().unwrap_or_default();
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let time = name
            .strip_prefix(&*stem)
            .and_then(|rest| rest.strip_prefix('-'));
        let is_time = time.is_some_and(|time| time.starts_with(|c: char| c.is_ascii_digit()));
        if is_time && file.extension().unwrap_or_default() == ending {
            found.push(file);
        }
    }
    found.sort();
    Ok(found)
}

/// The time of the first line; none for a file without one.
fn began(path: &Path) -> io::Result<Option<DateTime<Utc>>> {
    let mut line = String::new();
    BufReader::new(File::open(path)?).read_line(&mut line)?;
    let line = serde_json::from_str::<AccessLine>(&line).ok();
    let time = line.and_then(|line| DateTime::parse_from_rfc3339(&line.time).ok());
    Ok(time.map(|time| time.to_utc()))
}

/// The key at a path. Makes one if there is none.
fn key(path: &Path) -> Result<TenantKey, String> {
    if let Some(found) = read_key(path)? {
        return Ok(found);
    }
    make_key(path).map_err(|error| error.to_string())?;
    read_key(path)?.ok_or_else(|| "it is gone again".to_owned())
}

fn read_key(path: &Path) -> Result<Option<TenantKey>, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let bytes = URL_SAFE_NO_PAD.decode(text.trim()).ok();
    let key: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
    let broken =
        "it holds no key; put it back from a copy, or remove it: readers get other pseudonyms then";
    key.map(|key| Some(TenantKey::new(key)))
        .ok_or_else(|| broken.to_owned())
}

/// Makes a key. Of several processes one does, and all use it: a link never replaces a file.
fn make_key(path: &Path) -> io::Result<()> {
    let mut random = [0; 32];
    SystemRandom::new()
        .fill(&mut random)
        .map_err(|_| io::Error::other("the machine gives no random numbers"))?;
    let beside = path.with_extension(format!("key.{}", std::process::id()));
    let mut options = File::options();
    let mut file = options
        .create(true)
        .truncate(true)
        .write(true)
        .mode(OWNER_ONLY)
        .open(&beside)?;
    file.write_all(URL_SAFE_NO_PAD.encode(random).as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
