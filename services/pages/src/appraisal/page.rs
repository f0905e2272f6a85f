//! Draws the rows of a month, and answers a row that was sent.

use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{NaiveDate, Utc};
use futures_util::future::try_join;
use jejak_events::date::Month;
use serde::Deserialize;

use super::{
    command,
    rows::{Appraisal, Element, Mode, Row, elements},
};
use crate::{
    address::address,
    answer::{Asker, List, Refused},
    change::values::day,
    choice::{self, PackageChoice},
    context::Context,
    form::Form,
    frame::{Frame, Section},
    html,
    office::Person,
    people::path_segment,
    sent::{self, Sent},
    session::Pages,
};

/// People on one page.
const A_PAGE: usize = 50;
const PATH: &str = "/penilaian";

#[derive(Template)]
#[template(path = "appraisals.html")]
struct AppraisalsPage {
    f: Frame,
    packages: Vec<PackageChoice>,
    view: Option<View>,
    elements: Vec<Element>,
    rows: Vec<Row>,
    /// The last day in time.
    due: Option<NaiveDate>,
    /// The contracts of the month, and those that are done.
    count: usize,
    done: usize,
    /// The API's refusal of the day of signature.
    day_problem: Option<String>,
    /// The address of the next people.
    next: Option<String>,
    /// The name of the person whose row was saved just now.
    saved: Option<String>,
}

impl AppraisalsPage {
    /// The lowest and the highest score, where they are the same for everybody.
    fn scale(&self) -> Option<(u8, u8)> {
        let mut scales = self
            .rows
            .iter()
            .map(|row| (row.appraisal.scale_min, row.appraisal.scale_max));
        let first = scales.next()?;
        scales.all(|scale| scale == first).then_some(first)
    }

    fn columns(&self) -> usize {
        self.elements
            .iter()
            .map(|element| element.indicators.len())
            .sum()
    }
}

/// The part of the address that says what is shown.
struct View {
    package: String,
    title: String,
    month: Month,
    before: Option<Month>,
    after: Option<Month>,
    only_open: bool,
    /// The day of signature, as it was typed; today where it is empty.
    signed_on: String,
    /// The contract before the first one of the page.
    begin: String,
}

impl View {
    fn new(context: &Context, package: &PackageChoice, month: Month) -> Self {
        let months: Vec<_> = package.months().collect();
        let text = |name| context.parameter(name).unwrap_or_default();
        Self {
            before: months.iter().rev().find(|other| **other < month).copied(),
            after: months.iter().find(|other| **other > month).copied(),
            package: package.package_id.clone(),
            title: package.title.clone(),
            month,
            only_open: text("hanya") == "terbuka",
            signed_on: text("tanggal"),
            begin: text("dari"),
        }
    }

    /// The address of the same rows.
    fn here(&self) -> String {
        self.of(&self.month, &self.begin, &[])
    }

    /// The address of the same rows, one of them open for a correction.
    fn correcting(&self, contract_id: &str) -> String {
        self.of(&self.month, &self.begin, &[("perbaiki", contract_id)])
    }

    fn download(&self) -> String {
        let month = self.month.to_string();
        let shown = [("bulan", month.as_str()), ("paket", &self.package)];
        address("/penilaian.xlsx", &shown)
    }

    fn of_month(&self, month: &Month) -> String {
        self.of(month, "", &[])
    }

    fn of(&self, month: &Month, begin: &str, further: &[(&str, &str)]) -> String {
        let month = month.to_string();
        let only = if self.only_open { "terbuka" } else { "" };
        let own = [
            ("bulan", month.as_str()),
            ("paket", &self.package),
            ("hanya", only),
            ("tanggal", &self.signed_on),
            ("dari", begin),
        ];
        address(PATH, &[&own, further].concat())
    }

    /// The API's address of the month.
    fn asked(&self) -> String {
        let month = self.month.to_string();
        let on = day(self.signed_on.trim());
        let asked = [
            ("month", month.as_str()),
            ("package", &self.package),
            ("on", &on),
        ];
        address("/v1/appraisals", &asked)
    }
}

/// The number of a contract.
#[derive(Deserialize)]
struct Numbered {
    contract_id: String,
    spk_number: Option<String>,
}

/// The page of a month.
pub(crate) async fn page(State(pages): State<Pages>, context: Context) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(&pages, &context, &person);
    match draw(&pages, asker, &context, &person, None).await {
        Ok(response) => response,
        Err(refused) => asker.refusal(&refused),
    }
}

/// Gives the command of one row.
pub(crate) async fn save(State(pages): State<Pages>, context: Context, typed: Form) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(&pages, &context, &person);
    let month = context.parameter("bulan").unwrap_or_default();
    let Some(command) = command::of(&typed, &month) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let sent = match sent::give(asker, &context, typed, command).await {
        Ok(response) => return response,
        Err(sent) => *sent,
    };
    match draw(&pages, asker, &context, &person, Some(sent)).await {
        Ok(response) => response,
        Err(refused) => asker.refusal(&refused),
    }
}

async fn draw(
    pages: &Pages,
    asker: Asker<'_>,
    context: &Context,
    person: &Person,
    sent: Option<Sent>,
) -> Result<Response, Refused> {
    let status = sent
        .as_ref()
        .map_or(StatusCode::OK, |sent| sent.refused.status);
    let mut page = AppraisalsPage {
        f: Frame::new(context, Some(person), Section::Appraisals),
        packages: choice::packages(asker, &person.actor.sub).await?,
        view: None,
        elements: vec![],
        rows: vec![],
        due: None,
        count: 0,
        done: 0,
        day_problem: None,
        next: None,
        saved: None,
    };
    let package = context.parameter("paket");
    let month = context
        .parameter("bulan")
        .and_then(|month| month.parse().ok());
    let today = pages.office.local_time(Utc::now()).0.date();
    let chosen = choice::package_and_month(
        asker,
        &page.packages,
        (package.as_deref(), month),
        &person.actor.sub,
        today,
    );
    if let Some((package, month)) = chosen.await? {
        let view = View::new(context, package, month);
        match ask(asker, &view).await {
            Ok((appraisals, numbers)) => {
                page.f.position = Some(appraisals.position);
                page.fill(context, &view, appraisals.items, &numbers, sent.as_ref());
            }
            // The day stays as it was typed, with what the API says of it.
            Err(refused) if refused.text("path") == "on" => {
                page.day_problem = Some(refused.text("detail").to_owned());
            }
            Err(refused) => return Err(refused),
        }
        page.view = Some(view);
    }
    Ok(html::page(context, status, &page))
}

/// The months of the view, and the numbers of contracts.
async fn ask(
    asker: Asker<'_>,
    view: &View,
) -> Result<(List<Appraisal>, HashMap<String, Option<String>>), Refused> {
    let (asked, package) = (view.asked(), path_segment(&view.package));
    let contracts = format!("/v1/contracts?package={package}");
    let (appraisals, contracts) = try_join(
        asker.get_all::<Appraisal>(&asked),
        asker.get_all::<Numbered>(&contracts),
    )
    .await?;
    let numbers = contracts.items.into_iter();
    let numbers = numbers.map(|contract| (contract.contract_id, contract.spk_number));
    Ok((appraisals, numbers.collect()))
}

impl AppraisalsPage {
    /// Takes the part of the months that the view shows.
    fn fill(
        &mut self,
        context: &Context,
        view: &View,
        appraisals: Vec<Appraisal>,
        numbers: &HashMap<String, Option<String>>,
        sent: Option<&Sent>,
    ) {
        self.elements = elements(&appraisals);
        self.due = appraisals.first().map(|month| month.due);
        self.count = appraisals.len();
        self.done = appraisals.iter().filter(|month| month.is_done()).count();
        let place = |id: &str| appraisals.iter().position(|month| month.contract_id == id);
        let saved = context.parameter("tersimpan").and_then(|id| place(&id));
        let saved_name = saved.and_then(|place| appraisals.get(place));
        self.saved = saved_name.map(|month| self.f.name_of(&month.operator_name));
        let begin = place(&view.begin).map_or(0, |place| place + 1);
        let corrected = context.parameter("perbaiki");
        let sent_id = sent.map(Sent::contract_id);
        let is_listed = |month: &Appraisal| {
            let is_named = Some(month.contract_id.as_str()) == sent_id;
            !view.only_open || month.is_open() || is_named
        };
        let listed = appraisals.into_iter().enumerate().skip(begin);
        let mut listed = listed.filter(|(_, month)| is_listed(month)).peekable();
        while self.rows.len() < A_PAGE
            && let Some((place, month)) = listed.next()
        {
            let id = month.contract_id.as_str();
            let sent = sent.filter(|_| sent_id == Some(id));
            let is_opened = sent.is_some() || corrected.as_deref() == Some(id);
            let mode = mode(&self.f, &month, is_opened);
            let may_waive = month.is_open() && mode == Mode::Submit && self.f.may("waive-month");
            let spk_number = numbers.get(id).cloned().flatten();
            let mut row = Row::of(month, mode, &self.elements, sent);
            row.spk_number = spk_number;
            row.may_waive = may_waive;
            let is_after_saved = saved.is_some_and(|saved| place > saved);
            row.is_next = match (sent_id, &corrected) {
                (Some(_), _) => false,
                (None, Some(corrected)) => *corrected == row.appraisal.contract_id,
                (None, None) => is_after_saved && row.mode == Mode::Submit,
            };
            // One row is begun next, the first.
            row.is_next &= !self.rows.iter().any(|row| row.is_next);
            self.rows.push(row);
        }
        if listed.peek().is_some()
            && let Some(last) = self.rows.last()
        {
            self.next = Some(view.of(&view.month, &last.appraisal.contract_id, &[]));
        }
    }
}

/// The command that a row offers to the person.
fn mode(f: &Frame, month: &Appraisal, is_opened: bool) -> Mode {
    if month.operator_name.is_none() || month.is_upcoming() {
        return Mode::Shown;
    }
    if month.is_open() {
        return match f.may("submit-monthly-appraisal") {
            true => Mode::Submit,
            false => Mode::Shown,
        };
    }
    match is_opened && f.may("correct-monthly-appraisal") {
        true => Mode::Correct,
        false => Mode::Shown,
    }
}
