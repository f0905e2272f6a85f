//! The state of facilities: each as it stands.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Event, FacilityId, FacilityKind, Issued, Returned};
use crate::{ids::ContractId, personal::Personal};

/// One facility with everything that happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facility {
    /// The contract that it serves.
    pub contract_id: ContractId,
    /// The kind.
    pub kind: FacilityKind,
    /// Its name or number; none once erased.
    pub label: Option<String>,
    /// The day it was handed out.
    pub issued_on: NaiveDate,
    /// Its return; none while the person has it.
    pub returned: Option<FacilityReturn>,
}

/// The return of a facility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacilityReturn {
    /// The day it was given back.
    pub on: NaiveDate,
    /// The note; none where there is none, or it was erased.
    pub note: Option<String>,
}

impl Facility {
    /// A facility as it was handed out.
    pub fn issued(issued: &Issued) -> Self {
        Self {
            contract_id: issued.contract_id,
            kind: issued.kind,
            label: issued.personal.known().map(|part| part.label.clone()),
            issued_on: issued.on,
            returned: None,
        }
    }

    /// Notes its return.
    pub fn take_back(&mut self, returned: &Returned) {
        let note = returned.personal.as_ref().and_then(Personal::known);
        self.returned = Some(FacilityReturn {
            on: returned.on,
            note: note.map(|note| note.text.clone()),
        });
    }

    /// Forgets the label and the note of a person that is erased.
    pub fn forget(&mut self) {
        self.label = None;
        if let Some(returned) = &mut self.returned {
            returned.note = None;
        }
    }

    /// Whether another was handed out under the same contract, of the same kind and label, on the same day.
    /// A return makes no difference.
    pub(super) fn is_same_issue(&self, other: &Self) -> bool {
        let issue = |facility: &Self| (facility.contract_id, facility.kind, facility.issued_on);
        issue(self) == issue(other) && self.label == other.label
    }
}

/// All facilities of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacilitiesState {
    /// By their ids.
    pub all: BTreeMap<FacilityId, Facility>,
}

impl FacilitiesState {
    /// Takes in an event, in order.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::Issued(issued) => {
                self.all
                    .insert(issued.facility_id, Facility::issued(issued));
            }
            Event::Returned(returned) => {
                if let Some(facility) = self.all.get_mut(&returned.facility_id) {
                    facility.take_back(returned);
                }
            }
        }
    }

    /// Forgets labels and notes of a person that is erased.
    pub fn forget(&mut self) {
        self.all.values_mut().for_each(Facility::forget);
    }
}
