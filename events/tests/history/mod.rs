//! Random histories. Each step is a few small numbers, and becomes a command on the present state. Most
//! commands are acceptable, and one in eight is spoiled on purpose. Nothing here decides the outcome.

use chrono::{Days, NaiveDate};
use jejak_events::{
    Command, Rejection,
    date::Month,
    ids::{OperatorId, PackageId, StreamId},
    operator, package,
    stream_state::StreamState,
};
use serde_json::{Value, json};

use crate::office::{Asked, Office, Stored};

mod commands;
mod mistakes;
pub(crate) mod topics;

use commands::GivenCommand;

/// The kind of command, the person, and two numbers for the rest.
pub(crate) type Step = (u8, u8, u16, u16);

/// The years histories run in.
pub(crate) const YEARS: std::ops::RangeInclusive<i32> = 2020..=2021;
const PPK: &str = "197701161997031006";
const PPTK: &str = "198203052006042001";
/// Stands in for either of them at times.
const PLH: &str = "198001012005011002";
const ADMIN: &str = "admin-bkpsdm";
const PACKAGES: [&str; 2] = ["kak-2020", "kak-2021"];
/// A man, a woman, a man who turns 36 in 2021, and a woman of 29 February who turns 21 then.
const PEOPLE: [(&str, &str, &str, &str); 4] = [
    ("6171011503950001", "1995-03-15", "male", "6171"),
    ("6112055107960003", "1996-07-11", "female", "6112"),
    ("6171020506850004", "1985-06-05", "male", "6171"),
    ("6171026902000005", "2000-02-29", "female", "6171"),
];

/// An office with two packages and four people, to which things happen.
pub(crate) struct History {
    pub(crate) office: Office,
    today: NaiveDate,
    people: Vec<OperatorId>,
    /// Everything that was asked, the first steps of the office included.
    pub(crate) attempts: Vec<Attempt>,
}

/// A command that was given, and its outcome. Nothing is stored where it was in effect already.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) name: &'static str,
    pub(crate) body: Value,
    pub(crate) sub: String,
    pub(crate) today: NaiveDate,
    pub(crate) outcome: Result<Vec<Stored>, Rejection>,
    id: String,
}

impl Attempt {
    /// Whether it changed anything.
    pub(crate) fn took_effect(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|stored| !stored.is_empty())
    }

    /// The id that it created; empty where it created nothing.
    pub(crate) fn made(&self) -> String {
        let stored = self.outcome.iter().flatten().rev();
        let mut created = stored.filter_map(|stored| {
            let event = &stored.recorded;
            event.event.created_id(&event.envelope.stream)
        });
        created
            .next()
            .map(|created| created.id.to_string())
            .unwrap_or_default()
    }
}

impl History {
    /// Terms, officers and people are there; nobody is hired yet. It begins as the two years do, or after
    /// them, when everything is paper entered late.
    pub(crate) fn begun(late: bool) -> Self {
        let today = if late { "2022-01-31" } else { "2020-01-02" }
            .parse()
            .unwrap();
        let mut history = Self {
            office: Office::new(),
            today,
            people: vec![],
            attempts: vec![],
        };
        for (package, year) in PACKAGES.into_iter().zip(YEARS) {
            let period = json!({"start": format!("{year}-01-01"), "end": format!("{year}-12-31")});
            let terms = json!({"package_id": package, "title": "Tenaga IT", "agency": "BKPSDM",
                "fiscal_year": year, "fund_source": "APBD", "budget_ceiling": "49500000", "quota": 3,
                "period": period});
            history.must("publish-terms", terms);
            // From July 2021 on one person proposes and finalizes.
            let assignments = [
                ("ppk", PPK, "2020-01-01", None),
                ("pptk", PPTK, "2020-01-01", Some("2021-06-30")),
                ("pptk", PPK, "2021-07-01", None),
            ];
            for (role, nip, from, to) in assignments {
                let officer = json!({"nip": nip, "name": "Contoh"});
                let assign = json!({"package_id": package, "role": role, "officer": officer, "from": from,
                    "to": to});
                history.must("assign-officer", assign);
            }
        }
        for (year, month) in YEARS.flat_map(|year| [2, 4, 6, 8, 10, 12].map(|month| (year, month)))
        {
            let joint_leave = json!({"date": format!("{year}-{month:02}-12"), "kind": "joint_leave",
                "name": "Cuti bersama", "decree": "SKB"});
            history.must("declare-holiday", joint_leave);
        }
        for nth in 0..PEOPLE.len() {
            history.must("register-operator", particulars(nth));
        }
        history
    }

    fn must(&mut self, name: &'static str, body: Value) {
        let attempt = self.give(name, body, ADMIN.to_owned());
        assert!(
            attempt.took_effect(),
            "{name} begins the history: {attempt:?}"
        );
    }

    /// Some days later, the step's commands: one, none, or all that finish a contract.
    pub(crate) fn play(&mut self, step: &Step) -> &[Attempt] {
        self.today = self.today + Days::new(u64::from(step.3 % 12));
        let before = self.attempts.len();
        if step.0 % 32 == 17 {
            self.finish(step);
        } else if let Some((name, mut body, mut sub)) = self.command(step) {
            if step.0 / 32 == 7 {
                self.spoil(&mut body, &mut sub, step);
            }
            self.give(name, body, sub);
        }
        &self.attempts[before..]
    }

    fn give(&mut self, name: &'static str, body: Value, sub: String) -> &Attempt {
        let id = format!("step-{}", self.attempts.len());
        let command = parse(name, &body);
        let outcome = self.office.play(&Asked {
            command: &command,
            id: &id,
            sub: &sub,
            today: self.today,
        });
        self.attempts.push(Attempt {
            name,
            body,
            sub,
            today: self.today,
            outcome,
            id,
        });
        let attempt = self.attempts.last().unwrap();
        if name == "register-operator" && attempt.took_effect() {
            self.people.push(attempt.made().parse().unwrap());
        }
        attempt
    }

    /// Whether the command would take effect once more, under its own id or another. A signature without a
    /// day is of the day it was given. Given later, the same words are another signature.
    pub(crate) fn doubles(&self, attempt: &Attempt) -> bool {
        let command = parse(attempt.name, &attempt.body);
        let signed_that_day = attempt.body.get("signed_on").is_some_and(Value::is_null);
        let today = if signed_that_day {
            attempt.today
        } else {
            self.today
        };
        [attempt.id.as_str(), "another-id"].into_iter().any(|id| {
            let asked = Asked {
                command: &command,
                id,
                sub: &attempt.sub,
                today,
            };
            self.office
                .decide(&asked)
                .is_ok_and(|decision| !decision.is_empty())
        })
    }

    /// Everyone, as they stand.
    pub(crate) fn people(&self) -> impl Iterator<Item = (OperatorId, &operator::OperatorState)> {
        self.office
            .streams
            .iter()
            .filter_map(|(stream, state)| match (stream, state) {
                (StreamId::Operator(id), StreamState::Operator(person)) => {
                    Some((*id, person.as_ref()))
                }
                _ => None,
            })
    }

    /// Both packages, as they stand.
    pub(crate) fn packages(&self) -> impl Iterator<Item = (&PackageId, &package::PackageState)> {
        self.office
            .streams
            .iter()
            .filter_map(|(stream, state)| match (stream, state) {
                (StreamId::Package(id), StreamState::Package(package)) => {
                    Some((id, package.as_ref()))
                }
                _ => None,
            })
    }
}

/// The particulars that a person registers with.
fn particulars(nth: usize) -> Value {
    let (nik, birth_date, sex, domicile_code) = PEOPLE[nth];
    json!({"nik": nik, "full_name": format!("Contoh {nth}"), "birth_date": birth_date, "sex": sex,
        "domicile_code": domicile_code, "citizenship": "WNI", "education": education("2.75")})
}

fn education(gpa: &str) -> Value {
    json!({"level": "D3", "major": "Informatika", "institution": "Politeknik", "accredited": true, "gpa": gpa})
}

fn parse(name: &str, body: &Value) -> Command {
    Command::parse(name, body.to_string().as_bytes())
        .unwrap()
        .unwrap_or_else(|malformed| panic!("{name} {body}: {malformed}"))
}
