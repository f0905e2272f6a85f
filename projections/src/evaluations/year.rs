//! A person's year as answers and rankings read it.

use jejak_events::{ids::OperatorId, operator::evaluation::EvaluationStage};

use super::{
    rows::{
        CONTRACTS, EvaluatedContract, EvaluatedContracts, EvaluatedPerson, PEOPLE,
        RankedParticulars,
    },
    shape::{EvaluationItem, EvaluationStatus},
};
use crate::{error::ProjectionError, person, rank::mean, reader::Reader};

/// A person's contracts of a year, with the particulars of the person.
pub(super) struct EvaluatedYear {
    /// The particulars; none once erased.
    pub(super) particulars: Option<RankedParticulars>,
    contracts: EvaluatedContracts,
}

impl EvaluatedYear {
    /// None for an unknown person. A year without contracts is empty.
    pub(super) fn get(
        reader: &Reader<'_>,
        person: &str,
        year: i32,
    ) -> Result<Option<Self>, ProjectionError> {
        let Some(EvaluatedPerson { particulars, .. }) = PEOPLE.get(reader, person)? else {
            return Ok(None);
        };
        let contracts = CONTRACTS.get(reader, &person::year_key(year, person))?;
        Ok(Some(Self {
            particulars,
            contracts: contracts.unwrap_or_default(),
        }))
    }

    /// The contracts that are not voided.
    pub(super) fn standing(&self) -> impl Iterator<Item = &EvaluatedContract> {
        let EvaluatedContracts(contracts) = &self.contracts;
        contracts.iter().filter(|contract| !contract.is_voided)
    }

    /// The evaluation of a contract with its rank.
    pub(super) fn item(
        &self,
        operator_id: OperatorId,
        contract: &EvaluatedContract,
        rank: u32,
    ) -> EvaluationItem {
        let outcome = contract.outcome();
        let particulars = self.particulars.as_ref();
        EvaluationItem {
            rank,
            operator_id,
            operator_name: particulars.map(|person| person.name.clone()),
            contract_id: contract.contract_id,
            package_id: contract.package_id.clone(),
            year: contract.fiscal_year,
            months_assessed: outcome.months,
            months_expected: outcome.expected,
            total: outcome.total,
            mean: mean(outcome.total, outcome.months),
            category: (outcome.months > 0).then_some(outcome.category),
            status: match contract.evaluation.stage {
                EvaluationStage::Provisional => EvaluationStatus::Provisional,
                EvaluationStage::Proposed(_) => EvaluationStatus::Proposed,
                EvaluationStage::Final(_) => EvaluationStatus::Final,
            },
            revision: contract.evaluation.revision,
            notice: contract.evaluation.notice,
            warnings: contract.warnings,
        }
    }
}
