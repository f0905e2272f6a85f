//! The qualifications of the terms, judged on a person's particulars (rules 4 and 5).

use chrono::NaiveDate;

use super::identity::{Education, Profile};
use crate::{date::age_on, package::policy::Eligibility, rejection::Violation};

impl Eligibility {
    /// Everything in which a person does not meet the qualifications on a day, all at once (rules 4,
    /// 5). The integrity pact is judged when hiring.
    pub fn violations(&self, profile: &Profile, on: NaiveDate) -> Vec<Violation> {
        let mut found = Vec::new();
        if *profile.citizenship != *self.citizenship {
            found.push(Violation::Citizenship {
                required: self.citizenship.clone(),
            });
        }
        let age = age_on(profile.birth_date.day(), on);
        if age < i32::from(self.age_min) || age > i32::from(self.age_max) {
            found.push(Violation::Age {
                age_min: self.age_min,
                age_max: self.age_max,
                age,
            });
        }
        let Education {
            level,
            major,
            accredited,
            gpa,
            ..
        } = &profile.education;
        if *level < self.education_min {
            found.push(Violation::Education {
                required: self.education_min,
            });
        }
        if self.accredited && !accredited {
            found.push(Violation::Accreditation);
        }
        if !self.majors.is_empty()
            && !self
                .majors
                .iter()
                .any(|wanted| wanted.eq_ignore_ascii_case(major.trim()))
        {
            found.push(Violation::Major {
                accepted: self.majors.clone(),
            });
        }
        if *gpa < self.gpa_min {
            found.push(Violation::Gpa {
                required: self.gpa_min,
            });
        }
        found
    }
}
