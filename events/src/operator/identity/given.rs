//! Particulars as a command tells them. Their texts are checked when they are read (rule 50); events hold texts as they
//! were checked then.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::profile::{Education, Profile, Sex};
use crate::{
    date::CivilDate,
    ids::Nik,
    kinds::EducationLevel,
    money::Gpa,
    object::only_objects,
    text::{Citizenship, DomicileCode, Email, Note, Text},
};

/// The highest education that a person completed, as a command tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct GivenEducation {
    /// The level, such as `D3`.
    pub level: EducationLevel,
    /// The field of study, such as `Teknik Informatika`.
    pub major: Text,
    /// The university or polytechnic, such as `Politeknik Negeri Pontianak`.
    pub institution: Text,
    /// Whether the programme is accredited.
    pub accredited: bool,
    /// The grade point average from 0 to 4, such as `3.10`.
    pub gpa: Gpa,
}

only_objects!(GivenEducation);

/// Registers a person, by the particulars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// The citizen number (NIK) of 16 digits.
    pub nik: Nik,
    /// The full name as on the identity card, with titles if there are any.
    pub full_name: Text,
    /// The date of birth, `YYYY-MM-DD`, not after today.
    pub birth_date: CivilDate,
    /// The sex as in the civil registry.
    pub sex: Sex,
    /// The place of birth, such as `Pontianak`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_place: Option<Text>,
    /// The postal address of the domicile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Text>,
    /// The region code of the domicile, such as `6171`.
    pub domicile_code: DomicileCode,
    /// The citizenship, `WNI` for Indonesians.
    pub citizenship: Citizenship,
    /// The highest level of education completed.
    pub education: GivenEducation,
    /// The telephone number in any form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Text>,
    /// The e-mail address, such as `nama@contoh.id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The taxpayer number (NPWP) in any form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub npwp: Option<Text>,
    /// The proof that the NIK is right although it spells another birth date or sex (rule 39).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nik_mismatch_evidence: Option<Note>,
}

impl From<GivenEducation> for Education {
    fn from(given: GivenEducation) -> Self {
        Self {
            level: given.level,
            major: given.major.into(),
            institution: given.institution.into(),
            accredited: given.accredited,
            gpa: given.gpa,
        }
    }
}

impl From<Register> for Profile {
    fn from(given: Register) -> Self {
        Self {
            nik: given.nik,
            full_name: given.full_name.into(),
            birth_date: given.birth_date,
            sex: given.sex,
            birth_place: given.birth_place.map(String::from),
            address: given.address.map(String::from),
            domicile_code: given.domicile_code.into(),
            citizenship: given.citizenship.into(),
            education: given.education.into(),
            phone: given.phone.map(String::from),
            email: given.email.map(String::from),
            npwp: given.npwp.map(String::from),
            nik_mismatch_evidence: given.nik_mismatch_evidence.map(String::from),
        }
    }
}

#[cfg(test)]
impl From<Profile> for Register {
    fn from(profile: Profile) -> Self {
        fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(text: impl AsRef<str>) -> T {
            text.as_ref().parse().expect("a spec uses a valid text")
        }
        Self {
            nik: profile.nik,
            full_name: parsed(&profile.full_name),
            birth_date: profile.birth_date,
            sex: profile.sex,
            birth_place: profile.birth_place.as_deref().map(parsed),
            address: profile.address.as_deref().map(parsed),
            domicile_code: parsed(&profile.domicile_code),
            citizenship: parsed(&profile.citizenship),
            education: GivenEducation {
                level: profile.education.level,
                major: parsed(&profile.education.major),
                institution: parsed(&profile.education.institution),
                accredited: profile.education.accredited,
                gpa: profile.education.gpa,
            },
            phone: profile.phone.as_deref().map(parsed),
            email: profile.email.as_deref().map(parsed),
            npwp: profile.npwp.as_deref().map(parsed),
            nik_mismatch_evidence: profile.nik_mismatch_evidence.as_deref().map(parsed),
        }
    }
}
