//! A moment of the past, and the answer of a view then. Positions order the log. Times come from the
//! clocks of several machines and need not follow that order.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use jejak_bus::{AsOf, RequestProblem, as_of::AS_OF};
use jejak_events::{
    RecordedEvent,
    personal::{Key, Owner},
    secret::DataKey,
};
use jejak_projections::{QueryError, Store, View};

use crate::read::{Log, fault};

/// A moment that lies inside the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    as_of: AsOf,
    /// The civil date of the moment in the office's time zone.
    pub(crate) today: NaiveDate,
}

impl Moment {
    /// The moment that a request names. The log ends at `end`.
    ///
    /// # Errors
    /// `request.malformed` for a moment after the end of the log.
    pub(crate) async fn find(
        log: &Log,
        as_of: AsOf,
        end: u64,
        time_zone: chrono_tz::Tz,
    ) -> Result<Self, RequestProblem> {
        let time = match as_of {
            AsOf::Position(position) => {
                let time = if position <= end {
                    log.time_of(position).await?
                } else {
                    None
                };
                time.ok_or_else(|| not_yet(format!("the log ends at position {end}")))?
            }
            AsOf::Time(time) => {
                let now = latest(Utc::now(), log.time_of(end).await?);
                if time > now {
                    return Err(not_yet(format!(
                        "lies in the future; it is {} now",
                        AsOf::Time(now)
                    )));
                }
                time
            }
        };
        Ok(Self::at(as_of, time, time_zone))
    }

    fn at(as_of: AsOf, time: DateTime<Utc>, time_zone: chrono_tz::Tz) -> Self {
        Self {
            as_of,
            today: time.with_timezone(&time_zone).date_naive(),
        }
    }

    /// The position of the moment among these events: that of the last event recorded by then. Events before
    /// that position count, even those that a fast clock dated later.
    pub(crate) fn position(self, events: &[RecordedEvent]) -> u64 {
        match self.as_of {
            AsOf::Position(position) => position,
            AsOf::Time(time) => {
                let by_then = events
                    .iter()
                    .filter(|recorded| recorded.envelope.time <= time);
                by_then.map(|recorded| recorded.position).max().unwrap_or(0)
            }
        }
    }
}

/// The later of this clock and the last event's time: this clock may be slow.
fn latest(now: DateTime<Utc>, last_event: Option<DateTime<Utc>>) -> DateTime<Utc> {
    last_event.map_or(now, |last| last.max(now))
}

fn not_yet(reason: String) -> RequestProblem {
    RequestProblem::malformed(AS_OF, reason)
}

/// The answer of a view that is built from these events up to a position.
///
/// # Errors
/// The view's own refusal, and a fault where the events do not make a view.
pub(crate) async fn answer(
    view: &'static dyn View,
    events: Vec<RecordedEvent>,
    position: u64,
    today: NaiveDate,
    query: &'static str,
    params: String,
) -> Result<Vec<u8>, RequestProblem> {
    let ask = move || {
        // The rows are gone with the answer, so one key of no worth seals all their cells.
        let keys = Arc::new(|_: &Owner| Some(Key::Present(DataKey::new([0; 32]))));
        let store = Store::past(view, &events, position, keys)?;
        store
            .answer(query, params.as_bytes(), today)
            .map(|(_, answer)| answer)
    };
    match tokio::task::spawn_blocking(ask).await {
        Ok(answered) => answered.map_err(problem),
        Err(error) => Err(fault(&error)),
    }
}

/// The problem that the asker gets for a query's error.
pub(crate) fn problem(error: QueryError) -> RequestProblem {
    match error {
        QueryError::UnknownQuery => fault(&error),
        QueryError::Malformed { path, reason } => RequestProblem::malformed(path, reason),
        QueryError::ItemUnknown { thing, item } => RequestProblem::ItemUnknown { thing, item },
        error @ (QueryError::Store(_) | QueryError::TakesLonger) => fault(&error),
    }
}

#[cfg(test)]
mod tests {
    use jejak_events::{
        Envelope,
        calendar::holiday::{Event, HolidayKind, Revoked},
    };

    use super::*;

    fn recorded(position: u64, time: &str) -> RecordedEvent {
        let date = "2020-12-28".parse().unwrap();
        let (name, decree) = ("Cuti bersama".to_owned(), "SKB".to_owned());
        let envelope = Envelope {
            id: uuid::Uuid::nil(),
            tenant: "pontianak".parse().unwrap(),
            stream: "calendar/2020".parse().unwrap(),
            time: time.parse().unwrap(),
            actor: "account/admin".parse().unwrap(),
            sealed_actor: None,
            command: "revoke-holiday".into(),
            command_id: "c".parse().unwrap(),
            command_digest: String::new(),
            correlation_id: None,
            traceparent: None,
        };
        let event = Event::from(Revoked {
            date,
            kind: HolidayKind::JointLeave,
            name,
            decree,
        })
        .into();
        RecordedEvent {
            position,
            envelope,
            event,
        }
    }

    #[test]
    fn positions_order_and_times_only_find_them() {
        let clock_ahead = recorded(5, "2020-12-01T00:00:09Z");
        let events = [
            recorded(2, "2020-12-01T00:00:01Z"),
            clock_ahead,
            recorded(8, "2020-12-01T00:00:05Z"),
        ];
        let at = |as_of: &str| {
            let moment = Moment {
                as_of: as_of.parse().unwrap(),
                today: "2020-12-01".parse().unwrap(),
            };
            moment.position(&events)
        };
        assert_eq!(at("2020-12-01T00:00:00Z"), 0);
        assert_eq!(at("2020-12-01T00:00:01Z"), 2);
        assert_eq!(at("2020-12-01T00:00:04.999Z"), 2);
        assert_eq!(
            at("2020-12-01T00:00:05Z"),
            8,
            "what stands before it counts with it"
        );
        assert_eq!(at("2020-12-01T00:00:09Z"), 8);
        assert_eq!(at("6"), 6);
    }

    /// 00:30 on 1 January is still 31 December in UTC.
    #[test]
    fn rule_38_the_date_it_was_then_is_that_of_the_office() {
        let date_at = |time: &str| {
            let time: DateTime<Utc> = time.parse().unwrap();
            Moment::at(AsOf::Time(time), time, chrono_tz::Asia::Pontianak)
                .today
                .to_string()
        };
        assert_eq!(date_at("2020-12-31T16:59:59Z"), "2020-12-31");
        assert_eq!(date_at("2020-12-31T17:30:00Z"), "2021-01-01");
    }

    #[test]
    fn a_clock_behind_the_log_does_not_put_its_last_event_into_the_future() {
        let (now, ahead) = (
            "2020-12-01T00:00:00Z".parse().unwrap(),
            "2020-12-01T00:00:02Z".parse().unwrap(),
        );
        assert_eq!(latest(now, Some(ahead)), ahead);
        assert_eq!(latest(ahead, Some(now)), ahead);
        assert_eq!(latest(now, None), now);
    }
}
