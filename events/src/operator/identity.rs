//! Topic `identity`: who a person is. All of it is sealed; the id is a pseudonym of the NIK.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OperatorDecision, OperatorState, Sources};
use crate::{
    Rejection,
    date::{civil_date, civil_date_opt},
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::{Nik, OperatorId},
    money::Gpa,
    personal::{Owner, Part, Payload, Personal, payload},
    secret::TenantKey,
    text::{filled, filled_opt},
};

mod packed;

pub use crate::kinds::EducationLevel;
pub use packed::Packed;

crate::topic::topic! {
    /// The person is known from now on.
    Registered = "operator.identity.registered.v1",
    /// Particulars were corrected.
    Corrected = "operator.identity.corrected.v1",
    /// The person's key is destroyed; what is sealed is forgotten.
    Erased = "operator.identity.erased.v1",
}

impl Event {
    /// Whether the event erases the person.
    pub fn is_erasure(&self) -> bool {
        match self {
            Self::Erased(_) => true,
            Self::Registered(_) | Self::Corrected(_) => false,
        }
    }
}

/// Male or female, as the civil registry has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Laki-laki.
    Male,
    /// Perempuan.
    Female,
}

/// The highest education completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Education {
    /// Level.
    pub level: EducationLevel,
    /// Major.
    #[serde(deserialize_with = "filled")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub major: String,
    /// University or polytechnic.
    #[serde(deserialize_with = "filled")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub institution: String,
    /// Whether the programme is accredited.
    pub accredited: bool,
    /// Grade point average.
    pub gpa: Gpa,
}

/// A person's particulars. Personal data: never in the clear outside memory and mode-0600 views.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Citizen number.
    pub nik: Nik,
    /// Full name.
    #[serde(deserialize_with = "filled")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub full_name: String,
    /// Date of birth.
    #[serde(deserialize_with = "civil_date")]
    #[schema(pattern = "^(19|2[01]|2200)")]
    pub birth_date: NaiveDate,
    /// Sex.
    pub sex: Sex,
    /// Place of birth.
    #[serde(
        default,
        deserialize_with = "filled_opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub birth_place: Option<String>,
    /// Address.
    #[serde(
        default,
        deserialize_with = "filled_opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub address: Option<String>,
    /// Region code of the domicile.
    #[serde(deserialize_with = "filled")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub domicile_code: String,
    /// Citizenship, `WNI` for Indonesians.
    #[serde(deserialize_with = "filled")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub citizenship: String,
    /// Highest education.
    #[serde(deserialize_with = "crate::text::object")]
    pub education: Education,
    /// Telephone.
    #[serde(
        default,
        deserialize_with = "filled_opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub phone: Option<String>,
    /// E-mail.
    #[serde(
        default,
        deserialize_with = "filled_opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub email: Option<String>,
    /// Taxpayer number.
    #[serde(
        default,
        deserialize_with = "filled_opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub npwp: Option<String>,
    /// Why a NIK that spells another birth date or sex is nevertheless right (rule 39).
    #[serde(
        default,
        deserialize_with = "filled_opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub nik_mismatch_evidence: Option<String>,
}

impl Profile {
    /// What the NIK spells differently: day (+40 for women), month and year of birth (rule 39).
    pub fn nik_disagrees(&self) -> BTreeSet<String> {
        let digits =
            |range: std::ops::Range<usize>| self.nik.as_str()[range].parse::<u32>().unwrap_or(0);
        let (day, month, year) = (digits(6..8), digits(8..10), digits(10..12));
        let (sex, day) = if day > 40 {
            (Sex::Female, day - 40)
        } else {
            (Sex::Male, day)
        };
        let born = (
            self.birth_date.day(),
            self.birth_date.month(),
            self.birth_date.year().rem_euclid(100).unsigned_abs(),
        );
        let mut fields = BTreeSet::new();
        if (day, month, year) != born {
            fields.insert("birth_date".to_owned());
        }
        if sex != self.sex {
            fields.insert("sex".to_owned());
        }
        fields
    }
}

/// A person was registered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    /// Particulars.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Profile>,
}

/// Particulars as they stand after a correction, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// Particulars as a whole.
    pub profile: Profile,
    /// Why.
    pub reason: String,
}

/// Particulars were corrected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Corrected {
    /// New particulars and the reason.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Correction>,
}

/// Why a person was erased. Sealed for the office, since the person's own key is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// Why.
    pub reason: String,
    /// On what legal ground (UU 27/2022).
    pub legal_basis: String,
}

/// A person was erased.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Erased {
    /// Reason and legal ground.
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

/// Register a person.
pub type Register = Profile;

/// Correct particulars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Correct {
    /// The person.
    pub operator_id: OperatorId,
    /// Why.
    #[serde(deserialize_with = "filled")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub reason: String,
    /// Full name.
    #[serde(default, deserialize_with = "filled_opt")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub full_name: Option<String>,
    /// Date of birth.
    #[serde(default, deserialize_with = "civil_date_opt")]
    #[schema(pattern = "^(19|2[01]|2200)")]
    pub birth_date: Option<NaiveDate>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Place of birth.
    #[serde(default, deserialize_with = "filled_opt")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub birth_place: Option<String>,
    /// Address.
    #[serde(default, deserialize_with = "filled_opt")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub address: Option<String>,
    /// Region code of the domicile.
    #[serde(default, deserialize_with = "filled_opt")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub domicile_code: Option<String>,
    /// Citizenship.
    #[serde(default, deserialize_with = "filled_opt")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub citizenship: Option<String>,
    /// Highest education.
    #[serde(default, deserialize_with = "crate::text::object_opt")]
    pub education: Option<Education>,
    /// Telephone.
    #[serde(default, deserialize_with = "filled_opt")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub phone: Option<String>,
    /// E-mail.
    #[serde(default, deserialize_with = "filled_opt")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub email: Option<String>,
    /// Taxpayer number.
    #[serde(default, deserialize_with = "filled_opt")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub npwp: Option<String>,
    /// Why a NIK that spells otherwise is right.
    #[serde(default, deserialize_with = "filled_opt")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub nik_mismatch_evidence: Option<String>,
}

/// Erase a person (UU 27/2022).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Erase {
    /// The person.
    pub operator_id: OperatorId,
    /// Why.
    #[serde(deserialize_with = "filled")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub reason: String,
    /// Legal ground.
    #[serde(deserialize_with = "filled")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub legal_basis: String,
}

impl Event {
    /// Whether the event erases the person: views forget the particulars, and the data key is destroyed.
    pub fn erases(&self) -> bool {
        match self {
            Self::Erased(_) => true,
            Self::Registered(_) | Self::Corrected(_) => false,
        }
    }
}

/// Whether and how the person is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum IdentityState {
    /// Never registered.
    #[default]
    Unknown,
    /// Registered.
    Registered(Packed),
    /// Registered once, and erased since.
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

    /// Takes in a fact. A sealed part that was not opened, or is erased, leaves an erased person.
    pub fn evolve(&mut self, event: &Event) {
        let profile = match event {
            Event::Registered(Registered { personal }) => personal.known(),
            Event::Corrected(Corrected { personal }) => {
                personal.known().map(|correction| &correction.profile)
            }
            Event::Erased(_) => None,
        };
        *self = profile.map_or(Self::Erased, |profile| Self::Registered(profile.into()));
    }
}

impl CommandBody for Register {
    const NAME: &'static str = "register-operator";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type State = OperatorState;

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
        plausible(self, context.today)?;
        Ok(OperatorDecision::event(Event::from(Registered {
            personal: Personal::Open(self.clone()),
        })))
    }
}

impl CommandBody for Correct {
    const NAME: &'static str = "correct-operator";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type State = OperatorState;

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
        let profile = Profile {
            nik: was.nik.clone(),
            full_name: command.full_name.unwrap_or_else(|| was.full_name.clone()),
            birth_date: command.birth_date.unwrap_or(was.birth_date),
            sex: command.sex.unwrap_or(was.sex),
            birth_place: command.birth_place.or_else(|| was.birth_place.clone()),
            address: command.address.or_else(|| was.address.clone()),
            domicile_code: command
                .domicile_code
                .unwrap_or_else(|| was.domicile_code.clone()),
            citizenship: command
                .citizenship
                .unwrap_or_else(|| was.citizenship.clone()),
            education: command.education.unwrap_or_else(|| was.education.clone()),
            phone: command.phone.or_else(|| was.phone.clone()),
            email: command.email.or_else(|| was.email.clone()),
            npwp: command.npwp.or_else(|| was.npwp.clone()),
            nik_mismatch_evidence: command
                .nik_mismatch_evidence
                .or_else(|| was.nik_mismatch_evidence.clone()),
        };
        if profile == was {
            return Ok(OperatorDecision::default());
        }
        plausible(&profile, context.today)?;
        // Evidence covers what it was given for: fields that disagree otherwise than before need their own.
        let fields = profile.nik_disagrees();
        if !fields.is_empty() && fields != was.nik_disagrees() && !proven {
            return Err(Rejection::OperatorNikMismatch { fields });
        }
        Ok(OperatorDecision::event(Event::from(Corrected {
            personal: Personal::Open(Correction {
                profile,
                reason: reason.clone(),
            }),
        })))
    }
}

impl CommandBody for Erase {
    const NAME: &'static str = "erase-operator";
    const GIVEN_BY: GivenBy = GivenBy::Administration;
    const MOVES_SLOT: bool = false;
    type State = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, _: &OperatorState) -> Reads {
        Reads::nothing()
    }

    /// Forgets a person who is not under contract.
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
            reason: self.reason.clone(),
            legal_basis: self.legal_basis.clone(),
        };
        Ok(OperatorDecision::event(Event::from(Erased {
            personal: Personal::Open(erasure),
        })))
    }
}

fn plausible(profile: &Profile, today: NaiveDate) -> Result<(), Rejection> {
    if profile.birth_date > today {
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
