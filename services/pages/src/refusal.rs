//! Pages for what cannot be shown: an unknown address, a refusal, an office that is away.

use askama::Template;
use axum::{
    http::{
        HeaderMap, StatusCode, Uri,
        header::{ACCEPT, RETRY_AFTER},
    },
    response::Response,
};
use serde_json::Value;

use crate::{
    context::Context,
    frame::{Frame, Section},
    html,
    office::Person,
};

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage {
    f: Frame,
    status: u16,
    title: String,
    detail: String,
    /// An incident that the administration finds in its log.
    incident: Option<String>,
    /// Whether the same address may answer in a moment.
    may_retry: bool,
}

/// Whether a refused request came from a browser that shows pages. The API answers in JSON.
pub fn wants_page(headers: &HeaderMap, uri: &Uri) -> bool {
    let accepts = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let is_of_api = ["/v1/", "/log/"]
        .iter()
        .any(|api| uri.path().starts_with(api));
    accepts.is_some_and(|accept| accept.contains("text/html")) && !is_of_api
}

/// The page of a refusal, by its problem document in the language of the page.
///
/// `refused` carries the status, and `Retry-After` where waiting helps.
pub fn refusal_page(
    asked: &HeaderMap,
    uri: &Uri,
    refused: (StatusCode, &HeaderMap),
    document: impl FnOnce(jejak_words::Language) -> Value,
) -> Response {
    let context = Context::of(asked, uri);
    let (status, headers) = refused;
    let document = document(context.language);
    let may_retry = headers.contains_key(RETRY_AFTER);
    let mut response = of_document(&context, None, status, &document, may_retry);
    if let Some(seconds) = headers.get(RETRY_AFTER) {
        response.headers_mut().insert(RETRY_AFTER, seconds.clone());
    }
    response
}

/// The page of a problem document.
pub(crate) fn of_document(
    context: &Context,
    person: Option<&Person>,
    status: StatusCode,
    document: &Value,
    may_retry: bool,
) -> Response {
    let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
    let page = RefusalPage {
        f: Frame::new(context, person, Section::None),
        status: status.as_u16(),
        title: text("title"),
        detail: text("detail"),
        incident: document["incident"].as_str().map(str::to_owned),
        may_retry,
    };
    html::page(context, status, &page)
}

/// A page in words of its own.
fn in_words(context: &Context, status: StatusCode, words: [&'static str; 4]) -> Response {
    let [title_id, title_en, detail_id, detail_en] = words;
    let page = RefusalPage {
        f: Frame::new(context, None, Section::None),
        status: status.as_u16(),
        title: context.language.pick(title_id, title_en).to_owned(),
        detail: context.language.pick(detail_id, detail_en).to_owned(),
        incident: None,
        may_retry: status == StatusCode::SERVICE_UNAVAILABLE,
    };
    html::page(context, status, &page)
}

/// The accounts cannot be read, so nobody is known.
pub(crate) fn away(context: &Context) -> Response {
    in_words(
        context,
        StatusCode::SERVICE_UNAVAILABLE,
        [
            "Kantor sedang tidak dapat dihubungi",
            "The office cannot be reached",
            "Catatan tidak hilang. Coba lagi sebentar lagi; bila tetap begini, hubungi administrasi.",
            "Nothing is lost. Try again in a moment; if it stays like this, tell the administration.",
        ],
    )
}

/// A form of another site.
pub(crate) fn cross_site(context: &Context) -> Response {
    in_words(
        context,
        StatusCode::FORBIDDEN,
        [
            "Formulir ini tidak berasal dari halaman Jejak",
            "This form does not come from a page of Jejak",
            "Tidak ada yang diubah. Buka halaman Jejak sendiri, lalu isi formulirnya di sana.",
            "Nothing was changed. Open the page of Jejak itself and fill in the form there.",
        ],
    )
}

/// A one-time link that was used, or whose time is over.
pub(crate) fn link_ended(context: &Context) -> Response {
    in_words(
        context,
        StatusCode::GONE,
        [
            "Tautan ini sudah tidak berlaku",
            "This link has ended",
            "Tautan hanya dapat dipakai sekali, dalam waktu terbatas. Minta tautan baru kepada administrasi.",
            "A link works once, for a limited time. Ask the administration for a new one.",
        ],
    )
}

/// An administrator does not disable his own account.
pub(crate) fn own_account(context: &Context) -> Response {
    in_words(
        context,
        StatusCode::UNPROCESSABLE_ENTITY,
        [
            "Ini akun Anda sendiri",
            "This is your own account",
            "Tidak ada yang diubah. Minta administrasi lain, atau gunakan perintah jejak account disable.",
            "Nothing was changed. Ask another administrator, or use the command jejak account disable.",
        ],
    )
}

/// An address that names no account, or no change of one.
pub(crate) fn unknown_account(context: &Context) -> Response {
    in_words(
        context,
        StatusCode::NOT_FOUND,
        [
            "Akun ini tidak ada",
            "There is no such account",
            "Tidak ada yang diubah. Mulai lagi dari daftar akun.",
            "Nothing was changed. Begin again at the list of accounts.",
        ],
    )
}
