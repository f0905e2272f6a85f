//! Lists and searches over HTTP, one after the other on one connection, with the views warm. The history has twice
//! the people of the bar.

use std::time::Instant;

use crate::{
    bed::{Gateway, TestBed},
    connection::{HttpConnection, get},
    error::BenchError,
    figure::{
        Bar::{self, AtMost},
        Figure, percentile,
    },
    people::FIRST_YEAR,
    scale::Scale,
};

/// The beginning of a list with an item.
const ITEM: &str = "\"items\":[{";
/// Answers of a sample.
const ANSWERS: usize = 40;
/// The views that answer the lists.
const VIEWS: [&str; 5] = [
    "contracts",
    "evaluations",
    "facilities",
    "leave",
    "packages",
];

pub(super) async fn run(scale: &Scale, bed: &TestBed) -> Result<Vec<Figure>, BenchError> {
    let gateway = bed.gateway().await?;
    let position = bed.journal.last_position().await?;
    let _projector = bed.rebuilt(&VIEWS, position).await?;
    let person = bed.people.count / 2;
    let search = format!("/v1/operators?q=operator%20{person}%20contoh");
    let name = format!("\"Contoh Operator {person}\"");
    let mut figures = vec![first(&gateway, &search, &name).await?];
    // A year of the history hands out no facilities.
    let lists = [
        ("people".to_owned(), "/v1/operators".to_owned()),
        ("contracts".to_owned(), "/v1/contracts".to_owned()),
        (
            "balances".to_owned(),
            format!("/v1/leave-balances?year={FIRST_YEAR}"),
        ),
        (
            "evaluations".to_owned(),
            format!("/v1/evaluations?year={FIRST_YEAR}"),
        ),
        ("packages".to_owned(), "/v1/packages".to_owned()),
    ];
    let name = "a search among all people".to_owned();
    figures.push(measure(scale, &gateway, name, &search, AtMost(100.0)).await?);
    for (what, path) in lists {
        let name = format!("a page of {what}");
        figures.push(measure(scale, &gateway, name, &path, AtMost(150.0)).await?);
    }
    Ok(figures)
}

/// The time of one answer, in milliseconds. It must hold this text.
async fn once(
    connection: &mut HttpConnection,
    request: &[u8],
    text: &str,
) -> Result<f64, BenchError> {
    let began = Instant::now();
    let answer = connection.send(request).await?;
    let holds = |body: &[u8]| body.windows(text.len()).any(|part| part == text.as_bytes());
    if answer.status != 200 || !holds(answer.body) {
        return Err(BenchError::answer("a list", answer.body));
    }
    Ok(began.elapsed().as_secs_f64() * 1_000.0)
}

/// The first search, which opens every name.
async fn first(gateway: &Gateway, path: &str, name: &str) -> Result<Figure, BenchError> {
    let mut connection = HttpConnection::connect(&gateway.address).await?;
    let request = get(path, &gateway.token);
    let took = once(&mut connection, &request, name).await?;
    let name = "the first search, which opens all names";
    Ok(Figure::new(name, "ms", &[took], AtMost(1_000.0)))
}

async fn measure(
    scale: &Scale,
    gateway: &Gateway,
    name: String,
    path: &str,
    bar: Bar,
) -> Result<Figure, BenchError> {
    let mut connection = HttpConnection::connect(&gateway.address).await?;
    let request = get(path, &gateway.token);
    once(&mut connection, &request, ITEM).await?;
    let mut ours = vec![];
    for _ in 0..scale.samples {
        let mut took = vec![];
        for _ in 0..ANSWERS {
            took.push(once(&mut connection, &request, ITEM).await?);
        }
        ours.push(percentile(&took, 95));
    }
    Ok(Figure::new(name, "ms p95", &ours, bar))
}
