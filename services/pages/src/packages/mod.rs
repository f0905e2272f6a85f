//! `/paket` and `/paket/{id}`: the packages, and everything about one: places and money, officers,
//! contracts, terms, history.
//!
//! `rows.rs` has the answers, `chart.rs` the places on a line of days. The forms are in `change/forms`.

mod chart;
mod rows;

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use chrono::NaiveDate;
use futures_util::future::try_join3;

use crate::{
    answer::{Asker, List, POSITION, Refused},
    context::Context,
    frame::{Frame, Section},
    history::HistoryLine,
    html,
    people::path_segment,
    records::HistoryItem,
    session::Pages,
};
use chart::{Bar, DayLine, Span};
use rows::{Contract, Officer, Package};

/// Events of a history on one page.
const EVENTS: u32 = 200;
/// The roles in the order of their rank.
const ROLES: [&str; 4] = ["pa", "ppk", "pptk", "clerk"];

#[derive(Template)]
#[template(path = "packages.html")]
struct PackagesPage {
    f: Frame,
    /// The packages of one year together, the latest year first.
    years: Vec<Vec<Package>>,
    today: NaiveDate,
}

#[derive(Template)]
#[template(path = "package.html")]
struct PackagePage {
    f: Frame,
    package: Package,
    line: DayLine,
    spans: Vec<Span>,
    /// The height of the chart: one more than the quota, or than the most contracts in force.
    most: u32,
    officers: Vec<OfficerRow>,
    contracts: Vec<ContractRow>,
    today: NaiveDate,
    /// Latest first.
    history: Vec<HistoryLine>,
    is_cut: bool,
    is_done: bool,
}

/// An assignment on the line of the package's days.
struct OfficerRow {
    officer: Officer,
    bar: Option<Bar>,
}

/// A contract on the line of the package's days.
struct ContractRow {
    contract: Contract,
    bar: Option<Bar>,
}

impl Officer {
    fn serves_on(&self, day: &NaiveDate) -> bool {
        self.from <= *day && self.to.is_none_or(|to| *day <= to)
    }
}

impl Package {
    /// The names of those who hold a role on a day.
    fn holders<'a>(&'a self, role: &'a str, day: &NaiveDate) -> Vec<&'a Option<String>> {
        let held = self.officers.iter().filter(|officer| officer.role == role);
        let serving = held.filter(|officer| officer.serves_on(day));
        serving.map(|officer| &officer.name).collect()
    }
}

impl PackagePage {
    /// The people whose contracts are in force.
    fn people_now(&self) -> Vec<&Contract> {
        let contracts = self.contracts.iter().map(|row| &row.contract);
        contracts.filter(|contract| contract.is_active()).collect()
    }

    /// The label of an element of the appraisal; the code itself for one of another scheme.
    fn element<'a>(&self, code: &'a str) -> &'a str {
        match code {
            "discipline" => self.f.t("Disiplin kerja", "Work discipline"),
            "responsibility" => self.f.t("Tanggung jawab", "Responsibility"),
            "compliance" => self.f.t("Kepatuhan", "Compliance"),
            other => other,
        }
    }

    /// A decimal as the language writes it.
    fn decimal(&self, number: &str) -> String {
        match self.f.is_indonesian() {
            true => number.replace('.', ","),
            false => number.to_owned(),
        }
    }

    /// The chart of contracts by day, in a sentence.
    fn spans_in_words(&self) -> String {
        let spans = self.spans.iter().map(|span| {
            let days = self.f.days(&span.from, &span.to);
            format!("{days}: {}", span.count)
        });
        spans.collect::<Vec<_>>().join("; ")
    }
}

/// The routes of packages, besides their forms.
pub(crate) fn routes() -> Router<Pages> {
    Router::new()
        .route("/paket", get(list))
        .route("/paket/{package_id}", get(one))
}

async fn list(State(pages): State<Pages>, context: Context) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(&pages, &context, &person);
    let mut packages = match asker.get_all::<Package>("/v1/packages").await {
        Ok(packages) => packages,
        Err(refused) => return asker.refusal(&refused),
    };
    let by_year = |package: &Package| (-package.fiscal_year, package.package_id.clone());
    packages.items.sort_by_cached_key(by_year);
    let years = packages
        .items
        .chunk_by(|a, b| a.fiscal_year == b.fiscal_year);
    let mut f = Frame::new(&context, Some(&person), Section::Packages);
    f.position = Some(packages.position);
    let page = PackagesPage {
        f,
        years: years.map(<[Package]>::to_vec).collect(),
        today: asker.today(),
    };
    html::page(&context, StatusCode::OK, &page)
}

async fn one(
    State(pages): State<Pages>,
    context: Context,
    Path(package_id): Path<String>,
) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(&pages, &context, &person);
    let f = Frame::new(&context, Some(&person), Section::Packages);
    match ask(asker, &context, f, &path_segment(&package_id)).await {
        Ok(page) => html::page(&context, StatusCode::OK, &page),
        Err(refused) => asker.refusal(&refused),
    }
}

async fn ask(
    asker: Asker<'_>,
    context: &Context,
    mut f: Frame,
    id: &str,
) -> Result<PackagePage, Refused> {
    let path = format!("/v1/packages/{id}");
    let contracts = format!("/v1/contracts?package={id}");
    let history = format!("{path}/history?limit={EVENTS}");
    let (package, contracts, history) = try_join3(
        asker.get::<Package>(&path),
        asker.get_all::<Contract>(&contracts),
        asker.get::<List<HistoryItem>>(&history),
    )
    .await?;
    f.position = Some(package.position);
    let line = DayLine::of(&package.terms.period);
    let spans = line.spans(&contracts.items);
    let most = spans.iter().map(|span| span.count).max().unwrap_or(0);
    Ok(PackagePage {
        f,
        line,
        most: most.max(package.quota.total) + 1,
        spans,
        officers: officers(&package, line),
        contracts: contracts_on(contracts.items, line),
        today: asker.today(),
        history: HistoryLine::latest_first(asker, context.language, history.items),
        is_cut: history.next.is_some(),
        is_done: context.parameter(POSITION).is_some(),
        package,
    })
}

/// The assignments by role, and in a role by time.
fn officers(package: &Package, line: DayLine) -> Vec<OfficerRow> {
    let mut officers = package.officers.clone();
    let rank = |role: &str| ROLES.iter().position(|known| *known == role);
    officers.sort_by_key(|officer| (rank(&officer.role).unwrap_or(ROLES.len()), officer.from));
    let rows = officers.into_iter().map(|officer| OfficerRow {
        bar: line.bar(officer.from, officer.to),
        officer,
    });
    rows.collect()
}

/// The contracts by their first day. Voided ones have no bar.
fn contracts_on(mut contracts: Vec<Contract>, line: DayLine) -> Vec<ContractRow> {
    contracts.sort_by(|a, b| (a.start, &a.operator_name).cmp(&(b.start, &b.operator_name)));
    let rows = contracts.into_iter().map(|contract| ContractRow {
        bar: line
            .bar(contract.start, Some(*contract.last_day()))
            .filter(|_| !contract.is_voided()),
        contract,
    });
    rows.collect()
}
