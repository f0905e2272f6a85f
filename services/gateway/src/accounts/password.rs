//! Hashes of passwords (Argon2id), a few at a time: each takes memory and time on purpose.

use std::sync::{Arc, LazyLock};

use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::Semaphore;

/// The fewest characters of a password.
pub(super) const SHORTEST_PASSWORD: usize = 10;
/// The most characters of a password.
pub(super) const LONGEST_PASSWORD: usize = 200;
/// Passwords that are checked at once. Each takes 19 MiB of memory.
const AT_ONCE: usize = 2;

/// Takes turns in checking passwords.
pub(super) struct Passwords(Arc<Semaphore>);

/// The hash for an account that does not exist, so that it takes as long as one that does.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash("nobody has this password").ok());

/// The system has no random numbers, or the hash cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("a password cannot be hashed: {0}")]
pub(super) struct HashError(String);

impl Passwords {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }

    /// Whether the password is the one of the hash. Without a hash it takes the same time.
    pub(super) async fn is_right(&self, password: String, hash: Option<String>) -> bool {
        let is_right = move || {
            let is_known = hash.is_some();
            let hash = hash.or_else(|| NOBODY.clone());
            hash.is_some_and(|hash| verify(&password, &hash)) && is_known
        };
        self.in_turn(is_right).await.unwrap_or(false)
    }

    /// The hash of a password.
    ///
    /// # Errors
    /// No random numbers.
    pub(super) async fn hash(&self, password: String) -> Result<String, HashError> {
        let hashed = self.in_turn(move || hash(&password)).await;
        hashed.unwrap_or_else(|| Err(HashError("the thread ended".to_owned())))
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        // The semaphore is never closed.
        let _permit = self.0.clone().acquire_owned().await.ok()?;
        tokio::task::spawn_blocking(work).await.ok()
    }
}

fn verify(password: &str, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else {
        return false;
    };
    Argon2::default()
        .verify_password(password.as_bytes(), &hash)
        .is_ok()
}

/// The Argon2id hash of a password under a new salt, in PHC form.
pub(super) fn hash(password: &str) -> Result<String, HashError> {
    let mut salt = [0; 16];
    let filled = SystemRandom::new().fill(&mut salt);
    filled.map_err(|_| HashError("no random numbers".to_owned()))?;
    let fault = |error: argon2::password_hash::Error| HashError(error.to_string());
    let salt = SaltString::encode_b64(&salt).map_err(fault)?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    Ok(hash.map_err(fault)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_knows_its_password_and_no_other() {
        let passwords = Passwords::new();
        let hash = passwords.hash("kuda poni biru".to_owned()).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let is_right = async |password: &str, hash: &str| {
            let hash = Some(hash.to_owned());
            passwords.is_right(password.to_owned(), hash).await
        };
        assert!(is_right("kuda poni biru", &hash).await);
        assert!(!is_right("kuda poni Biru", &hash).await);
        assert!(!is_right("kuda poni biru", "no hash").await);
        let nobodys = "nobody has this password".to_owned();
        assert!(!passwords.is_right(nobodys, None).await);
    }
}
