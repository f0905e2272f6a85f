//! Questions to the API, and its answers and refusals.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{
        HeaderName, Method, StatusCode,
        header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, HOST, RETRY_AFTER},
        request::Builder,
    },
    response::Response,
};
use chrono::{DateTime, NaiveDate, Utc};
use jejak_words::Language;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{context::Context, office::Person, readiness::Readiness, refusal, session::Pages};

const JSON: &str = "application/json";

/// The longest answer that a page reads, in bytes.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;
/// The most items of a list that the API answers at once.
const LARGEST_PART: u32 = 500;
/// The parameter with the position that a page must show at least.
pub(crate) const POSITION: &str = "posisi";

/// Asks the API as one person, in the language of one page.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'a> {
    pages: &'a Pages,
    context: &'a Context,
    person: &'a Person,
}

/// The refusal of a question or a command, as the API words it.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    /// The problem document (RFC 9457).
    pub(crate) document: Value,
    /// Whether waiting helps.
    pub(crate) may_retry: bool,
}

/// The answer to a command.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Given {
    pub(crate) position: u64,
    #[serde(default)]
    pub(crate) operator_id: Option<String>,
}

/// The part of a list that was asked for.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct List<T> {
    pub(crate) items: Vec<T>,
    /// The cursor of the next part.
    pub(crate) next: Option<String>,
    pub(crate) position: u64,
}

impl<'a> Asker<'a> {
    pub(crate) fn new(pages: &'a Pages, context: &'a Context, person: &'a Person) -> Self {
        Self {
            pages,
            context,
            person,
        }
    }

    /// The answer to a query. A page that follows a command waits for what the command made.
    ///
    /// # Errors
    /// The API's refusal.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Refused> {
        let position = self.context.parameter(POSITION);
        let position = position.and_then(|position| position.parse::<u64>().ok());
        let path = match position {
            Some(position) => {
                let begin = if path.contains('?') { '&' } else { '?' };
                format!("{path}{begin}min_position={position}")
            }
            None => path.to_owned(),
        };
        self.ask(Method::GET, &path, None, Body::empty()).await
    }

    /// Every item of a list, asked part by part.
    ///
    /// # Errors
    /// The API's refusal.
    pub(crate) async fn get_all<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<List<T>, Refused> {
        let begin = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{begin}limit={LARGEST_PART}");
        let mut all: List<T> = self.get(&path).await?;
        while let Some(cursor) = all.next.take() {
            let part: List<T> = self.get(&format!("{path}&cursor={cursor}")).await?;
            all.items.extend(part.items);
            all.next = part.next;
        }
        Ok(all)
    }

    /// The answer to a query, or none where the thing is not recorded.
    ///
    /// # Errors
    /// Any other refusal.
    pub(crate) async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, Refused> {
        match self.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(refused) if refused.status == StatusCode::NOT_FOUND => Ok(None),
            Err(refused) => Err(refused),
        }
    }

    /// Gives a command under a key. The same key with the same body is one command.
    ///
    /// # Errors
    /// The API's refusal.
    pub(crate) async fn give(
        &self,
        command: &str,
        key: &str,
        body: &Value,
    ) -> Result<Given, Refused> {
        let path = format!("/v1/commands/{command}");
        let body = Body::from(body.to_string());
        self.ask(Method::POST, &path, Some(key), body).await
    }

    /// A list as a file: the API's answer with its bytes and their kind, for a header such as `Accept`.
    ///
    /// # Errors
    /// The API's refusal.
    pub(crate) async fn file(
        &self,
        path: &str,
        (name, value): (HeaderName, &'static str),
    ) -> Result<Response, Refused> {
        let request = self.request(Method::GET, path).header(name, value);
        let response = self.send(request, Body::empty()).await?;
        match response.status().is_success() {
            true => Ok(response),
            false => Err(refused(response).await?),
        }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Body,
    ) -> Result<T, Refused> {
        let mut request = self
            .request(method, path)
            .header(ACCEPT, JSON)
            .header(CONTENT_TYPE, JSON);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let response = self.send(request, body).await?;
        if !response.status().is_success() {
            return Err(refused(response).await?);
        }
        let body = to_bytes(response.into_body(), LONGEST_ANSWER).await;
        let body = body.map_err(|error| fault(&error))?;
        serde_json::from_slice(&body).map_err(|error| fault(&error))
    }

    fn request(&self, method: Method, path: &str) -> Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "jejak")
            .header(ACCEPT_LANGUAGE, self.context.language.pick("id", "en"))
    }

    async fn send(&self, request: Builder, body: Body) -> Result<Response, Refused> {
        let request = request.body(body).map_err(|error| fault(&error))?;
        Ok(self.pages.office.ask(self.person, request).await)
    }

    /// Decides a command without recording anything.
    ///
    /// # Errors
    /// The refusal that the command would get.
    pub(crate) async fn try_out<T: DeserializeOwned>(
        &self,
        command: &str,
        body: &Value,
    ) -> Result<T, Refused> {
        let path = format!("/v1/commands/{command}?dry_run=1");
        let body = Body::from(body.to_string());
        self.ask(Method::POST, &path, None, body).await
    }

    /// The readiness of the office, whether it is ready or not.
    ///
    /// # Errors
    /// An answer that is none.
    pub(crate) async fn readiness(&self) -> Result<Readiness, Refused> {
        match self.get("/readyz").await {
            // An office that is not ready tells it by its status too.
            Err(refused) if refused.status == StatusCode::SERVICE_UNAVAILABLE => {
                serde_json::from_value(refused.document.clone()).map_err(|_| refused)
            }
            answered => answered,
        }
    }

    /// The value of a parameter in the page's own address.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.context.parameter(name)
    }

    /// Today, where the office is.
    pub(crate) fn today(&self) -> NaiveDate {
        self.pages.office.local_time(Utc::now()).0.date()
    }

    /// A time of the office, such as `7 Desember 2020, 08.42 WIB`.
    pub(crate) fn local_time(&self, time: DateTime<Utc>, language: Language) -> String {
        let (local, zone) = self.pages.office.local_time(time);
        let day = language.day(&local.date());
        format!("{day}, {} {zone}", local.format("%H.%M"))
    }

    /// The page of a refusal.
    pub(crate) fn refusal(&self, refused: &Refused) -> Response {
        refusal::of_document(
            self.context,
            Some(self.person),
            refused.status,
            &refused.document,
            refused.may_retry,
        )
    }
}

impl Refused {
    /// A member of the document that is a text.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.document[name].as_str().unwrap_or_default()
    }
}

/// The refusal in an answer.
///
/// # Errors
/// An answer that breaks off.
async fn refused(response: Response) -> Result<Refused, Refused> {
    let status = response.status();
    let may_retry = response.headers().contains_key(RETRY_AFTER);
    let body = to_bytes(response.into_body(), LONGEST_ANSWER).await;
    let body = body.map_err(|error| fault(&error))?;
    Ok(Refused {
        status,
        document: serde_json::from_slice(&body).unwrap_or_default(),
        may_retry,
    })
}

/// An answer that no page can read.
fn fault(error: &dyn std::fmt::Display) -> Refused {
    tracing::error!(%error, "an answer of the API cannot be shown");
    Refused {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        document: serde_json::json!({ "title": "500" }),
        may_retry: false,
    }
}
