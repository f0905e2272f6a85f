//! Access to queries and events by role. `jejak_bus::request::role_for` says which role a command
//! needs.

use jejak_bus::{RequestProblem, Role};
use jejak_events::ids::OperatorId;
use jejak_projections::{OperatorAccess, Query};
use serde::{
    Deserialize,
    de::value::{Error, StrDeserializer},
};

use super::caller::Caller;

/// The roles that may read a query, besides officers, auditors and administrators. Those three read
/// every query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueryAccess {
    /// Other services may read it.
    pub(crate) service: bool,
    /// An operator may read his own records in it.
    pub(crate) operator: bool,
}

/// The part of a query's records that a caller may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordScope {
    /// The records of all people.
    Everyone,
    /// The records of one operator.
    Operator(OperatorId),
}

impl QueryAccess {
    /// The roles that may ask a query.
    pub(crate) fn of(query: &Query) -> Self {
        Self {
            service: query.service,
            operator: query.operator != OperatorAccess::None,
        }
    }

    /// The records that the caller may read.
    ///
    /// # Errors
    /// `role.missing` when the caller may read none.
    pub(crate) fn scope_of(self, caller: &Caller) -> Result<RecordScope, RequestProblem> {
        let has = |role| caller.has(role);
        if has(Role::Officer)
            || has(Role::Auditor)
            || has(Role::Admin)
            || (self.service && has(Role::Service))
        {
            return Ok(RecordScope::Everyone);
        }
        match caller.operator_id() {
            Some(operator_id) if self.operator => Ok(RecordScope::Operator(operator_id)),
            Some(_) => Err(self.other_person()),
            None => Err(missing(&self.roles())),
        }
    }

    /// The refusal when an operator asks for the records of another person.
    pub(crate) fn other_person(self) -> RequestProblem {
        refusal(&self.roles(), true)
    }

    /// The roles that may read the records of all people.
    pub(crate) fn roles(self) -> Vec<Role> {
        let mut needed = vec![Role::Officer, Role::Auditor, Role::Admin];
        if self.service {
            needed.push(Role::Service);
        }
        needed
    }
}

/// The refusal that names the roles of which one is needed.
pub(crate) fn missing(needed: &[Role]) -> RequestProblem {
    refusal(needed, false)
}

fn refusal(needed: &[Role], own_only: bool) -> RequestProblem {
    let needed = needed.iter().map(|role| name(*role).to_owned()).collect();
    RequestProblem::RoleMissing { needed, own_only }
}

/// The name of a role in tokens, such as `officer`.
pub(crate) fn name(role: Role) -> &'static str {
    match role {
        Role::Officer => "officer",
        Role::Operator => "operator",
        Role::Auditor => "auditor",
        Role::Service => "service",
        Role::Admin => "admin",
    }
}

/// The role of a name in a token; none for the roles of other systems, which share the claim.
pub(crate) fn role(name: &str) -> Option<Role> {
    Role::deserialize(StrDeserializer::<Error>::new(name)).ok()
}

/// Admits auditors to all events, and services to contract events.
///
/// # Errors
/// `role.missing` for everyone else.
pub(crate) fn admit_to_events(caller: &Caller, contracts_only: bool) -> Result<(), RequestProblem> {
    if caller.has(Role::Auditor) || (contracts_only && caller.has(Role::Service)) {
        return Ok(());
    }
    let needed: &[Role] = if contracts_only {
        &[Role::Auditor, Role::Service]
    } else {
        &[Role::Auditor]
    };
    Err(missing(needed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPERATOR: &str = "00000000-0000-8000-8000-000000000001";

    fn caller(sub: &str, roles: &[Role]) -> Caller {
        Caller::new(sub.to_owned(), roles.to_vec(), u64::MAX, None)
    }

    #[test]
    fn officers_and_auditors_read_everything_and_operators_their_own() {
        let everything = QueryAccess {
            service: true,
            operator: true,
        };
        let office_only = QueryAccess {
            service: false,
            operator: false,
        };
        for role in [Role::Officer, Role::Auditor, Role::Admin] {
            assert_eq!(
                everything.scope_of(&caller("x", &[role])),
                Ok(RecordScope::Everyone)
            );
            assert_eq!(
                office_only.scope_of(&caller("x", &[role])),
                Ok(RecordScope::Everyone)
            );
        }
        assert_eq!(
            everything.scope_of(&caller("x", &[Role::Service])),
            Ok(RecordScope::Everyone)
        );
        assert!(
            office_only
                .scope_of(&caller("x", &[Role::Service]))
                .is_err()
        );
        let own = RecordScope::Operator(OPERATOR.parse().unwrap());
        assert_eq!(
            everything.scope_of(&caller(OPERATOR, &[Role::Operator])),
            Ok(own)
        );
        assert!(
            office_only
                .scope_of(&caller(OPERATOR, &[Role::Operator]))
                .is_err()
        );
        assert!(
            everything
                .scope_of(&caller("197701161997031006", &[Role::Operator]))
                .is_err()
        );
        assert!(everything.scope_of(&caller(OPERATOR, &[])).is_err());
        let own_only = QueryAccess {
            service: false,
            operator: true,
        };
        // The log names a service by an account, so it reads no person's own records.
        let service = caller(OPERATOR, &[Role::Operator, Role::Service]);
        assert_eq!(service.operator_id(), None);
        assert!(own_only.scope_of(&service).is_err());
    }

    #[test]
    fn events_are_for_auditors_and_contracts_for_services_too() {
        for role in [Role::Officer, Role::Operator, Role::Admin] {
            assert!(admit_to_events(&caller("x", &[role]), false).is_err());
            assert!(admit_to_events(&caller("x", &[role]), true).is_err());
        }
        assert!(admit_to_events(&caller("x", &[Role::Auditor]), false).is_ok());
        assert!(admit_to_events(&caller("x", &[Role::Auditor]), true).is_ok());
        assert!(admit_to_events(&caller("x", &[Role::Service]), true).is_ok());
        assert!(admit_to_events(&caller("x", &[Role::Service]), false).is_err());
    }

    #[test]
    fn role_names_go_both_ways() {
        for known in ["officer", "operator", "auditor", "service", "admin"] {
            assert_eq!(role(known).map(name), Some(known));
        }
        assert_eq!(role("Officer"), None);
        assert_eq!(role("uma_authorization"), None);
    }
}
