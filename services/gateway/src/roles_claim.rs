//! The place of the roles in the tokens of an issuer elsewhere.

use serde_json::{Map, Value};

/// The place of the roles in a token, such as `roles` or `realm_access.roles`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolesClaim(String);

impl Default for RolesClaim {
    fn default() -> Self {
        Self("roles".to_owned())
    }
}

impl std::str::FromStr for RolesClaim {
    type Err = String;

    fn from_str(path: &str) -> Result<Self, String> {
        if path.is_empty() || path.split('.').any(str::is_empty) {
            return Err("must be a claim such as roles or realm_access.roles".to_owned());
        }
        Ok(Self(path.to_owned()))
    }
}

impl RolesClaim {
    /// The value at the place. A claim with exactly this name comes first: a name may hold dots, as in
    /// an address.
    pub(crate) fn find<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a Value> {
        if let Some(named) = claims.get(&self.0) {
            return Some(named);
        }
        let mut parts = self.0.split('.');
        let first = claims.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }
}
