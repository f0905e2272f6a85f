//! The bearer of a valid token.

use std::sync::Arc;

use jejak_bus::{Actor, Role};
use jejak_events::{actor::ActorName, ids::OperatorId, role::named_operator};

/// The bearer of a valid token. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Caller(Arc<Claims>);

#[derive(Debug, Clone, PartialEq)]
struct Claims {
    actor: Actor,
    expires_s: u64,
    issued_s: Option<u64>,
    /// The id of the register's key that signed the token; none for a session or an issuer elsewhere.
    key: Option<Arc<str>>,
}

impl Caller {
    /// A caller by the subject and the roles of the token; `expires_s` and `issued_s` count seconds
    /// since 1970.
    pub(crate) fn new(
        sub: String,
        roles: Vec<Role>,
        expires_s: u64,
        issued_s: Option<u64>,
    ) -> Self {
        Self(Arc::new(Claims {
            actor: Actor {
                sub,
                roles,
                name: None,
            },
            expires_s,
            issued_s,
            key: None,
        }))
    }

    /// The caller by the key of the register that signed the token.
    pub(super) fn signed_by(self, key: &Arc<str>) -> Self {
        let mut claims = Arc::unwrap_or_clone(self.0);
        claims.key = Some(key.clone());
        Self(Arc::new(claims))
    }

    /// The caller by the name in the token, if it has one that events can keep.
    pub(crate) fn named(self, name: Option<ActorName>) -> Self {
        let mut claims = Arc::unwrap_or_clone(self.0);
        claims.actor.name = name;
        Self(Arc::new(claims))
    }

    /// Whether the token carries the role.
    pub(crate) fn has(&self, role: Role) -> bool {
        self.actor().roles.contains(&role)
    }

    /// The end of the token, in seconds since 1970.
    pub(crate) fn expires_s(&self) -> u64 {
        self.0.expires_s
    }

    /// The id of the register's key that signed the token, if one did.
    pub(super) fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// The time at which the token was issued, in seconds since 1970, if it says so.
    pub(crate) fn issued_s(&self) -> Option<u64> {
        self.0.issued_s
    }

    /// The operator's id, if the caller is an operator. Events and the access log name him by the same rule.
    pub(crate) fn operator_id(&self) -> Option<OperatorId> {
        let Actor { sub, roles, .. } = self.actor();
        named_operator(sub, roles)
    }

    /// The caller as the services behind see it.
    pub(crate) fn actor(&self) -> &Actor {
        &self.0.actor
    }
}
