//! A person's particulars, as registered and corrected.

use std::collections::BTreeSet;

use chrono::Datelike;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{date::CivilDate, ids::Nik, kinds::EducationLevel, money::Gpa, object::only_objects};

/// The sex in the civil registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Laki-laki, as the registry has it.
    Male,
    /// Perempuan, as the registry has it.
    Female,
}

/// The highest education that a person completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Education {
    /// The level, such as `D3`.
    pub level: EducationLevel,
    /// The field of study, such as `Teknik Informatika`.
    pub major: String,
    /// The university or polytechnic, such as `Politeknik Negeri Pontianak`.
    pub institution: String,
    /// Whether the programme is accredited.
    pub accredited: bool,
    /// The grade point average from 0 to 4, such as `3.10`.
    pub gpa: Gpa,
}

only_objects!(Education);

/// The particulars of a person. They are personal data and stay sealed in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The citizen number (NIK) of 16 digits.
    pub nik: Nik,
    /// The full name as on the identity card, with titles if there are any.
    pub full_name: String,
    /// The date of birth, `YYYY-MM-DD`, not after today.
    pub birth_date: CivilDate,
    /// The sex as in the civil registry.
    pub sex: Sex,
    /// The place of birth, such as `Pontianak`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_place: Option<String>,
    /// The postal address of the domicile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The region code of the domicile, such as `6171`.
    pub domicile_code: String,
    /// The citizenship, `WNI` for Indonesians.
    pub citizenship: String,
    /// The highest level of education completed.
    pub education: Education,
    /// The telephone number in any form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The e-mail address in any form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The taxpayer number (NPWP) in any form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub npwp: Option<String>,
    /// The proof that the NIK is right although it spells another birth date or sex (rule 39).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nik_mismatch_evidence: Option<String>,
}

impl Profile {
    /// The fields that the NIK spells otherwise: `birth_date`, `sex` or both (rule 39).
    ///
    /// Digits 7 to 12 of a NIK are day, month and year of birth; a woman's day has 40 added.
    pub fn nik_disagrees(&self) -> BTreeSet<String> {
        let digits =
            |range: std::ops::Range<usize>| self.nik.as_str()[range].parse::<u32>().unwrap_or(0);
        let (day, month, year) = (digits(6..8), digits(8..10), digits(10..12));
        let (sex, day) = if day > 40 {
            (Sex::Female, day - 40)
        } else {
            (Sex::Male, day)
        };
        let birth = self.birth_date.day();
        let born = (
            birth.day(),
            birth.month(),
            birth.year().rem_euclid(100).unsigned_abs(),
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
