//! A person as of a moment: the streams that the answer follows from, and the answer.

use std::collections::BTreeSet;

use chrono::Datelike;
use jejak_bus::RequestProblem;
use jejak_events::{
    Event, RecordedEvent,
    date::YEARS,
    ids::{OperatorId, PackageId, StreamId},
    operator::{self, contract, leave},
};
use jejak_projections::{contracts::Contracts, evaluations::Evaluations, leave::Leave};
use serde_json::{Value, json};

use crate::{
    past::{self, Moment},
    read::{Log, fault, in_order},
};

/// The packages that ever hired the person.
pub(crate) fn packages(events: &[RecordedEvent]) -> BTreeSet<PackageId> {
    let hired = events.iter().filter_map(|recorded| hired(&recorded.event));
    hired.map(|hired| hired.package_id.clone()).collect()
}

/// The years with a contract or a leave of the person.
fn years(events: &[RecordedEvent]) -> BTreeSet<i32> {
    let mut years = BTreeSet::new();
    for recorded in events {
        if let Some(hired) = hired(&recorded.event) {
            years.insert(hired.fiscal_year);
            years.extend(hired.start.year()..=hired.end.year());
        }
        if let Event::Operator(operator::Event::Leave(leave::Event::Recorded(leave))) =
            &recorded.event
        {
            years.extend(leave.from.year()..=leave.to.year());
        }
    }
    years
}

fn hired(event: &Event) -> Option<&contract::Hired> {
    if let Event::Operator(operator::Event::Contract(contract::Event::Hired(hired))) = event {
        return Some(hired);
    }
    None
}

/// The leave of a person. It follows from the person's stream and the calendars of the years in it, and of
/// the year in the request.
pub(crate) async fn leave(
    log: &Log,
    operator_id: OperatorId,
    moment: Moment,
    params: Value,
) -> Result<Vec<u8>, RequestProblem> {
    let mut events = log.stream(&StreamId::Operator(operator_id)).await?;
    let asked = params["year"]
        .as_i64()
        .and_then(|year| i32::try_from(year).ok());
    let mut concerned = years(&events);
    concerned.extend(
        asked
            .or(Some(moment.today.year()))
            .filter(|year| YEARS.contains(year)),
    );
    events.extend(
        log.streams(concerned.into_iter().map(StreamId::Calendar))
            .await?,
    );
    in_order(&mut events);
    let position = moment.position(&events);
    past::answer(
        &Leave,
        events,
        position,
        moment.today,
        "entries",
        params.to_string(),
    )
    .await
}

/// The contracts, leave and evaluations of a person as of one position. They follow from the person's stream,
/// its calendars and its packages. Evaluations have no rank here, because a rank needs all other people.
///
/// # Errors
/// `operator.unknown` for a person without registration at that moment.
pub(crate) async fn whole(
    log: &Log,
    operator_id: OperatorId,
    moment: Moment,
) -> Result<Vec<u8>, RequestProblem> {
    let mut events = log.stream(&StreamId::Operator(operator_id)).await?;
    let (calendars, packages) = (years(&events), packages(&events));
    let mut concerned: Vec<_> = calendars.into_iter().map(StreamId::Calendar).collect();
    concerned.extend(packages.into_iter().map(StreamId::Package));
    events.extend(log.streams(concerned).await?);
    in_order(&mut events);
    let position = moment.position(&events);
    events.retain(|recorded| recorded.position <= position);
    let by_then = years(&events);
    let then = EventsThen {
        events,
        position,
        moment,
    };
    let mut answer = then
        .answer_of(
            &Contracts,
            "operator",
            json!({ "operator_id": operator_id }),
        )
        .await?;
    let (mut leave, mut evaluations) = (Vec::new(), Vec::new());
    for year in by_then {
        let params = json!({ "operator_id": operator_id, "year": year });
        leave.push(without(
            then.answer_of(&Leave, "entries", params.clone()).await?,
            &["position"],
        ));
        match then.answer_of(&Evaluations, "get", params).await {
            Ok(evaluation) => evaluations.push(unranked(evaluation)),
            // A year of leave alone, or of voided contracts, has no evaluation.
            Err(RequestProblem::ItemUnknown { .. }) => {}
            Err(problem) => return Err(problem),
        }
    }
    answer["leave"] = Value::Array(leave);
    answer["evaluations"] = Value::Array(evaluations);
    serde_json::to_vec(&answer).map_err(|error| fault(&error))
}

/// The events up to one position, for questions to several views.
struct EventsThen {
    events: Vec<RecordedEvent>,
    position: u64,
    moment: Moment,
}

impl EventsThen {
    async fn answer_of(
        &self,
        view: &'static dyn jejak_projections::View,
        query: &'static str,
        params: Value,
    ) -> Result<Value, RequestProblem> {
        let (events, today) = (self.events.clone(), self.moment.today);
        let answer = past::answer(
            view,
            events,
            self.position,
            today,
            query,
            params.to_string(),
        )
        .await?;
        serde_json::from_slice(&answer).map_err(|error| fault(&error))
    }
}

/// An evaluation and those of the person's other contracts, without their ranks.
fn unranked(evaluation: Value) -> Value {
    let mut evaluation = without(evaluation, &["position", "rank"]);
    for other in evaluation
        .get_mut("others")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        *other = without(other.take(), &["rank"]);
    }
    evaluation
}

fn without(mut answer: Value, members: &[&str]) -> Value {
    if let Some(object) = answer.as_object_mut() {
        object.retain(|name, _| !members.contains(&name.as_str()));
    }
    answer
}
