//! The provider's description of itself (OpenID Connect Discovery 1.0).

use reqwest::Url;
use serde::Deserialize;

use crate::issuer_http::is_protected;

/// The parts of the description that signing in needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// The page where people sign in.
    pub(super) authorization: Url,
    /// The address that gives an ID token for a code.
    pub(super) token: Url,
    /// The key set of ID tokens.
    pub(super) keys: Url,
    /// The page where people sign out, if there is one.
    pub(super) sign_out: Option<Url>,
    /// Whether the client's secret goes into the body, and not into a header.
    pub(super) secret_in_body: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    end_session_endpoint: Option<Url>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

impl Metadata {
    /// The address of the description of an issuer.
    pub(super) fn address(issuer: &str) -> Option<Url> {
        let path = "/.well-known/openid-configuration";
        let url = Url::parse(&format!("{}{path}", issuer.trim_end_matches('/'))).ok()?;
        is_protected(&url).then_some(url)
    }

    /// Reads a description.
    ///
    /// # Errors
    /// It is none, it is another issuer's, or an address in it is not protected.
    pub(super) fn parse(body: &[u8], issuer: &str) -> Result<Self, String> {
        let document: Document =
            serde_json::from_slice(body).map_err(|error| format!("no description: {error}"))?;
        if document.issuer != issuer {
            return Err(format!(
                "the description names the issuer {}",
                document.issuer
            ));
        }
        let methods = document.token_endpoint_auth_methods_supported;
        let takes = |name| methods.iter().flatten().any(|method| method == name);
        let metadata = Self {
            secret_in_body: !takes("client_secret_basic") && takes("client_secret_post"),
            authorization: document.authorization_endpoint,
            token: document.token_endpoint,
            keys: document.jwks_uri,
            sign_out: document.end_session_endpoint,
        };
        let are_protected = metadata.addresses().all(is_protected);
        match are_protected {
            true => Ok(metadata),
            false => Err("an address of the provider is not https".to_owned()),
        }
    }

    fn addresses(&self) -> impl Iterator<Item = &Url> {
        let needed = [&self.authorization, &self.token, &self.keys];
        needed.into_iter().chain(&self.sign_out)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://login.example.org/realms/office";

    fn document() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://login.example.org/auth",
            "token_endpoint": "https://login.example.org/token",
            "jwks_uri": "https://login.example.org/keys",
        })
    }

    fn parse(document: &Value) -> Result<Metadata, String> {
        Metadata::parse(document.to_string().as_bytes(), ISSUER)
    }

    #[test]
    fn a_description_is_the_issuers_own_and_its_addresses_are_protected() {
        assert!(parse(&document()).is_ok());
        assert!(Metadata::parse(b"<html>", ISSUER).is_err());
        let insecure = json!("http://login.example.org/x");
        for (name, value) in [
            ("issuer", json!("https://login.example.org/realms/other")),
            ("issuer", json!(format!("{ISSUER}/"))),
            ("authorization_endpoint", insecure.clone()),
            ("authorization_endpoint", json!("javascript:alert(1)")),
            ("token_endpoint", insecure.clone()),
            ("token_endpoint", Value::Null),
            ("jwks_uri", insecure.clone()),
            ("jwks_uri", json!("file:///etc/passwd")),
            ("end_session_endpoint", insecure),
        ] {
            let mut changed = document();
            changed[name] = value;
            assert!(parse(&changed).is_err(), "{changed}");
        }
    }

    #[test]
    fn the_secret_goes_where_the_provider_takes_it() {
        let in_body = |methods: Value| {
            let mut document = document();
            document["token_endpoint_auth_methods_supported"] = methods;
            parse(&document).unwrap().secret_in_body
        };
        assert!(!in_body(Value::Null), "the default of the specification");
        assert!(!in_body(json!([
            "client_secret_post",
            "client_secret_basic"
        ])));
        assert!(in_body(json!(["client_secret_post", "private_key_jwt"])));
    }

    #[test]
    fn an_issuer_has_one_address_and_it_is_protected() {
        let address = |issuer: &str| Metadata::address(issuer).map(String::from);
        let expected = format!("{ISSUER}/.well-known/openid-configuration");
        assert_eq!(address(ISSUER), Some(expected.clone()));
        assert_eq!(address(&format!("{ISSUER}/")), Some(expected));
        assert!(address("http://127.0.0.1:9000").is_some());
        for wrong in ["http://login.example.org", "login.example.org", ""] {
            assert_eq!(address(wrong), None, "{wrong}");
        }
    }
}
