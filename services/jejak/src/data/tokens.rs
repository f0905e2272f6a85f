//! The keys and the revocations of tokens.
//!
//! `keys/token.pem` signs and leaves the folder never. `tokens/register.json` has the public keys and
//! the revoked subjects; gateways read it, so its folder may be given to their group.

use std::{fs::File, os::unix::fs::OpenOptionsExt, path::PathBuf, time::Duration};

use chrono::Utc;
use ed25519_dalek::{
    SigningKey, VerifyingKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, spki::der::pem::LineEnding},
};
use jejak_gateway::{TokenKey, TokenRegister};

use super::{
    DataFolder,
    error::{DataError, io},
    files::{GROUP_READABLE, hex, make, random, read, write, write_as},
};

impl DataFolder {
    /// The private key that signs tokens, as PEM.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn token_key_pem(&self) -> Result<String, DataError> {
        read(&self.token_key_file())
    }

    pub(super) fn token_key_file(&self) -> PathBuf {
        self.root.join("keys/token.pem")
    }

    /// The file of the token register.
    pub fn token_register_file(&self) -> PathBuf {
        self.root.join("tokens/register.json")
    }

    /// Makes the key if there is none, and enters it into the register as the one that signs.
    pub(super) fn make_token_key(&self) -> Result<(), DataError> {
        make(&self.token_key_file(), || {
            pem(&SigningKey::from_bytes(&random()?))
        })?;
        self.change_register(|register| {
            let current = self.current_token_key()?;
            let keys = &mut register.keys;
            keys.retain(|key| key.until.is_some_and(|until| until > now()) && key.id != current.id);
            keys.insert(0, current);
            Ok(())
        })
    }

    /// Ends all tokens of a subject that were issued until now. Returns that time, in seconds since
    /// 1970.
    ///
    /// # Errors
    /// The register cannot be read or written.
    pub fn revoke_tokens(&self, subject: &str) -> Result<u64, DataError> {
        let at = now();
        self.change_register(|register| {
            register.revoked.insert(subject.to_owned(), at);
            Ok(())
        })?;
        Ok(at)
    }

    /// The time of a subject's revocation, in seconds since 1970.
    ///
    /// # Errors
    /// The register cannot be read.
    pub fn revoked_at(&self, subject: &str) -> Result<Option<u64>, DataError> {
        Ok(self.register()?.revoked.get(subject).copied())
    }

    /// Replaces the key that signs tokens. Tokens of it and of all older keys are accepted during the
    /// overlap, and no longer.
    /// Returns the id of the new key.
    ///
    /// # Errors
    /// The folder cannot be written. It is safe to repeat.
    pub fn rotate_token_key(&self, overlap: Duration) -> Result<String, DataError> {
        let key = SigningKey::from_bytes(&random()?);
        let until = now().saturating_add(overlap.as_secs());
        let _lock = self.lock_register()?;
        let mut register = self.register()?;
        let old = self.current_token_key()?;
        register.keys.retain(|key| key.id != old.id);
        // A thief of any earlier key is out with the last one.
        for older in &mut register.keys {
            older.until = Some(older.until.unwrap_or(u64::MAX).min(until));
        }
        register.keys.insert(
            0,
            TokenKey {
                until: Some(until),
                ..old
            },
        );
        register.keys.insert(0, public(&key)?);
        // Gateways know the new key before it signs. After a crash between the two writes the old
        // key still signs, and the next command enters it again.
        self.write_register(&register)?;
        write(&self.token_key_file(), &pem(&key)?)?;
        Ok(token_key_id(&key.verifying_key()))
    }

    fn current_token_key(&self) -> Result<TokenKey, DataError> {
        let broken = |_| DataError::BrokenKey {
            path: self.token_key_file(),
            expected: "an Ed25519 private key in PKCS#8 PEM",
        };
        public(&SigningKey::from_pkcs8_pem(&self.token_key_pem()?).map_err(broken)?)
    }

    /// The register; an empty one where there is none.
    fn register(&self) -> Result<TokenRegister, DataError> {
        let path = self.token_register_file();
        match std::fs::read(&path) {
            Ok(text) => TokenRegister::parse(&text).map_err(|_| DataError::Register(path)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(TokenRegister::default())
            }
            Err(error) => Err(io(&path)(error)),
        }
    }

    fn change_register(
        &self,
        change: impl FnOnce(&mut TokenRegister) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let _lock = self.lock_register()?;
        let found = self.register()?;
        let mut register = found.clone();
        change(&mut register)?;
        if register == found {
            return Ok(());
        }
        self.write_register(&register)
    }

    fn write_register(&self, register: &TokenRegister) -> Result<(), DataError> {
        let path = self.token_register_file();
        let text = serde_json::to_string_pretty(register)
            .map_err(|_| DataError::Register(path.clone()))?;
        write_as(&path, &text, GROUP_READABLE)
    }

    /// Commands that change the register wait for each other.
    fn lock_register(&self) -> Result<File, DataError> {
        let path = self.root.join("tokens/lock");
        let mut options = File::options();
        let file = options.create(true).truncate(false).write(true).mode(0o600);
        let file = file.open(&path).map_err(io(&path))?;
        file.lock().map_err(io(&path))?;
        Ok(file)
    }
}

/// The name of a key in the headers of tokens: the first 8 bytes of the public key, in
/// hexadecimal.
pub(crate) fn token_key_id(key: &VerifyingKey) -> String {
    hex(&key.as_bytes()[..8])
}

fn pem(key: &SigningKey) -> Result<String, DataError> {
    let pem = key.to_pkcs8_pem(LineEnding::LF);
    let pem = pem.map_err(|error| DataError::Random(error.to_string()))?;
    Ok(pem.as_str().to_owned())
}

fn public(key: &SigningKey) -> Result<TokenKey, DataError> {
    let key = key.verifying_key();
    let pem = key.to_public_key_pem(LineEnding::LF);
    Ok(TokenKey {
        id: token_key_id(&key),
        pem: pem.map_err(|error| DataError::Random(error.to_string()))?,
        until: None,
    })
}

/// Seconds since 1970.
fn now() -> u64 {
    u64::try_from(Utc::now().timestamp()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn ids(folder: &DataFolder) -> Vec<(String, bool)> {
        let keys = folder.register().unwrap().keys;
        keys.into_iter()
            .map(|key| (key.id, key.until.is_some()))
            .collect()
    }

    #[test]
    fn a_new_key_signs_and_the_old_one_has_an_end() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(dir.path()).unwrap();
        let (first, _) = ids(&folder).remove(0);
        let before = folder.token_key_pem().unwrap();
        let second = folder.rotate_token_key(DAY).unwrap();
        assert_ne!(before, folder.token_key_pem().unwrap());
        let both = [(second.clone(), false), (first.clone(), true)];
        assert_eq!(ids(&folder), both);
        DataFolder::open(dir.path()).unwrap();
        assert_eq!(ids(&folder), both, "opening the folder changes nothing");
        let third = folder.rotate_token_key(Duration::ZERO).unwrap();
        DataFolder::open(dir.path()).unwrap();
        assert_eq!(
            ids(&folder),
            [(third.clone(), false)],
            "no older key is left"
        );
        let fourth = folder.rotate_token_key(DAY).unwrap();
        let fifth = folder.rotate_token_key(2 * DAY).unwrap();
        let ends: Vec<_> = folder.register().unwrap().keys;
        let end = |id: &str| ends.iter().find(|key| key.id == id).unwrap().until;
        assert!(
            end(&third) < end(&fourth),
            "an overlap never lengthens an older one"
        );
        assert_eq!(end(&fifth), None);
    }

    /// Goal: a rotation that was cut short leaves a folder whose key is accepted. Method: the private
    /// key before, the register after.
    #[test]
    fn a_rotation_that_was_cut_short_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(dir.path()).unwrap();
        let (before, pem) = (ids(&folder), folder.token_key_pem().unwrap());
        folder.rotate_token_key(DAY).unwrap();
        write(&folder.token_key_file(), &pem).unwrap();
        DataFolder::open(dir.path()).unwrap();
        assert_eq!(ids(&folder), before);
    }

    #[test]
    fn a_removed_key_is_accepted_no_longer() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(dir.path()).unwrap();
        let before = ids(&folder);
        std::fs::remove_file(folder.token_key_file()).unwrap();
        DataFolder::open(dir.path()).unwrap();
        let after = ids(&folder);
        assert_eq!(after.len(), 1);
        assert_ne!(after, before);
    }

    #[test]
    fn revocations_stay_and_the_register_is_for_the_group_too() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(dir.path()).unwrap();
        assert_eq!(folder.revoked_at("a").unwrap(), None);
        let at = folder.revoke_tokens("a").unwrap();
        folder.rotate_token_key(DAY).unwrap();
        let again = DataFolder::open(dir.path()).unwrap();
        assert_eq!(again.revoked_at("a").unwrap(), Some(at));
        let path = folder.token_register_file();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("PRIVATE"), "{text}");
        std::fs::write(&path, "{").unwrap();
        let refused = DataFolder::open(dir.path()).err().unwrap().to_string();
        assert!(refused.contains("token register"), "{refused}");
    }
}
