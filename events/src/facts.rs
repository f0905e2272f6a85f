//! Facts that every event states about itself: the days it concerns, the remarks in it, the id it creates.
//!
//! Histories, answers and pages read these facts. Each topic states them in its own folder.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    date::Period,
    ids::ContractId,
    personal::{Personal, Remark},
};

/// The first day, and the last day where it is known.
pub type EffectiveDays = (NaiveDate, Option<NaiveDate>);

/// The facts that the events of one topic state about themselves. The trait has no defaults, so a new event does
/// not compile without them.
pub trait EventFacts {
    /// The id of the stream.
    type StreamId;
    /// The state of the stream.
    type State;
    /// The name of the ids that events of the topic create, such as `contract_id`; none where they create nothing.
    const CREATES: Option<&'static str>;

    /// The days the event concerns; none where it concerns no day. `before` is the state of the stream before it:
    /// an event may name a contract or leave by its id alone.
    fn effective_days(&self, before: &Self::State) -> Option<EffectiveDays>;

    /// The contract the event concerns; none where it concerns no contract.
    fn contract_id(&self, before: &Self::State) -> Option<ContractId>;

    /// The reason and the note of the event.
    fn remarks(&self) -> Remarks<'_>;

    /// The id of the thing that begins with the event, named by [`Self::CREATES`]; none where nothing begins.
    fn created_id(&self, stream: &Self::StreamId) -> Option<Uuid>;
}

/// The id of a thing that an event creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreatedId {
    /// The name of the id in events and answers, such as `contract_id`.
    pub field: &'static str,
    /// The id.
    pub id: Uuid,
}

/// The texts that an officer wrote with an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remarks<'a> {
    /// The reason; none where there is none, or it was erased.
    pub reason: Option<&'a str>,
    /// The note; none where there is none, or it was erased.
    pub note: Option<&'a str>,
    /// Whether the personal part was erased.
    pub erased: bool,
    /// Whether the personal part is still sealed, which is a fault of the caller.
    pub sealed: bool,
}

impl<'a> Remarks<'a> {
    /// The remarks that an opened part holds.
    pub(crate) fn of<T>(part: &'a Personal<T>, read: impl FnOnce(&'a T) -> Self) -> Self {
        match part {
            Personal::Open(data) => read(data),
            Personal::Erased => Self {
                erased: true,
                ..Self::default()
            },
            Personal::Sealed(_) => Self {
                sealed: true,
                ..Self::default()
            },
        }
    }

    /// A remark that gives the reason.
    pub(crate) fn reason(remark: &'a Personal<Remark>) -> Self {
        Self::of(remark, |remark| Self::with_reason(Some(&remark.text)))
    }

    /// A remark that is a note, where there is one.
    pub(crate) fn note(remark: Option<&'a Personal<Remark>>) -> Self {
        remark.map_or_else(Self::default, |remark| {
            Self::of(remark, |remark| Self {
                note: Some(&remark.text),
                ..Self::default()
            })
        })
    }

    /// A reason in the clear, where there is one.
    pub(crate) fn with_reason(reason: Option<&'a str>) -> Self {
        Self {
            reason,
            ..Self::default()
        }
    }
}

/// The days of an event that concerns one day.
pub(crate) fn on(day: NaiveDate) -> Option<EffectiveDays> {
    Some((day, Some(day)))
}

/// The days of an event that concerns a period.
pub(crate) fn during(period: &Period) -> Option<EffectiveDays> {
    Some((period.start, Some(period.end)))
}
