//! The token register: the public keys that check tokens, and the subjects whose tokens have ended.
//!
//! `jejak token` writes the file and a gateway only reads it. It holds no private key. A running
//! gateway looks at it every second, so a revocation needs no restart.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::admission::Admission;
use crate::config::GatewayError;

/// The time between two looks at the file.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The content of the register, as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRegister {
    /// The keys that check tokens, the newest first.
    pub keys: Vec<TokenKey>,
    /// The time of each subject's revocation, in seconds since 1970. Tokens of the subject that were
    /// issued then or before are refused.
    #[serde(default)]
    pub revoked: BTreeMap<String, u64>,
}

/// A public key that checks tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenKey {
    /// The name of the key in a token's header, `kid`.
    pub id: String,
    /// The key as PEM (`BEGIN PUBLIC KEY`, Ed25519).
    pub pem: String,
    /// The end of a key that was replaced, in seconds since 1970. Its tokens are refused from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

impl TokenRegister {
    /// Reads a register.
    ///
    /// # Errors
    /// A text that is no register. The message names the fault and no subject.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(text)
            .map_err(|error| format!("line {}: it is no token register", error.line()))
    }
}

/// The register of a running gateway.
pub(crate) struct WatchedRegister {
    path: PathBuf,
    now: RwLock<Arc<Admission>>,
    problem: RwLock<Option<String>>,
}

impl WatchedRegister {
    /// Reads the register for the first time.
    ///
    /// # Errors
    /// A file that cannot be read, or that is no register.
    pub(crate) fn open(path: &Path) -> Result<Self, GatewayError> {
        let fault = |reason| GatewayError::Register {
            path: path.to_owned(),
            reason,
        };
        let text = fs::read(path).map_err(|error| fault(error.to_string()))?;
        let admission = Admission::parse(text).map_err(fault)?;
        Ok(Self {
            path: path.to_owned(),
            now: RwLock::new(Arc::new(admission)),
            problem: RwLock::default(),
        })
    }

    /// The keys and revocations of the last look.
    pub(crate) fn now(&self) -> Arc<Admission> {
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        now.clone()
    }

    /// The reason why the last look failed. The gateway goes on with what it read before.
    pub(crate) fn problem(&self) -> Option<String> {
        let problem = self.problem.read().unwrap_or_else(PoisonError::into_inner);
        problem.clone()
    }

    /// Looks at the file again and again.
    pub(crate) async fn watch(&self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let path = self.path.clone();
            let read = tokio::task::spawn_blocking(move || fs::read(path)).await;
            self.take(read.unwrap_or_else(|error| Err(io::Error::other(error))));
        }
    }

    /// Takes over what was read, if it has changed.
    pub(crate) fn take(&self, read: io::Result<Vec<u8>>) {
        let read = read.map_err(|error| error.to_string());
        let changed = match read {
            Ok(text) if text == self.now().text => Ok(None),
            Ok(text) => Admission::parse(text).map(Some),
            Err(error) => Err(error),
        };
        let problem = match changed {
            Ok(changed) => {
                if let Some(changed) = changed {
                    tracing::info!("the token register was changed");
                    *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(changed);
                }
                None
            }
            Err(reason) => Some(format!("{}: {reason}", self.path.display())),
        };
        let mut said = self.problem.write().unwrap_or_else(PoisonError::into_inner);
        if problem.is_some() && *said != problem {
            tracing::error!(
                ?problem,
                "the token register cannot be read; revocations wait"
            );
        }
        *said = problem;
    }
}
