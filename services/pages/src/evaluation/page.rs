//! The evaluations of a year in rank, each with the step that is to be signed next.

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{Datelike, Utc};
use futures_util::future::try_join;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    address::address,
    answer::{Asker, List, Refused},
    change::{handlers::new_key, values::day},
    choice::{self, PackageChoice},
    context::Context,
    form::Form,
    frame::{Frame, Section},
    html,
    office::Person,
    sent::{self, Sent},
    session::Pages,
};

/// Evaluations on one page.
const A_PAGE: &str = "100";
const PATH: &str = "/evaluasi";

/// The commands of a row: the value of its field `perintah`, and the command's name.
const COMMANDS: [(&str, &str); 3] = [
    ("propose", "propose-evaluation"),
    ("finalize", "finalize-evaluation"),
    ("reopen", "reopen-evaluation"),
];

#[derive(Template)]
#[template(path = "evaluations.html")]
struct EvaluationsPage {
    f: Frame,
    packages: Vec<PackageChoice>,
    /// The latest first.
    years: Vec<i32>,
    view: View,
    rows: Vec<Row>,
    /// The address of the next evaluations.
    next: Option<String>,
    /// The name of the person whose row was saved just now.
    saved: Option<String>,
}

/// The part of the address that says what is shown.
struct View {
    year: i32,
    /// Empty for all packages.
    package: String,
    /// The day of signature, as it was typed; today where it is empty.
    signed_on: String,
    cursor: String,
}

impl View {
    fn address(&self, cursor: &str) -> String {
        let year = self.year.to_string();
        let own = [
            ("tahun", year.as_str()),
            ("paket", &self.package),
            ("tanggal", &self.signed_on),
            ("dari", cursor),
        ];
        address(PATH, &own)
    }

    fn here(&self) -> String {
        self.address(&self.cursor)
    }

    fn download(&self) -> String {
        let year = self.year.to_string();
        let shown = [("tahun", year.as_str()), ("paket", &self.package)];
        address("/evaluasi.xlsx", &shown)
    }

    /// The API's address of the list.
    fn asked(&self) -> String {
        let year = self.year.to_string();
        let asked = [
            ("year", year.as_str()),
            ("package", &self.package),
            ("limit", A_PAGE),
            ("cursor", &self.cursor),
        ];
        address("/v1/evaluations", &asked)
    }
}

/// The evaluation of one contract.
#[derive(Debug, Clone, Deserialize)]
struct Evaluated {
    rank: u32,
    operator_id: String,
    /// None once erased.
    operator_name: Option<String>,
    contract_id: String,
    package_id: String,
    months_assessed: u32,
    months_expected: u32,
    total: u32,
    mean: Option<String>,
    category: Option<String>,
    status: String,
    revision: u32,
    warnings: u32,
}

/// An evaluation that is to be proposed, by the work list.
#[derive(Deserialize)]
struct Due {
    contract_id: String,
}

/// A row as it is drawn.
struct Row {
    evaluated: Evaluated,
    /// The command that is given next, if the person's roles give it.
    step: Option<&'static str>,
    /// Whether the step is to be done now.
    is_due: bool,
    key: String,
    reason: String,
    problem: Option<String>,
    is_reason_wrong: bool,
}

impl Row {
    fn is(&self, status: &str) -> bool {
        self.evaluated.status == status
    }
}

/// The page of a year.
pub(crate) async fn page(State(pages): State<Pages>, context: Context) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(&pages, &context, &person);
    let drawn = draw(&pages, asker, &context, &person, None).await;
    drawn.unwrap_or_else(|refused| asker.refusal(&refused))
}

/// Gives the command of one row.
pub(crate) async fn save(State(pages): State<Pages>, context: Context, typed: Form) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(&pages, &context, &person);
    let Some(command) = command(&typed) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let sent = match sent::give(asker, &context, typed, command).await {
        Ok(response) => return response,
        Err(sent) => sent,
    };
    let drawn = draw(&pages, asker, &context, &person, Some(*sent)).await;
    drawn.unwrap_or_else(|refused| asker.refusal(&refused))
}

/// The name and the body of a row's command. None for a row without a known command.
fn command(typed: &Form) -> Option<(&'static str, Value)> {
    let known = |(known, _): &&(&str, &str)| *known == typed.get("perintah");
    let (_, name) = COMMANDS.iter().find(known)?;
    let mut body = Map::new();
    for (member, field) in [("operator_id", "operator"), ("contract_id", "contract")] {
        body.insert(member.to_owned(), json!(typed.get(field)));
    }
    let reason = typed.get("reason").trim();
    let signed_on = day(typed.get("tanggal").trim());
    match *name {
        "reopen-evaluation" if !reason.is_empty() => {
            body.insert("reason".to_owned(), json!(reason));
        }
        "propose-evaluation" | "finalize-evaluation" if !signed_on.is_empty() => {
            body.insert("signed_on".to_owned(), json!(signed_on));
        }
        _ => {}
    }
    Some((name, Value::Object(body)))
}

async fn draw(
    pages: &Pages,
    asker: Asker<'_>,
    context: &Context,
    person: &Person,
    sent: Option<Sent>,
) -> Result<Response, Refused> {
    let packages = choice::packages(asker, &person.actor.sub).await?;
    let mut years: Vec<_> = packages.iter().map(|package| package.fiscal_year).collect();
    years.sort_unstable_by(|a, b| b.cmp(a));
    years.dedup();
    let today = pages.office.local_time(Utc::now()).0.date();
    let text = |name| context.parameter(name).unwrap_or_default();
    let asked = text("tahun").parse().ok();
    let package = text("paket");
    let chosen = packages.iter().find(|chosen| chosen.package_id == package);
    let of_package = chosen.map(|chosen| chosen.fiscal_year);
    let begun = years.iter().find(|year| **year <= today.year());
    let usual = of_package.or(begun.copied()).unwrap_or(today.year());
    let view = View {
        year: asked.unwrap_or(usual),
        package,
        signed_on: text("tanggal"),
        cursor: text("dari"),
    };
    let work = [
        ("kind", "evaluation_to_propose"),
        ("package", view.package.as_str()),
    ];
    let work = address("/v1/work", &work);
    let (list, work) = try_join(
        asker.get::<List<Evaluated>>(&view.asked()),
        asker.get_all::<Due>(&work),
    )
    .await?;
    let due: BTreeSet<_> = work.items.into_iter().map(|due| due.contract_id).collect();
    let mut f = Frame::new(context, Some(person), Section::Evaluations);
    f.position = Some(list.position);
    let saved = context.parameter("tersimpan");
    let mut saved_items = list.items.iter();
    let saved = saved_items.find(|item| saved.as_deref() == Some(&item.contract_id));
    let saved = saved.map(|item| f.name_of(&item.operator_name));
    let rows = list.items.into_iter();
    let page = EvaluationsPage {
        rows: rows
            .map(|evaluated| row(&f, evaluated, &due, sent.as_ref()))
            .collect(),
        next: list.next.map(|cursor| view.address(&cursor)),
        f,
        packages,
        years,
        view,
        saved,
    };
    let status = sent.map_or(StatusCode::OK, |sent| sent.refused.status);
    Ok(html::page(context, status, &page))
}

fn row(f: &Frame, evaluated: Evaluated, due: &BTreeSet<String>, sent: Option<&Sent>) -> Row {
    let sent = sent.filter(|sent| sent.contract_id() == evaluated.contract_id);
    let step = match evaluated.status.as_str() {
        "provisional" => Some("propose"),
        "proposed" => Some("finalize"),
        "final" => Some("reopen"),
        _ => None,
    };
    let may = |step: &&str| {
        let mut commands = COMMANDS.iter();
        commands.any(|(known, command)| known == step && f.may(command))
    };
    let is_named = evaluated.operator_name.is_some();
    Row {
        step: step.filter(may).filter(|_| is_named),
        is_due: evaluated.status == "proposed" || due.contains(&evaluated.contract_id),
        key: sent.map_or_else(new_key, |sent| sent.key.clone()),
        reason: sent.map_or_else(String::new, |sent| sent.typed.get("reason").to_owned()),
        problem: sent.map(Sent::problem),
        is_reason_wrong: sent.is_some_and(|sent| sent.gave("reopen")),
        evaluated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_the_command_that_the_api_takes() {
        let fields = |command| {
            Form::of(&[
                ("perintah", command),
                ("operator", "o"),
                ("contract", "c"),
                ("tanggal", "31/12/2020"),
                ("reason", " keliru "),
            ])
        };
        let ids = json!({"operator_id": "o", "contract_id": "c"});
        for (given, name, member, value) in [
            ("propose", "propose-evaluation", "signed_on", "2020-12-31"),
            ("finalize", "finalize-evaluation", "signed_on", "2020-12-31"),
            ("reopen", "reopen-evaluation", "reason", "keliru"),
        ] {
            let mut body = ids.clone();
            body[member] = json!(value);
            assert_eq!(command(&fields(given)), Some((name, body)));
        }
        assert_eq!(command(&fields("erase")), None);
    }
}
