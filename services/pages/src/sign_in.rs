//! `/masuk`, `/keluar` and `/sandi/{link}`: signing in, signing out, and choosing a password.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};

use crate::{
    context::Context,
    form::Form,
    frame::{Frame, Section},
    html,
    office::{ChoosePasswordProblem, LinkOwner, Provider, SignInProblem},
    refusal,
    session::{BACK, Pages, UNRECORDED, cookie},
};

#[derive(Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignInPage {
    pub(crate) f: Frame,
    /// The provider where people may sign in too, by its host.
    provider: Option<String>,
    /// The address that leads to it.
    provider_path: String,
    /// The reason why signing in there did not work.
    pub(crate) provider_problem: Option<String>,
    subject: String,
    back: String,
    problem: Option<String>,
    /// Seconds until the next try counts.
    wait_s: Option<u64>,
    /// Whether the password was chosen just now.
    is_new: bool,
    is_signed_out: bool,
    /// Whether a form came after the end of its session.
    is_unrecorded: bool,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    f: Frame,
    owner: LinkOwner,
    link: String,
    problem: Option<String>,
}

impl SignInPage {
    pub(crate) fn new(
        context: &Context,
        provider: Option<&dyn Provider>,
        subject: &str,
        back: &str,
    ) -> Self {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(BACK, back);
        Self {
            f: Frame::new(context, None, Section::None),
            provider: provider.map(|provider| provider.host().to_owned()),
            provider_path: match back {
                "" => "/masuk/oidc".to_owned(),
                _ => format!("/masuk/oidc?{}", query.finish()),
            },
            provider_problem: None,
            subject: subject.to_owned(),
            back: back.to_owned(),
            problem: None,
            wait_s: None,
            is_new: context.parameter("baru").is_some(),
            is_signed_out: context.parameter("keluar").is_some(),
            is_unrecorded: context.parameter(UNRECORDED).is_some(),
        }
    }
}

/// A path of this office; the first page for anything else.
pub(crate) fn local(path: &str) -> &str {
    let rest = path.strip_prefix('/');
    let is_local = rest.is_some_and(|rest| !rest.starts_with(['/', '\\']));
    let is_plain = path.bytes().all(|b| b.is_ascii_graphic());
    match is_local && is_plain {
        true => path,
        false => "/",
    }
}

/// The form for signing in.
pub(crate) async fn form(State(pages): State<Pages>, context: Context) -> Response {
    let back = context.parameter(BACK).unwrap_or_default();
    if let Ok(Some(_)) = pages.person_if_any(&context).await {
        return html::see_other(local(&back));
    }
    html::page(
        &context,
        StatusCode::OK,
        &SignInPage::new(&context, pages.office.provider(), "", &back),
    )
}

/// Signs in, and leads to the page that was asked before.
pub(crate) async fn sign_in(State(pages): State<Pages>, context: Context, form: Form) -> Response {
    let (subject, back) = (form.get("akun").trim(), form.get(BACK));
    let problem = match pages.office.sign_in(subject, form.get("sandi")).await {
        Ok(session) => {
            let mut response = html::see_other(local(back));
            let cookie = cookie(&context, &session.cookie, session.lasts_s);
            html::set_cookie(&mut response, &cookie);
            return response;
        }
        Err(problem) => problem,
    };
    let mut page = SignInPage::new(&context, pages.office.provider(), subject, back);
    let status = match problem {
        SignInProblem::Away => return refusal::away(&context),
        SignInProblem::Wrong => {
            let wrong = page.f.t(
                "Nama akun atau kata sandi salah.",
                "The account or the password is wrong.",
            );
            page.problem = Some(wrong.to_owned());
            StatusCode::UNPROCESSABLE_ENTITY
        }
        SignInProblem::Slowed { seconds } => {
            page.wait_s = Some(seconds);
            StatusCode::TOO_MANY_REQUESTS
        }
    };
    html::page(&context, status, &page)
}

/// Ends the session.
pub(crate) async fn sign_out(State(pages): State<Pages>, context: Context) -> Response {
    match pages.person_if_any(&context).await {
        Ok(Some(person)) if pages.office.sign_out(&person).await.is_err() => {
            // The cookie stays: the person must know that the session goes on.
            return refusal::away(&context);
        }
        Ok(_) => {}
        Err(response) => return *response,
    }
    let mut response = html::see_other("/masuk?keluar=1");
    html::set_cookie(&mut response, &cookie(&context, "", 0));
    response
}

/// The form for a password, behind a one-time link.
pub(crate) async fn password_form(
    State(pages): State<Pages>,
    context: Context,
    Path(link): Path<String>,
) -> Response {
    match pages.office.link_owner(&link).await {
        Ok(Some(owner)) => password_page(&context, owner, link, None),
        Ok(None) => refusal::link_ended(&context),
        Err(_) => refusal::away(&context),
    }
}

fn password_page(
    context: &Context,
    owner: LinkOwner,
    link: String,
    problem: Option<String>,
) -> Response {
    let status = match problem {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let f = Frame::new(context, None, Section::None);
    let page = PasswordPage {
        f,
        owner,
        link,
        problem,
    };
    html::page(context, status, &page)
}

/// Sets the password of the link's owner.
pub(crate) async fn choose_password(
    State(pages): State<Pages>,
    context: Context,
    Path(link): Path<String>,
    form: Form,
) -> Response {
    use ChoosePasswordProblem as P;
    let owner = match pages.office.link_owner(&link).await {
        Ok(Some(owner)) => owner,
        Ok(None) => return refusal::link_ended(&context),
        Err(_) => return refusal::away(&context),
    };
    let t = |indonesian: &'static str, english: &'static str| {
        context.language.pick(indonesian, english)
    };
    let password = form.get("sandi");
    if password != form.get("ulang") {
        let differs = t(
            "Kedua kata sandi tidak sama. Ketik lagi keduanya.",
            "The two passwords differ. Type both again.",
        );
        return password_page(&context, owner, link, Some(differs.to_owned()));
    }
    let problem = match pages.office.choose_password(&link, password).await {
        Ok(()) => return html::see_other("/masuk?baru=1"),
        Err(P::LinkEnded) => return refusal::link_ended(&context),
        Err(P::Away) => return refusal::away(&context),
        Err(P::TooShort { least }) => {
            let rest = t(
                "karakter. Tambah beberapa kata.",
                "characters. Add some words.",
            );
            let begin = t("Kata sandi paling sedikit", "A password has at least");
            format!("{begin} {least} {rest}")
        }
        Err(P::TooLong { most }) => {
            let begin = t("Kata sandi paling banyak", "A password has at most");
            format!("{begin} {most} {}", t("karakter.", "characters."))
        }
        Err(P::IsName) => t(
            "Kata sandi tidak boleh sama dengan nama akun.",
            "The password must not be the name of the account.",
        )
        .to_owned(),
    };
    password_page(&context, owner, link, Some(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_this_office_is_gone_back_to() {
        assert_eq!(local("/orang?q=budi"), "/orang?q=budi");
        for wrong in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/a\r\nx",
            "orang",
        ] {
            assert_eq!(local(wrong), "/", "{wrong}");
        }
    }
}
