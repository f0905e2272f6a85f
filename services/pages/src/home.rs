//! `/`: what there is to see first. An office sees what is open; a person sees his own card.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::Datelike;
use futures_util::future::try_join;
use jejak_bus::Role;

use crate::{
    answer::{Asker, List, Refused},
    card::Card,
    context::Context,
    frame::{Frame, Section},
    html,
    office::Person,
    people::path_segment,
    records::{Facility, Package, Work},
    session::Pages,
};

/// The most rows of the work list.
const MOST: u32 = 500;
/// The most packages.
const MOST_PACKAGES: u32 = 100;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    f: Frame,
    office: Open,
}

#[derive(Template)]
#[template(path = "own.html")]
struct OwnPage {
    f: Frame,
    card: Card,
    facilities: Vec<Facility>,
}

#[derive(Template)]
#[template(path = "nothing.html")]
struct NothingPage {
    f: Frame,
}

/// What is to be done in the office.
struct Open {
    /// Work of one kind together, the most pressing kind first.
    kinds: Vec<Vec<Work>>,
    /// Whether there is more work than is shown.
    more: bool,
    /// The latest year first.
    packages: Vec<Package>,
    position: u64,
}

impl Open {
    async fn ask(asker: Asker<'_>) -> Result<Self, Refused> {
        let work = format!("/v1/work?limit={MOST}");
        let packages = format!("/v1/packages?limit={MOST_PACKAGES}");
        let (work, packages) = try_join(
            asker.get::<List<Work>>(&work),
            asker.get::<List<Package>>(&packages),
        )
        .await?;
        let kinds = work.items.chunk_by(|a, b| a.kind == b.kind);
        let mut open = Self {
            kinds: kinds.map(<[Work]>::to_vec).collect(),
            more: work.next.is_some(),
            packages: packages.items,
            position: work.position,
        };
        open.packages.sort_by_key(|package| -package.fiscal_year);
        Ok(open)
    }

    /// The place where a thing is done, and the word on its button.
    fn place(&self, f: &Frame, item: &Work) -> (String, &'static str) {
        let package = path_segment(&item.package_id);
        let person = format!("/orang/{}", path_segment(&item.operator_id));
        match (item.kind.as_str(), item.month) {
            ("appraisal_due" | "appraisal_late", Some(month)) => (
                format!("/penilaian?bulan={month}&paket={package}"),
                f.t("Nilai", "Appraise"),
            ),
            ("evaluation_to_propose", _) => {
                (self.evaluations(item, &package), f.t("Usulkan", "Propose"))
            }
            ("evaluation_to_finalize", _) => (
                self.evaluations(item, &package),
                f.t("Tetapkan", "Finalize"),
            ),
            _ => (person, f.t("Lihat", "See")),
        }
    }

    /// The page of evaluations of the package's year.
    fn evaluations(&self, item: &Work, package: &str) -> String {
        let mut known = self.packages.iter();
        let of_package = known.find(|package| package.package_id == item.package_id);
        let year = of_package.map_or_else(|| item.since.year(), |package| package.fiscal_year);
        format!("/evaluasi?tahun={year}&paket={package}")
    }

    /// The number of things shown.
    fn count(&self) -> usize {
        self.kinds.iter().map(Vec::len).sum()
    }
}

/// The first page.
pub(crate) async fn page(State(pages): State<Pages>, context: Context) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(&pages, &context, &person);
    let shown = show(asker, &context, &person).await;
    shown.unwrap_or_else(|refused| asker.refusal(&refused))
}

async fn show(asker: Asker<'_>, context: &Context, person: &Person) -> Result<Response, Refused> {
    let mut f = Frame::new(context, Some(person), Section::Home);
    if f.reads_all() {
        let office = Open::ask(asker).await?;
        f.position = Some(office.position);
        return Ok(html::page(context, StatusCode::OK, &HomePage { f, office }));
    }
    if person.actor.roles.contains(&Role::Operator) {
        let id = path_segment(&person.actor.sub);
        let facilities = format!("/v1/facilities?operator={id}&limit=500");
        let (card, facilities) = try_join(
            Card::ask(asker, context, &id),
            asker.get::<List<Facility>>(&facilities),
        )
        .await?;
        f.position = Some(card.operator.position);
        let page = OwnPage {
            f,
            card,
            facilities: facilities.items,
        };
        return Ok(html::page(context, StatusCode::OK, &page));
    }
    Ok(html::page(context, StatusCode::OK, &NothingPage { f }))
}
