//! People: their particulars, and the qualifications for a hire.

use serde_json::{Value, json};

use super::{
    Answer, Asked, Day, No, Person, Terms, World, no,
    terms::{grade, text},
};

/// From least to most.
const LEVELS: [&str; 8] = ["SD", "SMP", "SMA", "D1", "D2", "D3", "D4", "S1"];
const MAJORS: [&str; 5] = [
    "Teknik Komputer",
    "Teknik Informatika",
    "Informatika",
    "Sistem Informasi",
    "Manajemen Informatika",
];

impl World {
    pub(super) fn person(&self, id: &str) -> Result<usize, No> {
        self.people
            .iter()
            .position(|person| person.id == id)
            .ok_or(no("operator.unknown"))
    }

    /// A person, not erased.
    pub(crate) fn present(&self, id: &str) -> Result<&Person, No> {
        let person = &self.people[self.person(id)?];
        if person.erased {
            Err(no("operator.erased"))
        } else {
            Ok(person)
        }
    }

    /// Rules 39 and 44: one person at a time has a NIK, and an erased person has none.
    fn nik_is_free(&self, nik: &Value) -> Result<(), No> {
        for person in &self.people {
            if !person.erased && person.told["nik"] == *nik {
                let taken = no("operator.already_registered");
                return Err(taken.says("operator_id", person.id.clone()));
            }
        }
        Ok(())
    }

    /// Rules 39 and 44. Each registration is a new person.
    pub(super) fn register(&mut self, asked: &Asked<'_>) -> Answer {
        self.nik_is_free(&asked.body["nik"])?;
        plausible(asked.body, asked.today)?;
        let is_new = self.people.iter().all(|person| person.id != asked.made);
        assert!(is_new, "{} is the id of another person", asked.made);
        self.people.push(Person {
            id: asked.made.to_owned(),
            told: asked.body.clone(),
            erased: false,
        });
        Ok(true)
    }

    pub(super) fn correct_particulars(&mut self, asked: &Asked<'_>) -> Answer {
        let id = asked.text("operator_id");
        let mut told = self.present(id)?.told.clone();
        for (field, value) in asked.body.as_object().unwrap() {
            if field != "operator_id" && field != "reason" {
                told[field] = value.clone();
            }
        }
        let at = self.person(id)?;
        if told == self.people[at].told {
            return Ok(false);
        }
        plausible(&told, asked.today)?;
        let (wrong, before) = (disagrees(&told), disagrees(&self.people[at].told));
        let proven = asked.text_opt("nik_mismatch_evidence").is_some();
        if wrong != (false, false) && wrong != before && !proven {
            return Err(no("operator.nik_mismatch"));
        }
        self.people[at].told = told;
        Ok(true)
    }

    /// Rule 44.
    pub(super) fn correct_nik(&mut self, asked: &Asked<'_>) -> Answer {
        let id = asked.text("operator_id");
        let mut told = self.present(id)?.told.clone();
        let nik = &asked.body["nik"];
        if told["nik"] == *nik {
            return Ok(false);
        }
        told["nik"] = nik.clone();
        told["nik_mismatch_evidence"] = asked.body["nik_mismatch_evidence"].clone();
        plausible(&told, asked.today)?;
        self.nik_is_free(nik)?;
        let at = self.person(id)?;
        self.people[at].told = told;
        Ok(true)
    }

    pub(super) fn erase(&mut self, asked: &Asked<'_>) -> Answer {
        let id = asked.text("operator_id");
        let at = self.person(id)?;
        if self.people[at].erased {
            return Ok(false);
        }
        for contract in &self.contracts {
            if contract.person == id && !contract.voided && contract.last_day() >= asked.today {
                return Err(no("operator.engaged"));
            }
        }
        self.people[at].erased = true;
        Ok(true)
    }
}

/// Rule 39: the NIK spells the day of birth, 40 more for women.
fn plausible(told: &Value, today: Day) -> Result<(), No> {
    let birth = Day::read(text(told, "birth_date"));
    if birth > today {
        return Err(no("operator.birth_date_in_future"));
    }
    if disagrees(told) != (false, false) && !told["nik_mismatch_evidence"].is_string() {
        return Err(no("operator.nik_mismatch"));
    }
    Ok(())
}

/// Whether the NIK spells another day of birth, and another sex.
fn disagrees(told: &Value) -> (bool, bool) {
    let birth = Day::read(text(told, "birth_date"));
    let spelled = &text(told, "nik")[6..12];
    let mut day: u32 = spelled[..2].parse().unwrap();
    let female = day > 40;
    if female {
        day -= 40;
    }
    let rest = format!("{:02}{:02}", birth.month, birth.year % 100);
    (
        day != birth.day || spelled[2..] != rest,
        female != (told["sex"] == "female"),
    )
}

/// Rule 4: birthdays so far. A birthday of 29 February is on 1 March.
fn age(birth: Day, on: Day) -> i32 {
    let mut age = 0;
    for year in birth.year + 1..=on.year {
        let mut birthday = Day { year, ..birth };
        if (birth.month, birth.day) == (2, 29)
            && Day::read(&format!("{year}-02-28")).next().month == 3
        {
            birthday = Day {
                year,
                month: 3,
                day: 1,
            };
        }
        if birthday <= on {
            age += 1;
        }
    }
    age
}

/// Rules 4, 5 and 10: everything at once.
pub(crate) fn violations(person: &Person, terms: &Terms, on: Day, pact: bool) -> Vec<Value> {
    let (wanted, education) = (&terms.eligibility, &person.told["education"]);
    let age = age(Day::read(text(&person.told, "birth_date")), on);
    let rank = |level: &str| LEVELS.iter().position(|known| *known == level).unwrap();
    let failures = [
        ("citizenship", person.told["citizenship"] != "WNI"),
        ("age", age < wanted.age_min || age > wanted.age_max),
        ("education", rank(text(education, "level")) < rank("D3")),
        ("accreditation", education["accredited"] != true),
        ("major", !MAJORS.contains(&text(education, "major"))),
        ("gpa", grade(text(education, "gpa")) < wanted.gpa_min),
        ("integrity_pact", !pact),
    ];
    failures
        .into_iter()
        .filter(|(_, fails)| *fails)
        .map(|(name, _)| json!(name))
        .collect()
}
