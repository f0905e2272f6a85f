//! The state of all pages, and the session of a request: its cookie, and whose it is.

use std::sync::Arc;

use axum::response::Response;

use crate::{
    context::Context,
    html,
    office::{Office, Person},
    refusal,
};

/// The session's cookie. A browser takes a `__Host-` cookie over TLS from this host alone.
const COOKIE: &str = "__Host-jejak";
/// The session's cookie on a browser's own machine, where there may be no TLS.
const COOKIE_ON_LOOPBACK: &str = "jejak";
/// The same for a sign-in that waits for a provider.
const WAITING_COOKIE: &str = "__Host-jejak-masuk";
const WAITING_COOKIE_ON_LOOPBACK: &str = "jejak-masuk";
/// The parameter with the page to go to after signing in.
pub(crate) const BACK: &str = "ke";
/// The parameter that says that a form came after the end of its session.
pub(crate) const UNRECORDED: &str = "belum";

/// The state that all pages share.
#[derive(Clone)]
pub(crate) struct Pages {
    pub(crate) office: Arc<dyn Office>,
}

impl Pages {
    /// The person who is signed in.
    ///
    /// # Errors
    /// The answer for anybody else: the page for signing in, or that the office is away.
    pub(crate) async fn person(&self, context: &Context) -> Result<Person, Box<Response>> {
        match self.person_if_any(context).await {
            Ok(Some(person)) => Ok(person),
            Ok(None) => Err(Box::new(html::see_other(&path_back_to(context)))),
            Err(response) => Err(response),
        }
    }

    /// The person who is signed in, or nobody.
    ///
    /// # Errors
    /// The answer while the office is away.
    pub(crate) async fn person_if_any(
        &self,
        context: &Context,
    ) -> Result<Option<Person>, Box<Response>> {
        let Some(cookie) = session_cookie(context) else {
            return Ok(None);
        };
        let person = self.office.person(cookie).await;
        person.map_err(|_| Box::new(refusal::away(context)))
    }
}

/// The value of the session's cookie.
pub(crate) fn session_cookie(context: &Context) -> Option<&str> {
    context.cookie(name(context, COOKIE, COOKIE_ON_LOOPBACK))
}

/// The value of the cookie of a sign-in that waits for a provider.
pub(crate) fn waiting(context: &Context) -> Option<&str> {
    context.cookie(name(context, WAITING_COOKIE, WAITING_COOKIE_ON_LOOPBACK))
}

fn name(context: &Context, secure: &'static str, on_loopback: &'static str) -> &'static str {
    match context.is_on_loopback() {
        true => on_loopback,
        false => secure,
    }
}

/// The `Set-Cookie` value of a session; an empty one with 0 seconds takes it back.
pub(crate) fn cookie(context: &Context, value: &str, lasts_s: u64) -> String {
    set(
        context,
        name(context, COOKIE, COOKIE_ON_LOOPBACK),
        value,
        lasts_s,
    )
}

/// The same of a sign-in that waits for a provider.
pub(crate) fn waiting_cookie(context: &Context, value: &str, lasts_s: u64) -> String {
    let name = name(context, WAITING_COOKIE, WAITING_COOKIE_ON_LOOPBACK);
    set(context, name, value, lasts_s)
}

fn set(context: &Context, name: &str, value: &str, lasts_s: u64) -> String {
    let secure = match context.is_on_loopback() {
        true => "",
        false => "; Secure",
    };
    format!("{name}={value}; Path=/; Max-Age={lasts_s}; HttpOnly; SameSite=Lax{secure}")
}

/// The page for signing in, which leads back to this one. It tells that a form was not recorded.
pub(crate) fn path_back_to(context: &Context) -> String {
    let here = context.uri.path_and_query();
    let here = here.map_or("/", |path| path.as_str());
    let back = context.page_of_form.as_deref().unwrap_or(here);
    let mut query = form_urlencoded::Serializer::new(String::new());
    if back != "/" {
        query.append_pair(BACK, back);
    }
    if context.is_form {
        query.append_pair(UNRECORDED, "1");
    }
    match query.finish().as_str() {
        "" => "/masuk".to_owned(),
        query => format!("/masuk?{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_secure_everywhere_but_on_the_own_machine() {
        let on = |host: &str| {
            let headers = [(axum::http::header::HOST, host.parse().unwrap())];
            Context::of(&headers.into_iter().collect(), &"/".parse().unwrap())
        };
        let far = cookie(&on("jejak.example.org"), "x", 60);
        assert_eq!(
            far,
            "__Host-jejak=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        let near = cookie(&on("127.0.0.1:8080"), "x", 60);
        assert_eq!(near, "jejak=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    }
}
