//! The people of a history and the steps of their year: a hire, twelve appraisals, leave, an
//! absence, a correction, the evaluation. This module makes commands only; the rules decide their
//! events.

use std::{fmt::Debug, str::FromStr};

use chrono::{Datelike, Days, NaiveDate, Weekday};
use jejak_events::{
    Command,
    date::{CivilDate, Month},
    decision::new_id,
    ids::{ContractId, LeaveId, Nik, OperatorId, PackageId},
    operator::{
        appraisal,
        contract::{Monthly, hire::Hire},
        evaluation,
        identity::{EducationLevel, GivenEducation, Register, Sex},
        leave,
    },
    secret::TenantKey,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// The NIP of the officer that appraises and finalizes.
pub const PPK: &str = "197701161997031006";
/// The NIP of the officer that proposes evaluations.
pub const PPTK: &str = "198203052006042001";
/// The account that publishes terms and declares holidays.
pub const ADMIN: &str = "admin-bkpsdm";
/// The first year of a history.
pub const FIRST_YEAR: i32 = 2020;
/// The quota of each package.
const PACKAGE_SIZE: usize = 20;
/// People with the same day of birth, fewer than a NIK's numbers for it.
const BORN_ON_A_DAY: usize = 9_000;
const INDICATORS: [&str; 7] = [
    "attendance",
    "roll_call",
    "completion",
    "timeliness",
    "quality",
    "obligations",
    "prohibitions",
];

/// A step of one person's year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum YearStep {
    /// Registration, only in the first year.
    Register,
    /// A contract for the whole year.
    Hire,
    /// The appraisal of a month, 1 to 12.
    Appraise(u32),
    /// The correction of a month's appraisal.
    Correct(u32),
    /// Two days of leave in a month.
    Leave(u32),
    /// The cancellation of a month's leave.
    Cancel(u32),
    /// One day of absence in a month.
    Absent(u32),
    /// The evaluation's proposal, by the PPTK.
    Propose,
    /// The evaluation's conclusion, by the PPK.
    Finalize,
}

/// A command of a history, with its id, caller and day.
pub struct PlannedCommand {
    /// The typed command.
    pub command: Command,
    /// Its idempotency key.
    pub id: String,
    /// The caller's NIP or account.
    pub sub: &'static str,
    /// The day of the decision.
    pub today: NaiveDate,
}

/// The people of an office, numbered from 0.
#[derive(Clone)]
pub struct People {
    /// The number of people.
    pub count: usize,
    key: TenantKey,
}

impl People {
    /// `count` people with pseudonyms made by the tenant's key.
    pub fn new(count: usize, key: TenantKey) -> Self {
        Self { count, key }
    }

    /// The number of packages in a year.
    pub fn packages(&self) -> usize {
        self.count.div_ceil(PACKAGE_SIZE)
    }

    /// The person's pseudonym.
    pub fn id(&self, person: usize) -> OperatorId {
        self.key.operator_id(&nik(person))
    }

    /// The contract of a person in a year.
    pub fn contract(&self, person: usize, year: i32) -> ContractId {
        let command_id = command_id(person, year, YearStep::Hire)
            .parse()
            .expect("ids are made of letters, digits, - and _");
        ContractId(new_id(&self.key, "contract", self.id(person), &command_id))
    }

    /// The command of a step.
    pub fn plan(&self, person: usize, year: i32, step: YearStep) -> PlannedCommand {
        let (command, sub) = self.command(person, year, step);
        PlannedCommand {
            command,
            id: command_id(person, year, step),
            sub,
            today: day_of(year, step),
        }
    }

    fn command(&self, person: usize, year: i32, step: YearStep) -> (Command, &'static str) {
        let operator_id = self.id(person);
        let contract_id = self.contract(person, year);
        let signed_on = Some(civil(date(year, 12, 31)));
        match step {
            YearStep::Register => (Command::RegisterOperator(particulars(person)), PPK),
            YearStep::Hire => (Command::HireOperator(self.hire(person, year)), PPK),
            YearStep::Appraise(month) => (
                Command::SubmitMonthlyAppraisal(self.appraise(person, year, month)),
                PPK,
            ),
            YearStep::Correct(month) => {
                let appraisal::Submit {
                    month,
                    scores,
                    signed_on,
                    ..
                } = self.appraise(person + 1, year, month);
                let reason = text("Nilai salah dibaca dari formulir");
                let correct = appraisal::Correct {
                    operator_id,
                    contract_id,
                    month,
                    scores,
                    signed_on,
                    note: None,
                    reason,
                };
                (Command::CorrectMonthlyAppraisal(correct), PPK)
            }
            YearStep::Leave(month) => (
                Command::RecordLeave(leave_of(operator_id, person, year, month)),
                PPK,
            ),
            YearStep::Cancel(month) => {
                let reason = text("Dibatalkan karena pekerjaan mendesak");
                let leave_id = leave_id(person, year, month);
                (
                    Command::CancelLeave(leave::Cancel {
                        operator_id,
                        leave_id,
                        from: None,
                        reason,
                    }),
                    PPK,
                )
            }
            YearStep::Absent(month) => (self.absent(person, tuesday(year, month, 9)), PPK),
            YearStep::Propose => (
                Command::ProposeEvaluation(evaluation::Propose {
                    operator_id,
                    contract_id,
                    signed_on,
                    note: None,
                }),
                PPTK,
            ),
            YearStep::Finalize => (
                Command::FinalizeEvaluation(evaluation::Finalize {
                    operator_id,
                    contract_id,
                    signed_on,
                    note: None,
                }),
                PPK,
            ),
        }
    }

    /// An absence of a person on a day.
    pub fn absent(&self, person: usize, on: NaiveDate) -> Command {
        let reason = text("Tidak hadir tanpa keterangan");
        Command::RecordAbsence(leave::RecordAbsence {
            operator_id: self.id(person),
            on: civil(on),
            reason,
        })
    }

    fn hire(&self, person: usize, year: i32) -> Hire {
        let rupiah = |amount: &str| amount.parse().expect("an amount");
        Hire {
            package_id: self.package(person, year),
            operator_id: self.id(person),
            spk_number: text(&format!("800/{person}/BKPSDM/{year}")),
            spk_date: civil(date(year, 1, 1)),
            start: civil(date(year, 1, 1)),
            end: civil(date(year, 12, 31)),
            monthly: Monthly {
                wage: rupiah("2601875"),
                health_insurance: rupiah("110000"),
                employment_insurance: rupiah("38125"),
            },
            value: None,
            integrity_pact: true,
            justification: None,
            contract_id: (),
        }
    }

    fn appraise(&self, person: usize, year: i32, month: u32) -> appraisal::Submit {
        let score = |n: usize| 3 + i64::from((person + n * month as usize).is_multiple_of(2));
        let scores = INDICATORS.into_iter().enumerate();
        let first = date(year, month, 1);
        appraisal::Submit {
            operator_id: self.id(person),
            contract_id: self.contract(person, year),
            month: Month::of(first),
            scores: scores
                .map(|(n, indicator)| (indicator.to_owned(), score(n)))
                .collect(),
            signed_on: Some(civil(Month::of(first).last())),
            note: None,
        }
    }

    /// The person's package. Neighbours have different ones, so their hires do not contend.
    fn package(&self, person: usize, year: i32) -> PackageId {
        package_id(person % self.packages(), year)
    }

    /// The commands before the first hire of a year: holidays, terms and officers.
    pub fn beginnings(&self, year: i32) -> impl Iterator<Item = PlannedCommand> {
        let parse = move |name: &str, id: String, body: Value| {
            let parsed =
                Command::parse(name, body.to_string().as_bytes()).expect("a known command");
            let command = parsed.expect("a well-formed command");
            PlannedCommand {
                command,
                id,
                sub: ADMIN,
                today: date(year, 1, 1),
            }
        };
        let days = (1..=12).map(move |month| {
            let body = json!({"date": date(year, month, 17), "kind": "public_holiday", "name": "Hari libur",
                "decree": "SKB 3 Menteri"});
            parse("declare-holiday", format!("holiday-{year}-{month}"), body)
        });
        let packages = (0..self.packages()).flat_map(move |n| {
            let id = package_id(n, year);
            let terms = json!({"package_id": id, "title": "Tenaga operator komputer", "agency": "BKPSDM",
                "fiscal_year": year, "fund_source": "APBD", "budget_ceiling": "990000000",
                "quota": PACKAGE_SIZE, "period": {"start": date(year, 1, 1), "end": date(year, 12, 31)}});
            let officer = |role: &str, nip: &str| {
                let body = json!({"package_id": id, "role": role, "from": date(year, 1, 1),
                    "officer": {"nip": nip, "name": "Contoh Pejabat"}});
                parse("assign-officer", format!("{role}-{n}-{year}"), body)
            };
            [
                parse("publish-terms", format!("terms-{n}-{year}"), terms),
                officer("ppk", PPK),
                officer("pptk", PPTK),
            ]
        });
        days.chain(packages)
    }
}

/// A person's year: 25 events with the registration. Months are appraised as they end.
pub fn steps_of_year(year: i32) -> Vec<YearStep> {
    use YearStep::{Absent, Appraise, Cancel, Correct, Finalize, Hire, Leave, Propose, Register};
    let mut steps = if year == FIRST_YEAR {
        vec![Register, Hire]
    } else {
        vec![Hire]
    };
    for month in 1..=12 {
        match month {
            2 | 4 | 6 | 8 | 10 => steps.push(Leave(month)),
            3 => steps.push(Absent(month)),
            _ => {}
        }
        steps.push(Appraise(month));
        if month == 5 {
            steps.push(Correct(4));
        }
        if month == 10 {
            steps.push(Cancel(10));
        }
    }
    steps.extend([Propose, Finalize]);
    steps
}

fn day_of(year: i32, step: YearStep) -> NaiveDate {
    match step {
        YearStep::Register | YearStep::Hire => date(year, 1, 1),
        YearStep::Leave(month) => date(year, month, 1),
        YearStep::Absent(month) | YearStep::Correct(month) => date(year, month + 1, 2),
        YearStep::Cancel(month) | YearStep::Appraise(month) => {
            Month::of(date(year, month, 1)).last()
        }
        YearStep::Propose | YearStep::Finalize => date(year, 12, 31),
    }
}

fn leave_of(operator_id: OperatorId, person: usize, year: i32, month: u32) -> leave::Record {
    // The holiday of every month is the 17th.
    let from = tuesday(year, month, 18);
    leave::Record {
        operator_id,
        kind: if month == 6 {
            leave::LeaveKind::Special
        } else {
            leave::LeaveKind::Annual
        },
        from: civil(from),
        to: civil(from + Days::new(1)),
        reason: person
            .is_multiple_of(2)
            .then(|| text("Urusan keluarga di luar kota")),
        evidence_sha256: None,
        leave_id: Some(leave_id(person, year, month)),
    }
}

/// The first Tuesday from a day of a month on: people work then.
fn tuesday(year: i32, month: u32, day: u32) -> NaiveDate {
    let week = (day..day + 7).map(|day| date(year, month, day));
    let mut tuesdays = week.filter(|day| day.weekday() == Weekday::Tue);
    tuesdays.next().expect("every week has a Tuesday")
}

fn leave_id(person: usize, year: i32, month: u32) -> LeaveId {
    LeaveId(named(&format!("leave/{person}/{year}/{month}")))
}

fn package_id(n: usize, year: i32) -> PackageId {
    format!("{year}-paket-{n}").parse().expect("a slug")
}

/// The idempotency key of a step's command.
fn command_id(person: usize, year: i32, step: YearStep) -> String {
    format!("{step:?}-{person}-{year}").replace(['(', ')'], "_")
}

fn named(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

/// A date that exists.
pub fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date of the calendar")
}

/// The day of a command.
fn civil(day: NaiveDate) -> CivilDate {
    day.try_into().expect("a year of this domain")
}

/// The text of a command.
fn text<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a short text")
}

fn birth(person: usize) -> (NaiveDate, bool) {
    (
        date(1994, 1, 1) + Days::new((person / BORN_ON_A_DAY) as u64),
        person.is_multiple_of(2),
    )
}

fn nik(person: usize) -> Nik {
    let (born, woman) = birth(person);
    let day = born.day() + if woman { 40 } else { 0 };
    let number = person % BORN_ON_A_DAY + 1;
    let text = format!(
        "617101{day:02}{:02}{:02}{number:04}",
        born.month(),
        born.year() % 100
    );
    text.parse().expect("sixteen digits")
}

fn particulars(person: usize) -> Register {
    let (birth_date, woman) = birth(person);
    Register {
        nik: nik(person),
        full_name: text(&format!("Contoh Operator {person}")),
        birth_date: civil(birth_date),
        sex: if woman { Sex::Female } else { Sex::Male },
        birth_place: Some(text("Pontianak")),
        address: Some(text(&format!(
            "Jalan Contoh Nomor {person}, Pontianak Selatan"
        ))),
        domicile_code: text("6171"),
        citizenship: text("WNI"),
        education: GivenEducation {
            level: EducationLevel::D3,
            major: text("Teknik Informatika"),
            institution: text("Politeknik Negeri Pontianak"),
            accredited: true,
            gpa: "3.25".parse().expect("an average"),
        },
        phone: Some(text("081200000000")),
        email: None,
        npwp: None,
        nik_mismatch_evidence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_year_is_twenty_five_events() {
        assert_eq!(
            steps_of_year(FIRST_YEAR).len(),
            24,
            "and the hire's slot in the package"
        );
        assert_eq!(steps_of_year(FIRST_YEAR + 1).len(), 23);
    }

    #[test]
    fn many_years_of_one_person_are_accepted() {
        let key = TenantKey::new([1; 32]);
        let people = People::new(1, key.clone());
        let mut office = crate::office::InMemoryOffice::new("pontianak".parse().unwrap(), key);
        let mut events = 0;
        for year in FIRST_YEAR..FIRST_YEAR + 8 {
            let planned = steps_of_year(year)
                .into_iter()
                .map(|step| people.plan(0, year, step));
            for planned in people.beginnings(year).chain(planned) {
                events += office
                    .play(&planned)
                    .unwrap()
                    .iter()
                    .map(|written| written.events.len())
                    .sum::<usize>();
            }
        }
        assert_eq!(events as u64, office.position());
        assert!(events > 8 * 24, "{events}");
    }

    #[test]
    fn numbers_are_of_different_people() {
        let people = People::new(30_000, TenantKey::new([1; 32]));
        let ids: std::collections::HashSet<_> =
            (0..people.count).map(|person| people.id(person)).collect();
        assert_eq!(ids.len(), people.count);
    }
}
