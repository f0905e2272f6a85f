//! The bearer of a valid token.

use std::sync::Arc;

use jejak_bus::{Actor, Role};
use jejak_events::{actor::ActorName, ids::OperatorId};

/// The bearer of a valid token. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Caller(Arc<Claims>);

#[derive(Debug, Clone, PartialEq)]
struct Claims {
    actor: Actor,
    expires_s: u64,
    issued_s: Option<u64>,
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
        }))
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

    /// The time at which the token was issued, in seconds since 1970, if it says so.
    pub(crate) fn issued_s(&self) -> Option<u64> {
        self.0.issued_s
    }

    /// The operator's id, if the caller is an operator.
    pub(crate) fn operator_id(&self) -> Option<OperatorId> {
        if self.has(Role::Operator) {
            self.actor().sub.parse().ok()
        } else {
            None
        }
    }

    /// The caller as the services behind see it.
    pub(crate) fn actor(&self) -> &Actor {
        &self.0.actor
    }
}
