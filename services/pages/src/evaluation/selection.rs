//! The candidates of a package in rank, with what each rank rests on.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use jejak_events::rejection::Violation;
use jejak_words::violation;
use serde::Deserialize;

use crate::{
    address::address,
    answer::{Asker, List, Refused},
    choice::{self, PackageChoice},
    context::Context,
    frame::{Frame, Section, capital},
    html,
    office::Person,
    people::path_segment,
    session::Pages,
};

/// Candidates on one page.
const A_PAGE: &str = "100";

#[derive(Template)]
#[template(path = "selection.html")]
struct SelectionPage {
    f: Frame,
    packages: Vec<PackageChoice>,
    chosen: Option<PackageChoice>,
    candidates: Vec<Candidate>,
    /// The address of the next candidates.
    next: Option<String>,
}

/// A candidate for a hire.
#[derive(Debug, Clone, Deserialize)]
struct Candidate {
    rank: u32,
    operator_id: String,
    name: String,
    eligible: bool,
    violations: Vec<Violation>,
    prior_evaluation: Option<Prior>,
    preferred_domicile: bool,
    engaged: bool,
}

/// The last final evaluation.
#[derive(Debug, Clone, Deserialize)]
struct Prior {
    fiscal_year: i32,
    revision: u32,
    months: u32,
    total: u32,
    mean: Option<String>,
    category: String,
}

impl SelectionPage {
    /// A qualification that is not met, in words.
    fn violation(&self, missed: &Violation) -> String {
        capital(&violation(missed, self.f.language))
    }

    fn download(&self) -> String {
        let package = self
            .chosen
            .as_ref()
            .map(|chosen| chosen.package_id.as_str());
        address("/seleksi.xlsx", &[("paket", package.unwrap_or_default())])
    }
}

/// The page of a package's candidates.
pub(crate) async fn page(State(pages): State<Pages>, context: Context) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(&pages, &context, &person);
    match draw(asker, &context, &person).await {
        Ok(page) => html::page(&context, StatusCode::OK, &page),
        Err(refused) => asker.refusal(&refused),
    }
}

async fn draw(
    asker: Asker<'_>,
    context: &Context,
    person: &Person,
) -> Result<SelectionPage, Refused> {
    let packages = choice::packages(asker, &person.actor.sub).await?;
    let asked = context.parameter("paket");
    let chosen = choice::named(&packages, asked.as_deref()).cloned();
    // The API says that a package is unknown.
    let id = asked.or_else(|| chosen.as_ref().map(|chosen| chosen.package_id.clone()));
    let mut page = SelectionPage {
        f: Frame::new(context, Some(person), Section::Evaluations),
        packages,
        chosen,
        candidates: vec![],
        next: None,
    };
    if let Some(id) = id {
        let path = format!("/v1/packages/{}/candidates", path_segment(&id));
        let cursor = context.parameter("dari").unwrap_or_default();
        let path = address(&path, &[("limit", A_PAGE), ("cursor", &cursor)]);
        let list: List<Candidate> = asker.get(&path).await?;
        page.f.position = Some(list.position);
        page.candidates = list.items;
        let next = |cursor: String| address("/seleksi", &[("paket", &id), ("dari", &cursor)]);
        page.next = list.next.map(next);
    }
    Ok(page)
}
