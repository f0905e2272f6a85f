//! How a step's numbers become a command.

use jejak_events::{
    calendar::holiday::Kind::{JointLeave, PublicHoliday},
    date::Period,
    operator::evaluation::Stage,
};

use super::*;

/// A command's name, body and giver.
type Deed = (&'static str, Value, &'static str);

const REASON: &str = "alasan";
/// An amount no package can pay.
const MOST: &str = "1000000000000000";

impl History {
    pub(super) fn deed(&self, step: &Step) -> Option<Deed> {
        let &(what, who, ..) = step;
        let person = self.people[usize::from(who) % self.people.len()];
        match what % 32 {
            0..=4 => Some(self.hire(person, step)),
            5..=9 => self.record_leave(person, step),
            10..=11 => self.cancel_leave(person, step),
            12..=17 => self.month(person, step),
            18..=21 => self.evaluation(person, step),
            22..=25 => self.change(person, step),
            26 => self.absence(person, step),
            27..=28 => Some(self.holiday(step)),
            29 => Some(amend_terms(step)),
            30 => Some(officer(step)),
            _ => Some(identity(person, step)),
        }
    }

    fn person(&self, id: OperatorId) -> &operator::State {
        match &self.office.streams[&jejak_events::ids::StreamId::Operator(id)] {
            State::Operator(person) => person,
            _ => unreachable!("an operator stream holds a person"),
        }
    }

    /// One of the person's contracts: its body so far, and what it is.
    fn contract(&self, id: OperatorId, nth: u16) -> Option<(Value, &operator::contract::Contract)> {
        let contracts = &self.person(id).contracts.all;
        let (contract_id, contract) = contracts.iter().nth(usize::from(nth) % contracts.len().max(1))?;
        Some((json!({"operator_id": id, "contract_id": contract_id}), contract))
    }

    fn hire(&self, id: OperatorId, &(_, _, a, b): &Step) -> Deed {
        let nth = usize::from(a % 2);
        let year = if nth == 0 { 2020 } else { 2021 };
        let (first, months) = (u32::from(a / 2 % 12), u32::from(b % 5));
        let day = if b % 6 == 0 { 15 } else { 1 };
        let start = NaiveDate::from_ymd_opt(year, first + 1, day).unwrap();
        let end = NaiveDate::from_ymd_opt(year, (first + months).min(11) + 1, 1).unwrap();
        let monthly = json!({"wage": if b % 40 == 7 { MOST } else { "2601875" },
            "health_insurance": "110000", "employment_insurance": "38125"});
        let mut body = json!({"operator_id": id, "package_id": PACKAGES[nth],
            "spk_number": format!("800/{}", a % 60), "spk_date": "2020-01-01", "start": start,
            "end": Month::of(end).last(), "monthly": monthly, "integrity_pact": b % 30 != 1});
        if day == 15 {
            body["value"] = json!("2000000.5");
        }
        if b % 3 == 0 {
            body["justification"] = json!(REASON);
        }
        ("hire-operator", body, PPK)
    }

    fn record_leave(&self, id: OperatorId, &(_, _, a, b): &Step) -> Option<Deed> {
        let (_, contract) = self.contract(id, a)?;
        let from = contract.terms.start + Days::new(u64::from(a % 130));
        let (kind, longest) = match b % 8 {
            0..=3 => ("annual", 6),
            4..=5 => ("special", 9),
            6 => ("maternity", 100),
            _ => ("work_accident", 100),
        };
        let to = from + Days::new(u64::from(b / 8 % longest));
        let mut body = json!({"operator_id": id, "kind": kind, "from": from, "to": to});
        if a % 2 == 0 {
            body["reason"] = json!(REASON);
        }
        Some(("record-leave", body, PPK))
    }

    fn cancel_leave(&self, id: OperatorId, &(_, _, a, b): &Step) -> Option<Deed> {
        let leave = &self.person(id).leave.entries;
        let (leave_id, entry) = leave.iter().nth(usize::from(a) % leave.len().max(1))?;
        let mut body = json!({"operator_id": id, "leave_id": leave_id, "reason": REASON});
        if b % 3 != 0 {
            body["from"] = json!(entry.granted.start + Days::new(u64::from(b % 7)));
        }
        Some(("cancel-leave", body, PPK))
    }

    fn absence(&self, id: OperatorId, &(_, _, a, _): &Step) -> Option<Deed> {
        let (_, contract) = self.contract(id, a)?;
        let on = contract.terms.start + Days::new(u64::from(a % 100));
        Some(("record-absence", json!({"operator_id": id, "on": on, "reason": REASON}), PPK))
    }

    /// Submits, corrects or waives one of the contract's months: mostly the first that is open, or one
    /// that is not, signed in its last days or later.
    fn month(&self, id: OperatorId, &(what, _, a, b): &Step) -> Option<Deed> {
        let (mut body, contract) = self.contract(id, a)?;
        let months: Vec<_> = contract.period().months().collect();
        let appraised = |month: &&Month| {
            let held = self.person(id).appraisals.get(contract.terms.contract_id, **month);
            matches!(held, Some(operator::appraisal::Assessment::Appraised { .. }))
        };
        let corrects = (13..=14).contains(&(what % 32));
        let fitting = months.iter().find(|month| appraised(month) == corrects);
        let any = months.get(usize::from(b) % months.len());
        let month = *fitting.filter(|_| b % 5 != 0).or(any)?;
        body["month"] = json!(month);
        if what % 32 == 12 {
            body["reason"] = json!(REASON);
            return Some(("waive-month", body, PPK));
        }
        let indicators = contract.terms.appraisal.indicators();
        let score = |n: usize| 1 + (usize::from(a) + n * usize::from(b)) % 4;
        let scores = indicators.into_iter().enumerate();
        body["scores"] = scores.map(|(n, indicator)| (indicator.to_owned(), json!(score(n)))).collect();
        if b % 4 != 0 {
            body["signed_on"] = json!(month.last().min(self.today));
        }
        if !corrects {
            return Some(("submit-monthly-appraisal", body, PPK));
        }
        body["reason"] = json!(REASON);
        Some(("correct-monthly-appraisal", body, PPK))
    }

    /// Mostly the next thing to do with the evaluation, by the officer who may.
    fn evaluation(&self, id: OperatorId, &(_, _, a, b): &Step) -> Option<Deed> {
        let (mut body, contract) = self.contract(id, a)?;
        let next = match self.person(id).evaluations.get(contract.terms.contract_id).stage {
            Stage::Provisional => 0,
            Stage::Proposed(..) => 1,
            Stage::Final(_) => 2,
        };
        let what = if b % 6 == 0 { b / 6 % 3 } else { next };
        let sub = if (what == 0) != (b % 7 == 0) { PPTK } else { PPK };
        let names = ["propose-evaluation", "finalize-evaluation", "reopen-evaluation"];
        if what == 2 {
            body["reason"] = json!(REASON);
        }
        Some((names[usize::from(what)], body, sub))
    }

    /// Amends, terminates, voids or warns.
    fn change(&self, id: OperatorId, &(what, _, a, b): &Step) -> Option<Deed> {
        let (mut body, contract) = self.contract(id, a)?;
        let day = contract.terms.start + Days::new(u64::from(b % 150));
        body["reason"] = json!(REASON);
        let name = match what % 32 {
            22 if b % 4 == 0 => {
                body["value"] = json!(if b % 16 == 0 { MOST } else { "1234567.5" });
                body["end"] = json!(day);
                "amend-contract"
            }
            22 => {
                body["end"] = json!(Month::of(day).last());
                "amend-contract"
            }
            23 => {
                body["on"] = json!(day);
                body["cause"] = json!("breach");
                "terminate-contract"
            }
            24 => "void-contract",
            _ => {
                body["on"] = json!(day);
                body["level"] = json!(1 + a % 3);
                "issue-warning"
            }
        };
        Some((name, body, PPK))
    }

    /// Declares a day of either year, or revokes one that is declared.
    fn holiday(&self, &(what, _, a, b): &Step) -> Deed {
        let first = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap();
        let (date, kind) =
            (first + Days::new(u64::from(a % 731)), if b % 2 == 0 { PublicHoliday } else { JointLeave });
        let calendar = self.office.calendar();
        let declared: Vec<_> =
            calendar.within(Period { start: first, end: first + Days::new(731) }).collect();
        let standing =
            declared.get(usize::from(a) % declared.len().max(1)).map(|(date, kind, _)| (*date, *kind));
        let revokes = what % 32 == 27 && b % 2 == 0;
        let (date, kind) = standing.filter(|_| revokes).unwrap_or((date, kind));
        let body = json!({"date": date, "kind": kind, "name": "Libur", "decree": format!("SKB {}", b % 3)});
        (if revokes { "revoke-holiday" } else { "declare-holiday" }, body, "admin-bkpsdm")
    }
}

fn amend_terms(&(_, _, a, b): &Step) -> Deed {
    let mut body = json!({"package_id": PACKAGES[usize::from(a % 2)], "reason": REASON});
    match b % 3 {
        0 => body["quota"] = json!(if b % 7 == 0 { u32::MAX } else { u32::from(a % 5) }),
        1 => {
            body["budget_ceiling"] =
                json!(if b % 7 == 0 { MOST.to_owned() } else { format!("{}", a) + "000" })
        }
        _ => body["evaluation"] = json!({"different_signers": b % 2 == 0}),
    }
    ("amend-terms", body, "admin-bkpsdm")
}

fn officer(&(_, _, a, b): &Step) -> Deed {
    let (role, nip) = if a % 4 < 2 { ("ppk", PPK) } else { ("pptk", PPTK) };
    let package = PACKAGES[usize::from(a % 2)];
    let day = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + Days::new(u64::from(b % 700));
    if b % 2 == 0 {
        let body = json!({"package_id": package, "role": role, "nip": nip, "on": day});
        return ("release-officer", body, "admin-bkpsdm");
    }
    let officer = json!({"nip": nip, "name": "Contoh"});
    let body = json!({"package_id": package, "role": role, "officer": officer, "from": day,
        "to": if b % 3 == 0 { json!(day + Days::new(60)) } else { Value::Null }});
    ("assign-officer", body, "admin-bkpsdm")
}

/// Mostly a correction; seldom an erasure; sometimes someone registers again.
fn identity(id: OperatorId, &(_, who, a, b): &Step) -> Deed {
    if b % 16 == 0 {
        let body = json!({"operator_id": id, "reason": REASON, "legal_basis": "UU 27/2022"});
        return ("erase-operator", body, "admin-bkpsdm");
    }
    let mut body = json!({"operator_id": id, "reason": REASON});
    match b % 3 {
        0 => body["phone"] = json!(format!("08{a}")),
        1 => body["birth_date"] = json!(PEOPLE[usize::from(who) % PEOPLE.len()].1),
        _ => body["sex"] = json!(if a % 2 == 0 { "male" } else { "female" }),
    }
    ("correct-operator", body, PPK)
}
