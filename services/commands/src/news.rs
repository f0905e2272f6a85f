//! What was appended, on its way into the states in memory. They would catch up anyway; it is here that they
//! need neither the log nor a key.

use std::sync::Arc;

use jejak_events::{RecordedEvent, ids::StreamId};

use crate::states::{Ground, States};

/// What a command appended, open.
pub(crate) struct News {
    pub(crate) states: Arc<States>,
    /// What it was decided on.
    pub(crate) ground: Ground,
    pub(crate) appended: Vec<RecordedEvent>,
}

/// Whether all that was appended is of a person, whose state is read in a turn of its own only, so that it may be
/// remembered after the answer. Packages and calendars are read without one.
pub(crate) fn are_of_a_person(appended: &[RecordedEvent]) -> bool {
    appended
        .iter()
        .all(|recorded| matches!(recorded.envelope.stream, StreamId::Operator(_)))
}

impl News {
    /// Adds it to the states it was decided on.
    pub(crate) fn remember(self) {
        let Self {
            states,
            ground,
            appended,
        } = self;
        let is_package = |recorded: &RecordedEvent| {
            let stream = &recorded.envelope.stream;
            ground
                .package
                .as_ref()
                .is_some_and(|(id, _)| matches!(stream, StreamId::Package(of) if of == id))
        };
        let (package, home): (Vec<_>, Vec<_>) = appended.into_iter().partition(is_package);
        states.advance(ground.home, home);
        if let Some((_, state)) = ground.package {
            states.advance(state, package);
        }
    }
}

#[cfg(test)]
mod specs {
    use jejak_events::envelope::decode;

    use super::*;

    fn stored(bytes: &[u8]) -> RecordedEvent {
        decode(1, bytes).unwrap()
    }

    /// A hire takes a slot: whoever is told of it may read that at once.
    #[test]
    fn only_what_is_of_a_person_alone_may_be_remembered_after_the_answer() {
        let appraised = || {
            stored(include_bytes!(
                "../../../events/tests/golden/operator.appraisal.submitted.v1.json"
            ))
        };
        let slot = stored(include_bytes!(
            "../../../events/tests/golden/package.slot.reserved.v1.json"
        ));
        let hired = stored(include_bytes!(
            "../../../events/tests/golden/operator.contract.hired.v1.json"
        ));
        let released = stored(include_bytes!(
            "../../../events/tests/golden/package.officer.released.v1.json"
        ));
        let holiday = stored(include_bytes!(
            "../../../events/tests/golden/calendar.holiday.declared.v1.json"
        ));
        assert!(are_of_a_person(&[appraised()]) && are_of_a_person(&[appraised(), appraised()]));
        for appended in [vec![slot, hired], vec![released], vec![holiday]] {
            assert!(!are_of_a_person(&appended));
        }
    }
}
