//! `/orang` and `/orang/{id}`: the list of people, and everything that is known of one.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use futures_util::future::try_join3;

pub(crate) use crate::address::path_segment;
use crate::{
    address::address,
    answer::{Asker, List, Refused},
    card::Card,
    context::Context,
    frame::{Frame, Section},
    history::History,
    html,
    records::{Facility, LeaveEntry, Operator, Package},
    session::Pages,
};

/// People on one page.
const A_PAGE: &str = "100";

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    f: Frame,
    people: Vec<Operator>,
    /// The words that were searched for.
    search: String,
    packages: Vec<Package>,
    /// The package and the status that were asked for; empty for all.
    package: String,
    status: String,
    /// The API's refusal of these words.
    problem: Option<String>,
    /// The address of the next people.
    next: Option<String>,
}

impl PeoplePage {
    /// The address of the same people as a file.
    fn download(&self) -> String {
        let shown = [
            ("q", self.search.as_str()),
            ("paket", &self.package),
            ("status", &self.status),
        ];
        address("/orang.xlsx", &shown)
    }
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    f: Frame,
    card: Card,
    facilities: Vec<Facility>,
    /// The time of each leave's recording, by the leave's id.
    recorded: BTreeMap<String, String>,
    history: History,
    /// Whether a command was given just now.
    is_done: bool,
}

impl PersonPage {
    /// When a leave was recorded, and by whom as far as the history shown tells it.
    fn recorded(&self, entry: &LeaveEntry) -> String {
        let when = self.recorded.get(&entry.leave_id);
        let name = self.history.name_of(&entry.recorded_by);
        let parts = name.into_iter().chain(when.map(String::as_str));
        parts.collect::<Vec<_>>().join(" · ")
    }
}

/// The list of people.
pub(crate) async fn list(State(pages): State<Pages>, context: Context) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(&pages, &context, &person);
    let search = context.parameter("q").unwrap_or_default();
    let packages = asker.get::<List<Package>>("/v1/packages?limit=500").await;
    let packages = match packages {
        Ok(packages) => packages.items,
        Err(refused) => return asker.refusal(&refused),
    };
    let (people, problem) = match asker.get::<List<Operator>>(&list_path(&context)).await {
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
        next: people.next.map(|cursor| next_path(&context, &cursor)),
        search,
        packages,
        package: context.parameter("paket").unwrap_or_default(),
        status: context.parameter("status").unwrap_or_default(),
        problem,
    };
    html::page(&context, StatusCode::OK, &page)
}

/// The filters of the list: the parameter of the page, and that of the API.
pub(crate) const FILTERS: [(&str, &str); 3] =
    [("q", "q"), ("paket", "package"), ("status", "status")];

/// The API's address of the list.
fn list_path(context: &Context) -> String {
    let values =
        FILTERS.map(|(ours, of_api)| (of_api, context.parameter(ours).unwrap_or_default()));
    let cursor = context.parameter("dari").unwrap_or_default();
    let mut asked = vec![("limit", A_PAGE), ("cursor", cursor.as_str())];
    asked.extend(values.iter().map(|(name, value)| (*name, value.as_str())));
    address("/v1/operators", &asked)
}

fn next_path(context: &Context, cursor: &str) -> String {
    let values = FILTERS.map(|(ours, _)| (ours, context.parameter(ours).unwrap_or_default()));
    let mut asked: Vec<_> = values
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    asked.push(("dari", cursor));
    address("/orang", &asked)
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
    let (card, facilities, history) = try_join3(
        Card::ask(asker, context, id),
        asker.get::<List<Facility>>(&facilities),
        History::ask(asker, context, id),
    )
    .await?;
    let mut f = f;
    f.position = Some(card.operator.position);
    let entries = card.leave.iter().flat_map(|leave| &leave.entries);
    let recorded = entries.map(|entry| {
        let when = asker.local_time(entry.recorded_at, context.language);
        (entry.leave_id.clone(), when)
    });
    let recorded = recorded.collect();
    Ok(PersonPage {
        f,
        card,
        facilities: facilities.items,
        history,
        recorded,
        is_done: context.parameter(crate::answer::POSITION).is_some(),
    })
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
}
