//! Packages: quota, budget, officers; and the calendar.

use serde_json::json;

use super::{Answer, Asked, Assignment, Day, Money, No, Package, Terms, World, money, no};

impl World {
    pub(super) fn package(&self, id: &str) -> Result<usize, No> {
        self.packages
            .iter()
            .position(|package| package.id == id)
            .ok_or(no("package.unknown"))
    }

    /// Contracts that take a place.
    pub(crate) fn filled(&self, package: &str) -> usize {
        let running =
            |c: &&super::Contract| c.package == package && !c.voided && c.terminated_on.is_none();
        self.contracts.iter().filter(running).count()
    }

    /// The money of all contracts. A terminated one counts with its earned part.
    pub(crate) fn committed(&self, package: &str) -> Money {
        let mut sum = 0;
        for contract in &self.contracts {
            if contract.package == package && !contract.voided {
                sum += contract.committed;
            }
        }
        sum
    }

    pub(super) fn publish_terms(&mut self, asked: &Asked<'_>) -> Answer {
        let (id, terms) = (
            asked.text("package_id").to_owned(),
            Terms::published(asked.body),
        );
        self.packages.push(Package {
            id,
            terms,
            version: 1,
            officers: vec![],
        });
        Ok(true)
    }

    /// Rule 40.
    pub(super) fn amend_terms(&mut self, asked: &Asked<'_>) -> Answer {
        let id = asked.text("package_id");
        let at = self.package(id)?;
        let terms = self.packages[at].terms.amended(asked.body);
        if terms == self.packages[at].terms {
            return Ok(false);
        }
        if !terms.make_sense() {
            return Err(no("terms.invalid"));
        }
        let signed = self
            .contracts
            .iter()
            .any(|contract| contract.package == id && !contract.voided);
        if terms.fiscal_year != self.packages[at].terms.fiscal_year && signed {
            return Err(no("terms.invalid"));
        }
        let (filled, committed) = (self.filled(id), self.committed(id));
        if terms.quota < filled as u64 || terms.ceiling < committed {
            return Err(no("package.below_commitments")
                .says("filled", filled)
                .says("committed", money::write(committed))
                .says("quota", terms.quota)
                .says("ceiling", money::write(terms.ceiling)));
        }
        self.packages[at].terms = terms;
        self.packages[at].version += 1;
        Ok(true)
    }

    /// Rule 37.
    pub(super) fn assign_officer(&mut self, asked: &Asked<'_>) -> Answer {
        let at = self.package(asked.text("package_id"))?;
        let new = Assignment {
            role: asked.text("role").to_owned(),
            nip: asked.body["officer"]["nip"].as_str().unwrap().to_owned(),
            from: asked.day("from"),
            to: asked.day_opt("to"),
            acting: asked.body["acting"].as_bool().unwrap_or(false),
            decree: asked.text_opt("decree").map(str::to_owned),
            name: asked.body["officer"]["name"].as_str().unwrap().to_owned(),
        };
        if new.to.is_some_and(|to| to < new.from) {
            return Err(no("officer.period_invalid"));
        }
        for held in &mut self.packages[at].officers {
            if (&held.role, &held.nip, held.from, held.to)
                == (&new.role, &new.nip, new.from, new.to)
            {
                let same =
                    held.acting == new.acting && held.decree == new.decree && held.name == new.name;
                (held.acting, held.decree, held.name) = (new.acting, new.decree, new.name);
                return Ok(!same);
            }
        }
        for held in &self.packages[at].officers {
            if held.to.is_some_and(|to| to < held.from) {
                continue;
            }
            let held_ends_before = held.to.is_some_and(|to| to < new.from);
            let held_begins_after = new.to.is_some_and(|to| to < held.from);
            let rival = new.role != "clerk" || held.nip == new.nip;
            if held.role == new.role && rival && !held_ends_before && !held_begins_after {
                return Err(no("officer.overlaps").says("role", new.role));
            }
        }
        self.packages[at].officers.push(new);
        Ok(true)
    }

    pub(super) fn release_officer(&mut self, asked: &Asked<'_>) -> Answer {
        let at = self.package(asked.text("package_id"))?;
        let on = asked.day("on");
        let (mut known, mut changed) = (false, false);
        for held in &mut self.packages[at].officers {
            if held.role != asked.text("role") || held.nip != asked.text("nip") {
                continue;
            }
            known |= held.to == Some(on);
            let serves = held.from <= on && held.to.is_none_or(|to| on < to);
            let never_serves = held.from == on.next() && held.to.is_none_or(|to| held.from <= to);
            if serves || never_serves {
                (held.to, changed) = (Some(on), true);
            }
        }
        if !known && !changed {
            return Err(no("officer.not_serving")
                .says("role", asked.text("role"))
                .says("on", on.to_string()));
        }
        Ok(changed)
    }

    /// Rules 26, 32 and 33: the holder of the office on the day.
    pub(super) fn require_officer(
        &self,
        package: &str,
        role: &str,
        nip: &str,
        on: Day,
    ) -> Result<(), No> {
        let package = &self.packages[self.package(package)?];
        for held in &package.officers {
            let in_office = held.from <= on && held.to.is_none_or(|to| on <= to);
            if held.role == role && held.nip == nip && in_office {
                return Ok(());
            }
        }
        Err(not_assigned(role, on))
    }

    /// Monday to Friday, less public holidays and, where it is not worked, joint leave.
    pub(super) fn is_working_day(&self, day: Day, joint_leave_is_worked: bool) -> bool {
        if day.is_weekend() {
            return false;
        }
        for off in &self.topics.holidays {
            if off.date == day && (off.kind == "public_holiday" || !joint_leave_is_worked) {
                return false;
            }
        }
        true
    }
}

fn not_assigned(role: &str, on: Day) -> No {
    no("officer.not_assigned")
        .says("role", role)
        .says("on", json!(on.to_string()))
}
