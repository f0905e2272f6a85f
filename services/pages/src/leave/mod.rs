//! `/cuti`: the leave of a month. An office sees everybody by days; a person sees his own year.
//!
//! `month.rs` reads the answers, `grid.rs` lays them out by days, `own.rs` is the person's own page. Deliberately
//! absent: any counting of days. The API says which days are charged, and why others are not.

mod grid;
mod month;
mod own;

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::NaiveDate;
use futures_util::future::try_join3;
use jejak_events::date::Month;

use self::{
    grid::Grid,
    month::{Calendar, MonthOfPerson},
};
use crate::{
    address::address,
    answer::{Asker, List, Refused},
    context::Context,
    frame::{Frame, Section},
    html,
    people::path_segment,
    records::{Absence, LeaveEntry, Package},
    session::Pages,
};

/// People on one page.
const A_PAGE: u32 = 100;
/// The parameter with the month, such as `2020-12`.
const MONTH: &str = "bulan";
/// The parameter with the package.
const PACKAGE: &str = "paket";

#[derive(Template)]
#[template(path = "leave.html")]
struct LeavePage {
    f: Frame,
    month: Month,
    /// The working days of the month, as the calendar counts them.
    working_days: Option<u32>,
    grid: Grid,
    people: Vec<MonthOfPerson>,
    packages: Vec<Package>,
    /// The package that was asked for; empty for all.
    package: String,
    before: Step,
    after: Step,
    /// The address of the next people.
    next: Option<String>,
    is_done: bool,
}

/// A link to another month.
struct Step {
    path: String,
    name: String,
}

impl LeavePage {
    /// The address of the year's balances as a file.
    fn download(&self) -> String {
        let year = self.month.year().to_string();
        address("/cuti.xlsx", &[("tahun", &year), ("paket", &self.package)])
    }

    /// Whether nobody has leave or an absence.
    fn is_quiet(&self) -> bool {
        self.people.iter().all(MonthOfPerson::is_quiet)
    }

    /// The link that takes a leave back, for those who may.
    fn cancel_path(&self, person: &MonthOfPerson, entry: &LeaveEntry) -> Option<String> {
        let may = self.f.may("cancel-leave") && entry.is_standing();
        may.then(|| cancel_path(&person.operator_id, &entry.leave_id))
    }
}

/// The sign of a kind of leave in the grid.
pub(crate) fn sign(kind: &str, f: &Frame) -> &'static str {
    grid::sign(kind, f.language)
}

/// The address of the form that takes a leave back.
pub(crate) fn cancel_path(operator_id: &str, leave_id: &str) -> String {
    format!("/orang/{operator_id}/cuti/{leave_id}/batal")
}

/// The days of absences in words.
pub(crate) fn absent_days(absences: &[Absence], f: &Frame) -> String {
    let days: Vec<_> = absences.iter().map(|absence| absence.on).collect();
    f.dates(&days)
}

/// The page of leave.
pub(crate) async fn page(State(pages): State<Pages>, context: Context) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(&pages, &context, &person);
    let f = Frame::new(&context, Some(&person), Section::Leave);
    let shown = match f.reads_all() {
        true => of_office(asker, &context, f).await,
        false => own::page(asker, &context, f, &person.actor.sub).await,
    };
    shown.unwrap_or_else(|refused| asker.refusal(&refused))
}

async fn of_office(asker: Asker<'_>, context: &Context, mut f: Frame) -> Result<Response, Refused> {
    let today = asker.today();
    let asked = context.parameter(MONTH);
    let asked = asked.unwrap_or_else(|| Month::of(today).to_string());
    // The API refuses a text that is no month.
    let month = asked.parse().unwrap_or(Month::of(today));
    let package = context.parameter(PACKAGE).unwrap_or_default();
    let calendar_path = format!("/v1/calendars/{}", month.year());
    let people_path = month_path(context, &asked, &package);
    let (people, calendar, packages) = try_join3(
        asker.get::<List<MonthOfPerson>>(&people_path),
        asker.find::<Calendar>(&calendar_path),
        asker.get::<List<Package>>("/v1/packages?limit=500"),
    )
    .await?;
    let calendar = calendar.unwrap_or_default();
    let grid = Grid::of(month, today, &calendar, &people.items, f.language);
    f.position = Some(people.position);
    let step = |month: Month| Step {
        path: page_path(month, &package, None),
        // The month between the two says the year.
        name: f
            .month(&month)
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_owned(),
    };
    let (before, after) = (step(before(month)), step(month.next()));
    let page = LeavePage {
        before,
        after,
        working_days: calendar.working_days.get(&month).copied(),
        grid,
        next: people
            .next
            .map(|cursor| page_path(month, &package, Some(&cursor))),
        people: people.items,
        packages: packages.items,
        package,
        month,
        is_done: context.parameter(crate::answer::POSITION).is_some(),
        f,
    };
    Ok(html::page(context, StatusCode::OK, &page))
}

fn before(month: Month) -> Month {
    let last: NaiveDate = month.first().pred_opt().unwrap_or(month.first());
    Month::of(last)
}

/// The API's address of a month.
fn month_path(context: &Context, month: &str, package: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("month", month);
    query.append_pair("limit", &A_PAGE.to_string());
    if !package.is_empty() {
        query.append_pair("package", package);
    }
    if let Some(cursor) = context.parameter("dari") {
        query.append_pair("cursor", &cursor);
    }
    format!("/v1/leave?{}", query.finish())
}

/// The address of this page for a month.
fn page_path(month: Month, package: &str, cursor: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair(MONTH, &month.to_string());
    if !package.is_empty() {
        query.append_pair(PACKAGE, package);
    }
    if let Some(cursor) = cursor {
        query.append_pair("dari", cursor);
    }
    format!("/cuti?{}", query.finish())
}

/// Leads from a chosen person to the form about him.
pub(crate) async fn choose(context: Context) -> Response {
    let operator = context.parameter("orang").unwrap_or_default();
    let form = match context.parameter("apa").as_deref() {
        Some("tidak-hadir") => "tidak-hadir",
        _ => "cuti",
    };
    match operator.is_empty() {
        true => html::see_other("/cuti"),
        false => html::see_other(&format!("/orang/{}/{form}", path_segment(&operator))),
    }
}
