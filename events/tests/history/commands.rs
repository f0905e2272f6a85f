//! A step's numbers become a command.

use jejak_events::{
    operator::{evaluation::EvaluationStage, leave::LeaveKind},
    package::officer::OfficerRole,
};

use super::*;

/// A command's name, body and giver.
pub(crate) type GivenCommand = (&'static str, Value, String);

pub(super) const REASON: &str = "alasan";
/// An amount no package can pay.
const MOST: &str = "1000000000000000";

impl History {
    pub(super) fn command(&self, step: &Step) -> Option<GivenCommand> {
        let &(what, who, ..) = step;
        let person = self.people[usize::from(who) % self.people.len()];
        match what % 32 {
            0..=4 => Some(self.hire(person, step)),
            5..=9 => self.record_leave(person, step),
            10..=11 => self.cancel_leave(person, step),
            12..=16 => self.month(person, step),
            18..=21 => self.evaluation(person, step),
            22..=25 => self.change(person, step),
            26 => self.absence(person, step),
            27..=28 => topics::command(self, person, step),
            29 => Some(amend_terms(step)),
            30 => Some(officer(step)),
            _ => Some(identity(person, step)),
        }
    }

    pub(super) fn person(&self, id: OperatorId) -> &operator::OperatorState {
        match &self.office.streams[&StreamId::Operator(id)] {
            StreamState::Operator(person) => person,
            _ => unreachable!("an operator stream holds a person"),
        }
    }

    /// One of the person's contracts: the body of a command on it, and its state.
    pub(super) fn contract(
        &self,
        id: OperatorId,
        nth: u16,
    ) -> Option<(Value, &operator::contract::Contract)> {
        let contracts = &self.person(id).contracts.all;
        let (contract_id, contract) = contracts
            .iter()
            .nth(usize::from(nth) % contracts.len().max(1))?;
        Some((
            json!({"operator_id": id, "contract_id": contract_id}),
            contract,
        ))
    }

    /// The first of the person's contracts that fits, or one that may not.
    fn fitting(
        &self,
        id: OperatorId,
        nth: u16,
        fits: impl Fn(&operator::OperatorState, &operator::contract::Contract) -> bool,
    ) -> Option<(Value, &operator::contract::Contract)> {
        let person = self.person(id);
        let at = person
            .contracts
            .all
            .values()
            .position(|contract| fits(person, contract));
        let at = at
            .filter(|_| !nth.is_multiple_of(5))
            .and_then(|at| u16::try_from(at).ok());
        self.contract(id, at.unwrap_or(nth))
    }

    /// The holder of the office, so that most signatures are good ones.
    fn signer(&self, package: &PackageId, role: OfficerRole, on: NaiveDate) -> String {
        let package = &self.office.streams[&StreamId::Package(package.clone())];
        let StreamState::Package(package) = package else {
            unreachable!("a package stream holds a package")
        };
        let holder = package.officers.holder(role, on);
        let holds = |nip: &&str| holder == Some(self.office.key.officer_id(&nip.parse().unwrap()));
        [PPK, PPTK, PLH]
            .into_iter()
            .find(holds)
            .unwrap_or(PPK)
            .to_owned()
    }

    fn hire(&self, id: OperatorId, &(_, _, a, b): &Step) -> GivenCommand {
        let nth = usize::from(a % 2);
        let year = if nth == 0 { 2020 } else { 2021 };
        let (first, months) = (u32::from(a / 2 % 12), [0, 1, 2, 5, 8][usize::from(b % 5)]);
        let day = if b % 6 == 0 { 15 } else { 1 };
        let start = NaiveDate::from_ymd_opt(year, first + 1, day).unwrap();
        let end = NaiveDate::from_ymd_opt(year, (first + months).min(11) + 1, 1).unwrap();
        let monthly = json!({"wage": if b % 40 == 7 { MOST } else { "2601875" },
            "health_insurance": "110000", "employment_insurance": "38125"});
        let mut body = json!({"operator_id": id, "package_id": PACKAGES[nth],
            "spk_number": format!("{}800/{}", ["SPK ", "spk ", " SPK "][usize::from(b % 3)], a % 60), "spk_date": "2020-01-01", "start": start,
            "end": Month::of(end).last(), "monthly": monthly, "integrity_pact": b % 30 != 1});
        if day == 15 {
            body["value"] = json!("2000000.5");
        }
        if b % 13 == 0 {
            body["value"] = json!("2750000");
        }
        if b % 3 == 0 {
            body["justification"] = json!(REASON);
        }
        ("hire-operator", body, PPK.into())
    }

    fn record_leave(&self, id: OperatorId, &(_, _, a, b): &Step) -> Option<GivenCommand> {
        let (_, contract) = self.contract(id, a)?;
        let from = contract.terms.start + Days::new(u64::from(a % contract_days(contract)));
        let days = Days::new(u64::from(b / 8 % 12));
        let (kind, from, to) = match b % 8 {
            0..=3 => ("annual", from, from + days),
            4..=5 => ("special", from, from + days),
            6 => self.long_leave(id, LeaveKind::Maternity, a, b)?,
            _ => self.long_leave(id, LeaveKind::WorkAccident, a, b)?,
        };
        let mut body = json!({"operator_id": id, "kind": kind, "from": from, "to": to});
        if a % 2 == 0 {
            body["reason"] = json!(REASON);
        }
        if b % 11 == 0 {
            body["leave_id"] = json!(format!("{}{:04}", &id.to_string()[..32], a % 9));
        }
        Some(("record-leave", body, PPK.into()))
    }

    /// Early in a long contract, or right before or after leave of the kind there is.
    fn long_leave(
        &self,
        id: OperatorId,
        kind: LeaveKind,
        a: u16,
        b: u16,
    ) -> Option<(&'static str, NaiveDate, NaiveDate)> {
        let long = |contract: &operator::contract::Contract| {
            contract.stands() && contract_days(contract) > 100
        };
        let contract = self
            .person(id)
            .contracts
            .all
            .values()
            .find(|contract| long(contract))?;
        let of_kind = self
            .person(id)
            .leave
            .entries
            .values()
            .filter(|entry| entry.kind == kind);
        let held = of_kind.filter_map(|entry| entry.recorded()).next_back();
        let days = Days::new(u64::from(35 + b / 8 % 60));
        let (from, to) = match held {
            Some(held) if a % 4 == 1 => {
                (held.start - Days::new(1) - days, held.start - Days::new(1))
            }
            Some(held) if a % 4 > 1 => (held.end + Days::new(1), held.end + Days::new(1) + days),
            _ => {
                let from = contract.terms.start + Days::new(u64::from(a % 60));
                (from, from + days)
            }
        };
        let name = if kind == LeaveKind::Maternity {
            "maternity"
        } else {
            "work_accident"
        };
        Some((name, from, to))
    }

    fn cancel_leave(&self, id: OperatorId, &(_, _, a, b): &Step) -> Option<GivenCommand> {
        let leave = &self.person(id).leave.entries;
        let (leave_id, entry) = leave.iter().nth(usize::from(a) % leave.len().max(1))?;
        let mut body = json!({"operator_id": id, "leave_id": leave_id, "reason": REASON});
        if b % 3 != 0 {
            body["from"] = json!(entry.granted.start + Days::new(u64::from(b % 8)) - Days::new(1));
        }
        Some(("cancel-leave", body, PPK.into()))
    }

    fn absence(&self, id: OperatorId, &(_, _, a, _): &Step) -> Option<GivenCommand> {
        let (_, contract) = self.contract(id, a)?;
        let on = contract.terms.start + Days::new(u64::from(a % contract_days(contract)));
        let on = if a % 5 == 0 { on } else { on.min(self.today) };
        Some((
            "record-absence",
            json!({"operator_id": id, "on": on, "reason": REASON}),
            PPK.into(),
        ))
    }

    /// Submits, corrects or waives one of the contract's months: mostly the first that is open, or one
    /// that is not, signed in its last days or later.
    fn month(&self, id: OperatorId, &(what, _, a, b): &Step) -> Option<GivenCommand> {
        let corrects = (13..=14).contains(&(what % 32));
        let (mut body, contract) = self.fitting(id, a, |person, contract| {
            let id = contract.terms.contract_id;
            let open = !matches!(person.evaluations.get(id).stage, EvaluationStage::Final(_));
            open && contract.stands() && corrects == tally(person, contract).missing.is_empty()
        })?;
        let months: Vec<_> = contract.period().months().collect();
        let appraised = |month: &&Month| {
            let held = self
                .person(id)
                .appraisals
                .get(contract.terms.contract_id, **month);
            matches!(
                held,
                Some(operator::appraisal::Assessment::Appraised { .. })
            )
        };
        let fitting = months.iter().find(|month| appraised(month) == corrects);
        let any = months.get(usize::from(b) % months.len());
        let month = *fitting.filter(|_| b % 5 != 0).or(any)?;
        body["month"] = json!(month);
        let package = &contract.terms.package_id;
        if what % 32 == 12 {
            body["reason"] = json!(REASON);
            return Some((
                "waive-month",
                body,
                self.signer(package, OfficerRole::Ppk, self.today),
            ));
        }
        let indicators = contract.terms.appraisal.indicators();
        let score = |n: usize| 1 + (usize::from(a) + n * usize::from(b)) % 4;
        let scores = indicators.into_iter().enumerate();
        body["scores"] = scores
            .map(|(n, indicator)| (indicator.to_owned(), json!(score(n))))
            .collect();
        if corrects && a % 3 == 0 {
            let held = self
                .person(id)
                .appraisals
                .get(contract.terms.contract_id, month);
            if let Some(operator::appraisal::Assessment::Appraised { scores, .. }) = held {
                body["scores"] = json!(scores);
            }
        }
        if a % 4 == 1 {
            body["note"] = json!(format!("catatan {}", b % 2));
        }
        let signed_on = match b % 4 {
            0 => None,
            1 => Some((month.first() + Days::new(u64::from(20 + b % 23))).min(self.today)),
            _ => Some(month.last().min(self.today)),
        };
        body["signed_on"] = json!(signed_on);
        let sub = self.signer(package, OfficerRole::Ppk, signed_on.unwrap_or(self.today));
        if !corrects {
            return Some(("submit-monthly-appraisal", body, sub));
        }
        body["reason"] = json!(REASON);
        Some(("correct-monthly-appraisal", body, sub))
    }

    /// Mostly the next step of the evaluation, by the right officer.
    fn evaluation(&self, id: OperatorId, &(_, _, a, b): &Step) -> Option<GivenCommand> {
        let (mut body, contract) = self.fitting(id, a, |person, contract| {
            let tally = tally(person, contract);
            contract.stands() && tally.missing.is_empty() && tally.assessed > 0
        })?;
        let next = match self
            .person(id)
            .evaluations
            .get(contract.terms.contract_id)
            .stage
        {
            EvaluationStage::Provisional => 0,
            EvaluationStage::Proposed(..) => 1,
            EvaluationStage::Final(_) => 2,
        };
        let what = if b % 6 == 0 { b / 6 % 3 } else { next };
        let role = if (what == 0) != (b % 7 == 0) {
            OfficerRole::Pptk
        } else {
            OfficerRole::Ppk
        };
        let signed_on =
            Some(contract.period().end.min(self.today)).filter(|_| what != 2 && b % 2 == 0);
        if what != 2 {
            body["signed_on"] = json!(signed_on);
            if a % 4 == 1 {
                body["note"] = json!("catatan");
            }
        }
        let sub = self.signer(
            &contract.terms.package_id,
            role,
            signed_on.unwrap_or(self.today),
        );
        let names = [
            "propose-evaluation",
            "finalize-evaluation",
            "reopen-evaluation",
        ];
        if what == 2 {
            body["reason"] = json!(REASON);
        }
        Some((names[usize::from(what)], body, sub))
    }

    /// At the end of a contract, or long after: the months that are missing, the proposal, the signature.
    pub(super) fn finish(&mut self, step: &Step) {
        let &(_, who, a, b) = step;
        let id = self.people[usize::from(who) % self.people.len()];
        let found = self.fitting(id, a, |person, contract| {
            let open = person.evaluations.get(contract.terms.contract_id).stage
                == EvaluationStage::Provisional;
            open && contract.stands()
        });
        let Some((body, contract)) = found else {
            return;
        };
        let (package, end) = (contract.terms.package_id.clone(), contract.period().end);
        let missing = tally(self.person(id), contract).missing;
        let indicators: Vec<_> = contract
            .terms
            .appraisal
            .indicators()
            .into_iter()
            .map(str::to_owned)
            .collect();
        self.today = self.today.max(end);
        for (nth, month) in missing.into_iter().enumerate() {
            let mut body = body.clone();
            let score = |n: usize| json!(1 + (usize::from(a) + nth + n * usize::from(b)) % 4);
            let scores = indicators
                .iter()
                .enumerate()
                .map(|(n, indicator)| (indicator.clone(), score(n)));
            let signed_on = month.last().min(end);
            body["month"] = json!(month);
            body["scores"] = scores.collect();
            body["signed_on"] = json!(signed_on);
            let sub = self.signer(&package, OfficerRole::Ppk, signed_on);
            self.give("submit-monthly-appraisal", body, sub);
        }
        for (name, role) in [
            ("propose-evaluation", OfficerRole::Pptk),
            ("finalize-evaluation", OfficerRole::Ppk),
        ] {
            let mut body = body.clone();
            body["signed_on"] = json!(end);
            let sub = self.signer(&package, role, end);
            self.give(name, body, sub);
        }
    }

    /// Amends, terminates, voids or warns.
    fn change(&self, id: OperatorId, &(what, _, a, b): &Step) -> Option<GivenCommand> {
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
                body["on"] = json!(if b % 5 == 0 { day } else { day.min(self.today) });
                body["level"] = json!(1 + a % 3);
                "issue-warning"
            }
        };
        Some((name, body, PPK.into()))
    }
}

/// The days of a contract, and a few more.
pub(super) fn contract_days(contract: &operator::contract::Contract) -> u16 {
    u16::try_from(contract.period().days().count() + 7).unwrap()
}

fn tally(
    person: &operator::OperatorState,
    contract: &operator::contract::Contract,
) -> operator::appraisal::AppraisalSummary {
    person
        .appraisals
        .tally(contract.terms.contract_id, contract.period())
}

fn amend_terms(&(_, _, a, b): &Step) -> GivenCommand {
    let nth = usize::from(a % 2);
    let mut body = json!({"package_id": PACKAGES[nth], "reason": REASON});
    match b % 9 {
        0 => {
            body["quota"] = json!(if b % 5 == 0 {
                u32::MAX
            } else {
                u32::from(a % 5)
            })
        }
        1 => {
            body["budget_ceiling"] = json!(if b % 5 == 0 {
                MOST.to_owned()
            } else {
                format!("{}000", u32::from(a) * 2)
            })
        }
        2 => body["evaluation"] = json!({"different_signers": b % 2 == 0}),
        3 | 7 | 8 => {
            let days = json!({"annual_days": a % 16, "special_max_days": a % 12});
            let rest = json!({"joint_leave_charged": b % 2 == 0, "long_max_months": b % 4});
            body["leave"] = if b % 4 < 2 { days } else { rest }
        }
        4 => {
            let signed = json!({"early_days": b % 10, "late_after_day": a % 9, "good_from": null});
            body["appraisal"] = if b % 2 == 0 {
                json!({"good_from": 5 + a % 25})
            } else {
                signed
            }
        }
        5 if b % 2 == 0 => body["eligibility"] = json!({"age_min": 18 + a % 5, "gpa_min": "2.7"}),
        5 => body["eligibility"] = json!({"age_max": 34 + a % 4}),
        _ => {
            let (mut year, end) = (YEARS.start() + i32::from(a % 2), 9 + b % 4);
            if b % 11 == 0 {
                year = YEARS.start() + i32::from(b % 2);
                body["fiscal_year"] = json!(year);
            }
            let last = Month::of(NaiveDate::from_ymd_opt(year, u32::from(end), 1).unwrap()).last();
            body["period"] = json!({"start": format!("{year}-0{}-01", 1 + a % 3), "end": last})
        }
    }
    ("amend-terms", body, ADMIN.into())
}

/// Mostly the same officers over again, on other days, acting or under a decree.
fn officer(&(_, _, a, b): &Step) -> GivenCommand {
    let (role, nip) =
        [("ppk", PPK), ("ppk", PLH), ("pptk", PPTK), ("pptk", PLH)][usize::from(a / 2 % 4)];
    let package = PACKAGES[usize::from(a % 2)];
    let first = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap();
    let day = first + Days::new(u64::from(b % 700));
    if b % 2 == 0 {
        let body = json!({"package_id": package, "role": role, "nip": nip, "on": day});
        return ("release-officer", body, ADMIN.into());
    }
    let name = if a % 9 == 0 {
        "Contoh, S.Kom."
    } else {
        "Contoh"
    };
    let officer = json!({"nip": nip, "name": name});
    let mut body = json!({"package_id": package, "role": role, "officer": officer, "from": day,
        "to": if b % 3 == 0 { json!(day + Days::new(60)) } else { Value::Null }});
    if b % 5 == 0 {
        (body["from"], body["to"]) = (json!(first), Value::Null);
    }
    if b % 7 < 2 {
        (body["acting"], body["decree"]) = (json!(b % 7 == 0), json!(format!("800/{}", b % 3)));
    }
    ("assign-officer", body, ADMIN.into())
}

/// Mostly a correction; seldom an erasure or another NIK; sometimes someone registers again.
fn identity(id: OperatorId, &(_, who, a, b): &Step) -> GivenCommand {
    let nth = usize::from(who) % PEOPLE.len();
    if b % 16 == 0 {
        let body = json!({"operator_id": id, "reason": REASON, "legal_basis": "UU 27/2022"});
        return ("erase-operator", body, ADMIN.into());
    }
    if b % 16 == 1 {
        return ("register-operator", particulars(nth), PPK.into());
    }
    let mut body = json!({"operator_id": id, "reason": REASON});
    if b % 16 == 2 {
        // Mostly a NIK that somebody has, at times a free one with the same birth date.
        let (nik, ..) = PEOPLE[usize::from(a) % PEOPLE.len()];
        body["nik"] = json!(if a % 3 == 0 {
            nik.to_owned()
        } else {
            format!("{}9", &nik[..15])
        });
        if a % 5 != 0 {
            body["nik_mismatch_evidence"] = json!("surat");
        }
        return ("correct-nik", body, PPK.into());
    }
    match b % 5 {
        0 => body["phone"] = json!(format!("08{}", a % 10)),
        1 => body["birth_date"] = json!(PEOPLE[nth].1),
        2 => body["birth_date"] = json!("2030-01-01"),
        3 => body["education"] = education(if a % 2 == 0 { "2.749" } else { "2.75" }),
        _ => body["sex"] = json!(if a % 2 == 0 { "male" } else { "female" }),
    }
    if a % 3 == 0 {
        body["nik_mismatch_evidence"] = json!("surat");
    }
    ("correct-operator", body, PPK.into())
}
