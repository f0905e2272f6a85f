//! The sum of months and its signers: rules 32 to 35.

use super::{
    Answer, Asked, Contract, Month, Proposal, Stage, Sum, World,
    days::{months, write_month},
    no,
};

impl World {
    /// The sum over a contract's months, and those that are neither appraised nor waived.
    pub(crate) fn sum(&self, contract: &Contract) -> (Sum, Vec<Month>) {
        let (mut assessed, mut total, mut missing) = (0, 0, vec![]);
        let expected = months(contract.start, contract.last_day());
        for month in &expected {
            let held = self
                .assessed
                .iter()
                .find(|a| a.contract == contract.id && a.month == *month);
            match held.map(|held| &held.scores) {
                None => missing.push(*month),
                Some(None) => {}
                Some(Some(scores)) => {
                    assessed += 1;
                    for (_, score) in scores {
                        total += score;
                    }
                }
            }
        }
        let category = contract.terms.appraisal.category(total, assessed);
        (
            Sum {
                months: assessed,
                expected: expected.len(),
                total,
                category,
            },
            missing,
        )
    }

    /// Rule 32.
    pub(super) fn propose(&mut self, asked: &Asked<'_>) -> Answer {
        let at = self.contract(asked)?;
        let signed_on = Self::signed_on(asked)?;
        let contract = &self.contracts[at];
        self.require_officer(&contract.package, "pptk", asked.sub, signed_on)?;
        if contract.voided {
            return Err(no("contract.closed"));
        }
        self.require_not_final(at)?;
        let (sum, missing) = self.sum(contract);
        if !missing.is_empty() {
            let missing: Vec<_> = missing.into_iter().map(write_month).collect();
            return Err(no("evaluation.months_missing").says("months", missing));
        }
        if sum.months == 0 {
            return Err(no("evaluation.nothing_assessed"));
        }
        for held in &self.assessed {
            let counts = held.contract == contract.id && held.scores.is_some();
            if counts && held.month <= contract.last_day().month() && signed_on < held.signed_on {
                return Err(no("evaluation.signed_before").says("signed_on", signed_on.to_string()));
            }
        }
        let (nip, note) = (
            asked.sub.to_owned(),
            asked.text_opt("note").map(str::to_owned),
        );
        let proposed = Stage::Proposed(Proposal {
            nip,
            signed_on,
            sum,
            note,
        });
        if contract.stage == proposed {
            return Ok(false);
        }
        self.contracts[at].stage = proposed;
        Ok(true)
    }

    /// Rule 33.
    pub(super) fn finalize(&mut self, asked: &Asked<'_>) -> Answer {
        let at = self.contract(asked)?;
        let signed_on = Self::signed_on(asked)?;
        self.require_officer(&self.contracts[at].package, "ppk", asked.sub, signed_on)?;
        self.require_not_final(at)?;
        let contract = &mut self.contracts[at];
        let Stage::Proposed(proposal) = contract.stage.clone() else {
            return Err(no("evaluation.not_proposed"));
        };
        if contract.terms.different_signers && proposal.nip == asked.sub {
            return Err(no("evaluation.same_signer"));
        }
        if signed_on < proposal.signed_on {
            let earliest = proposal.signed_on.to_string();
            return Err(no("evaluation.signed_before").says("earliest", earliest));
        }
        contract.told = (proposal.sum.category == "poor").then(|| asked.sub.to_owned());
        contract.stage = Stage::Final(proposal.sum);
        contract.revision += 1;
        Ok(true)
    }

    pub(super) fn reopen(&mut self, asked: &Asked<'_>) -> Answer {
        let at = self.contract(asked)?;
        self.require_officer(&self.contracts[at].package, "ppk", asked.sub, asked.today)?;
        let contract = &mut self.contracts[at];
        if !matches!(contract.stage, Stage::Final(_)) {
            return Err(no("evaluation.not_final"));
        }
        (contract.stage, contract.told) = (Stage::Provisional, None);
        Ok(true)
    }
}
