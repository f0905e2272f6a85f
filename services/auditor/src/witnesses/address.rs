//! The address of a witness.

use std::{fmt, net::IpAddr, str::FromStr};

use reqwest::Url;

/// The address of a witness: https, or http on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessUrl(Url);

/// An address that no checkpoint is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a witness's address begins with https://, or with http:// on this machine; it has no password, ? or #"
)]
pub struct WitnessUrlError;

impl WitnessUrl {
    /// The address of a request below this one.
    pub(super) fn below(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/{path}", self.0.path().trim_end_matches('/')));
        url
    }
}

impl FromStr for WitnessUrl {
    type Err = WitnessUrlError;

    fn from_str(text: &str) -> Result<Self, WitnessUrlError> {
        let url = Url::parse(text).map_err(|_| WitnessUrlError)?;
        let host = url.host_str().ok_or(WitnessUrlError)?;
        let address = host.trim_start_matches('[').trim_end_matches(']');
        let is_here = host == "localhost"
            || address
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        let is_protected = url.scheme() == "https" || (url.scheme() == "http" && is_here);
        let is_plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if is_protected && is_plain {
            Ok(Self(url))
        } else {
            Err(WitnessUrlError)
        }
    }
}

impl fmt::Display for WitnessUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_go_to_protected_addresses_alone() {
        let below = |text: &str| {
            let url: WitnessUrl = text.parse().unwrap();
            url.below("add-checkpoint").to_string()
        };
        assert_eq!(
            below("https://w.example"),
            "https://w.example/add-checkpoint"
        );
        assert_eq!(
            below("https://w.example/a/"),
            "https://w.example/a/add-checkpoint"
        );
        assert_eq!(
            below("http://127.0.0.1:8"),
            "http://127.0.0.1:8/add-checkpoint"
        );
        assert_eq!(below("http://[::1]:8"), "http://[::1]:8/add-checkpoint");
        for wrong in [
            "w.example",
            "http://w.example",
            "ftp://127.0.0.1",
            "https://a:b@w.example",
            "https://a@w.example",
            "https://w.example/?a",
            "https://w.example/#a",
            "",
        ] {
            assert!(wrong.parse::<WitnessUrl>().is_err(), "{wrong}");
        }
    }
}
