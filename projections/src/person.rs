//! Functions for events of a person's stream that several views share: keys, particulars, contracts.

use jejak_events::{
    ids::OperatorId,
    operator::{
        contract,
        identity::{self, Profile},
    },
    personal::{Owner, Personal},
};
use serde::Serialize;

use crate::{cell::PersonalCell, error::ProjectionError, writer::RowWriter};

/// The content of a personal part; none when it is erased.
///
/// # Errors
/// The part is still sealed. A view built from sealed parts would show everyone as erased.
pub(crate) fn opened<'a, T>(
    writer: &RowWriter,
    part: &'a Personal<T>,
) -> Result<Option<&'a T>, ProjectionError> {
    match part {
        Personal::Open(data) => Ok(Some(data)),
        Personal::Erased => Ok(None),
        Personal::Sealed(_) => Err(writer.inapplicable("its personal part is sealed")),
    }
}

/// A person's particulars after an event; none once erased.
pub(crate) fn profile<'a>(
    writer: &RowWriter,
    event: &'a identity::Event,
) -> Result<Option<&'a Profile>, ProjectionError> {
    match event {
        identity::Event::Registered(registered) => opened(writer, &registered.personal),
        identity::Event::Corrected(identity::Corrected { personal })
        | identity::Event::NikCorrected(identity::NikCorrected { personal }) => {
            Ok(opened(writer, personal)?.map(|correction| &correction.profile))
        }
        identity::Event::Erased(_) => Ok(None),
    }
}

/// A person's name after an event; none once erased.
pub(crate) fn name(
    writer: &RowWriter,
    id: OperatorId,
    event: &identity::Event,
) -> Result<Option<PersonalCell<String>>, ProjectionError> {
    seal(writer, id, profile(writer, event)?, |profile| {
        profile.full_name.clone()
    })
}

/// A sealed part of a person's data; none once erased.
pub(crate) fn seal<T: Serialize, P>(
    writer: &RowWriter,
    id: OperatorId,
    data: Option<&P>,
    part: impl FnOnce(&P) -> T,
) -> Result<Option<PersonalCell<T>>, ProjectionError> {
    let Some(data) = data else { return Ok(None) };
    writer.seal(Owner::Operator(id), &part(data))
}

/// The row of a person, which exists since the registration.
pub(crate) fn registered<T>(writer: &RowWriter, row: Option<T>) -> Result<T, ProjectionError> {
    row.ok_or_else(|| writer.inapplicable("the person was never registered"))
}

/// Takes a contract event into a person's contracts, without the sealed part.
pub(crate) fn evolve_contracts(contracts: &mut contract::ContractsState, event: &contract::Event) {
    match event {
        contract::Event::Hired(hired) => {
            contracts.evolve(&hired.without_particulars().into());
        }
        contract::Event::Amended(_)
        | contract::Event::Terminated(_)
        | contract::Event::Voided(_)
        | contract::Event::Warned(_) => contracts.evolve(event),
    }
}

/// A person's key in the tables of views.
pub(crate) fn key(operator_id: OperatorId) -> String {
    operator_id.to_string()
}

/// The key of a person's row of a year. Rows of one year lie side by side, so an event leaves the pages of
/// earlier years alone.
pub(crate) fn year_key(year: i32, person: &str) -> String {
    format!("{year}/{person}")
}

/// The person of a key that [`key`] made.
pub(crate) fn id(key: &str) -> Result<OperatorId, ProjectionError> {
    key.parse()
        .map_err(|_| ProjectionError::Damaged(format!("{key} is not the key of a person")))
}
