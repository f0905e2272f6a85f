//! `/kalender/{year}`: the days off of a year with their decrees, and the working days of each month.
//!
//! `decree.rs` has the form of a decree of many days. The forms of one day are in `change/forms`.

mod decree;

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use chrono::{Datelike, NaiveDate, Weekday};
use futures_util::future::try_join;
use jejak_events::date::Month;

use crate::{
    answer::{Asker, List, POSITION, Refused},
    change::day,
    context::Context,
    days_off::{Calendar, DayOff},
    frame::{Frame, Section},
    history::HistoryLine,
    html,
    people::path_segment,
    records::HistoryItem,
    session::Pages,
};

/// Events of a history on one page.
const EVENTS: u32 = 200;
/// The parameter with the number of days that a decree recorded just now.
const RECORDED: &str = "tercatat";

#[derive(Template)]
#[template(path = "calendar.html")]
struct CalendarPage {
    f: Frame,
    year: i32,
    months: Vec<MonthOff>,
    /// Whether a day of the year was ever declared.
    is_known: bool,
    /// Latest first.
    history: Vec<HistoryLine>,
    is_cut: bool,
    is_done: bool,
    /// The number of days that a decree recorded just now.
    recorded: Option<u32>,
}

/// A month with its days off.
struct MonthOff {
    month: Month,
    /// None where the API says nothing of the month.
    working_days: Option<u32>,
    days: Vec<DayOff>,
}

impl CalendarPage {
    fn weekday(&self, day: &NaiveDate) -> &'static str {
        weekday(&self.f, day)
    }

    fn has_days(&self) -> bool {
        self.months.iter().any(|month| !month.days.is_empty())
    }

    /// All working days of the months, in a sentence.
    fn working_days_in_words(&self) -> String {
        let months = self.months.iter().filter_map(|month| {
            let days = month.working_days?;
            Some(format!("{} {days}", self.f.month(&month.month)))
        });
        months.collect::<Vec<_>>().join(", ")
    }
}

impl MonthOff {
    /// The first letter of the month in the chart.
    fn letter(&self, f: &Frame) -> String {
        let name = f.month_name(&self.month);
        name.chars().take(1).collect()
    }
}

/// The name of a day of the week.
fn weekday(f: &Frame, day: &NaiveDate) -> &'static str {
    match day.weekday() {
        Weekday::Mon => f.t("Senin", "Monday"),
        Weekday::Tue => f.t("Selasa", "Tuesday"),
        Weekday::Wed => f.t("Rabu", "Wednesday"),
        Weekday::Thu => f.t("Kamis", "Thursday"),
        Weekday::Fri => f.t("Jumat", "Friday"),
        Weekday::Sat => f.t("Sabtu", "Saturday"),
        Weekday::Sun => f.t("Minggu", "Sunday"),
    }
}

/// The routes of the calendar, besides the forms of one day.
pub(crate) fn routes() -> Router<Pages> {
    Router::new()
        .route("/kalender", get(now))
        .route("/kalender/{year}", get(of_year))
        .route(
            "/kalender/keputusan",
            get(decree::form).post(decree::declare),
        )
}

/// Leads to the year of a day, `?tanggal=31/12/2020`, or to the present one.
async fn now(State(pages): State<Pages>, context: Context) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(&pages, &context, &person);
    let named = context.parameter("tanggal");
    let named = named.and_then(|typed| day(&typed).parse::<NaiveDate>().ok());
    let year = named.unwrap_or_else(|| asker.today()).year();
    let position = context.parameter(POSITION);
    let position = position.and_then(|position| position.parse::<u64>().ok());
    html::see_other(&match position {
        Some(position) => format!("/kalender/{year}?{POSITION}={position}"),
        None => format!("/kalender/{year}"),
    })
}

async fn of_year(
    State(pages): State<Pages>,
    context: Context,
    Path(year): Path<String>,
) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(&pages, &context, &person);
    let f = Frame::new(&context, Some(&person), Section::Calendar);
    match ask(asker, &context, f, &year).await {
        Ok(page) => html::page(&context, StatusCode::OK, &page),
        Err(refused) => asker.refusal(&refused),
    }
}

async fn ask(
    asker: Asker<'_>,
    context: &Context,
    mut f: Frame,
    year: &str,
) -> Result<CalendarPage, Refused> {
    let path = format!("/v1/calendars/{}", path_segment(year));
    let history = format!("{path}/history?limit={EVENTS}");
    let (calendar, history) = try_join(
        asker.find::<Calendar>(&path),
        asker.find::<List<HistoryItem>>(&history),
    )
    .await?;
    let (items, next) = history.map_or((vec![], None), |list| (list.items, list.next));
    let recorded = context.parameter(RECORDED);
    f.position = calendar.as_ref().map(|calendar| calendar.position);
    // The API has read it as a year.
    let year = year.parse().unwrap_or_default();
    Ok(CalendarPage {
        f,
        year,
        is_known: calendar.is_some(),
        months: calendar.map_or_else(Vec::new, |calendar| months(year, calendar)),
        history: HistoryLine::latest_first(asker, context.language, items),
        is_cut: next.is_some(),
        is_done: context.parameter(POSITION).is_some(),
        recorded: recorded.and_then(|number| number.parse().ok()),
    })
}

/// The months of a year, each with its days off.
fn months(year: i32, calendar: Calendar) -> Vec<MonthOff> {
    let Calendar {
        holidays,
        working_days,
        ..
    } = calendar;
    let firsts = (1..=12).filter_map(|month| NaiveDate::from_ymd_opt(year, month, 1));
    let months = firsts.map(Month::of).map(|month| MonthOff {
        month,
        working_days: working_days.get(&month).copied(),
        days: holidays
            .iter()
            .filter(|day| Month::of(day.date) == month)
            .cloned()
            .collect(),
    });
    months.collect()
}
