//! What answers need of a person besides his deeds: a small packed row, made from the whole one whenever that
//! changes, so that who asks reads no terms of contracts he is not told.

use chrono::NaiveDate;
use jejak_events::{
    date::Period,
    ids::{ContractId, PackageId},
    operator::contract::{self, Contract},
};
use uuid::Uuid;

use super::{Known, Row};
use crate::packed::{self, Left, Pack};

/// A person as answers show him.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    /// None once erased.
    pub(super) known: Option<Known>,
    /// Contracts that stand, in order of their ids.
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

impl Shown {
    pub(super) fn of(row: &Row) -> Self {
        let contracts = row.contracts.standing().map(|(id, contract)| Engagement::of(id, contract));
        Self { known: row.known.clone(), contracts: contracts.collect() }
    }
}

impl Engagement {
    fn of(contract_id: ContractId, contract: &Contract) -> Self {
        let contract::Hired { package_id, fiscal_year, appraisal, .. } = &contract.terms;
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

impl Pack for Shown {
    fn pack(&self, out: &mut Vec<u8>) {
        self.known.is_some().pack(out);
        if let Some(Known { name, domicile_code }) = &self.known {
            packed::bytes(name.as_bytes(), out);
            packed::bytes(domicile_code.as_bytes(), out);
        }
        self.contracts.iter().for_each(|engagement| engagement.pack(out));
    }

    fn unpack(left: &mut Left<'_>) -> Option<Self> {
        let known = if bool::unpack(left)? {
            Some(Known { name: left.text()?.to_owned(), domicile_code: left.text()?.to_owned() })
        } else {
            None
        };
        let mut contracts = Vec::new();
        while !left.is_empty() {
            contracts.push(Engagement::unpack(left)?);
        }
        Some(Self { known, contracts })
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
            period: Period { start: NaiveDate::unpack(left)?, end: NaiveDate::unpack(left)? },
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

    fn check(row: &Row) {
        let shown: Shown = packed::decode(&packed::encode(&Shown::of(row))).unwrap();
        assert_eq!(shown.known, row.known);
        let standing: Vec<_> = row.contracts.standing().collect();
        assert_eq!(shown.contracts.len(), standing.len());
        for (shown, (id, contract)) in shown.contracts.iter().zip(standing) {
            assert_eq!((shown.contract_id, &shown.package_id), (id, &contract.terms.package_id));
            assert_eq!((shown.period, shown.fiscal_year), (contract.period(), contract.terms.fiscal_year));
            assert_eq!(shown.good_from, contract.terms.appraisal.good_from);
            assert_eq!(shown.warnings as usize, contract.warnings.len());
        }
    }

    /// Goal: what is shown is what the rules hold of contracts that stand. Method: the demo's people, one of them
    /// forgotten, after every event of a contract, and with contracts warned, terminated and voided.
    #[test]
    fn what_is_shown_is_what_the_contracts_say() {
        let mut people = std::collections::BTreeMap::<_, Row>::new();
        for recorded in Office::of_2020().events {
            let Event::Operator(operator::Event::Contract(event)) = &recorded.event else { continue };
            let forgotten = people.is_empty();
            let row = people.entry(recorded.envelope.stream.clone()).or_default();
            let known = Known { name: "Andi".to_owned(), domicile_code: "61.71".to_owned() };
            row.known = (!forgotten).then_some(known);
            person::evolve_contracts(&mut row.contracts, event);
            check(row);
        }
        assert!(people.len() > 1);
        for row in people.values_mut() {
            let (contract_id, contract) = row.contracts.standing().next().unwrap();
            let (on, until, personal) = (contract.terms.start, contract.terms.end, Personal::Erased);
            let warned = contract::Warned { contract_id, level: 1, on, until, personal: personal.clone() };
            let (cause, earned) = (contract::Cause::Other, Rupiah::ZERO);
            let terminated =
                contract::Terminated { contract_id, on, cause, earned, personal: personal.clone() };
            let voided = contract::Voided { contract_id, personal };
            for event in [warned.into(), terminated.into(), voided.into()] {
                person::evolve_contracts(&mut row.contracts, &event);
                check(row);
            }
            assert!(row.contracts.standing().all(|(id, _)| id != contract_id));
        }
    }
}
