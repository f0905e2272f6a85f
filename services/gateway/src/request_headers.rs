//! Headers that a request has once. A proxy and the gateway might each read another one of two.

use axum::{
    extract::Request,
    http::{
        HeaderName, Version,
        header::{AUTHORIZATION, CONTENT_TYPE, HOST},
        uri::Authority,
    },
};
use jejak_bus::RequestProblem;

use crate::problem::malformed;

pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Each of these decides what a request means.
const ONCE: [HeaderName; 4] = [HOST, AUTHORIZATION, CONTENT_TYPE, IDEMPOTENCY_KEY];

/// Whether each header that decides what a request means is there once at most. HTTP/1.1 needs a
/// `Host` (RFC 9112, 3.2).
///
/// # Errors
/// `request.malformed` with the name of the header.
pub(crate) fn check(request: &Request) -> Result<(), RequestProblem> {
    let headers = request.headers();
    let twice = |name: &&HeaderName| headers.get_all(*name).iter().nth(1).is_some();
    if let Some(name) = ONCE.iter().find(twice) {
        return Err(malformed(written(name), "the header is sent twice"));
    }
    if request.version() == Version::HTTP_11 && !headers.contains_key(HOST) {
        return Err(malformed(written(&HOST), "the header is missing"));
    }
    let host = headers.get(HOST);
    if host.is_some_and(|host| !names_one_host(host.as_bytes())) {
        return Err(malformed(written(&HOST), "it must name one host"));
    }
    Ok(())
}

/// Whether a value is `host` or `host:port`.
fn names_one_host(value: &[u8]) -> bool {
    let authority = Authority::try_from(value);
    authority.is_ok_and(|authority| !value.contains(&b'@') && !authority.host().is_empty())
}

/// The name as documents write it: each part with a capital.
fn written(name: &HeaderName) -> String {
    let parts = name.as_str().split('-').map(|part| {
        let (first, rest) = part.split_at(part.len().min(1));
        first.to_uppercase() + rest
    });
    parts.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::names_one_host;

    #[test]
    fn a_host_is_one_name_with_or_without_a_port() {
        for host in [
            "jejak.example.org",
            "127.0.0.1:8080",
            "[::1]:8080",
            "localhost",
        ] {
            assert!(names_one_host(host.as_bytes()), "{host}");
        }
        for host in [
            "", "a, b", "a b", "a/b", "user@a", "http://a", "a:b:c", "a\u{e9}",
        ] {
            assert!(!names_one_host(host.as_bytes()), "{host}");
        }
    }
}
