//! A profile as a state holds it: in one piece, since few commands read it and thousands are held.

use chrono::NaiveDate;

use super::{Education, EducationLevel, Profile, Sex};
use crate::{ids::Nik, money::Gpa};

/// A [`Profile`], packed: JSON without the names of its fields.
#[derive(Clone, PartialEq, Eq)]
pub struct Packed(Box<[u8]>);

/// What is packed: the texts that everyone has, and those that may be absent, in an order of their own.
type Parts = (
    Nik,
    [String; 5],
    [Option<String>; 6],
    NaiveDate,
    Sex,
    EducationLevel,
    bool,
    Gpa,
);

impl From<&Profile> for Packed {
    fn from(profile: &Profile) -> Self {
        let Profile {
            nik,
            full_name,
            birth_date,
            sex,
            birth_place,
            address,
            ..
        } = profile;
        let Profile {
            domicile_code,
            citizenship,
            education,
            phone,
            email,
            npwp,
            ..
        } = profile;
        let Education {
            level,
            major,
            institution,
            accredited,
            gpa,
        } = education;
        let texts = [full_name, domicile_code, citizenship, major, institution];
        let optional = [
            birth_place,
            address,
            phone,
            email,
            npwp,
            &profile.nik_mismatch_evidence,
        ];
        let parts = (
            nik, texts, optional, birth_date, sex, level, accredited, gpa,
        );
        Self(
            serde_json::to_vec(&parts)
                .expect("a profile is plain data")
                .into(),
        )
    }
}

impl Packed {
    /// The profile that was packed.
    pub fn profile(&self) -> Profile {
        let parts: Parts = serde_json::from_slice(&self.0).expect("what was packed is a profile");
        let (nik, texts, optional, birth_date, sex, level, accredited, gpa) = parts;
        let [full_name, domicile_code, citizenship, major, institution] = texts;
        let [
            birth_place,
            address,
            phone,
            email,
            npwp,
            nik_mismatch_evidence,
        ] = optional;
        let education = Education {
            level,
            major,
            institution,
            accredited,
            gpa,
        };
        Profile {
            nik,
            full_name,
            birth_date,
            sex,
            birth_place,
            address,
            domicile_code,
            citizenship,
            education,
            phone,
            email,
            npwp,
            nik_mismatch_evidence,
        }
    }
}

impl std::fmt::Debug for Packed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.profile().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::facts::person;

    #[test]
    fn a_profile_comes_out_as_it_went_in() {
        let text = |text: &str| Some(text.to_owned());
        let full = Profile {
            full_name: "Siti \"Contoh\" \u{0}é\n".to_owned(),
            birth_place: text("Pontianak"),
            address: text("Jalan Contoh 1"),
            phone: text("0812"),
            email: text("siti@example.go.id"),
            npwp: text("12.345"),
            nik_mismatch_evidence: text("akta"),
            ..person()
        };
        let none = Profile {
            birth_place: None,
            address: None,
            phone: None,
            email: None,
            npwp: None,
            nik_mismatch_evidence: None,
            ..person()
        };
        for profile in [full, none] {
            assert_eq!(Packed::from(&profile).profile(), profile);
        }
    }
}
