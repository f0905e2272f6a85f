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
use jejak_projections::{
    View, contracts::Contracts, evaluations::Evaluations, facilities::Facilities, leave::Leave,
};
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
        match &recorded.event {
            Event::Operator(operator::Event::Contract(event)) => {
                if let Some(hired) = hired_by(event) {
                    years.insert(hired.fiscal_year);
                    years.extend(hired.start.year()..=hired.end.year());
                }
            }
            Event::Operator(operator::Event::Leave(event)) => match event {
                leave::Event::Recorded(leave) => years.extend(leave.from.year()..=leave.to.year()),
                // Their days lie in a contract.
                leave::Event::Cancelled(_) | leave::Event::Absent(_) => {}
            },
            // Their days lie in a contract, or they have none.
            Event::Operator(
                operator::Event::Identity(_)
                | operator::Event::Facility(_)
                | operator::Event::Appraisal(_)
                | operator::Event::Evaluation(_),
            )
            | Event::Package(_)
            | Event::Nik(_)
            | Event::Calendar(_) => {}
        }
    }
    years
}

fn hired(event: &Event) -> Option<&contract::Hired> {
    match event {
        Event::Operator(operator::Event::Contract(event)) => hired_by(event),
        Event::Operator(
            operator::Event::Identity(_)
            | operator::Event::Leave(_)
            | operator::Event::Facility(_)
            | operator::Event::Appraisal(_)
            | operator::Event::Evaluation(_),
        )
        | Event::Package(_)
        | Event::Nik(_)
        | Event::Calendar(_) => None,
    }
}

fn hired_by(event: &contract::Event) -> Option<&contract::Hired> {
    match event {
        contract::Event::Hired(hired) => Some(hired),
        contract::Event::Amended(_)
        | contract::Event::Terminated(_)
        | contract::Event::Voided(_)
        | contract::Event::Warned(_) => None,
    }
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

/// A member of the answer about a person: the answers of one view.
struct Part {
    member: &'static str,
    view: &'static dyn View,
    query: &'static str,
    by: PartBy,
}

/// The questions that make a part.
enum PartBy {
    /// One question for each year, by `operator_id` and `year`.
    Year,
    /// The pages of a list of the person's items, by `operator`.
    Page,
}

/// The parts of the answer about a person, besides the contracts. Together they read every topic of a person.
static PARTS: [Part; 3] = [
    Part {
        member: "leave",
        view: &Leave,
        query: "entries",
        by: PartBy::Year,
    },
    Part {
        member: "evaluations",
        view: &Evaluations,
        query: "get",
        by: PartBy::Year,
    },
    Part {
        member: "facilities",
        view: &Facilities,
        query: "list",
        by: PartBy::Page,
    },
];

/// Everything known of a person as of one position: the contracts and [`PARTS`]. It follows from the person's
/// stream, its calendars and its packages. Evaluations have no rank here, because a rank needs all other people.
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
    let then = EventsThen {
        events,
        position,
        moment,
    };
    let person = json!({ "operator_id": operator_id });
    let mut answer = then.answer_of(&Contracts, "operator", person).await?;
    for part in &PARTS {
        let answers = match part.by {
            PartBy::Year => then.years_of(part, operator_id).await?,
            PartBy::Page => then.items_of(part, operator_id).await?,
        };
        answer[part.member] = Value::Array(answers);
    }
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

    /// The answers for each year of the person that has one, without ranks.
    async fn years_of(
        &self,
        part: &Part,
        operator_id: OperatorId,
    ) -> Result<Vec<Value>, RequestProblem> {
        let mut answers = Vec::new();
        for year in years(&self.events) {
            let params = json!({ "operator_id": operator_id, "year": year });
            match self.answer_of(part.view, part.query, params).await {
                Ok(answer) => answers.push(unranked(answer)),
                // A year of leave alone, or of voided contracts, has no evaluation.
                Err(RequestProblem::ItemUnknown { .. }) => {}
                Err(problem) => return Err(problem),
            }
        }
        Ok(answers)
    }

    /// The items of the person, page by page.
    async fn items_of(
        &self,
        part: &Part,
        operator_id: OperatorId,
    ) -> Result<Vec<Value>, RequestProblem> {
        let (mut items, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let params = json!({ "operator": operator_id, "cursor": cursor });
            let mut page = self.answer_of(part.view, part.query, params).await?;
            let found = page["items"].as_array_mut().map(std::mem::take);
            items.extend(found.unwrap_or_default());
            cursor = page["next"].take();
            if cursor.is_null() {
                return Ok(items);
            }
        }
    }
}

/// An answer of one year without its position. An evaluation, and those of the person's other contracts, lose
/// their ranks.
fn unranked(answer: Value) -> Value {
    let mut evaluation = without(answer, &["position", "rank"]);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: the answer about a person leaves no topic out. Method: the topics that its views read are compared
    /// with those of the stream.
    #[test]
    fn the_whole_person_has_every_topic() {
        let views = PARTS.iter().map(|part| part.view);
        let views = views.chain([&Contracts as &dyn View]);
        let read: BTreeSet<_> = views.flat_map(|view| view.topics()).collect();
        for topic in operator::Event::TOPICS {
            let topic = format!("operator.{topic}");
            assert!(read.contains(topic.as_str()), "{topic}");
        }
    }
}
