//! The history of a person: what happened in plain words, the newest first, and the proof of each event.

use axum::{
    body::Body,
    extract::{Path, State},
    http::header::ACCEPT,
    response::Response,
};

use jejak_words::Language;

use crate::{
    address::path_segment,
    answer::{Asker, List, Refused},
    context::Context,
    records::HistoryItem,
    session::Pages,
};

/// Events on one page.
const EVENTS: u32 = 50;
/// The parameter with the place in the history.
const OLDER: &str = "riwayat";

/// A part of a history, the newest event first.
pub(crate) struct History {
    pub(crate) lines: Vec<HistoryLine>,
    /// The address of the older events.
    pub(crate) older: Option<String>,
    /// Whether newer events are left out.
    pub(crate) is_older: bool,
}

/// An event with its time in the office's zone.
pub(crate) struct HistoryLine {
    pub(crate) item: HistoryItem,
    pub(crate) when: String,
}

impl HistoryLine {
    /// The lines of events, which come in their order in the log, the newest first.
    pub(crate) fn latest_first(
        asker: Asker<'_>,
        language: Language,
        items: Vec<HistoryItem>,
    ) -> Vec<Self> {
        let lines = items.into_iter().rev();
        lines.map(|item| Self::of(asker, language, item)).collect()
    }

    fn of(asker: Asker<'_>, language: Language, item: HistoryItem) -> Self {
        Self {
            when: asker.local_time(item.time, language),
            item,
        }
    }
}

impl History {
    /// Asks for the part that the address names.
    ///
    /// # Errors
    /// The API's refusal.
    pub(crate) async fn ask(
        asker: Asker<'_>,
        context: &Context,
        operator_id: &str,
    ) -> Result<Self, Refused> {
        let cursor = context.parameter(OLDER);
        let path = api_path(operator_id, cursor.as_deref());
        let answer: List<HistoryItem> = asker.get(&path).await?;
        let lines = answer.items.into_iter();
        let lines = lines.map(|item| HistoryLine::of(asker, context.language, item));
        let older = |cursor: String| format!("/orang/{operator_id}?{OLDER}={cursor}#riwayat");
        Ok(Self {
            lines: lines.collect(),
            older: answer.next.map(older),
            is_older: cursor.is_some(),
        })
    }

    /// The name of an actor, as far as these events tell it.
    pub(crate) fn name_of(&self, actor: &str) -> Option<&str> {
        let lines = self.lines.iter();
        let mut of_actor = lines.filter(|line| line.item.actor == actor);
        of_actor.find_map(|line| line.item.actor_name.as_deref())
    }
}

/// The API's address of a part of a history.
fn api_path(operator_id: &str, cursor: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("order", "newest");
    query.append_pair("limit", &EVENTS.to_string());
    if let Some(cursor) = cursor {
        query.append_pair("cursor", cursor);
    }
    format!("/v1/operators/{operator_id}/history?{}", query.finish())
}

/// The proof of one event of a person, as the API gives it.
pub(crate) async fn proof(
    State(pages): State<Pages>,
    context: Context,
    Path((operator_id, position)): Path<(String, String)>,
) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(&pages, &context, &person);
    let (operator_id, position) = (path_segment(&operator_id), path_segment(&position));
    let path = format!("/v1/operators/{operator_id}/proofs/{position}");
    match asker.file(&path, (ACCEPT, "*/*")).await {
        Ok(file) => file.map(Body::from),
        Err(refused) => asker.refusal(&refused),
    }
}
