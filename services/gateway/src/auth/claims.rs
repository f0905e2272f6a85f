//! The claims of a token, as the gateway reads them.

use jejak_bus::{RequestProblem, Role, check_subject};
use jejak_events::actor::ActorName;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{caller::Caller, roles};
use crate::{problem::token_invalid, roles_claim::RolesClaim};

/// The claims that every token here has, and all others.
#[derive(Clone, Deserialize)]
pub(super) struct TokenClaims {
    sub: String,
    exp: serde_json::Number,
    iat: Option<serde_json::Number>,
    name: Option<Value>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// The roles at a place of a token. Other systems' roles are left out.
fn roles_at(place: &RolesClaim, claims: &Map<String, Value>) -> Result<Vec<Role>, RequestProblem> {
    match place.find(claims) {
        None => Ok(vec![]),
        Some(Value::Array(names)) => {
            let names = names.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
            let names = names.ok_or_else(|| token_invalid("claims"))?;
            Ok(names.into_iter().filter_map(roles::role).collect())
        }
        Some(_) => Err(token_invalid("claims")),
    }
}

impl TokenClaims {
    /// The caller of the claims. The token ends at `until` at the latest, in seconds since 1970.
    pub(super) fn caller(self, at: &RolesClaim, until: u64) -> Result<Caller, RequestProblem> {
        let roles = roles_at(at, &self.others)?;
        check_subject(&self.sub, &roles).map_err(|_| token_invalid("subject"))?;
        let expires_s = seconds(&self.exp).unwrap_or(0).min(until);
        let issued_s = self.iat.as_ref().and_then(seconds);
        let name = self.name.as_ref().and_then(name_of);
        Ok(Caller::new(self.sub, roles, expires_s, issued_s).named(name))
    }
}

/// The name of the bearer. Without one that can be kept, the token still counts: its subject says who he is.
fn name_of(claim: &Value) -> Option<ActorName> {
    claim.as_str()?.parse().ok()
}

/// A time in whole seconds. RFC 7519 allows fractions.
fn seconds(time: &serde_json::Number) -> Option<u64> {
    let whole = time.to_string();
    let whole = whole.split('.').next()?;
    whole.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn roles(path: &str, claims: &Value) -> Result<Vec<Role>, RequestProblem> {
        let path: RolesClaim = path.parse().unwrap();
        roles_at(&path, claims.as_object().unwrap())
    }

    #[test]
    fn roles_are_found_where_the_issuer_puts_them() {
        let claims = json!({
            "roles": ["officer"],
            "realm_access": {"roles": ["auditor", "uma_authorization"]},
            "https://example.org/roles": ["admin"],
        });
        assert_eq!(roles("roles", &claims), Ok(vec![Role::Officer]));
        assert_eq!(
            roles("realm_access.roles", &claims),
            Ok(vec![Role::Auditor])
        );
        assert_eq!(
            roles("https://example.org/roles", &claims),
            Ok(vec![Role::Admin])
        );
        assert_eq!(roles("realm_access.groups", &claims), Ok(vec![]));
        assert_eq!(roles("roles.deeper", &claims), Ok(vec![]));
    }

    #[test]
    fn roles_that_are_no_list_of_names_are_refused() {
        for wrong in [json!("admin"), json!({"admin": true}), json!(["admin", 1])] {
            let refused = roles("roles", &json!({ "roles": wrong }));
            assert_eq!(refused, Err(token_invalid("claims")));
        }
        for wrong in ["", ".", "a.", "a..b"] {
            assert!(wrong.parse::<RolesClaim>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_that_cannot_be_kept_counts_as_none() {
        let name = |claim: Value| name_of(&claim).map(|name| name.to_string());
        assert_eq!(
            name(json!(" Sari Dewi, S.Sos. ")),
            Some("Sari Dewi, S.Sos.".to_owned())
        );
        for wrong in [
            json!(null),
            json!(7),
            json!(["Sari"]),
            json!(" "),
            json!("Sari\nDewi"),
            json!("a".repeat(201)),
        ] {
            assert_eq!(name(wrong.clone()), None, "{wrong}");
        }
    }

    #[test]
    fn times_may_have_fractions() {
        for (time, whole) in [
            (json!(12), Some(12)),
            (json!(12.9), Some(12)),
            (json!(-1), None),
        ] {
            let time: serde_json::Number = serde_json::from_value(time).unwrap();
            assert_eq!(seconds(&time), whole);
        }
    }
}
