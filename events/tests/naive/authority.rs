//! Rule 49, told plainly. A command is about a package and some days, and an officer of the package may give
//! it.

use super::{Asked, Day, No, World, days::first_of, days::last_of, days::read_month, no};

impl World {
    /// Whether the sender may give an accepted command.
    pub(super) fn require_authority(&self, asked: &Asked<'_>) -> Result<(), No> {
        let (packages, days) = match asked.name {
            "correct-operator" | "correct-nik" => (self.engaging(asked), vec![]),
            _ => match self.about(asked) {
                Some((package, days)) => (vec![package], days),
                None => return Ok(()),
            },
        };
        if packages.is_empty() {
            return Ok(());
        }
        for package in packages {
            let package = self.packages.iter().find(|held| held.id == package);
            let package = package.ok_or_else(|| no("package.unknown"))?;
            if package.terms.any_officer_may {
                return Ok(());
            }
            for held in &package.officers {
                let mut serves = held.to.is_none_or(|to| held.from <= to) && held.nip == asked.sub;
                serves &= days
                    .iter()
                    .chain([&(asked.today, asked.today)])
                    .any(|(first, last)| {
                        held.from <= *last && held.to.is_none_or(|to| *first <= to)
                    });
                if serves {
                    return Ok(());
                }
            }
        }
        Err(no("officer.not_assigned").says("on", asked.today.to_string()))
    }

    /// The packages with a contract of the person that is not over.
    fn engaging(&self, asked: &Asked<'_>) -> Vec<String> {
        let person = asked.text_opt("operator_id").unwrap_or_default();
        let held = self.contracts.iter();
        let held = held
            .filter(|held| held.person == person && !held.voided && held.last_day() >= asked.today);
        held.map(|held| held.package.clone()).collect()
    }

    /// The package and the days of a command on a contract.
    fn about(&self, asked: &Asked<'_>) -> Option<(String, Vec<(Day, Day)>)> {
        let person = asked.text_opt("operator_id").unwrap_or_default();
        let named = || {
            let id = asked.text("contract_id");
            let held = self.contracts.iter();
            held.clone()
                .find(|held| held.id == id && held.person == person)
        };
        let package = || Some(named()?.package.clone());
        let one = |day: Day| vec![(day, day)];
        let signed = || one(asked.day_opt("signed_on").unwrap_or(asked.today));
        match asked.name {
            "hire-operator" => {
                let days = vec![(asked.day("start"), asked.day("end"))];
                Some((asked.text("package_id").to_owned(), days))
            }
            "amend-contract" => {
                let held = named()?;
                let end = asked.day_opt("end").unwrap_or(held.end);
                Some((package()?, vec![(held.start, end)]))
            }
            "terminate-contract" => {
                let on = asked.day("on");
                let mut days = one(on);
                for leave in &self.leave {
                    let Some(first) = leave.days.iter().find(|day| **day > on) else {
                        continue;
                    };
                    if leave.contract == asked.text("contract_id") && leave.person == person {
                        days.push((*first, leave.last));
                    }
                }
                Some((package()?, days))
            }
            "void-contract" => {
                let held = named()?;
                Some((package()?, vec![(held.start, held.last_day())]))
            }
            "issue-warning" => {
                let on = asked.day("on");
                let until = on.later_by_months(named()?.terms.warning_months).previous();
                Some((package()?, vec![(on, until)]))
            }
            "record-leave" => {
                let (from, to) = (asked.day("from"), asked.day("to"));
                Some((self.package_on(person, from)?, vec![(from, to)]))
            }
            "record-absence" => {
                let on = asked.day("on");
                Some((self.package_on(person, on)?, one(on)))
            }
            "cancel-leave" => {
                let mut all = self.leave.iter();
                let leave = all.find(|leave| leave.id == asked.text("leave_id"))?;
                let from = asked.day_opt("from").or(leave.days.first().copied())?;
                let days = vec![(from, leave.last)];
                Some((self.package_of(&leave.contract, person)?, days))
            }
            "submit-monthly-appraisal" | "correct-monthly-appraisal" | "waive-month" => {
                let month = read_month(asked.text("month"));
                Some((package()?, vec![(first_of(month), last_of(month))]))
            }
            "propose-evaluation" | "finalize-evaluation" => Some((package()?, signed())),
            "reopen-evaluation" => Some((package()?, vec![])),
            "issue-facility" => Some((package()?, one(asked.day("on")))),
            "return-facility" => {
                let contract = self
                    .topics
                    .contract_of_facility(asked.text("facility_id"))?;
                let days = one(asked.day("on"));
                Some((self.package_of(contract, person)?, days))
            }
            _ => None,
        }
    }

    fn package_of(&self, contract: &str, person: &str) -> Option<String> {
        let mut all = self.contracts.iter();
        let held = all.find(|held| held.id == contract && held.person == person)?;
        Some(held.package.clone())
    }

    /// The package of the contract that the person has on a day.
    fn package_on(&self, person: &str, day: Day) -> Option<String> {
        let mut all = self.contracts.iter();
        let held = all.find(|held| {
            held.person == person && !held.voided && held.start <= day && day <= held.last_day()
        })?;
        Some(held.package.clone())
    }
}
