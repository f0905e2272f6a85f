//! Topic `identity`: a person's particulars. All of them are sealed; the id is a pseudonym of the NIK.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    date::CivilDate,
    ids::{Nik, OperatorId},
    personal::{Owner, Part, Payload, Personal, payload},
    text::{Citizenship, DomicileCode, Email, Note, Text},
};

mod decide;
mod facts;
mod given;
mod profile;
mod registration;

pub use crate::kinds::EducationLevel;
pub use given::{GivenEducation, Register};
pub use profile::{Education, Profile, Sex};
pub use registration::Registration;

crate::topic::topic! {
    /// The person is known from now on.
    Registered = "operator.identity.registered.v1",
    /// Particulars of a person were corrected.
    Corrected = "operator.identity.corrected.v1",
    /// The citizen number of a person was corrected.
    NikCorrected = "operator.identity.nik_corrected.v1",
    /// A person's key was destroyed, so all sealed parts are forgotten.
    Erased = "operator.identity.erased.v1",
}

impl Event {
    /// Whether the event erases the person: views forget the particulars, and the data key is destroyed.
    pub fn is_erasure(&self) -> bool {
        match self {
            Self::Erased(_) => true,
            Self::Registered(_) | Self::Corrected(_) | Self::NikCorrected(_) => false,
        }
    }
}

impl Event {
    /// Whether the event corrects who the person is.
    pub(super) fn is_correction(&self) -> bool {
        match self {
            Self::Corrected(_) | Self::NikCorrected(_) => true,
            Self::Registered(_) | Self::Erased(_) => false,
        }
    }
}

/// A person was registered by NIK.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    /// The particulars, sealed under the person's own key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Profile>,
}

/// The particulars after a correction, and its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParticularsCorrection {
    /// All particulars, the unchanged ones too.
    pub profile: Profile,
    /// The reason of the correction, a free text.
    pub reason: String,
}

/// Particulars of a person were corrected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Corrected {
    /// All particulars after the correction and its reason, sealed under the person's own key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<ParticularsCorrection>,
}

/// The citizen number of a person was corrected (rule 44).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NikCorrected {
    /// All particulars with the new NIK, and the reason, sealed under the person's own key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<ParticularsCorrection>,
}

/// The grounds of an erasure. The office's key seals them, since the person's own key is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// The reason of the erasure, a free text.
    pub reason: String,
    /// The article of law that asks for it, such as `UU 27/2022 pasal 8`.
    pub legal_basis: String,
}

/// A person was erased; the person's data key is destroyed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Erased {
    /// The reason and the legal basis, sealed under the office's key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Erasure>,
}

payload!(
    Registered.personal,
    Corrected.personal,
    NikCorrected.personal
);

impl Payload for Erased {
    fn part(&mut self) -> Option<&mut dyn Part> {
        Some(&mut self.personal)
    }
    fn owner(&self) -> Option<Owner> {
        Some(Owner::Office)
    }
}

/// Corrects particulars of a person. A field left out or null stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Correct {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The reason of the correction, 1 to 2000 characters.
    pub reason: Note,
    /// The full name as on the identity card, with titles if there are any.
    pub full_name: Option<Text>,
    /// The date of birth, `YYYY-MM-DD`, not after today.
    pub birth_date: Option<CivilDate>,
    /// The sex as in the civil registry.
    pub sex: Option<Sex>,
    /// The place of birth, such as `Pontianak`.
    pub birth_place: Option<Text>,
    /// The postal address of the domicile.
    pub address: Option<Text>,
    /// The region code of the domicile, such as `6171`.
    pub domicile_code: Option<DomicileCode>,
    /// The citizenship, `WNI` for Indonesians.
    pub citizenship: Option<Citizenship>,
    /// The highest education completed, as a whole.
    pub education: Option<GivenEducation>,
    /// The telephone number in any form.
    pub phone: Option<Text>,
    /// The e-mail address, such as `nama@contoh.id`.
    pub email: Option<Email>,
    /// The taxpayer number (NPWP) in any form.
    pub npwp: Option<Text>,
    /// The proof that the NIK is right although it spells another birth date or sex (rule 39).
    pub nik_mismatch_evidence: Option<Note>,
}

/// Corrects the citizen number of a person (rule 44). The number of before is free afterwards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectNik {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The right citizen number (NIK) of 16 digits.
    pub nik: Nik,
    /// The reason of the correction, 1 to 2000 characters.
    pub reason: Note,
    /// The proof that the NIK is right although it spells another birth date or sex (rule 39).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nik_mismatch_evidence: Option<Note>,
}

/// Erases a person without a running contract (UU 27/2022).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Erase {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The reason of the erasure, 1 to 2000 characters.
    pub reason: Note,
    /// The article of law that asks for it, such as `UU 27/2022 pasal 8`.
    pub legal_basis: Note,
}

/// The identity of a person as the stream has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum IdentityState {
    /// Nobody was registered under this id.
    #[default]
    Unknown,
    /// The person is registered with these particulars.
    Registered(Box<Profile>),
    /// The person was registered once and is erased now.
    Erased,
}

impl IdentityState {
    /// Checks that a stored event can follow the events of this state (rule 39).
    pub(super) fn admits(&self, event: &Event) -> Result<(), String> {
        let is_known = *self != Self::Unknown;
        match event {
            Event::Registered(_) if is_known => {
                Err("the person is registered already (rule 39)".to_owned())
            }
            Event::Registered(_) => Ok(()),
            Event::Corrected(_) | Event::NikCorrected(_) | Event::Erased(_) if is_known => Ok(()),
            Event::Corrected(_) | Event::NikCorrected(_) | Event::Erased(_) => {
                Err("the person is not registered".to_owned())
            }
        }
    }

    /// Takes in an event. A sealed part that is erased or was not opened leaves an erased person.
    pub fn evolve(&mut self, event: &Event) {
        let profile = match event {
            Event::Registered(Registered { personal }) => personal.known(),
            Event::Corrected(Corrected { personal })
            | Event::NikCorrected(NikCorrected { personal }) => {
                personal.known().map(|correction| &correction.profile)
            }
            Event::Erased(_) => None,
        };
        *self = profile.map_or(Self::Erased, |profile| {
            Self::Registered(Box::new(profile.clone()))
        });
    }
}

#[cfg(test)]
mod specs;
