//! Monthly appraisals: rules 26 to 31.

use super::{
    Answer, Asked, Assessed, Day, Month, No, Stage, World,
    days::{first_of, last_of, read_month, write_month},
    no,
};

/// Indicators in order, each with its score.
type Scores = Vec<(String, i64)>;

impl World {
    /// The day a paper was signed, today at the latest.
    pub(super) fn signed_on(asked: &Asked<'_>) -> Result<Day, No> {
        let signed_on = asked.day_opt("signed_on").unwrap_or(asked.today);
        if signed_on > asked.today {
            Err(no("signature.in_future"))
        } else {
            Ok(signed_on)
        }
    }

    /// Rule 26.
    fn require_ppk(&self, contract: usize, asked: &Asked<'_>, on: Day) -> Result<(), No> {
        if asked.sub == asked.text("operator_id") {
            return Err(no("officer.own_case"));
        }
        self.require_officer(&self.contracts[contract].package, "ppk", asked.sub, on)
    }

    /// Rule 27.
    fn scores(&self, contract: usize, asked: &Asked<'_>) -> Result<Scores, No> {
        let policy = &self.contracts[contract].terms.appraisal;
        let told = asked.body["scores"].as_object().unwrap();
        let (mut unknown, mut outside, mut missing) = (vec![], vec![], vec![]);
        let mut scores = vec![];
        for (indicator, score) in told {
            let score = score.as_i64().unwrap();
            if !policy.indicators.contains(&indicator.as_str()) {
                unknown.push(indicator.clone());
            }
            if score < policy.low || score > policy.high {
                outside.push(indicator.clone());
            }
            scores.push((indicator.clone(), score));
        }
        for indicator in &policy.indicators {
            if !told.contains_key(*indicator) {
                missing.push((*indicator).to_owned());
            }
        }
        if unknown.is_empty() && outside.is_empty() && missing.is_empty() {
            scores.sort();
            return Ok(scores);
        }
        missing.sort();
        Err(no("appraisal.invalid_scores")
            .says("unknown", unknown)
            .says("outside_scale", outside)
            .says("missing", missing))
    }

    /// Rule 28: a month with a day of the contract. Answers the last of those.
    fn last_day_served(&self, contract: usize, month: Month) -> Result<Day, No> {
        let contract = &self.contracts[contract];
        if contract.voided {
            return Err(no("contract.closed"));
        }
        let first = first_of(month).max(contract.start);
        let last = last_of(month).min(contract.last_day());
        if first > last {
            return Err(no("appraisal.outside_contract").says("month", write_month(month)));
        }
        Ok(last)
    }

    /// Rules 26 to 28 for every appraisal.
    fn appraisal(&self, asked: &Asked<'_>) -> Result<(usize, Month, Day, Scores), No> {
        let contract = self.contract(asked)?;
        let signed_on = Self::signed_on(asked)?;
        self.require_ppk(contract, asked, signed_on)?;
        let scores = self.scores(contract, asked)?;
        let month = read_month(asked.text("month"));
        let served = self.last_day_served(contract, month)?;
        self.require_not_early(contract, served, signed_on)?;
        Ok((contract, month, signed_on, scores))
    }

    fn require_not_early(&self, contract: usize, served: Day, signed_on: Day) -> Result<(), No> {
        let earliest = served.earlier_by(self.contracts[contract].terms.appraisal.early_days);
        if signed_on < earliest {
            return Err(no("appraisal.too_early").says("earliest", earliest.to_string()));
        }
        Ok(())
    }

    fn is_late(&self, contract: usize, month: Month, signed_on: Day) -> bool {
        let mut last_in_time = last_of(month);
        for _ in 0..self.contracts[contract].terms.appraisal.late_after {
            last_in_time = last_in_time.next();
        }
        signed_on > last_in_time
    }

    fn assessed(&self, contract: usize, month: Month) -> Option<usize> {
        let id = &self.contracts[contract].id;
        self.assessed
            .iter()
            .position(|held| held.contract == *id && held.month == month)
    }

    /// Rule 30.
    pub(super) fn require_not_final(&self, contract: usize) -> Result<(), No> {
        let contract = &self.contracts[contract];
        match contract.stage {
            Stage::Final(_) => Err(no("evaluation.final").says("revision", contract.revision)),
            _ => Ok(()),
        }
    }

    pub(super) fn submit(&mut self, asked: &Asked<'_>) -> Answer {
        let (contract, month, signed_on, scores) = self.appraisal(asked)?;
        match self.assessed(contract, month).map(|at| &self.assessed[at]) {
            Some(Assessed {
                scores: Some(_),
                revision,
                ..
            }) => {
                return Err(no("appraisal.already_submitted").says("revision", *revision));
            }
            Some(Assessed { scores: None, .. }) => return Err(no("appraisal.month_waived")),
            None => {}
        }
        self.require_not_final(contract)?;
        let late = self.is_late(contract, month, signed_on);
        self.assessed.push(Assessed {
            contract: self.contracts[contract].id.clone(),
            month,
            scores: Some(scores),
            signed_on,
            late,
            note: asked.text_opt("note").map(str::to_owned),
            revision: 1,
        });
        self.contracts[contract].withdraw();
        Ok(true)
    }

    pub(super) fn correct_month(&mut self, asked: &Asked<'_>) -> Answer {
        let (contract, month, signed_on, new) = self.appraisal(asked)?;
        self.require_not_final(contract)?;
        let at = self
            .assessed(contract, month)
            .ok_or(no("appraisal.unknown"))?;
        let note = asked.text_opt("note").map(str::to_owned);
        let late = self.is_late(contract, month, signed_on);
        let held = &mut self.assessed[at];
        if let Some(scores) = &held.scores {
            if *scores == new && held.signed_on == signed_on && held.note == note {
                return Ok(false);
            }
            // A month in time stays so when it is counted again later.
            held.late = if *scores == new {
                late
            } else {
                held.late && late
            };
        } else {
            held.late = late;
        }
        (held.scores, held.signed_on, held.note) = (Some(new), signed_on, note);
        held.revision += 1;
        self.contracts[contract].withdraw();
        Ok(true)
    }

    /// Rule 31.
    pub(super) fn waive(&mut self, asked: &Asked<'_>) -> Answer {
        let contract = self.contract(asked)?;
        self.require_ppk(contract, asked, asked.today)?;
        let month = read_month(asked.text("month"));
        let served = self.last_day_served(contract, month)?;
        self.require_not_early(contract, served, asked.today)?;
        self.require_not_final(contract)?;
        match self.assessed(contract, month).map(|at| &self.assessed[at]) {
            Some(Assessed { scores: None, .. }) => return Ok(false),
            Some(Assessed { revision, .. }) => {
                return Err(no("appraisal.already_submitted").says("revision", *revision));
            }
            None => {}
        }
        let id = self.contracts[contract].id.clone();
        let (signed_on, late, note) = (asked.today, false, None);
        self.assessed.push(Assessed {
            contract: id,
            month,
            scores: None,
            signed_on,
            late,
            note,
            revision: 0,
        });
        self.contracts[contract].withdraw();
        Ok(true)
    }
}
