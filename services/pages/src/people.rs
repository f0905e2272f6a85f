//! `/orang` and `/orang/{id}`: the list of people, and everything that is known of one.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use futures_util::future::try_join3;

use crate::{
    answer::{Asker, List, Refused},
    card::Card,
    context::Context,
    frame::{Frame, Section},
    html,
    records::{Facility, HistoryItem, Operator},
    session::Pages,
};

/// People on one page.
const A_PAGE: u32 = 100;
/// Events of a history on one page.
const EVENTS: u32 = 200;

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    f: Frame,
    people: Vec<Operator>,
    /// The words that were searched for.
    search: String,
    /// The API's refusal of these words.
    problem: Option<String>,
    /// The address of the next people.
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    f: Frame,
    card: Card,
    facilities: Vec<Facility>,
    /// Latest first.
    history: Vec<HistoryLine>,
    /// Whether the history has further events.
    is_cut: bool,
    /// Whether a command was given just now.
    is_done: bool,
}

/// An event with its time in the office's zone.
struct HistoryLine {
    item: HistoryItem,
    when: String,
}

/// The list of people.
pub(crate) async fn list(State(pages): State<Pages>, context: Context) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(&pages, &context, &person);
    let search = context.parameter("q").unwrap_or_default();
    let (people, problem) = match asker
        .get::<List<Operator>>(&list_path(&context, &search))
        .await
    {
        Ok(people) => (people, None),
        // The words stay, with what the API says of them.
        Err(refused) if refused.status == StatusCode::BAD_REQUEST && !search.is_empty() => {
            let none = List {
                items: vec![],
                next: None,
                position: 0,
            };
            (none, Some(refused.text("detail").to_owned()))
        }
        Err(refused) => return asker.refusal(&refused),
    };
    let mut f = Frame::new(&context, Some(&person), Section::People);
    f.position = (people.position > 0).then_some(people.position);
    let page = PeoplePage {
        f,
        people: people.items,
        next: people.next.map(|cursor| next_path(&search, &cursor)),
        search,
        problem,
    };
    html::page(&context, StatusCode::OK, &page)
}

/// The API's address of the list.
fn list_path(context: &Context, search: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("limit", &A_PAGE.to_string());
    if !search.is_empty() {
        query.append_pair("q", search);
    }
    if let Some(cursor) = context.parameter("dari") {
        query.append_pair("cursor", &cursor);
    }
    format!("/v1/operators?{}", query.finish())
}

fn next_path(search: &str, cursor: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if !search.is_empty() {
        query.append_pair("q", search);
    }
    query.append_pair("dari", cursor);
    format!("/orang?{}", query.finish())
}

/// The page of one person.
pub(crate) async fn person(
    State(pages): State<Pages>,
    context: Context,
    Path(id): Path<String>,
) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(&pages, &context, &person);
    let id = path_segment(&id);
    let f = Frame::new(&context, Some(&person), Section::People);
    match ask(asker, &context, f, &id).await {
        Ok(page) => html::page(&context, StatusCode::OK, &page),
        Err(refused) => asker.refusal(&refused),
    }
}

async fn ask(
    asker: Asker<'_>,
    context: &Context,
    f: Frame,
    id: &str,
) -> Result<PersonPage, Refused> {
    let facilities = format!("/v1/facilities?operator={id}&limit=500");
    let history = format!("/v1/operators/{id}/history?limit={EVENTS}");
    let (card, facilities, history) = try_join3(
        Card::ask(asker, context, id),
        asker.get::<List<Facility>>(&facilities),
        asker.get::<List<HistoryItem>>(&history),
    )
    .await?;
    let mut f = f;
    f.position = Some(card.operator.position);
    let lines = history.items.into_iter().rev().map(|item| HistoryLine {
        when: asker.local_time(item.time, context.language),
        item,
    });
    Ok(PersonPage {
        f,
        card,
        facilities: facilities.items,
        history: lines.collect(),
        is_cut: history.next.is_some(),
        is_done: context.parameter(crate::answer::POSITION).is_some(),
    })
}

/// A part of a path as it may stand in an address of the API.
pub(crate) fn path_segment(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Hides the middle of a number: the first four and the last four digits are enough to compare.
pub(crate) fn masked(number: &str) -> String {
    match (number.get(..4), number.len().checked_sub(4)) {
        (Some(first), Some(rest)) if rest > 4 => {
            format!(
                "{first} •••• •••• {}",
                number.get(rest..).unwrap_or_default()
            )
        }
        _ => "••••".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_shows_its_ends_only() {
        assert_eq!(masked("6171011503950001"), "6171 •••• •••• 0001");
        for short in ["", "12345678", "é"] {
            assert_eq!(masked(short), "••••", "{short}");
        }
    }

    #[test]
    fn an_id_cannot_leave_its_place_in_an_address() {
        assert_eq!(path_segment("../a?b#c"), "..%2Fa%3Fb%23c");
    }
}
