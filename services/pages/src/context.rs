//! What a page needs to know of its request: the language, the address, the cookies, the host.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, Method, Uri,
        header::{COOKIE, HOST, REFERER},
        request::Parts,
    },
};
use jejak_words::Language;

/// The name of the cookie with the language, and of the parameter that sets it.
pub(crate) const LANGUAGE: &str = "bahasa";

/// A request, as a page sees it.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) language: Language,
    /// Whether the address chose the language. The answer then keeps the choice in a cookie.
    pub(crate) chose_language: bool,
    pub(crate) uri: Uri,
    /// Whether a form was sent, and not a page asked for.
    pub(crate) is_form: bool,
    /// The page that the form stands on, if the browser says it: its path with its parameters.
    pub(crate) page_of_form: Option<String>,
    cookies: Vec<(String, String)>,
    host: String,
}

impl Context {
    /// Reads headers and address.
    pub(crate) fn of(headers: &HeaderMap, uri: &Uri) -> Self {
        let cookies: Vec<_> = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let asked = parameters(uri).find(|(name, _)| name == LANGUAGE);
        let asked = asked.and_then(|(_, value)| language(&value));
        let kept = cookies.iter().find(|(name, _)| name == LANGUAGE);
        let kept = kept.and_then(|(_, value)| language(value));
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        Self {
            language: asked.or(kept).unwrap_or(Language::Indonesian),
            chose_language: asked.is_some(),
            uri: uri.clone(),
            is_form: false,
            page_of_form: None,
            cookies,
            host: host.unwrap_or_default().to_owned(),
        }
    }

    /// The same, for a form that was sent.
    fn of_form(self, headers: &HeaderMap) -> Self {
        let page = headers.get(REFERER).and_then(|page| page.to_str().ok());
        let page = page.and_then(|page| page.strip_prefix(&self.origin()));
        let page = page.filter(|page| page.starts_with('/'));
        Self {
            is_form: true,
            page_of_form: page.map(str::to_owned),
            ..self
        }
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let found = self.cookies.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The value of a parameter in the address, if it is there and not empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let mut all = parameters(&self.uri);
        let (_, value) = all.find(|(known, _)| known == name)?;
        (!value.trim().is_empty()).then(|| value.into_owned())
    }

    /// The address of the same page in another language.
    pub(crate) fn in_language(&self, code: &str) -> String {
        self.here_with(&[(LANGUAGE, code)])
    }

    /// The address of the same page with other values for some parameters.
    pub(crate) fn here_with(&self, changed: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let is_kept = |name: &str| changed.iter().all(|(other, _)| *other != name);
        query.extend_pairs(parameters(&self.uri).filter(|(name, _)| is_kept(name)));
        query.extend_pairs(changed);
        format!("{}?{}", self.uri.path(), query.finish())
    }

    /// The host of the request, with its port.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The origin at which the browser reaches this office. Everywhere but on its own machine it comes by TLS.
    pub(crate) fn origin(&self) -> String {
        let scheme = match self.is_on_loopback() {
            true => "http",
            false => "https",
        };
        format!("{scheme}://{}", self.host)
    }

    /// Whether the browser talks to its own machine. Only there a cookie may travel without TLS.
    pub(crate) fn is_on_loopback(&self) -> bool {
        let name = match self.host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => self.host.split(':').next().unwrap_or_default(),
        };
        let address = name.parse::<std::net::IpAddr>();
        name == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

impl<S: Sync> FromRequestParts<S> for Context {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let context = Self::of(&parts.headers, &parts.uri);
        Ok(match parts.method == Method::POST {
            true => context.of_form(&parts.headers),
            false => context,
        })
    }
}

fn parameters(uri: &Uri) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
}

fn language(code: &str) -> Option<Language> {
    match code {
        "id" => Some(Language::Indonesian),
        "en" => Some(Language::English),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(uri: &str, headers: &[(&'static str, &str)]) -> Context {
        let headers = headers.iter().map(|(name, value)| {
            let name = axum::http::HeaderName::from_static(name);
            (name, value.parse().unwrap())
        });
        Context::of(&headers.collect(), &uri.parse().unwrap())
    }

    #[test]
    fn the_address_chooses_the_language_before_the_cookie() {
        let english = [("cookie", "a=b; bahasa=en")];
        assert_eq!(context("/", &[]).language, Language::Indonesian);
        assert_eq!(context("/", &english).language, Language::English);
        let chosen = context("/?bahasa=id", &english);
        assert!(chosen.language == Language::Indonesian && chosen.chose_language);
        let unknown = context("/?bahasa=fr", &[]);
        assert!(unknown.language == Language::Indonesian && !unknown.chose_language);
    }

    #[test]
    fn the_other_language_keeps_the_rest_of_the_address() {
        let here = context("/orang?q=budi+s&bahasa=id", &[]);
        assert_eq!(here.in_language("en"), "/orang?q=budi+s&bahasa=en");
    }

    #[test]
    fn the_page_of_a_form_is_one_of_this_office() {
        let page = |from: &str| {
            let headers = [("host", "jejak.example.org"), ("referer", from)];
            let names = headers.map(|(name, value)| {
                let name = axum::http::HeaderName::from_static(name);
                (name, value.parse().unwrap())
            });
            let context = context("/orang/baru", &headers);
            context.of_form(&names.into_iter().collect()).page_of_form
        };
        let own = "https://jejak.example.org";
        assert_eq!(
            page(&format!("{own}/cuti?bulan=3")),
            Some("/cuti?bulan=3".to_owned())
        );
        for other in [own, "https://evil.example/x", "http://jejak.example.org/x"] {
            assert_eq!(page(other), None, "{other}");
        }
        assert_eq!(page(&format!("{own}.evil.example/x")), None);
    }

    #[test]
    fn a_name_that_only_begins_like_loopback_is_none() {
        let on = |host| context("/", &[("host", host)]).is_on_loopback();
        let origin = |host| context("/", &[("host", host)]).origin();
        assert_eq!(origin("localhost:8080"), "http://localhost:8080");
        assert_eq!(origin("jejak.example.org"), "https://jejak.example.org");
        for own in ["localhost:8080", "127.0.0.1", "127.8.9.1:80", "[::1]:8080"] {
            assert!(on(own), "{own}");
        }
        for other in [
            "localhost.example.org",
            "127.0.0.1.example.org",
            "10.0.0.1",
            "",
        ] {
            assert!(!on(other), "{other}");
        }
    }
}
