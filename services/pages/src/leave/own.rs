//! A person's own leave of a year, large enough for a telephone.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use chrono::Datelike;

use crate::{
    answer::{Asker, Refused},
    card::Card,
    context::Context,
    frame::Frame,
    html,
    people::path_segment,
};

#[derive(Template)]
#[template(path = "own_leave.html")]
struct OwnLeavePage {
    f: Frame,
    card: Card,
    year: i32,
}

/// The page of a person's own leave. Others get the API's refusal.
pub(super) async fn page(
    asker: Asker<'_>,
    context: &Context,
    mut f: Frame,
    operator_id: &str,
) -> Result<Response, Refused> {
    let card = Card::ask(asker, context, &path_segment(operator_id)).await?;
    f.position = Some(card.operator.position);
    let year = card.year.unwrap_or(asker.today().year());
    Ok(html::page(
        context,
        StatusCode::OK,
        &OwnLeavePage { f, card, year },
    ))
}
