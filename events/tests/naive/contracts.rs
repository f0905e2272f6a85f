//! Hiring and amending: rules 1 to 12.

use super::{
    Answer, Asked, Contract, Day, Money, No, Prior, Stage, Terms, World, days,
    days::{days, first_of, last_of, months, share_a_day},
    money, no,
    people::violations,
};

impl Contract {
    /// The last day it is in force.
    pub(crate) fn last_day(&self) -> Day {
        self.terminated_on.unwrap_or(self.end)
    }

    pub(super) fn holds(&self, day: Day) -> bool {
        !self.voided && self.start <= day && day <= self.last_day()
    }
}

fn monthly(asked: &Asked<'_>) -> [Money; 3] {
    ["wage", "health_insurance", "employment_insurance"]
        .map(|line| money::read(asked.body["monthly"][line].as_str().unwrap()))
}

/// Rule 12: the value of whole months is their sum; any other must be told.
fn value(start: Day, end: Day, monthly: [Money; 3], told: Option<Money>) -> Result<Money, No> {
    let whole = start <= end && start == first_of(start.month()) && end == last_of(end.month());
    if !whole {
        return told.ok_or(no("contract.value_required"));
    }
    let mut sum = 0;
    for _ in months(start, end) {
        for line in monthly {
            sum += money::round(line);
        }
    }
    if told.is_some_and(|told| told != sum) {
        return Err(no("contract.value_mismatch").says("expected", money::write(sum)));
    }
    Ok(sum)
}

fn told_value(asked: &Asked<'_>) -> Option<Money> {
    asked
        .text_opt("value")
        .map(|text| money::round(money::read(text)))
}

impl World {
    /// A contract of a person.
    pub(super) fn contract(&self, asked: &Asked<'_>) -> Result<usize, No> {
        let (person, id) = (asked.text("operator_id"), asked.text("contract_id"));
        self.person(person)?;
        let mine = |contract: &Contract| contract.person == person && contract.id == id;
        self.contracts
            .iter()
            .position(mine)
            .ok_or(no("contract.unknown"))
    }

    /// Rule 3.
    fn require_budget(&self, package: usize, instead_of: Money, value: Money) -> Result<(), No> {
        let package = &self.packages[package];
        let committed = self.committed(&package.id) - instead_of;
        if committed + value > package.terms.ceiling {
            return Err(no("package.budget_exceeded")
                .says("ceiling", money::write(package.terms.ceiling))
                .says("committed", money::write(committed))
                .says("requested", money::write(value)));
        }
        Ok(())
    }

    /// Rule 6.
    fn require_free_days(&self, person: &str, but: &str, start: Day, end: Day) -> Result<(), No> {
        let mut clashes = vec![];
        for held in &self.contracts {
            let other = held.person == person && held.id != but && !held.voided;
            if other && share_a_day((start, end), (held.start, held.last_day())) {
                clashes.push(held.id.clone());
            }
        }
        match clashes.as_slice() {
            [] => Ok(()),
            [one] => Err(no("contract.overlaps").says("contract_id", one.clone())),
            _ => Err(no("contract.overlaps")),
        }
    }

    /// Rules 9 and 33: the last evaluation that is final now.
    pub(crate) fn prior(&self, person: &str) -> Option<Prior> {
        let mut last: Option<&Contract> = None;
        for contract in &self.contracts {
            let is_final = contract.person == person && matches!(contract.stage, Stage::Final(_));
            if is_final && last.is_none_or(|last| last.start < contract.start) {
                last = Some(contract);
            }
        }
        let last = last?;
        let Stage::Final(result) = last.stage.clone() else {
            return None;
        };
        let (contract, fiscal_year) = (last.id.clone(), last.terms.fiscal_year);
        Some(Prior {
            contract,
            fiscal_year,
            revision: last.revision,
            result,
        })
    }

    /// Rules 1 to 10.
    pub(super) fn hire(&mut self, asked: &Asked<'_>) -> Answer {
        let package = self.package(asked.text("package_id"))?;
        let terms = self.packages[package].terms.clone();
        let person = asked.text("operator_id");
        self.present(person)?;
        let package_id = self.packages[package].id.clone();
        let filled = self.filled(&package_id);
        if filled as u64 >= terms.quota {
            return Err(no("package.quota_exceeded")
                .says("quota", terms.quota)
                .says("filled", filled));
        }
        let (start, end, monthly) = (asked.day("start"), asked.day("end"), monthly(asked));
        let value = value(start, end, monthly, told_value(asked));
        if let Ok(value) = value {
            self.require_budget(package, 0, value)?;
        }
        let pact = asked.body["integrity_pact"] == true;
        let violations = violations(self.present(person)?, &terms, start, pact);
        if !violations.is_empty() {
            return Err(no("operator.not_eligible").says("violations", violations));
        }
        self.require_free_days(person, "", start, end)?;
        require_inside(&terms, start, end)?;
        let spk_number = asked.text("spk_number").trim();
        let words = |number: &str| {
            let words: Vec<_> = number.split_whitespace().collect();
            words.join(" ").to_uppercase()
        };
        let same = |held: &str| words(held) == words(spk_number);
        let number = |c: &Contract| c.package == package_id && !c.voided && same(&c.spk_number);
        if self.contracts.iter().any(number) {
            return Err(no("contract.spk_number_taken").says("spk_number", spk_number));
        }
        let prior = self.prior(person);
        require_justified(prior.as_ref(), asked)?;
        let value = value?;
        self.contracts.push(Contract {
            id: asked.made.to_owned(),
            person: person.to_owned(),
            package: package_id,
            spk_number: spk_number.to_owned(),
            start,
            end,
            monthly,
            value,
            committed: value,
            terminated_on: None,
            voided: false,
            terms,
            prior,
            warnings: vec![],
            stage: Stage::Provisional,
            revision: 0,
            told: None,
        });
        Ok(true)
    }

    /// Rule 12.
    pub(super) fn amend_contract(&mut self, asked: &Asked<'_>) -> Answer {
        let at = self.contract(asked)?;
        let held = &self.contracts[at];
        if held.voided || held.terminated_on.is_some() {
            return Err(no("contract.closed"));
        }
        let told_monthly = asked.body["monthly"].is_object().then(|| monthly(asked));
        let (told_end, told_value) = (asked.day_opt("end"), told_value(asked));
        let (end, monthly) = (
            told_end.unwrap_or(held.end),
            told_monthly.unwrap_or(held.monthly),
        );
        let nothing_told = told_end.is_none() && told_monthly.is_none() && told_value.is_none();
        let value = if nothing_told {
            Ok(held.value)
        } else {
            value(held.start, end, monthly, told_value)
        };
        if end == held.end && monthly == held.monthly && value == Ok(held.value) {
            return Ok(false);
        }
        let package = self.package(&held.package)?;
        if let Ok(value) = value {
            self.require_budget(package, held.value, value)?;
        }
        self.require_free_days(&held.person, &held.id, held.start, end)?;
        if end != held.end {
            require_inside(&self.packages[package].terms, held.start, end)?;
        }
        let value = value?;
        self.require_nothing_later(at, end, None)?;
        if let (Stage::Final(_), true) = (&held.stage, end != held.end) {
            return Err(no("evaluation.final").says("revision", held.revision));
        }
        let held = &mut self.contracts[at];
        (held.end, held.monthly, held.value, held.committed) = (end, monthly, value, value);
        held.withdraw();
        Ok(true)
    }

    /// Rules 12 and 13: no leave has a day after the last (that was taken by some day, if one is named),
    /// no month after it was appraised, no day after it missed or warned on.
    pub(super) fn require_nothing_later(
        &self,
        contract: usize,
        last: Day,
        taken_by: Option<Day>,
    ) -> Result<(), No> {
        let id = &self.contracts[contract].id;
        let counts = |day: &Day| *day > last && taken_by.is_none_or(|by| *day <= by);
        let after = |leave: &super::Leave| leave.days.iter().any(counts);
        let mut leave_ids = vec![];
        for leave in &self.leave {
            if leave.contract == *id && after(leave) {
                leave_ids.push(leave.id.clone());
            }
        }
        leave_ids.sort();
        let mut months = vec![];
        for assessed in &self.assessed {
            if assessed.contract == *id
                && assessed.scores.is_some()
                && assessed.month > last.month()
            {
                months.push(days::write_month(assessed.month));
            }
        }
        months.sort();
        let mut absences = vec![];
        for absence in &self.absences {
            if absence.contract == *id && absence.on > last {
                absences.push(absence.on.to_string());
            }
        }
        absences.sort();
        let mut warnings = vec![];
        for warning in &self.contracts[contract].warnings {
            if warning.on > last {
                warnings.push(warning.on.to_string());
            }
        }
        if leave_ids.is_empty() && months.is_empty() && absences.is_empty() && warnings.is_empty() {
            return Ok(());
        }
        Err(no("contract.has_later_facts")
            .says("leave_ids", leave_ids)
            .says("months", months)
            .says("absences", absences)
            .says("warnings", warnings))
    }
}

/// Rule 7.
fn require_inside(terms: &Terms, start: Day, end: Day) -> Result<(), No> {
    let inside =
        |day: &Day| terms.start <= *day && *day <= terms.end && day.year == terms.fiscal_year;
    let all = days(start, end);
    if all.is_empty() || !all.iter().all(inside) {
        return Err(no("contract.outside_period").says("fiscal_year", terms.fiscal_year));
    }
    Ok(())
}

/// Rule 9.
fn require_justified(prior: Option<&Prior>, asked: &Asked<'_>) -> Result<(), No> {
    match prior {
        Some(Prior {
            contract,
            fiscal_year,
            result,
            ..
        }) if result.category == "poor" && asked.text_opt("justification").is_none() => {
            Err(no("operator.poor_evaluation")
                .says("contract_id", contract.clone())
                .says("fiscal_year", *fiscal_year)
                .says("months", result.months)
                .says("total", result.total))
        }
        _ => Ok(()),
    }
}
