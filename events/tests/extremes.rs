//! No input makes a decision panic. The inputs are the first and last days, the least and the most of every
//! number, and the extreme policies.
//!
//! Method: bodies of every command are put together from such values only. Most are refused, some
//! accepted; each event still goes through its codec, each refusal reads back.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its seed"
)]

use std::{cell::RefCell, collections::BTreeSet};

use jejak_events::{Command, decision::new_id};
use office::{Asked, Office};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

#[cfg(test)]
mod office;
#[cfg(test)]
mod seed;

/// Days anywhere in the years there are.
const DATES: [&str; 6] = [
    "1900-01-01",
    "1900-12-31",
    "2000-02-29",
    "2020-06-15",
    "2200-01-01",
    "2200-12-31",
];
/// Days of the one year the package runs in.
const DAYS: [&str; 8] = [
    "01-01", "01-31", "02-01", "02-28", "06-15", "11-30", "12-01", "12-31",
];
const YEARS: [&str; 3] = ["1900", "2020", "2200"];
const MONEY: [&str; 6] = [
    "0",
    "0.0001",
    "0.5",
    "1000000",
    "999999999999999.9999",
    "1000000000000000",
];
const PPK: &str = "197701161997031006";
const IDS: [&str; 2] = [
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
];

/// Draws values one after the other from a list of bytes, in a circle.
struct Draw<'a> {
    bytes: &'a [u8],
    at: usize,
    year: &'static str,
    /// The contracts that the first hires may make.
    contracts: Vec<String>,
}

impl Draw<'_> {
    fn byte(&mut self) -> u8 {
        self.at += 1;
        self.bytes[self.at % self.bytes.len()]
    }

    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[usize::from(self.byte()) % values.len()]
    }

    fn seldom(&mut self) -> bool {
        self.byte().is_multiple_of(8)
    }

    fn date(&mut self) -> String {
        if self.seldom() {
            return self.of(&DATES).to_owned();
        }
        let day = self.of(&DAYS);
        format!("{}-{day}", self.year)
    }

    /// Two days, seldom the wrong way round.
    fn days(&mut self) -> [String; 2] {
        let mut days = [self.date(), self.date()];
        if !self.seldom() {
            days.sort();
        }
        days
    }

    fn month(&mut self) -> String {
        self.date()[..7].to_owned()
    }

    fn money(&mut self) -> &'static str {
        self.of(&MONEY)
    }

    fn date_or_none(&mut self) -> Value {
        if self.seldom() {
            Value::Null
        } else {
            json!(self.date())
        }
    }

    fn money_or_none(&mut self) -> Value {
        if self.byte().is_multiple_of(2) {
            Value::Null
        } else {
            json!(self.money())
        }
    }

    /// The least or the most that terms may say, seldom more than that.
    fn edge(&mut self, least: i64, most: i64) -> i64 {
        if self.seldom() {
            most + 1
        } else {
            self.of(&[least, most])
        }
    }

    fn terms(&mut self, mut body: Value) -> Value {
        let whole =
            json!({"start": format!("{}-01-01", self.year), "end": format!("{}-12-31", self.year)});
        let period = if self.seldom() {
            json!({"start": self.date(), "end": self.date()})
        } else {
            whole
        };
        let year = self.year.parse::<i64>().unwrap();
        let terms = json!({
            "title": "t", "agency": "a", "fund_source": "f", "period": period,
            "fiscal_year": if self.seldom() { i64::from(i32::MAX) } else { year },
            "budget_ceiling": if self.seldom() { self.money() } else { MONEY[5] },
            "quota": self.edge(1, u32::MAX.into()).min(u32::MAX.into()),
            "eligibility": {"age_min": 0, "age_max": 255, "majors": []},
            "leave": {"annual_days": self.edge(0, 366), "special_max_days": 0,
                "long_max_months": self.edge(0, 12), "joint_leave_charged": self.seldom()},
            "appraisal": {"elements": {"e": ["i"]}, "scale_min": 0, "scale_max": 255,
                "good_from": self.edge(0, 255), "early_days": self.edge(0, 31),
                "late_after_day": self.edge(0, 28)},
            "evaluation": {"different_signers": self.seldom()},
            "warnings": {"levels": self.edge(1, 3), "months": self.edge(1, 255).min(255)},
        });
        body.as_object_mut()
            .unwrap()
            .extend(terms.as_object().cloned().unwrap());
        body
    }

    fn monthly(&mut self) -> Value {
        let small = ["0", "0.5", "1000000.4999"];
        let mut line = || {
            if self.seldom() {
                self.money()
            } else {
                self.of(&small)
            }
        };
        json!({"wage": line(), "health_insurance": line(), "employment_insurance": line()})
    }

    /// The body of a command about a person and his contract or leave.
    fn body(&mut self, name: &str, operator: &str) -> Value {
        let hire = usize::from(self.byte()) % self.contracts.len();
        let (package, contract) = (json!("p"), self.contracts[hire].clone());
        let person = json!({"operator_id": operator, "contract_id": contract, "reason": "r"});
        let with = |more: Value| {
            let mut body = person.clone();
            body.as_object_mut()
                .unwrap()
                .extend(more.as_object().cloned().unwrap());
            body
        };
        match name {
            "publish-terms" => self.terms(json!({"package_id": package})),
            "amend-terms" => self.terms(json!({"package_id": package, "reason": "r"})),
            "assign-officer" => json!({"package_id": package, "role": self.of(&["ppk", "pptk"]),
                "officer": {"nip": PPK, "name": "n"}, "from": DATES[0], "to": Value::Null}),
            "release-officer" => {
                json!({"package_id": package, "role": "ppk", "nip": PPK, "on": self.of(&DATES)})
            }
            "correct-operator" => {
                json!({"operator_id": operator, "reason": "r", "birth_date": self.date(),
                "sex": self.of(&["male", "female"]), "nik_mismatch_evidence": "e"})
            }
            "hire-operator" => {
                let days = self.days();
                json!({"operator_id": operator, "package_id": package,
                "spk_number": "s", "spk_date": self.date(), "start": days[0], "end": days[1],
                "monthly": self.monthly(), "value": self.money_or_none(),
                "integrity_pact": true})
            }
            "amend-contract" => with(
                json!({"end": self.date_or_none(), "monthly": self.monthly(),
                "value": self.money_or_none()}),
            ),
            "terminate-contract" => with(json!({"on": self.date(), "cause": "death"})),
            "issue-warning" => {
                with(json!({"on": self.date(), "level": self.of(&[0, 1, 1, 2, 3, 255])}))
            }
            "record-leave" => {
                let days = self.days();
                json!({"operator_id": operator, "from": days[0], "to": days[1], "leave_id": self.of(&IDS),
                    "kind": self.of(&["annual", "special", "maternity", "work_accident"])})
            }
            "cancel-leave" => {
                json!({"operator_id": operator, "leave_id": self.of(&IDS), "reason": "r",
                "from": self.date_or_none()})
            }
            "record-absence" => json!({"operator_id": operator, "on": self.date(), "reason": "r"}),
            "submit-monthly-appraisal" | "correct-monthly-appraisal" => {
                let scores = json!({"i": self.of(&[i64::MIN, 0, 1, 255, 256, i64::MAX])});
                let mut body = with(
                    json!({"month": self.month(), "scores": scores, "signed_on": self.date()}),
                );
                if name.starts_with("submit") {
                    body.as_object_mut().unwrap().remove("reason");
                }
                body
            }
            "waive-month" => with(json!({"month": self.month()})),
            "propose-evaluation" | "finalize-evaluation" => {
                json!({"operator_id": operator, "contract_id": contract, "signed_on": self.date()})
            }
            "declare-holiday" | "revoke-holiday" => {
                json!({"date": self.date(), "name": "n", "decree": "d",
                "kind": self.of(&["public_holiday", "joint_leave"])})
            }
            "erase-operator" => json!({"operator_id": operator, "reason": "r", "legal_basis": "b"}),
            _ => person,
        }
    }
}

/// Plays a hundred extreme commands and returns the types of their events.
fn play(bytes: &[u8]) -> BTreeSet<&'static str> {
    let mut draw = Draw {
        bytes,
        at: 0,
        year: YEARS[0],
        contracts: vec![],
    };
    draw.year = draw.of(&YEARS);
    let mut office = Office::new();
    let nik = "6171011503950001".parse().unwrap();
    let operator_id = office.key.operator_id(&nik);
    let operator = operator_id.to_string();
    // The hires are these steps.
    draw.contracts = (4..7)
        .map(|n| format!("step-{n}").parse().unwrap())
        .map(|command_id| new_id(&office.key, "contract", operator_id, &command_id).to_string())
        .collect();
    let register = json!({"nik": "6171011503950001", "full_name": "n", "birth_date": DATES[0], "sex": "female",
        "domicile_code": "61", "citizenship": "WNI", "nik_mismatch_evidence": "e", "education": {"level": "S3",
        "major": "m", "institution": "i", "accredited": true, "gpa": "4"}});
    let pptk = json!({"package_id": "p", "role": "pptk", "officer": {"nip": PPK, "name": "n"}, "from": DATES[0]});
    let begin = [
        "publish-terms",
        "assign-officer",
        "hire-operator",
        "hire-operator",
        "hire-operator",
    ];
    let begin = begin.map(|name| (name, draw.body(name, &operator)));
    let first = [("register-operator", register), ("assign-officer", pptk)];
    let endings = [
        "erase-operator",
        "void-contract",
        "terminate-contract",
        "release-officer",
    ];
    let mut any = || {
        let name = draw.of(Command::NAMES);
        let name = if endings.contains(&name) && !draw.seldom() {
            "record-leave"
        } else {
            name
        };
        (name, draw.body(name, &operator))
    };
    let steps: Vec<_> = (0..160).map(|_| any()).collect();
    for (n, (name, body)) in first.into_iter().chain(begin).chain(steps).enumerate() {
        let Ok(command) = Command::parse(name, body.to_string().as_bytes()).unwrap() else {
            continue;
        };
        let today = if draw.seldom() {
            draw.date()
        } else {
            DATES[5].to_owned()
        };
        let (id, today) = (format!("step-{n}"), today.parse().unwrap());
        // The office checks the answer, refused or not.
        let _ = office.play(&Asked {
            command: &command,
            id: &id,
            sub: PPK,
            today,
        });
    }
    assert!(office.rebuilt() == office.streams);
    office
        .log
        .iter()
        .map(|stored| stored.recorded.event.type_name())
        .collect()
}

#[test]
fn no_input_makes_a_decision_panic() {
    let reached = RefCell::new(BTreeSet::new());
    let bytes = prop::collection::vec(any::<u8>(), 997);
    let result = TestRunner::new(seed::config(200)).run(&bytes, |bytes| {
        reached.borrow_mut().extend(play(&bytes));
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    // Not all of it was refused.
    for reach in ["operator.contract.hired.v2", "operator.leave.recorded.v1"] {
        assert!(reached.borrow().contains(reach), "{reached:?}");
    }
}
