//! Terminating, voiding, warning: rules 13 and 14 and the ladder.

use serde_json::{Value, json};

use super::{
    Answer, Asked, Contract, Day, Money, No, Stage, Warning, World,
    days::{days, first_of, last_of, months, share_a_day},
    money, no,
};

impl Contract {
    /// A change takes back an earlier proposal.
    pub(super) fn withdraw(&mut self) {
        if matches!(self.stage, Stage::Proposed(..)) {
            self.stage = Stage::Provisional;
        }
    }
}

impl World {
    /// Rule 13: whole months, and of the broken ones their share of working days, line by line.
    fn earned(&self, contract: &Contract, on: Day) -> Money {
        if on == contract.end {
            return contract.value;
        }
        let worked = |from, to| {
            days(from, to)
                .into_iter()
                .filter(|day| self.is_working_day(*day, false))
                .count()
        };
        let mut earned = 0;
        for month in months(contract.start, on) {
            let (first, last) = (first_of(month), last_of(month));
            let (from, to) = (first.max(contract.start), last.min(on));
            for line in contract.monthly {
                let line = money::round(line);
                let is_whole = (from, to) == (first, last);
                earned += if is_whole {
                    line
                } else {
                    money::share(line, worked(from, to), worked(first, last))
                };
            }
        }
        earned.min(contract.value)
    }

    pub(super) fn terminate(&mut self, asked: &Asked<'_>) -> Answer {
        let at = self.contract(asked)?;
        let held = &self.contracts[at];
        if held.voided || held.terminated_on.is_some() {
            return Err(no("contract.closed"));
        }
        let on = asked.day("on");
        if !held.holds(on) {
            return Err(not_in_force(held, on));
        }
        self.require_nothing_later(at, on, Some(asked.today))?;
        let earned = self.earned(held, on);
        let id = held.id.clone();
        for leave in &mut self.leave {
            if leave.contract == id {
                leave.days.retain(|day| *day <= on);
            }
        }
        let held = &mut self.contracts[at];
        (held.terminated_on, held.committed) = (Some(on), earned);
        held.withdraw();
        Ok(true)
    }

    /// Rule 14.
    pub(super) fn void(&mut self, asked: &Asked<'_>) -> Answer {
        let at = self.contract(asked)?;
        let held = &self.contracts[at];
        if held.voided {
            return Ok(false);
        }
        if held.terminated_on.is_some() {
            return Err(no("contract.closed"));
        }
        let has_leave = self
            .leave
            .iter()
            .any(|leave| leave.contract == held.id && !leave.days.is_empty());
        let has_months = self
            .assessed
            .iter()
            .any(|month| month.contract == held.id && month.scores.is_some());
        if has_leave || has_months {
            return Err(no("contract.has_later_facts"));
        }
        self.contracts[at].voided = true;
        self.contracts[at].withdraw();
        Ok(true)
    }

    pub(super) fn warn(&mut self, asked: &Asked<'_>) -> Answer {
        let at = self.contract(asked)?;
        let (on, level) = (asked.day("on"), asked.body["level"].as_u64().unwrap());
        let held = &self.contracts[at];
        if held.voided {
            return Err(no("contract.closed"));
        }
        if !held.holds(on) {
            return Err(not_in_force(held, on));
        }
        if on > asked.today {
            return Err(no("fact.in_future").says("on", on.to_string()));
        }
        let until = on.later_by_months(held.terms.warning_months).previous();
        let (mut standing, mut latest) = (0, on);
        for warning in &held.warnings {
            if share_a_day((on, until), (warning.on, warning.until)) {
                standing = standing.max(warning.level);
                latest = latest.max(warning.on);
            }
        }
        let next = standing + 1;
        let top = held.terms.warning_levels;
        if level != next || next > top {
            let expected = if next > top { Value::Null } else { json!(next) };
            return Err(no("contract.warning_out_of_order").says("expected", expected));
        }
        if latest > on {
            return Err(no("contract.warning_back_dated").says("latest", latest.to_string()));
        }
        self.contracts[at]
            .warnings
            .push(Warning { level, on, until });
        Ok(true)
    }
}

fn not_in_force(contract: &Contract, on: Day) -> No {
    no("contract.not_in_force")
        .says("on", on.to_string())
        .says("start", contract.start.to_string())
        .says("end", contract.last_day().to_string())
}
