//! `/masuk/oidc` and below: to the provider, back from it, and out of it. In an office without a provider they lead to
//! `/masuk`.

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    context::{Context, LANGUAGE},
    html,
    office::{Provider, ProviderAnswer, ProviderProblem as P},
    refusal,
    session::{self, BACK, Pages},
    sign_in::{SignInPage, local},
};

/// The path to which the provider sends the browser.
pub(crate) const RETURN_PATH: &str = "/masuk/oidc/kembali";

/// The longest address of a page to go to afterwards, in bytes.
const LONGEST_BACK: usize = 1_000;

/// Leads to the provider.
pub(crate) async fn leave(State(pages): State<Pages>, context: Context) -> Response {
    let Some(provider) = pages.office.provider() else {
        return html::see_other("/masuk");
    };
    let back = context.parameter(BACK).unwrap_or_default();
    // A browser keeps no larger cookie, and the page to go to is within it.
    let back = if back.len() > LONGEST_BACK {
        "/".to_owned()
    } else {
        back
    };
    let address = format!("{}{RETURN_PATH}", context.origin());
    let language = context.language.pick("id", "en");
    match provider.begin(&address, local(&back), language).await {
        Ok(departure) => {
            let mut response = html::see_other(&departure.address);
            let cookie = session::waiting_cookie(&context, &departure.cookie, departure.lasts_s);
            html::set_cookie(&mut response, &cookie);
            response
        }
        Err(problem) => not_signed_in(&context, provider, problem, &back),
    }
}

/// Takes the provider's answer. The cookie that waited for it has been used then.
pub(crate) async fn come_back(State(pages): State<Pages>, context: Context) -> Response {
    let Some(provider) = pages.office.provider() else {
        return html::see_other("/masuk");
    };
    let answer = ProviderAnswer {
        state: context.parameter("state").unwrap_or_default(),
        code: context.parameter("code").unwrap_or_default(),
        error: context.parameter("error"),
        issuer: context.parameter("iss"),
    };
    let waiting = session::waiting(&context).unwrap_or_default();
    let mut response = match provider.finish(waiting, &answer).await {
        Ok(arrival) => {
            let mut response = html::see_other(local(&arrival.back));
            let session = arrival.session;
            let cookie = session::cookie(&context, &session.cookie, session.lasts_s);
            html::set_cookie(&mut response, &cookie);
            response
        }
        Err(problem) => not_signed_in(&context, provider, problem, ""),
    };
    html::set_cookie(&mut response, &session::waiting_cookie(&context, "", 0));
    response
}

/// Leads to the page of the provider that ends the session there.
pub(crate) async fn sign_out(State(pages): State<Pages>, context: Context) -> Response {
    let Some(provider) = pages.office.provider() else {
        return html::see_other("/masuk");
    };
    let back = format!("{}/masuk", context.origin());
    let address = provider.sign_out_address(&back).await;
    html::see_other(address.as_deref().unwrap_or("/masuk"))
}

/// The page for signing in, with the reason why the provider's way did not work.
fn not_signed_in(context: &Context, provider: &dyn Provider, problem: P, back: &str) -> Response {
    let (status, indonesian, english) = match problem {
        P::Away => return refusal::away(context),
        P::ProviderAway => (
            StatusCode::SERVICE_UNAVAILABLE,
            "{host} tidak dapat dihubungi sekarang. Coba lagi sebentar lagi. Akun dengan kata sandi tetap dapat dipakai.",
            "{host} cannot be reached now. Try again in a moment. Accounts with a password still work.",
        ),
        P::Denied => (
            StatusCode::FORBIDDEN,
            "{host} tidak mengizinkan Anda masuk, atau Anda membatalkannya. Tidak ada yang berubah.",
            "{host} did not let you in, or you cancelled. Nothing has changed.",
        ),
        P::NotBegun => (
            StatusCode::BAD_REQUEST,
            "Upaya masuk ini sudah berakhir: lewat sepuluh menit, sudah dipakai, atau dimulai di peramban lain. Mulai lagi.",
            "This sign-in has ended: ten minutes have passed, it was used, or it began in another browser. Begin again.",
        ),
        P::Refused => (
            StatusCode::BAD_GATEWAY,
            "Jawaban dari {host} tidak dapat dipakai. Coba lagi; bila tetap begini, beri tahu administrasi.",
            "The answer of {host} cannot be used. Try again; if it stays like this, tell the administration.",
        ),
        P::WrongSubject => (
            StatusCode::FORBIDDEN,
            "{host} tidak menyebut NIP Anda, atau nomor Anda di Jejak bila Anda Penyedia. Minta administrasi memperbaikinya.",
            "{host} does not name you by your NIP, or by your id in Jejak if you are an operator. Ask the administration to mend it.",
        ),
        P::NoRole => (
            StatusCode::FORBIDDEN,
            "Akun Anda di {host} belum mempunyai peran di Jejak. Mintalah kepada administrasi.",
            "Your account at {host} has no role in Jejak yet. Ask the administration for one.",
        ),
        P::Disabled => (
            StatusCode::FORBIDDEN,
            "Akun Anda di Jejak dinonaktifkan. Tanyakan kepada administrasi.",
            "Your account in Jejak is disabled. Ask the administration.",
        ),
    };
    let words = context.language.pick(indonesian, english);
    let mut page = SignInPage::new(context, Some(provider), "", back);
    // The other language has an address that ends no sign-in.
    page.f.in_indonesian = format!("/masuk?{LANGUAGE}=id");
    page.f.in_english = format!("/masuk?{LANGUAGE}=en");
    page.provider_problem = Some(words.replace("{host}", provider.host()));
    html::page(context, status, &page)
}
