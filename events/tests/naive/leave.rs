//! Leave, absences and the yearly pool: rules 15 to 25.

use super::{
    Absence, Answer, Asked, Contract, Day, Leave, No, World,
    days::{days, first_of},
    no,
};

/// The pool of a year.
#[derive(Debug, PartialEq)]
pub(crate) struct Pool {
    pub(crate) entitlement: i64,
    pub(crate) annual: i64,
    pub(crate) special: i64,
    pub(crate) remaining: i64,
    pub(crate) special_remaining: i64,
}

fn is_charged(kind: &str) -> bool {
    kind == "annual" || kind == "special"
}

impl World {
    /// The days that are charged under a contract.
    pub(crate) fn charged(&self, kind: &str, days: &[Day], contract: &Contract) -> i64 {
        let mut count = 0;
        for day in days {
            if is_charged(kind)
                && self.is_working_day(*day, contract.terms.leave.joint_leave_charged)
            {
                count += 1;
            }
        }
        count
    }

    /// Rules 18 to 20: a person has one pool a year under all contracts. The last contract grants it.
    pub(crate) fn pool(&self, person: &str, year: i32) -> Option<Pool> {
        let mut granting: Option<&Contract> = None;
        let (mut annual, mut special) = (0, 0);
        for contract in &self.contracts {
            if contract.person != person || contract.voided || contract.start.year != year {
                continue;
            }
            if granting.is_none_or(|granting| granting.start < contract.start) {
                granting = Some(contract);
            }
            for leave in &self.leave {
                if leave.contract == contract.id {
                    let charged = self.charged(&leave.kind, &leave.days, contract);
                    if leave.kind == "annual" {
                        annual += charged
                    } else {
                        special += charged
                    }
                }
            }
        }
        let policy = &granting?.terms.leave;
        let remaining = policy.annual - annual - special;
        let special_remaining = remaining.min(policy.special - special);
        Some(Pool {
            entitlement: policy.annual,
            annual,
            special,
            remaining,
            special_remaining,
        })
    }

    /// Rule 15: the contract all the days belong to.
    fn contract_of(&self, person: &str, days: &[Day]) -> Result<&Contract, No> {
        for contract in &self.contracts {
            if contract.person == person && days.iter().all(|day| contract.holds(*day)) {
                return Ok(contract);
            }
        }
        Err(no("leave.outside_contract"))
    }

    /// Rule 16.
    fn require_no_other(&self, person: &str, days: &[Day]) -> Result<(), No> {
        let mut others = vec![];
        for leave in &self.leave {
            if leave.person == person && leave.days.iter().any(|day| days.contains(day)) {
                others.push(leave.id.clone());
            }
        }
        match others.as_slice() {
            [] => Ok(()),
            [one] => Err(no("leave.overlaps").says("leave_id", one.clone())),
            _ => Err(no("leave.overlaps")),
        }
    }

    /// Rules 17 to 19.
    fn require_pool(
        &self,
        person: &str,
        kind: &str,
        asked: &[Day],
        contract: &Contract,
    ) -> Result<(), No> {
        let requested = self.charged(kind, asked, contract);
        if requested == 0 {
            return Err(no("leave.no_working_days"));
        }
        let year = asked[0].year;
        let pool = self.pool(person, year).unwrap();
        let remaining = if kind == "special" {
            pool.special_remaining
        } else {
            pool.remaining
        };
        if requested > remaining {
            return Err(no("leave.balance_exceeded")
                .says("kind", kind)
                .says("year", year)
                .says("remaining", remaining)
                .says("requested", requested));
        }
        Ok(())
    }

    /// Rule 21: leave of one kind on successive days is one case.
    fn require_short(&self, person: &str, kind: &str, asked: &[Day], most: u32) -> Result<(), No> {
        let mut away = asked.to_vec();
        for leave in &self.leave {
            if leave.person == person && leave.kind == kind {
                away.extend(&leave.days);
            }
        }
        let (mut first, mut last) = (asked[0], asked[0]);
        while away.contains(&first.previous()) {
            first = first.previous();
        }
        while away.contains(&last.next()) {
            last = last.next();
        }
        let latest = first.later_by_months(most).previous();
        if last > latest {
            return Err(no("leave.too_long")
                .says("latest", latest.to_string())
                .says("months", most));
        }
        Ok(())
    }

    /// Rule 25.
    fn require_not_absent(&self, contract: &str, days: &[Day]) -> Result<(), No> {
        let mut missed: Vec<Day> = vec![];
        for absence in &self.absences {
            if absence.contract == contract && days.contains(&absence.on) {
                missed.push(absence.on);
            }
        }
        match missed.iter().min() {
            None => Ok(()),
            Some(first) => Err(no("leave.absence_exists").says("on", first.to_string())),
        }
    }

    pub(super) fn record_leave(&mut self, asked: &Asked<'_>) -> Answer {
        let (id, kind) = (asked.text("operator_id"), asked.text("kind"));
        let woman = self.present(id)?.told["sex"] == "female";
        let days = days(asked.day("from"), asked.day("to"));
        if days.is_empty() {
            return Err(no("leave.period_invalid"));
        }
        let given = asked.text_opt("leave_id");
        if self
            .leave
            .iter()
            .any(|leave| leave.person == id && Some(leave.id.as_str()) == given)
        {
            return Err(no("leave.already_exists"));
        }
        let contract = self.contract_of(id, &days)?;
        self.require_no_other(id, &days)?;
        if is_charged(kind) {
            self.require_pool(id, kind, &days, contract)?;
        } else {
            if kind == "maternity" && !woman {
                return Err(no("leave.not_applicable"));
            }
            self.require_short(id, kind, &days, contract.terms.leave.long_months)?;
        }
        self.require_not_absent(&contract.id, &days)?;
        let contract = contract.id.clone();
        let (id, person, kind) = (asked.made.to_owned(), id.to_owned(), kind.to_owned());
        let last = days[days.len() - 1];
        self.leave.push(Leave {
            id,
            person,
            contract,
            kind,
            last,
            days,
        });
        Ok(true)
    }

    /// Rule 22.
    pub(super) fn cancel_leave(&mut self, asked: &Asked<'_>) -> Answer {
        let id = asked.text("operator_id");
        self.present(id)?;
        let wanted = asked.text("leave_id");
        let found = self
            .leave
            .iter_mut()
            .find(|leave| leave.person == id && leave.id == wanted);
        let unknown = || no("leave.unknown").says("leave_id", wanted);
        let leave = found.ok_or_else(unknown)?;
        let (Some(first), Some(last)) = (leave.days.first(), leave.days.last()) else {
            return Err(unknown());
        };
        let from = asked.day_opt("from").unwrap_or(*first);
        if from < *first || from > leave.last {
            return Err(no("leave.outside_leave")
                .says("from", first.to_string())
                .says("to", last.to_string()));
        }
        if from > *last {
            return Err(unknown());
        }
        leave.days.retain(|day| *day < from);
        Ok(true)
    }

    /// Rule 25.
    pub(super) fn record_absence(&mut self, asked: &Asked<'_>) -> Answer {
        let (id, on) = (asked.text("operator_id"), asked.day("on"));
        self.present(id)?;
        let contract = self.contract_of(id, &[on])?.id.clone();
        if on > asked.today {
            return Err(no("fact.in_future").says("on", on.to_string()));
        }
        self.require_no_other(id, &[on])?;
        if !self.is_working_day(on, false) {
            return Err(no("leave.no_working_days"));
        }
        self.require_not_absent(&contract, &[on])?;
        self.absences.push(Absence {
            person: id.to_owned(),
            contract,
            on,
        });
        Ok(true)
    }

    /// Days missed in a year.
    pub(crate) fn missed(&self, person: &str, year: i32) -> usize {
        let stands = |of: &str| {
            self.contracts
                .iter()
                .any(|contract| contract.id == of && !contract.voided)
        };
        let counts = |a: &&Absence| a.person == person && a.on.year == year && stands(&a.contract);
        self.absences.iter().filter(counts).count()
    }

    /// Working days of a month.
    pub(crate) fn working_days(&self, month: super::Month) -> usize {
        let whole = days(first_of(month), super::days::last_of(month));
        whole
            .into_iter()
            .filter(|day| self.is_working_day(*day, false))
            .count()
    }
}
