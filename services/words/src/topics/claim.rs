//! The words of claims of a citizen number (rule 44).

use jejak_events::nik::claim::{Event, Released, Taken};

use crate::{Language, language::say};

pub(super) fn sentence(event: &Event, language: Language) -> String {
    match event {
        Event::Taken(Taken { operator_id }) => say!(
            language,
            "NIK ini dipegang oleh penyedia {operator_id}.",
            "Operator {operator_id} holds this NIK."
        ),
        Event::Released(Released { operator_id }) => say!(
            language,
            "NIK ini dilepas oleh penyedia {operator_id}.",
            "Operator {operator_id} no longer holds this NIK."
        ),
    }
}
