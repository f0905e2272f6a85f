//! What views take from a person's stream, and how they forget it. Each view keeps only what it
//! answers with.

use jejak_events::{
    RecordedEvent,
    ids::OperatorId,
    operator::{
        contract,
        identity::{self, Profile},
    },
    personal::Personal,
};

use crate::ProjectionError;

/// What a sealed part says; none when it is erased.
///
/// # Errors
/// When nobody opened it: a view built from sealed parts would take everyone for erased.
pub(crate) fn opened<'a, T>(
    recorded: &RecordedEvent,
    part: &'a Personal<T>,
) -> Result<Option<&'a T>, ProjectionError> {
    match part {
        Personal::Open(data) => Ok(Some(data)),
        Personal::Erased => Ok(None),
        Personal::Sealed(_) => Err(ProjectionError::Inapplicable {
            position: recorded.position,
            reason: "its personal part is sealed",
        }),
    }
}

/// A person's particulars after an event; none once erased.
pub(crate) fn profile<'a>(
    recorded: &RecordedEvent,
    event: &'a identity::Event,
) -> Result<Option<&'a Profile>, ProjectionError> {
    match event {
        identity::Event::Registered(registered) => opened(recorded, &registered.personal),
        identity::Event::Corrected(corrected) => {
            Ok(opened(recorded, &corrected.personal)?.map(|correction| &correction.profile))
        }
        identity::Event::Erased(_) => Ok(None),
    }
}

/// The row of a person who must be known by now.
pub(crate) fn known<T>(recorded: &RecordedEvent, row: Option<T>) -> Result<T, ProjectionError> {
    row.ok_or(ProjectionError::Inapplicable {
        position: recorded.position,
        reason: "the person was never registered",
    })
}

/// Takes a contract fact into a person's contracts, without the sealed part they would keep.
pub(crate) fn evolve_contracts(contracts: &mut contract::ContractsState, event: &contract::Event) {
    match event {
        contract::Event::Hired(hired) => {
            contracts.evolve(
                &contract::Hired {
                    personal: None,
                    ..hired.clone()
                }
                .into(),
            );
        }
        other => contracts.evolve(other),
    }
}

/// A person's key in the tables of views.
pub(crate) fn key(operator_id: OperatorId) -> String {
    operator_id.to_string()
}

/// The key of what a person did in a year: the rows of a year lie side by side, and those of years that are over
/// are left alone.
pub(crate) fn of_year(year: i32, person: &str) -> String {
    format!("{year}/{person}")
}

/// The person of a key that [`key`] made.
pub(crate) fn id(key: &str) -> Result<OperatorId, ProjectionError> {
    key.parse()
        .map_err(|_| ProjectionError::Damaged(format!("{key} is not the key of a person")))
}
