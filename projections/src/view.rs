//! A view: its tables, a handler for each topic it reads, and its queries.
//!
//! An event reaches a view through the handler of its topic.

use jejak_events::{RecordedEvent, StreamEvent, TopicEvent};

use crate::{error::ProjectionError, query::QueryHandler, writer::RowWriter};

/// A read model: rows that events change, and the queries they answer.
pub trait View: Send + Sync {
    /// A plural noun, such as `contracts`.
    fn name(&self) -> &'static str;

    /// The version of the rows. It grows by one when the same events make other rows.
    /// A file of another version is never read.
    fn version(&self) -> u32;

    /// The tables of the view, in ascending order.
    fn tables(&self) -> &'static [&'static str];

    /// The handlers of the topics that the view reads, one a topic. Events of other topics change no row.
    fn handlers(&self) -> Vec<TopicHandler>;

    /// The queries that the view answers.
    fn queries(&self) -> &'static [QueryHandler];

    /// The topics with a handler, as `<stream>.<topic>` in ascending order.
    fn topics(&self) -> Vec<&'static str> {
        let mut topics: Vec<_> = self
            .handlers()
            .iter()
            .map(|handler| handler.topic)
            .collect();
        topics.sort_unstable();
        topics
    }
}

/// Applies an event of one topic; none where the event is of another topic.
type Apply =
    dyn Fn(&RowWriter, &RecordedEvent) -> Option<Result<(), ProjectionError>> + Send + Sync;

/// The handler of one topic. [`TopicHandler::new`] takes the topic from the type of the function's event.
pub struct TopicHandler {
    topic: &'static str,
    apply: Box<Apply>,
}

impl TopicHandler {
    /// A function that changes rows by an event of one topic in a stream.
    ///
    /// Events come in order, with the personal part opened or erased. The function returns
    /// [`ProjectionError::Inapplicable`] for an event that contradicts the events before it.
    pub fn new<E, H>(handler: H) -> Self
    where
        E: TopicEvent<StreamEvent: StreamEvent>,
        H: Fn(&RowWriter, &<E::StreamEvent as StreamEvent>::Id, &E) -> Result<(), ProjectionError>
            + Send
            + Sync
            + 'static,
    {
        Self {
            topic: E::TOPIC,
            apply: Box::new(move |writer, recorded| {
                let (event, id) = E::StreamEvent::of(&recorded.event, &recorded.envelope.stream)?;
                E::of(event).map(|event| handler(writer, id, event))
            }),
        }
    }
}

/// Gives an event to the handler of its topic. An event of a topic without a handler changes no row.
pub(crate) fn apply(
    handlers: &[TopicHandler],
    writer: &RowWriter,
    recorded: &RecordedEvent,
) -> Result<(), ProjectionError> {
    if !recorded.event.is_of(&recorded.envelope.stream) {
        return Err(writer.inapplicable("the event is in a stream of another kind"));
    }
    let mut handled = handlers
        .iter()
        .filter_map(|handler| (handler.apply)(writer, recorded));
    handled.next().unwrap_or(Ok(()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jejak_events::Event;

    use crate::{VIEWS, story::Office};

    /// Goal: no topic is recorded for nothing, and no view has two handlers for one topic. Claims of a NIK serve
    /// decisions alone.
    #[test]
    fn every_topic_is_read_by_a_view() {
        let read: BTreeSet<_> = VIEWS.iter().flat_map(|view| view.topics()).collect();
        let mut shown = Event::topics();
        shown.retain(|topic| *topic != "nik.claim");
        assert!(read.into_iter().eq(shown));
        for view in VIEWS {
            let mut topics = view.topics();
            topics.dedup();
            assert_eq!(topics.len(), view.handlers().len(), "{}", view.name());
        }
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
