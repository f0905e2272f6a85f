//! The contracts of a year as far as evaluations follow from them: a small packed row, made from what the rules hold
//! whenever that changes, so that who asks reads no terms he is not told.

use chrono::NaiveDate;
use jejak_events::{
    date::Period,
    ids::{ContractId, PackageId},
    operator::contract::{self, Contract},
};
use uuid::Uuid;

use crate::packed::{self, Left, Pack};

/// Contracts that stand, in order of their ids.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Engaged {
    pub(super) contracts: Vec<Engagement>,
}

/// A contract as far as its evaluation follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Engagement {
    pub(super) contract_id: ContractId,
    pub(super) package_id: PackageId,
    pub(super) fiscal_year: i32,
    /// Up to its end or its termination.
    pub(super) period: Period,
    /// Least total of a month that is good.
    pub(super) good_from: u16,
    pub(super) warnings: u32,
}

impl Engaged {
    pub(super) fn of(contracts: &contract::ContractsState) -> Self {
        let contracts = contracts
            .standing()
            .map(|(id, contract)| Engagement::of(id, contract));
        Self {
            contracts: contracts.collect(),
        }
    }
}

impl Engagement {
    fn of(contract_id: ContractId, contract: &Contract) -> Self {
        let contract::Hired {
            package_id,
            fiscal_year,
            appraisal,
            ..
        } = &contract.terms;
        Self {
            contract_id,
            package_id: package_id.clone(),
            fiscal_year: *fiscal_year,
            period: contract.period(),
            good_from: appraisal.good_from,
            warnings: u32::try_from(contract.warnings.len()).unwrap_or(u32::MAX),
        }
    }
}

impl Pack for Engaged {
    fn pack(&self, out: &mut Vec<u8>) {
        self.contracts
            .iter()
            .for_each(|engagement| engagement.pack(out));
    }

    fn unpack(left: &mut Left<'_>) -> Option<Self> {
        let mut contracts = Vec::new();
        while !left.is_empty() {
            contracts.push(Engagement::unpack(left)?);
        }
        Some(Self { contracts })
    }
}

impl Pack for Engagement {
    fn pack(&self, out: &mut Vec<u8>) {
        self.contract_id.0.pack(out);
        packed::bytes(self.package_id.as_str().as_bytes(), out);
        self.fiscal_year.cast_unsigned().pack(out);
        self.period.start.pack(out);
        self.period.end.pack(out);
        u32::from(self.good_from).pack(out);
        self.warnings.pack(out);
    }

    fn unpack(left: &mut Left<'_>) -> Option<Self> {
        Some(Self {
            contract_id: ContractId(Uuid::unpack(left)?),
            package_id: left.text()?.parse().ok()?,
            fiscal_year: u32::unpack(left)?.cast_signed(),
            period: Period {
                start: NaiveDate::unpack(left)?,
                end: NaiveDate::unpack(left)?,
            },
            good_from: u16::try_from(u32::unpack(left)?).ok()?,
            warnings: u32::unpack(left)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use jejak_events::{Event, money::Rupiah, operator, personal::Personal};

    use super::*;
    use crate::{person, story::Office};

    fn check(contracts: &contract::ContractsState) {
        let engaged: Engaged = packed::decode(&packed::encode(&Engaged::of(contracts))).unwrap();
        let standing: Vec<_> = contracts.standing().collect();
        assert_eq!(engaged.contracts.len(), standing.len());
        for (engagement, (id, contract)) in engaged.contracts.iter().zip(standing) {
            assert_eq!(
                (engagement.contract_id, &engagement.package_id),
                (id, &contract.terms.package_id)
            );
            assert_eq!(
                (engagement.period, engagement.fiscal_year),
                (contract.period(), contract.terms.fiscal_year)
            );
            assert_eq!(engagement.good_from, contract.terms.appraisal.good_from);
            assert_eq!(engagement.warnings as usize, contract.warnings.len());
        }
    }

    /// Goal: engagements are what the rules hold of contracts that stand. Method: the demo's people, after every
    /// event of a contract, and with contracts warned, terminated and voided.
    #[test]
    fn engagements_are_what_the_contracts_say() {
        let mut people = std::collections::BTreeMap::<_, contract::ContractsState>::new();
        for recorded in Office::of_2020().events {
            let Event::Operator(operator::Event::Contract(event)) = &recorded.event else {
                continue;
            };
            let contracts = people.entry(recorded.envelope.stream.clone()).or_default();
            person::evolve_contracts(contracts, event);
            check(contracts);
        }
        assert!(people.len() > 1);
        for contracts in people.values_mut() {
            let (contract_id, contract) = contracts.standing().next().unwrap();
            let (on, until, personal) =
                (contract.terms.start, contract.terms.end, Personal::Erased);
            let warned = contract::Warned {
                contract_id,
                level: 1,
                on,
                until,
                personal: personal.clone(),
            };
            let (cause, earned) = (contract::Cause::Other, Rupiah::ZERO);
            let terminated = contract::Terminated {
                contract_id,
                on,
                cause,
                earned,
                personal: personal.clone(),
            };
            let voided = contract::Voided {
                contract_id,
                personal,
            };
            for event in [warned.into(), terminated.into(), voided.into()] {
                person::evolve_contracts(contracts, &event);
                check(contracts);
            }
            assert!(contracts.standing().all(|(id, _)| id != contract_id));
        }
    }
}
