//! A person as of a moment: which streams his answers concern, and those answers.

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

/// The packages a person was ever hired for.
pub(crate) fn packages(events: &[RecordedEvent]) -> BTreeSet<PackageId> {
    let hired = events.iter().filter_map(|recorded| match &recorded.event {
        Event::Operator(operator::Event::Contract(contract::Event::Hired(hired))) => Some(hired),
        _ => None,
    });
    hired.map(|hired| hired.package_id.clone()).collect()
}

/// The years a person was ever engaged or on leave in.
fn years(events: &[RecordedEvent]) -> BTreeSet<i32> {
    let mut years = BTreeSet::new();
    for recorded in events {
        match &recorded.event {
            Event::Operator(operator::Event::Contract(contract::Event::Hired(hired))) => {
                years.insert(hired.fiscal_year);
                years.extend(hired.start.year()..=hired.end.year());
            }
            Event::Operator(operator::Event::Leave(leave::Event::Recorded(recorded))) => {
                years.extend(recorded.from.year()..=recorded.to.year());
            }
            _ => {}
        }
    }
    years
}

/// A person's leave concerns his stream and the calendars of its years, and of the year asked for.
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

/// Everything about a person, as of one position in all of the streams it concerns: his own, the calendars
/// of its years, its packages. An evaluation has no rank here: that would concern everyone else.
///
/// # Errors
/// `operator.unknown` for one who was not registered then.
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
    let asked = Asked {
        events,
        position,
        moment,
    };
    let mut answer = asked
        .of(
            &Contracts,
            "operator",
            json!({ "operator_id": operator_id }),
        )
        .await?;
    let (mut leave, mut evaluations) = (Vec::new(), Vec::new());
    for year in by_then {
        let params = json!({ "operator_id": operator_id, "year": year });
        leave.push(without(
            asked.of(&Leave, "entries", params.clone()).await?,
            &["position"],
        ));
        match asked.of(&Evaluations, "get", params).await {
            Ok(evaluation) => evaluations.push(unranked(evaluation)),
            // Years of leave, or of contracts that are void, need no evaluation.
            Err(RequestProblem::ItemUnknown { .. }) => {}
            Err(problem) => return Err(problem),
        }
    }
    answer["leave"] = Value::Array(leave);
    answer["evaluations"] = Value::Array(evaluations);
    serde_json::to_vec(&answer).map_err(|error| fault(&error))
}

/// Several questions about the same events.
struct Asked {
    events: Vec<RecordedEvent>,
    position: u64,
    moment: Moment,
}

impl Asked {
    async fn of(
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

/// An evaluation, and those beside it, as they stand without everyone else.
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
