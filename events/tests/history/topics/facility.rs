//! Facilities: the naive model's half, and the half that gives commands.

use chrono::Days;
use jejak_events::ids::OperatorId;
use serde_json::{Value, json};

use super::super::{GivenCommand, History, PPK, Step, commands::contract_days};
use crate::naive::{Answer, Asked, World, days::Day, no};

/// A facility that the naive model knows.
#[derive(Debug, Clone)]
pub(crate) struct Facility {
    id: String,
    person: String,
    contract: String,
    kind: String,
    label: Option<String>,
    issued_on: Day,
    returned: Option<(Day, Option<String>)>,
}

impl Facility {
    /// The contract, where the id is this facility's.
    pub(super) fn contract_of(&self, id: &str) -> Option<&str> {
        (self.id == id).then_some(self.contract.as_str())
    }
}

impl World {
    /// Rule 47, the issue.
    pub(super) fn issue_facility(&mut self, asked: &Asked<'_>) -> Answer {
        let (person, contract) = (asked.text("operator_id"), asked.text("contract_id"));
        self.present(person)?;
        let found = self.contracts.iter();
        let mut found = found.filter(|held| held.id == contract && held.person == person);
        let held = found.next().ok_or_else(|| no("contract.unknown"))?;
        if held.voided {
            return Err(no("contract.closed"));
        }
        let on = asked.day("on");
        let last = held.terminated_on.unwrap_or(held.end);
        if on < held.start || last < on {
            return Err(no("contract.not_in_force"));
        }
        if on > asked.today {
            return Err(no("fact.in_future"));
        }
        let label = asked.text("label");
        for facility in &self.topics.facilities {
            let alike = facility.person == person
                && facility.contract == contract
                && facility.kind == asked.text("kind")
                && facility.label.as_deref() == Some(label)
                && facility.issued_on == on;
            if alike {
                return Ok(false);
            }
        }
        self.topics.facilities.push(Facility {
            id: asked.made.to_owned(),
            person: person.to_owned(),
            contract: contract.to_owned(),
            kind: asked.text("kind").to_owned(),
            label: Some(label.to_owned()),
            issued_on: on,
            returned: None,
        });
        Ok(true)
    }

    /// Rule 47, the return.
    pub(super) fn return_facility(&mut self, asked: &Asked<'_>) -> Answer {
        let person = asked.text("operator_id");
        self.present(person)?;
        let on = asked.day("on");
        let note = asked.text_opt("note").map(str::to_owned);
        for facility in &mut self.topics.facilities {
            if facility.person != person || facility.id != asked.text("facility_id") {
                continue;
            }
            if let Some(earlier) = &facility.returned {
                if *earlier == (on, note) {
                    return Ok(false);
                }
                return Err(no("facility.already_returned").says("on", earlier.0.to_string()));
            }
            if on < facility.issued_on {
                let issued_on = facility.issued_on.to_string();
                return Err(no("facility.not_yet_issued").says("issued_on", issued_on));
            }
            if on > asked.today {
                return Err(no("fact.in_future"));
            }
            facility.returned = Some((on, note));
            return Ok(true);
        }
        Err(no("facility.unknown"))
    }
}

/// Hands a facility out around a contract's days, or takes one back.
pub(super) fn command(history: &History, id: OperatorId, step: &Step) -> Option<GivenCommand> {
    let &(what, _, a, b) = step;
    let facilities = &history.person(id).facilities.all;
    if what % 2 == 0 || facilities.is_empty() {
        let (mut body, contract) = history.contract(id, a)?;
        let on = contract.terms.start + Days::new(u64::from(b % contract_days(contract)));
        body["on"] = json!(if b % 7 == 0 {
            on
        } else {
            on.min(history.today)
        });
        body["kind"] = json!(["access", "badge", "uniform", "other"][usize::from(a % 4)]);
        body["label"] = json!(format!("Kartu {}", b % 3));
        return Some(("issue-facility", body, PPK.into()));
    }
    let nth = usize::from(a) % facilities.len();
    let (facility_id, day) = match facilities.iter().nth(nth).filter(|_| a % 9 != 0) {
        Some((facility_id, held)) => {
            let later = held.issued_on + Days::new(u64::from(b % 90));
            let on = if b % 11 == 0 {
                held.issued_on - Days::new(1)
            } else {
                later
            };
            (facility_id.to_string(), on)
        }
        None => (format!("{id}"), history.today),
    };
    let on = if b % 13 == 0 {
        day
    } else {
        day.min(history.today)
    };
    let mut body = json!({"operator_id": id, "facility_id": facility_id, "on": on});
    if b % 2 == 0 {
        body["note"] = json!("baik");
    }
    Some(("return-facility", body, PPK.into()))
}

/// Both know the same facilities, out or returned.
#[track_caller]
pub(super) fn same_end(history: &History, world: &World) {
    let mut by_rules: Vec<Value> = vec![];
    for (person, state) in history.people() {
        for (facility_id, held) in &state.facilities.all {
            let returned = held.returned.as_ref();
            by_rules.push(json!([
                person,
                facility_id,
                held.contract_id,
                held.kind,
                held.issued_on,
                returned.map(|returned| returned.on)
            ]));
        }
    }
    let by_model = world.topics.facilities.iter().map(|held| {
        let returned = held.returned.as_ref().map(|(on, _)| on.to_string());
        json!([
            held.person,
            held.id,
            held.contract,
            held.kind,
            held.issued_on.to_string(),
            returned
        ])
    });
    let mut by_model: Vec<Value> = by_model.collect();
    by_rules.sort_by_key(Value::to_string);
    by_model.sort_by_key(Value::to_string);
    assert_eq!(by_rules, by_model);
}
