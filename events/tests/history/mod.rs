//! Random histories: each step is a few small numbers, read as a command against what stands. Biased to
//! what is accepted; nothing here decides what must be.

use chrono::{Days, NaiveDate};
use jejak_events::{
    Command, Event, calendar, commands::State, date::Month, ids::OperatorId, operator, package,
};
use serde_json::{Value, json};

use crate::office::{Asked, Office};

mod deeds;

/// What, to whom, and two numbers for the rest.
pub(crate) type Step = (u8, u8, u16, u16);

/// The years histories run in.
pub(crate) const YEARS: std::ops::RangeInclusive<i32> = 2020..=2021;
const PPK: &str = "197701161997031006";
const PPTK: &str = "198203052006042001";
const PACKAGES: [&str; 2] = ["kak-2020", "kak-2021"];
/// A man, a woman, and a man who turns 36 in 2021.
const PEOPLE: [(&str, &str, &str); 3] = [
    ("6171011503950001", "1995-03-15", "male"),
    ("6112055107960003", "1996-07-11", "female"),
    ("6171020506850004", "1985-06-05", "male"),
];

/// An office with two packages and three people, to which things happen.
pub(crate) struct History {
    pub(crate) office: Office,
    today: NaiveDate,
    people: Vec<OperatorId>,
    steps: usize,
}

/// A command that took effect.
#[derive(Debug)]
pub(crate) struct Played {
    command: Command,
    id: String,
    sub: &'static str,
}

impl History {
    /// Terms, officers and people are there; nobody is hired yet. It begins as the two years do, or after
    /// them, when everything is paper entered late.
    pub(crate) fn begun(late: bool) -> Self {
        let today = if late { "2022-01-31" } else { "2020-01-02" }.parse().unwrap();
        let mut history = Self { office: Office::new(), today, people: vec![], steps: 0 };
        for (package, year) in PACKAGES.into_iter().zip(YEARS) {
            let period = json!({"start": format!("{year}-01-01"), "end": format!("{year}-12-31")});
            let terms = json!({"package_id": package, "title": "Tenaga IT", "agency": "BKPSDM",
                "fiscal_year": year, "fund_source": "APBD", "budget_ceiling": "49500000", "quota": 2,
                "period": period});
            history.must("publish-terms", terms);
            for (role, nip) in [("ppk", PPK), ("pptk", PPTK)] {
                let officer = json!({"nip": nip, "name": "Contoh"});
                let assign =
                    json!({"package_id": package, "role": role, "officer": officer, "from": "2020-01-01"});
                history.must("assign-officer", assign);
            }
        }
        for (nik, birth_date, sex) in PEOPLE {
            let education = json!({"level": "D3", "major": "Informatika", "institution": "Politeknik",
                "accredited": true, "gpa": "3.00"});
            let person = json!({"nik": nik, "full_name": "Contoh", "birth_date": birth_date, "sex": sex,
                "domicile_code": "6171", "citizenship": "WNI", "education": education});
            history.people.push(history.office.key.operator_id(&nik.parse().unwrap()));
            history.must("register-operator", person);
        }
        history
    }

    fn must(&mut self, name: &str, body: Value) {
        let played = self.attempt(parse(name, &body), "admin-bkpsdm");
        assert!(played.is_some(), "{name} begins the history");
    }

    /// Some days later, the step's command; what took effect, if anything did.
    pub(crate) fn play(&mut self, step: &Step) -> Option<Played> {
        self.today = self.today + Days::new(u64::from(step.3 % 12));
        let (name, body, sub) = self.deed(step)?;
        self.attempt(parse(name, &body), sub)
    }

    fn attempt(&mut self, command: Command, sub: &'static str) -> Option<Played> {
        self.steps += 1;
        let id = format!("step-{}", self.steps);
        let asked = Asked { command: &command, id: &id, sub, today: self.today };
        let stored = self.office.play(&asked).ok()?;
        (!stored.is_empty()).then_some(Played { command, id, sub })
    }

    /// Whether the command would take effect once more, under its own id or another.
    pub(crate) fn doubles(&self, Played { command, id, sub }: &Played) -> bool {
        [id, "another-id"].into_iter().any(|id| {
            let asked = Asked { command, id, sub, today: self.today };
            self.office.decide(&asked).is_ok_and(|decision| !decision.is_empty())
        })
    }

    /// Whether a day off was taken back so far.
    pub(crate) fn revoked_any(&self) -> bool {
        use calendar::{Event::Holiday, holiday::Event::Revoked};
        let revoked = |event: &Event| matches!(event, Event::Calendar(Holiday(Revoked(_))));
        self.office.log.iter().any(|stored| revoked(&stored.recorded.event))
    }

    /// Everyone, as they stand.
    pub(crate) fn people(&self) -> impl Iterator<Item = &operator::State> {
        self.office.streams.values().filter_map(|state| match state {
            State::Operator(person) => Some(person.as_ref()),
            _ => None,
        })
    }

    /// Both packages, as they stand.
    pub(crate) fn packages(&self) -> impl Iterator<Item = &package::State> {
        self.office.streams.values().filter_map(|state| match state {
            State::Package(package) => Some(package.as_ref()),
            _ => None,
        })
    }
}

fn parse(name: &str, body: &Value) -> Command {
    Command::parse(name, body.to_string().as_bytes())
        .unwrap()
        .unwrap_or_else(|malformed| panic!("{name} {body}: {malformed}"))
}
