//! Hiring: a slot, the money, eligibility, a free calendar, the evaluation of the year before.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Event, HireParticulars, Hired, Monthly, PriorEvaluation, require_inside, require_no_overlap,
    value_of,
};
use crate::{
    Rejection,
    date::{CivilDate, Period},
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::{ContractId, OperatorId, PackageId},
    money::Rupiah,
    operator::{OperatorDecision, OperatorState, Sources},
    package::{
        policy::Category,
        slot::{self, SpkMark},
    },
    personal::Personal,
    rejection::Violation,
    secret::TenantKey,
    text::{Note, SpkNumber},
};

/// Hires a person for a package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hire {
    /// The short name of the package, such as `2020-tenaga-it`.
    pub package_id: PackageId,
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The number of the contract (SPK), such as `800/1/SPK/BKPSDM/2020`.
    pub spk_number: SpkNumber,
    /// The day on which the contract is signed, `YYYY-MM-DD`.
    pub spk_date: CivilDate,
    /// The first day of work, `YYYY-MM-DD`.
    pub start: CivilDate,
    /// The last day of work, `YYYY-MM-DD`, not before the first.
    pub end: CivilDate,
    /// The money of one whole month.
    pub monthly: Monthly,
    /// The money of the whole contract, in Rupiah. Required unless the days are whole months.
    pub value: Option<Rupiah>,
    /// Whether the integrity pact is signed.
    pub integrity_pact: bool,
    /// The justification, 1 to 2000 characters. Required after a poor evaluation (rule 9).
    pub justification: Option<Note>,
    /// Always null. The digest of a hire holds it (rule 36), and no body may.
    #[serde(skip_deserializing)]
    #[schema(ignore)]
    pub contract_id: (),
}

impl CommandBody for Hire {
    const NAME: &'static str = "hire-operator";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = true;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, _: &OperatorState, _: &TenantKey) -> Reads {
        Reads::package(Some(self.package_id.clone()))
    }

    /// Rules 1 to 10, in their order.
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        sources: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let package = sources.package;
        let terms = package.published(&self.package_id)?;
        let profile = state.profile(self.operator_id)?;
        let contract_id = ContractId(context.new_id("contract", self.operator_id));
        // The id follows from the command's, so the same command made this contract before.
        let own = state.contracts.all.contains_key(&contract_id);
        if own || package.slots.slots.contains_key(&contract_id) {
            let command_id = context.command_id.clone();
            return Err(Rejection::CommandKeyReused { command_id });
        }
        let period = Period {
            start: self.start.day(),
            end: self.end.day(),
        };
        slot::require_free(package, &self.package_id)?;
        let value = value_of(&period, &self.monthly, self.value);
        if let Ok(value) = value {
            slot::require_budget(package, &self.package_id, value, Rupiah::ZERO)?;
        }
        let mut violations = terms.eligibility.violations(profile, period.start);
        if terms.eligibility.integrity_pact && !self.integrity_pact {
            violations.push(Violation::IntegrityPact);
        }
        if !violations.is_empty() {
            return Err(Rejection::OperatorNotEligible { violations });
        }
        require_no_overlap(&state.contracts, &period, None)?;
        require_inside(terms, &period)?;
        let spk_number = self.spk_number.to_string();
        let spk = SpkMark::of(context.tenant, &self.package_id, &spk_number);
        let marks = package.slots.slots.values().map(|slot| &slot.spk);
        if SpkMark::is_among(marks, context.tenant, &self.package_id, &spk_number) {
            return Err(Rejection::ContractSpkNumberTaken { spk_number });
        }
        let prior_evaluation = state.evaluations.last_final(&state.contracts);
        require_justified(prior_evaluation.as_ref(), self.justification.as_deref())?;
        let value = value?;
        let hired = Hired {
            contract_id,
            package_id: self.package_id.clone(),
            spk_number: None,
            spk_date: self.spk_date.day(),
            start: period.start,
            end: period.end,
            monthly: self.monthly,
            value,
            fiscal_year: terms.fiscal_year,
            terms_version: package.terms.version,
            leave: terms.leave.clone(),
            appraisal: terms.appraisal.clone(),
            evaluation: terms.evaluation.clone(),
            warnings: terms.warnings.clone(),
            integrity_pact: self.integrity_pact,
            prior_evaluation,
            personal: Some(Personal::Open(HireParticulars {
                spk_number: Some(spk_number),
                justification: self.justification.as_deref().map(str::to_owned),
            })),
        };
        let reserved = slot::Reserved {
            contract_id,
            operator_id: self.operator_id,
            spk,
            value,
        };
        Ok(OperatorDecision::with_slot(
            reserved,
            [Event::from(hired).into()],
        ))
    }
}

/// Rule 9: a poor year needs a justification.
fn require_justified(
    prior: Option<&PriorEvaluation>,
    justification: Option<&str>,
) -> Result<(), Rejection> {
    match prior {
        Some(prior) if prior.category == Category::Poor && justification.is_none() => {
            let PriorEvaluation {
                contract_id,
                fiscal_year,
                months,
                total,
                ..
            } = *prior;
            Err(Rejection::OperatorPoorEvaluation {
                contract_id,
                fiscal_year,
                months,
                total,
            })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod specs;
