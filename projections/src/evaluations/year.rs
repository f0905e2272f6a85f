//! A person's year as answers and rankings read it.

use jejak_events::{ids::OperatorId, operator::evaluation::EvaluationStage, personal::Owner};

use super::{
    rows::{
        CONTRACTS, EvaluatedContract, EvaluatedContracts, EvaluatedPerson, PEOPLE,
        RankedParticulars,
    },
    shape::{EvaluationItem, EvaluationStatus},
};
use crate::{cell::PersonalCell, error::ProjectionError, person, rank::mean, reader::Reader};

/// A person's contracts of a year, with the particulars of the person.
pub(super) struct EvaluatedYear {
    particulars: Option<PersonalCell<RankedParticulars>>,
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

    /// The particulars; none once erased.
    pub(super) fn particulars(
        &self,
        reader: &Reader<'_>,
        operator_id: OperatorId,
    ) -> Result<Option<RankedParticulars>, ProjectionError> {
        reader.open(Owner::Operator(operator_id), self.particulars.as_ref())
    }

    /// The name of the person; none once erased.
    pub(super) fn name(
        &self,
        reader: &Reader<'_>,
        operator_id: OperatorId,
    ) -> Result<Option<String>, ProjectionError> {
        let particulars = self.particulars(reader, operator_id)?;
        Ok(particulars.map(|person| person.name))
    }

    /// The contracts that are not voided.
    pub(super) fn standing(&self) -> impl Iterator<Item = &EvaluatedContract> {
        let EvaluatedContracts(contracts) = &self.contracts;
        contracts.iter().filter(|contract| !contract.is_voided)
    }

    /// The evaluation of a contract with its rank.
    pub(super) fn item(
        operator_id: OperatorId,
        operator_name: Option<String>,
        contract: &EvaluatedContract,
        rank: u32,
    ) -> EvaluationItem {
        let outcome = contract.outcome();
        EvaluationItem {
            rank,
            operator_id,
            operator_name,
            contract_id: contract.contract_id,
            package_id: contract.package_id.clone(),
            year: contract.fiscal_year,
            months_assessed: outcome.months,
            months_expected: outcome.expected,
            total: outcome.total,
            mean: mean(outcome.total, outcome.months),
            category: (outcome.months > 0).then_some(outcome.category),
            status: EvaluationStatus::of(&contract.evaluation.stage),
            revision: contract.evaluation.revision,
            notice: contract.evaluation.notice,
            warnings: contract.warnings,
        }
    }
}

impl EvaluationStatus {
    pub(super) fn of(stage: &EvaluationStage) -> Self {
        match stage {
            EvaluationStage::Provisional => Self::Provisional,
            EvaluationStage::Proposed(_) => Self::Proposed,
            EvaluationStage::Final(_) => Self::Final,
        }
    }
}
