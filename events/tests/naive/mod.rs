//! A second implementation of the rules, as plain as docs/domain tells them: lists of everything,
//! searched from the beginning each time, and days counted one by one. It shares no code with the rules
//! it is compared with, not even their types: it hears a command as JSON and answers in plain words.
//!
//! Deliberately absent: events, streams and speed.

use serde_json::Value;

mod authority;
mod contracts;
pub(crate) mod days;
mod endings;
mod evaluations;
mod leave;
pub(crate) mod money;
mod months;
mod packages;
pub(crate) mod people;
pub(crate) mod terms;

use days::{Day, Month};
use money::Money;
use terms::{Terms, text};

use crate::history::topics::{self, Topics};

/// All that happened so far.
#[derive(Debug, Default, Clone)]
pub(crate) struct World {
    pub(crate) packages: Vec<Package>,
    pub(crate) people: Vec<Person>,
    pub(crate) contracts: Vec<Contract>,
    pub(crate) leave: Vec<Leave>,
    pub(crate) absences: Vec<Absence>,
    pub(crate) assessed: Vec<Assessed>,
    /// The facts of topics with a file of their own.
    pub(crate) topics: Topics,
}

#[derive(Debug, Clone)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) terms: Terms,
    pub(crate) version: u64,
    pub(crate) officers: Vec<Assignment>,
}

#[derive(Debug, Clone)]
pub(crate) struct Assignment {
    pub(crate) role: String,
    pub(crate) nip: String,
    pub(crate) from: Day,
    pub(crate) to: Option<Day>,
    pub(crate) acting: bool,
    pub(crate) decree: Option<String>,
    pub(crate) name: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    /// As registered and corrected.
    pub(crate) told: Value,
    pub(crate) erased: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Contract {
    pub(crate) id: String,
    pub(crate) person: String,
    pub(crate) package: String,
    pub(crate) spk_number: String,
    pub(crate) start: Day,
    pub(crate) end: Day,
    pub(crate) monthly: [Money; 3],
    pub(crate) value: Money,
    /// The money that stays committed.
    pub(crate) committed: Money,
    pub(crate) terminated_on: Option<Day>,
    pub(crate) voided: bool,
    /// The terms it was signed under.
    pub(crate) terms: Terms,
    pub(crate) prior: Option<Prior>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) stage: Stage,
    pub(crate) revision: u64,
    /// Rule 34: the officer that was told that it is poor.
    pub(crate) told: Option<String>,
}

/// A final evaluation, as a hire cites it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Prior {
    pub(crate) contract: String,
    pub(crate) fiscal_year: i32,
    pub(crate) revision: u64,
    pub(crate) result: Sum,
}

#[derive(Debug, Clone)]
pub(crate) struct Warning {
    pub(crate) level: u64,
    pub(crate) on: Day,
    pub(crate) until: Day,
}

#[derive(Debug, Clone)]
pub(crate) struct Leave {
    pub(crate) id: String,
    pub(crate) person: String,
    pub(crate) contract: String,
    pub(crate) kind: String,
    /// The last day granted.
    pub(crate) last: Day,
    /// The days granted and not taken back.
    pub(crate) days: Vec<Day>,
}

#[derive(Debug, Clone)]
pub(crate) struct Absence {
    pub(crate) person: String,
    pub(crate) contract: String,
    pub(crate) on: Day,
}

#[derive(Debug, Clone)]
pub(crate) struct Assessed {
    pub(crate) contract: String,
    pub(crate) month: Month,
    /// None where the month is waived.
    pub(crate) scores: Option<Vec<(String, i64)>>,
    /// The paper that stands.
    pub(crate) signed_on: Day,
    pub(crate) late: bool,
    pub(crate) note: Option<String>,
    pub(crate) revision: u64,
}

/// The result of a contract's months.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sum {
    pub(crate) months: usize,
    pub(crate) expected: usize,
    pub(crate) total: i64,
    pub(crate) category: &'static str,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Proposal {
    pub(crate) nip: String,
    pub(crate) signed_on: Day,
    pub(crate) sum: Sum,
    pub(crate) note: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stage {
    Provisional,
    Proposed(Proposal),
    Final(Sum),
}

/// A command as it arrives, and the id that it creates.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) name: &'a str,
    pub(crate) body: &'a Value,
    pub(crate) sub: &'a str,
    pub(crate) today: Day,
    pub(crate) made: &'a str,
}

impl Asked<'_> {
    pub(crate) fn text(&self, field: &str) -> &str {
        text(self.body, field)
    }

    pub(crate) fn text_opt(&self, field: &str) -> Option<&str> {
        self.body[field].as_str()
    }

    pub(crate) fn day(&self, field: &str) -> Day {
        Day::read(self.text(field))
    }

    pub(crate) fn day_opt(&self, field: &str) -> Option<Day> {
        self.text_opt(field).map(Day::read)
    }
}

/// A refusal: its code, and those of its numbers that the model knows too.
#[derive(Debug, PartialEq)]
pub(crate) struct No {
    pub(crate) code: &'static str,
    pub(crate) says: Vec<(&'static str, Value)>,
}

pub(crate) fn no(code: &'static str) -> No {
    No { code, says: vec![] }
}

impl No {
    pub(crate) fn says(mut self, field: &'static str, value: impl Into<Value>) -> Self {
        self.says.push((field, value.into()));
        self
    }
}

/// Whether it changed anything, or why not.
pub(crate) type Answer = Result<bool, No>;

impl World {
    /// Decides a command and takes it into the state. Rule 49 refuses last.
    pub(crate) fn hear(&mut self, asked: &Asked<'_>) -> Answer {
        let mut after = self.clone();
        let changed = after.decide(asked)?;
        if changed {
            self.require_authority(asked)?;
            *self = after;
        }
        Ok(changed)
    }

    fn decide(&mut self, asked: &Asked<'_>) -> Answer {
        match asked.name {
            "publish-terms" => self.publish_terms(asked),
            "amend-terms" => self.amend_terms(asked),
            "assign-officer" => self.assign_officer(asked),
            "release-officer" => self.release_officer(asked),
            "register-operator" => self.register(asked),
            "correct-operator" => self.correct_particulars(asked),
            "correct-nik" => self.correct_nik(asked),
            "erase-operator" => self.erase(asked),
            "hire-operator" => self.hire(asked),
            "amend-contract" => self.amend_contract(asked),
            "terminate-contract" => self.terminate(asked),
            "void-contract" => self.void(asked),
            "issue-warning" => self.warn(asked),
            "record-leave" => self.record_leave(asked),
            "cancel-leave" => self.cancel_leave(asked),
            "record-absence" => self.record_absence(asked),
            "submit-monthly-appraisal" => self.submit(asked),
            "correct-monthly-appraisal" => self.correct_month(asked),
            "waive-month" => self.waive(asked),
            "propose-evaluation" => self.propose(asked),
            "finalize-evaluation" => self.finalize(asked),
            "reopen-evaluation" => self.reopen(asked),
            other => topics::hear(self, asked).unwrap_or_else(|| panic!("no rule for {other}")),
        }
    }
}
