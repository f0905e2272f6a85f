//! `/`: what there is to see first. An office sees what is open; a person sees his own card.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use futures_util::future::try_join4;
use jejak_bus::Role;

use crate::{
    answer::{Asker, List, Refused},
    card::Card,
    context::Context,
    frame::{Frame, Section},
    html,
    office::Person,
    records::{Balance, Contract, Facility, Package},
    session::Pages,
};

/// The most rows of one kind.
const MOST: u32 = 100;

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
}

#[derive(Template)]
#[template(path = "nothing.html")]
struct NothingPage {
    f: Frame,
}

/// What is open in the office.
struct Open {
    /// Running contracts, the one that ends first before others.
    contracts: Vec<Contract>,
    facilities: Vec<Facility>,
    /// Leave pools with more days charged than granted.
    overdrawn: Vec<Balance>,
    /// The latest year first.
    packages: Vec<Package>,
    position: u64,
}

impl Open {
    async fn ask(asker: Asker<'_>) -> Result<Self, Refused> {
        let contracts = format!("/v1/contracts?status=active&limit={MOST}");
        let facilities = format!("/v1/facilities?status=out&limit={MOST}");
        let balances = format!("/v1/leave-balances?limit={MOST}");
        let packages = format!("/v1/packages?limit={MOST}");
        let (contracts, facilities, balances, packages) = try_join4(
            asker.get::<List<Contract>>(&contracts),
            asker.get::<List<Facility>>(&facilities),
            asker.get::<List<Balance>>(&balances),
            asker.get::<List<Package>>(&packages),
        )
        .await?;
        let position = contracts.position;
        let mut open = Self {
            contracts: contracts.items,
            facilities: facilities.items,
            overdrawn: balances.items,
            packages: packages.items,
            position,
        };
        open.contracts.sort_by_key(|contract| contract.end);
        open.overdrawn.retain(|balance| balance.overdrawn);
        open.packages.sort_by_key(|package| -package.fiscal_year);
        Ok(open)
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
        let card = Card::ask(asker, context, &person.actor.sub).await?;
        f.position = Some(card.operator.position);
        return Ok(html::page(context, StatusCode::OK, &OwnPage { f, card }));
    }
    Ok(html::page(context, StatusCode::OK, &NothingPage { f }))
}
