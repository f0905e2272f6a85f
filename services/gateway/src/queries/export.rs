//! A list as a table: its pages are asked for one after the other, at one position or later, and written down.

use axum::{
    http::{HeaderMap, HeaderValue, header::VARY},
    response::Response,
};
use jejak_projections::Query;
use serde_json::Value;

use super::{
    ask::{ask, position_of},
    params::ViewQuery,
};
use crate::{
    access_log::EntryKind,
    app::App,
    auth::{Caller, roles::RecordScope},
    positions::JEJAK_POSITION,
    problem::{Failure, fault, language, share_taken, too_many},
    request_ids::X_CORRELATION_ID,
    tables::{self, Table, TableFormat},
};

/// A caller's request for a list as a table.
pub(super) struct Export<'a> {
    pub(super) app: &'a App,
    pub(super) query: &'static Query,
    pub(super) caller: &'a Caller,
    pub(super) scope: RecordScope,
    pub(super) headers: &'a HeaderMap,
}

impl Export<'_> {
    /// Answers with the whole list. `limit` and `cursor` of the request do not count.
    ///
    /// # Errors
    /// Those of the list in JSON; `list.too_long`; `request.too_many` for a caller's second table at once.
    pub(super) async fn answer(
        self,
        mut asked: ViewQuery,
        format: TableFormat,
    ) -> Result<Response, Failure> {
        let subject = self.caller.actor().sub.clone();
        let _own = self.app.tables_of.take(subject).ok_or_else(share_taken)?;
        // A table is held in memory, so few are written at once. The others wait for their turn.
        let _turn = self.app.tables.acquire().await.map_err(|_| too_many())?;
        let language = language::of(self.headers);
        let mut table = Table::new(self.query, format, language)?;
        if let Value::Object(params) = &mut asked.params {
            params.remove("cursor");
            params.insert("limit".to_owned(), tables::PAGE.into());
        }
        let mut first = None;
        loop {
            let body = ask(self.app, &asked, self.scope).await?;
            let position =
                position_of(&body).ok_or_else(|| fault(&"an answer without a position"))?;
            // No later page is older than the first one.
            asked.min_position = *first.get_or_insert(position);
            let read = EntryKind::Read {
                caller: self.caller.clone(),
                query: self.query.path,
                params: asked.params.clone(),
                answer: body.clone(),
                correlation: self.headers.get(X_CORRELATION_ID).cloned(),
            };
            self.app.access_log.add(read).await;
            let next;
            (table, next) = off_thread(move || {
                let (items, next) = tables::page(&body)?;
                table.add(&items)?;
                Ok((table, next))
            })
            .await?;
            match next {
                Some(cursor) => asked.params["cursor"] = cursor.into(),
                None => break,
            }
        }
        let bytes = off_thread(move || Ok(table.finish()?)).await?;
        let mut response = tables::answer(self.query, format, bytes);
        let headers = response.headers_mut();
        headers.insert(VARY, HeaderValue::from_static("accept, accept-language"));
        headers.insert(JEJAK_POSITION, HeaderValue::from(first.unwrap_or_default()));
        Ok(response)
    }
}

/// Does work that takes milliseconds beside the thread that answers others.
async fn off_thread<R: Send + 'static>(
    work: impl FnOnce() -> Result<R, jejak_bus::Problem> + Send + 'static,
) -> Result<R, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|error| fault(&error))??)
}
