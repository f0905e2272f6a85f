//! Topic `identity`: a person's particulars. All of them are sealed; the id is a pseudonym of the NIK.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OperatorDecision, OperatorState, Sources};
use crate::{
    Rejection,
    date::CivilDate,
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::OperatorId,
    personal::{Owner, Part, Payload, Personal, payload},
    secret::TenantKey,
    text::{Citizenship, DomicileCode, Email, Note, Text},
};

mod facts;
mod given;
mod profile;

pub use crate::kinds::EducationLevel;
pub use given::{GivenEducation, Register};
pub use profile::{Education, Profile, Sex};

crate::topic::topic! {
    /// The person is known from now on.
    Registered = "operator.identity.registered.v1",
    /// Particulars of a person were corrected.
    Corrected = "operator.identity.corrected.v1",
    /// A person's key was destroyed, so all sealed parts are forgotten.
    Erased = "operator.identity.erased.v1",
}

impl Event {
    /// Whether the event erases the person: views forget the particulars, and the data key is destroyed.
    pub fn is_erasure(&self) -> bool {
        match self {
            Self::Erased(_) => true,
            Self::Registered(_) | Self::Corrected(_) => false,
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

payload!(Registered.personal, Corrected.personal);

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
            Event::Corrected(_) | Event::Erased(_) if is_known => Ok(()),
            Event::Corrected(_) | Event::Erased(_) => {
                Err("the person is not registered".to_owned())
            }
        }
    }

    /// Takes in an event. A sealed part that is erased or was not opened leaves an erased person.
    pub fn evolve(&mut self, event: &Event) {
        let profile = match event {
            Event::Registered(Registered { personal }) => personal.known(),
            Event::Corrected(Corrected { personal }) => {
                personal.known().map(|correction| &correction.profile)
            }
            Event::Erased(_) => None,
        };
        *self = profile.map_or(Self::Erased, |profile| {
            Self::Registered(Box::new(profile.clone()))
        });
    }
}

impl CommandBody for Register {
    const NAME: &'static str = "register-operator";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type OwnState = OperatorState;

    fn stream_id(&self, tenant: &TenantKey) -> OperatorId {
        tenant.operator_id(&self.nik)
    }

    fn reads(&self, _: &OperatorState) -> Reads {
        Reads::nothing()
    }

    /// One NIK is one person, once (rule 39).
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        _: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let operator_id = context.tenant.operator_id(&self.nik);
        match state.identity {
            IdentityState::Registered(_) => {
                return Err(Rejection::OperatorAlreadyRegistered { operator_id });
            }
            IdentityState::Erased => return Err(Rejection::OperatorErased { operator_id }),
            IdentityState::Unknown => {}
        }
        let profile = Profile::from(self.clone());
        plausible(&profile, context.today)?;
        Ok(OperatorDecision::event(Event::from(Registered {
            personal: Personal::Open(profile),
        })))
    }
}

impl CommandBody for Correct {
    const NAME: &'static str = "correct-operator";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, _: &OperatorState) -> Reads {
        Reads::nothing()
    }

    /// Changes particulars, never the NIK.
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        _: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let was = state.profile(self.operator_id)?;
        let Correct { reason, .. } = self;
        let proven = self.nik_mismatch_evidence.is_some();
        let command = self.clone();
        let told = |told: Option<String>, was: &str| told.unwrap_or_else(|| was.to_owned());
        let optional = |told: Option<String>, was: &Option<String>| told.or_else(|| was.clone());
        let profile = Profile {
            nik: was.nik.clone(),
            full_name: told(command.full_name.map(String::from), &was.full_name),
            birth_date: command.birth_date.unwrap_or(was.birth_date),
            sex: command.sex.unwrap_or(was.sex),
            birth_place: optional(command.birth_place.map(String::from), &was.birth_place),
            address: optional(command.address.map(String::from), &was.address),
            domicile_code: told(command.domicile_code.map(String::from), &was.domicile_code),
            citizenship: told(command.citizenship.map(String::from), &was.citizenship),
            education: command
                .education
                .map_or_else(|| was.education.clone(), Education::from),
            phone: optional(command.phone.map(String::from), &was.phone),
            email: optional(command.email.map(String::from), &was.email),
            npwp: optional(command.npwp.map(String::from), &was.npwp),
            nik_mismatch_evidence: optional(
                command.nik_mismatch_evidence.map(String::from),
                &was.nik_mismatch_evidence,
            ),
        };
        if profile == *was {
            return Ok(OperatorDecision::default());
        }
        plausible(&profile, context.today)?;
        // Evidence covers the fields it was given for: other fields that disagree need their own.
        let fields = profile.nik_disagrees();
        if !fields.is_empty() && fields != was.nik_disagrees() && !proven {
            return Err(Rejection::OperatorNikMismatch { fields });
        }
        Ok(OperatorDecision::event(Event::from(Corrected {
            personal: Personal::Open(ParticularsCorrection {
                profile,
                reason: reason.to_string(),
            }),
        })))
    }
}

impl CommandBody for Erase {
    const NAME: &'static str = "erase-operator";
    const GIVEN_BY: GivenBy = GivenBy::Administration;
    const MOVES_SLOT: bool = false;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, _: &OperatorState) -> Reads {
        Reads::nothing()
    }

    /// Erases a person without a running contract.
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        _: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        match state.profile(self.operator_id) {
            Err(Rejection::OperatorErased { .. }) => return Ok(OperatorDecision::default()),
            other => other?,
        };
        if let Some((contract_id, contract)) = state
            .contracts
            .standing()
            .find(|(_, c)| c.period().end >= context.today)
        {
            return Err(Rejection::OperatorEngaged {
                contract_id,
                end: contract.period().end,
            });
        }
        let erasure = Erasure {
            reason: self.reason.to_string(),
            legal_basis: self.legal_basis.to_string(),
        };
        Ok(OperatorDecision::event(Event::from(Erased {
            personal: Personal::Open(erasure),
        })))
    }
}

fn plausible(profile: &Profile, today: NaiveDate) -> Result<(), Rejection> {
    if profile.birth_date.day() > today {
        return Err(Rejection::OperatorBirthDateInFuture { today });
    }
    let fields = profile.nik_disagrees();
    if !fields.is_empty() && profile.nik_mismatch_evidence.is_none() {
        return Err(Rejection::OperatorNikMismatch { fields });
    }
    Ok(())
}

#[cfg(test)]
mod specs;
