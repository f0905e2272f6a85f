//! The giver of a command: subject, name and roles. An event names him by a pseudonym in the clear, and seals
//! who he is under a key of the office.
//!
//! The roles of the token decide the kind of the pseudonym, never the form of its subject. So no subject of an
//! administrator or a service stands for an operator or an officer ([`TenantKey::actor_id`]).

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    ids::ActorId,
    personal::OpenError,
    role::{Role, named_operator},
    secret::{DataKey, Nonce, TenantKey, decrypt, encrypt},
    text::{Text, serde_as_text},
};

/// The most characters of an [`ActorName`].
pub const LONGEST_NAME: usize = 200;
/// The fewest characters of a sealed actor: base64 of a nonce and a tag.
const SHORTEST_SEALED: usize = 38;

/// A text that is no name of an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {LONGEST_NAME} visible characters in one line")]
pub struct InvalidName;

/// The name of an actor, of 1 to [`LONGEST_NAME`] characters in one line (rule 50). It is personal data.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorName(Text);

impl ActorName {
    /// The name, trimmed and composed.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for ActorName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let text: Text = text.parse().map_err(|_| InvalidName)?;
        if text.chars().count() > LONGEST_NAME {
            return Err(InvalidName);
        }
        Ok(Self(text))
    }
}

impl fmt::Display for ActorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ActorName {
    /// Hides the name, since a log line must not carry it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActorName(..)")
    }
}

serde_as_text!(ActorName);

/// The identity behind the pseudonym of an actor. Events hold it sealed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ActorIdentity {
    /// The subject of his token: a NIP, an operator id or the name of an account.
    pub subject: String,
    /// The name in his token. Events never hold that of an operator here: it would outlive his erasure.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "kept_name"
    )]
    pub name: Option<ActorName>,
    /// The roles of his token.
    pub roles: Vec<Role>,
}

impl fmt::Debug for ActorIdentity {
    /// Hides subject and name, since a log line must not carry them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActorIdentity")
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

impl ActorIdentity {
    /// The pseudonym of the actor.
    pub fn actor_id(&self, tenant: &TenantKey) -> ActorId {
        tenant.actor_id(&self.subject, &self.roles)
    }

    /// Whether the subject is that of a person hired, who acts for himself.
    pub fn is_operator(&self) -> bool {
        named_operator(&self.subject, &self.roles).is_some()
    }

    /// The identity as an event keeps it. An operator's name is left out: the office's key outlives his.
    #[must_use]
    pub fn to_keep(mut self) -> Self {
        if self.is_operator() {
            self.name = None;
        }
        self
    }

    /// Seals the identity for the event of an id.
    pub fn seal(&self, event: Uuid, key: &DataKey, nonce: Nonce) -> SealedActor {
        let plain = serde_json::to_vec(self).expect("an identity is plain data, which serializes");
        let sealed = encrypt(&key.0, nonce, associated(event).as_bytes(), &plain);
        SealedActor(BASE64.encode(sealed).into())
    }
}

/// The name as an event keeps it. One that is refused today was accepted once; the identity is read without it.
fn kept_name<'de, D: serde::Deserializer<'de>>(name: D) -> Result<Option<ActorName>, D::Error> {
    let name: Option<String> = Option::deserialize(name)?;
    Ok(name.and_then(|name| name.parse().ok()))
}

fn associated(event: Uuid) -> String {
    format!("{event}/actorsealed")
}

/// A text that is no sealed actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be base64 without padding, of at least {SHORTEST_SEALED} characters")]
pub struct InvalidSealed;

/// The sealed identity of an event's actor, in base64 as it is stored. It stays sealed until somebody asks.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedActor(Box<str>);

impl SealedActor {
    /// The stored text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Opens the identity that an event of this id holds.
    ///
    /// # Errors
    /// Another key, another event, or an altered text.
    pub fn open(&self, event: Uuid, key: &DataKey) -> Result<ActorIdentity, OpenError> {
        let altered = OpenError::Altered(event);
        let sealed = BASE64.decode(&*self.0).map_err(|_| altered.clone())?;
        let plain = decrypt(&key.0, associated(event).as_bytes(), &sealed).map_err(|_| altered)?;
        serde_json::from_slice(&plain).map_err(|_| OpenError::Shape(event))
    }
}

impl FromStr for SealedActor {
    type Err = InvalidSealed;

    fn from_str(text: &str) -> Result<Self, InvalidSealed> {
        let is_base64 = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
        let is_valid = text.len() >= SHORTEST_SEALED && text.bytes().all(is_base64);
        is_valid.then(|| Self(text.into())).ok_or(InvalidSealed)
    }
}

impl fmt::Debug for SealedActor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedActor(..)")
    }
}

#[cfg(test)]
mod specs;
