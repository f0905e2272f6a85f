//! Who may ask what (api.md, Identity). Who may command what is `jejak_bus::request::role_for`.

use jejak_bus::{RequestProblem, request::Role};
use jejak_events::ids::OperatorId;

use super::Caller;

/// Who reads a query besides office-holders, auditors and the administration, who read all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Readers {
    /// Other services.
    pub(crate) service: bool,
    /// The people hired, as far as it is about themselves.
    pub(crate) operator: bool,
}

/// How much of a query's answer is for a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// All of it.
    All,
    /// What is about himself.
    Own(OperatorId),
}

impl Readers {
    /// How much a caller may see.
    ///
    /// # Errors
    /// `role.missing` for nothing at all.
    pub(crate) fn admit(self, caller: &Caller) -> Result<Sight, RequestProblem> {
        let has = |role| caller.has(role);
        if has(Role::Officer)
            || has(Role::Auditor)
            || has(Role::Admin)
            || (self.service && has(Role::Service))
        {
            return Ok(Sight::All);
        }
        match caller.operator_id() {
            Some(operator_id) if self.operator => Ok(Sight::Own(operator_id)),
            Some(_) => Err(self.not_own()),
            None => Err(missing(&self.needed())),
        }
    }

    /// The refusal for a person hired who asks for what is not about himself.
    pub(crate) fn not_own(self) -> RequestProblem {
        refusal(&self.needed(), true)
    }

    fn needed(self) -> Vec<Role> {
        let mut needed = vec![Role::Officer, Role::Auditor, Role::Admin];
        if self.service {
            needed.push(Role::Service);
        }
        needed
    }
}

/// The refusal that names the roles that would do.
pub(crate) fn missing(needed: &[Role]) -> RequestProblem {
    refusal(needed, false)
}

fn refusal(needed: &[Role], own_only: bool) -> RequestProblem {
    let needed = needed.iter().map(|role| name(*role).to_owned()).collect();
    RequestProblem::RoleMissing { needed, own_only }
}

/// The name of a role in tokens.
pub(crate) fn name(role: Role) -> &'static str {
    match role {
        Role::Officer => "officer",
        Role::Operator => "operator",
        Role::Auditor => "auditor",
        Role::Service => "service",
        Role::Admin => "admin",
    }
}

/// The role of a name; `None` for what other issuers put beside ours.
pub(crate) fn role(name_in_token: &str) -> Option<Role> {
    let all = [
        Role::Officer,
        Role::Operator,
        Role::Auditor,
        Role::Service,
        Role::Admin,
    ];
    all.into_iter().find(|role| name(*role) == name_in_token)
}

/// Whether a caller may read events: auditors all of them, services the contract feed.
///
/// # Errors
/// `role.missing`.
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
        Caller::new(sub.to_owned(), roles.to_vec(), u64::MAX)
    }

    #[test]
    fn offices_and_auditors_see_all_others_what_is_theirs() {
        let everything = Readers {
            service: true,
            operator: true,
        };
        let office_only = Readers {
            service: false,
            operator: false,
        };
        for role in [Role::Officer, Role::Auditor, Role::Admin] {
            assert_eq!(everything.admit(&caller("x", &[role])), Ok(Sight::All));
            assert_eq!(office_only.admit(&caller("x", &[role])), Ok(Sight::All));
        }
        assert_eq!(
            everything.admit(&caller("x", &[Role::Service])),
            Ok(Sight::All)
        );
        assert!(office_only.admit(&caller("x", &[Role::Service])).is_err());
        let own = Sight::Own(OPERATOR.parse().unwrap());
        assert_eq!(
            everything.admit(&caller(OPERATOR, &[Role::Operator])),
            Ok(own)
        );
        assert!(
            office_only
                .admit(&caller(OPERATOR, &[Role::Operator]))
                .is_err()
        );
        assert!(
            everything
                .admit(&caller("197701161997031006", &[Role::Operator]))
                .is_err()
        );
        assert!(everything.admit(&caller(OPERATOR, &[])).is_err());
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
        assert_eq!(role("officer"), Some(Role::Officer));
        assert_eq!(role("Officer"), None);
        assert_eq!(role("uma_authorization"), None);
    }
}
