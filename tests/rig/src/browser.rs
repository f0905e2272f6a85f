//! A person's browser without a screen: it keeps cookies, follows no redirect by itself, and says where a
//! form comes from.

use std::collections::BTreeMap;

use reqwest::{
    Method, Response,
    header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE},
};

/// A browser at one gateway.
#[derive(Clone)]
pub struct Browser {
    client: reqwest::Client,
    base: String,
    /// The cookies by name.
    pub cookies: BTreeMap<String, String>,
}

/// A page as it arrived.
#[derive(Debug, Clone)]
pub struct PageAnswer {
    /// The status of HTTP.
    pub status: u16,
    /// The address of a redirect.
    pub location: Option<String>,
    /// The HTML.
    pub html: String,
    /// The value of `Cache-Control`, which says whether the browser keeps a copy.
    pub cache: String,
}

impl Browser {
    /// A browser without cookies, at the gateway with this address.
    pub fn new(base: &str) -> Self {
        // A second provider is refused, which is as good as the first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self {
            client: client.build().expect("a client can be made"),
            base: base.to_owned(),
            cookies: BTreeMap::new(),
        }
    }

    /// Asks for a page.
    pub async fn get(&mut self, path: &str) -> PageAnswer {
        let request = self.request(Method::GET, path);
        self.send(request).await
    }

    /// Sends a form of a page of this gateway.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> PageAnswer {
        let origin = self.base.clone();
        self.post_from(path, fields, &origin).await
    }

    /// Sends a form of a page at any origin.
    pub async fn post_from(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        origin: &str,
    ) -> PageAnswer {
        self.post_with(path, fields, &[("origin", origin)]).await
    }

    /// Sends a form with these headers alone to say where it comes from.
    pub async fn post_with(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> PageAnswer {
        let mut body = reqwest::Url::parse("http://form").expect("it is an address");
        body.query_pairs_mut().extend_pairs(fields);
        let request = self
            .request(Method::POST, path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.query().unwrap_or_default().to_owned());
        let headers = headers.iter();
        let request = headers.fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        self.send(request).await
    }

    /// Follows a link or a redirect, as far as it stays at this gateway. The last answer leads elsewhere or nowhere.
    pub async fn follow(&mut self, address: &str) -> PageAnswer {
        let mut answer = self.get(self.path(address)).await;
        while let Some(next) = answer.location.clone() {
            if !next.starts_with('/') && !next.starts_with(&self.base) {
                break;
            }
            answer = self.get(self.path(&next)).await;
        }
        answer
    }

    /// The path of an address at this gateway.
    pub fn path<'a>(&self, address: &'a str) -> &'a str {
        address.strip_prefix(&self.base).unwrap_or(address)
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let cookies = self.cookies.iter();
        let cookies: Vec<_> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = self.client.request(method, format!("{}{path}", self.base));
        request
            .header(ACCEPT, "text/html,application/xhtml+xml")
            .header(COOKIE, cookies.join("; "))
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> PageAnswer {
        let response = request.send().await.expect("the gateway answers");
        self.keep_cookies(&response);
        let header = |name| {
            let value = response.headers().get(name);
            value
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        PageAnswer {
            status: response.status().as_u16(),
            location: header(LOCATION),
            cache: header(CACHE_CONTROL).unwrap_or_default(),
            html: response.text().await.expect("a page has a body"),
        }
    }

    fn keep_cookies(&mut self, response: &Response) {
        for cookie in response.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap_or_default();
            let pair = cookie.split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            match cookie.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }
}

impl PageAnswer {
    /// The value of the hidden field with the key of a form.
    pub fn key(&self) -> &str {
        let after = self.html.split("name=\"kunci\" value=\"").nth(1);
        let key = after.and_then(|rest| rest.split('"').next());
        key.unwrap_or_else(|| panic!("no form: {}", self.html))
    }
}
