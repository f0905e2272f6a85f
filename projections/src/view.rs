//! A view: its tables, a handler for each topic it reads, and its queries.
//!
//! An event reaches a view through [`Handlers::apply`], the one place that matches on topics.

use jejak_events::{
    Event, RecordedEvent,
    calendar::{self, holiday},
    ids::{OperatorId, PackageId, StreamId},
    operator::{self, appraisal, contract, evaluation, identity, leave},
    package::{self, officer, slot, terms},
};

use crate::{
    error::{ProjectionError, QueryError},
    reader::Reader,
    writer::RowWriter,
};

/// A read model: rows that events change, and the queries they answer.
pub trait View: Send + Sync {
    /// A plural noun, such as `contracts`.
    fn name(&self) -> &'static str;

    /// The version of the rows. It grows by one when the same events make other rows.
    /// A file of another version is never read.
    fn version(&self) -> u32;

    /// The tables of the view, in ascending order.
    fn tables(&self) -> &'static [&'static str];

    /// The handler of each topic that the view reads. Events of other topics change no row.
    fn handlers(&self) -> Handlers;

    /// The queries that the view answers.
    fn queries(&self) -> &'static [QueryHandler];

    /// The topics with a handler, as `<stream>.<topic>` in ascending order.
    fn topics(&self) -> Vec<&'static str> {
        self.handlers().topics()
    }
}

/// One query of a view.
pub struct QueryHandler {
    /// The last token of the subject that the query is asked on.
    pub name: &'static str,
    /// Whether the answer concerns one thing and takes a few rows.
    pub by_key: bool,
    /// Reads parameters as JSON and answers with JSON that holds the position.
    pub answer: fn(&Reader<'_>, &[u8]) -> Result<Vec<u8>, QueryError>,
}

impl QueryHandler {
    /// A query that reads many rows.
    pub(crate) const fn scan(
        name: &'static str,
        answer: fn(&Reader<'_>, &[u8]) -> Result<Vec<u8>, QueryError>,
    ) -> Self {
        Self {
            name,
            by_key: false,
            answer,
        }
    }

    /// A query about one thing.
    pub(crate) const fn by_key(
        name: &'static str,
        answer: fn(&Reader<'_>, &[u8]) -> Result<Vec<u8>, QueryError>,
    ) -> Self {
        Self {
            name,
            by_key: true,
            answer,
        }
    }
}

/// Changes rows by an event of one topic. `Id` names the stream of the event.
///
/// Events come in order, with the personal part opened or erased. A handler returns
/// [`ProjectionError::Inapplicable`] for an event that contradicts the events before it.
pub type Handler<Id, E> = fn(&RowWriter, &Id, &E) -> Result<(), ProjectionError>;

/// The handlers of a view, one field for each topic. A topic that the view does not read has none.
#[derive(Clone, Copy)]
pub struct Handlers {
    /// Registration, correction and erasure: topic `operator.identity`.
    pub identity: Option<Handler<OperatorId, identity::Event>>,
    /// Hires, amendments, endings and warnings: topic `operator.contract`.
    pub contract: Option<Handler<OperatorId, contract::Event>>,
    /// Leave, its cancellation and absences: topic `operator.leave`.
    pub leave: Option<Handler<OperatorId, leave::Event>>,
    /// Monthly appraisals, corrections and waivers: topic `operator.appraisal`.
    pub appraisal: Option<Handler<OperatorId, appraisal::Event>>,
    /// Proposed, final and reopened evaluations: topic `operator.evaluation`.
    pub evaluation: Option<Handler<OperatorId, evaluation::Event>>,
    /// Published and amended terms of reference: topic `package.terms`.
    pub terms: Option<Handler<PackageId, terms::Event>>,
    /// Assignments of officers: topic `package.officer`.
    pub officer: Option<Handler<PackageId, officer::Event>>,
    /// Reserved, adjusted and released slots: topic `package.slot`.
    pub slot: Option<Handler<PackageId, slot::Event>>,
    /// Holidays, declared and revoked: topic `calendar.holiday`. The stream is a year.
    pub holiday: Option<Handler<i32, holiday::Event>>,
}

impl Handlers {
    /// The handlers of a view that reads no topic.
    pub const NONE: Self = Self {
        identity: None,
        contract: None,
        leave: None,
        appraisal: None,
        evaluation: None,
        terms: None,
        officer: None,
        slot: None,
        holiday: None,
    };

    fn topics(&self) -> Vec<&'static str> {
        // Without `..`: a new field that is missing below does not compile.
        let Self {
            identity,
            contract,
            leave,
            appraisal,
            evaluation,
            terms,
            officer,
            slot,
            holiday,
        } = self;
        let topics = [
            ("calendar.holiday", holiday.is_some()),
            ("operator.appraisal", appraisal.is_some()),
            ("operator.contract", contract.is_some()),
            ("operator.evaluation", evaluation.is_some()),
            ("operator.identity", identity.is_some()),
            ("operator.leave", leave.is_some()),
            ("package.officer", officer.is_some()),
            ("package.slot", slot.is_some()),
            ("package.terms", terms.is_some()),
        ];
        let read = topics.into_iter().filter(|(_, is_read)| *is_read);
        read.map(|(topic, _)| topic).collect()
    }

    /// Gives an event to the handler of its topic.
    pub(crate) fn apply(
        &self,
        writer: &RowWriter,
        recorded: &RecordedEvent,
    ) -> Result<(), ProjectionError> {
        match (&recorded.event, &recorded.envelope.stream) {
            (Event::Operator(event), StreamId::Operator(id)) => match event {
                operator::Event::Identity(event) => call(self.identity, writer, id, event),
                operator::Event::Contract(event) => call(self.contract, writer, id, event),
                operator::Event::Leave(event) => call(self.leave, writer, id, event),
                operator::Event::Appraisal(event) => call(self.appraisal, writer, id, event),
                operator::Event::Evaluation(event) => call(self.evaluation, writer, id, event),
            },
            (Event::Package(event), StreamId::Package(id)) => match event {
                package::Event::Terms(event) => call(self.terms, writer, id, event),
                package::Event::Officer(event) => call(self.officer, writer, id, event),
                package::Event::Slot(event) => call(self.slot, writer, id, event),
            },
            (Event::Calendar(event), StreamId::Calendar(year)) => match event {
                calendar::Event::Holiday(event) => call(self.holiday, writer, year, event),
            },
            (Event::Operator(_) | Event::Package(_) | Event::Calendar(_), _) => {
                Err(writer.inapplicable("the event is in a stream of another kind"))
            }
        }
    }
}

fn call<Id, E>(
    handler: Option<Handler<Id, E>>,
    writer: &RowWriter,
    id: &Id,
    event: &E,
) -> Result<(), ProjectionError> {
    handler.map_or(Ok(()), |handler| handler(writer, id, event))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{VIEWS, story::Office};

    /// Goal: a view can read every topic there is, under the topic's name in the log.
    #[test]
    fn every_topic_has_a_handler() {
        let all = Handlers {
            identity: Some(|_, _, _| Ok(())),
            contract: Some(|_, _, _| Ok(())),
            leave: Some(|_, _, _| Ok(())),
            appraisal: Some(|_, _, _| Ok(())),
            evaluation: Some(|_, _, _| Ok(())),
            terms: Some(|_, _, _| Ok(())),
            officer: Some(|_, _, _| Ok(())),
            slot: Some(|_, _, _| Ok(())),
            holiday: Some(|_, _, _| Ok(())),
        };
        let of = |kind: &str, topics: &[&str]| -> Vec<String> {
            topics
                .iter()
                .map(|topic| format!("{kind}.{topic}"))
                .collect()
        };
        let mut wanted = [
            of("calendar", calendar::Event::TOPICS),
            of("operator", operator::Event::TOPICS),
            of("package", package::Event::TOPICS),
        ]
        .concat();
        wanted.sort_unstable();
        assert_eq!(all.topics(), wanted);
        let read: BTreeSet<_> = VIEWS.iter().flat_map(|view| view.topics()).collect();
        assert!(
            read.into_iter().eq(all.topics()),
            "a topic that no view reads"
        );
        assert!(Handlers::NONE.topics().is_empty());
    }

    /// Goal: an event changes rows of the views that declare its topic, and of no other view.
    /// Method: the demonstration, event by event.
    #[test]
    fn an_event_changes_only_views_that_read_its_topic() {
        let events = Office::of_2020().events;
        for view in VIEWS {
            let built = crate::story::Built::empty(view);
            for recorded in &events {
                let before = built.store.content().unwrap().1;
                built
                    .store
                    .apply_batch(std::slice::from_ref(recorded), false)
                    .unwrap();
                let changed = built.store.content().unwrap().1 != before;
                let is_read = view.topics().iter().any(|topic| recorded.is_of(topic));
                assert!(is_read || !changed, "{} {}", view.name(), recorded.topic());
            }
        }
    }
}
