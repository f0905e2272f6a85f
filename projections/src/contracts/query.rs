//! Answers of the view `contracts`.

use chrono::NaiveDate;
use jejak_events::{
    ids::{ContractId, OperatorId},
    kinds::ItemKind,
    operator::contract::Ending,
};

use super::{
    rows::{CONTRACTS, PACKAGES, PEOPLE, RegisteredPerson},
    shape::{
        ContractItem, ContractParams, ContractStatus, ContractsParams, OperatorItem,
        OperatorParams, OperatorsParams,
    },
};
use crate::{error::QueryError, page, person, rank::PriorEvaluationItem, reader::Reader};

impl RegisteredPerson {
    fn item(
        &self,
        operator_id: OperatorId,
        contract_id: ContractId,
        on: NaiveDate,
    ) -> Option<ContractItem> {
        let contract = self.contracts.all.get(&contract_id)?;
        let terms = &contract.terms;
        Some(ContractItem {
            contract_id,
            operator_id,
            operator_name: self
                .profile
                .as_ref()
                .map(|profile| profile.full_name.to_string()),
            package_id: terms.package_id.clone(),
            spk_number: terms.spk_number.clone(),
            spk_date: terms.spk_date,
            start: terms.start,
            end: terms.end,
            monthly: terms.monthly,
            value: terms.value,
            status: ContractStatus::of(contract, on),
            terminated_on: match contract.ending {
                Some(Ending::Terminated(on)) => Some(on),
                Some(Ending::Voided) | None => None,
            },
            prior_evaluation: terms
                .prior_evaluation
                .as_ref()
                .map(PriorEvaluationItem::from),
            justification: self.justifications.get(&contract_id).cloned(),
            warnings: contract.warnings.clone(),
        })
    }

    fn into_operator(self, operator_id: OperatorId, today: NaiveDate) -> OperatorItem {
        let ids = self.contracts.all.keys();
        let mut contracts: Vec<_> = ids
            .filter_map(|id| self.item(operator_id, *id, today))
            .collect();
        contracts.sort_by_key(|contract| (contract.start, contract.contract_id));
        OperatorItem {
            operator_id,
            profile: self.profile,
            contracts,
        }
    }
}

pub(super) fn list(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let ContractsParams {
        on,
        status,
        package,
        operator,
        limit,
        cursor,
    } = page::params(params)?;
    let (limit, after) = (page::limit(limit)?, page::after(cursor.as_deref())?);
    let on = on.unwrap_or(reader.today);
    let is_listed = |item: &ContractItem| {
        status.is_none_or(|status| item.status == status)
            && package
                .as_ref()
                .is_none_or(|package| item.package_id == *package)
    };
    if let Some(operator_id) = operator {
        let person = PEOPLE
            .get(reader, &person::key(operator_id))?
            .unwrap_or_default();
        let ids = person.contracts.all.keys().map(|id| (id.to_string(), *id));
        let rest = ids.filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
        let items = rest.filter_map(|(key, id)| Some((key, person.item(operator_id, id, on)?)));
        return reader.list(limit, items.filter(|(_, item)| is_listed(item)).map(Ok));
    }
    let prefix = package
        .as_ref()
        .map(|package| format!("{package}/"))
        .unwrap_or_default();
    let rows = if package.is_some() {
        &PACKAGES
    } else {
        &CONTRACTS
    };
    let items = rows
        .scan(reader, &prefix, after.as_deref())?
        .filter_map(|row| {
            let item = row
                .map_err(QueryError::from)
                .and_then(|(key, operator_id)| {
                    Ok(find(reader, &key, operator_id, on)?.map(|item| (key, item)))
                });
            item.transpose()
                .filter(|item| item.as_ref().map_or(true, |(_, item)| is_listed(item)))
        });
    reader.list(limit, items)
}

/// The contract that a row of an index points to.
fn find(
    reader: &Reader<'_>,
    key: &str,
    operator_id: OperatorId,
    on: NaiveDate,
) -> Result<Option<ContractItem>, QueryError> {
    let contract_id = key
        .split_once('/')
        .map_or(key, |(contract_id, _)| contract_id);
    let Ok(contract_id) = contract_id.parse() else {
        return Ok(None);
    };
    let person = PEOPLE.get(reader, &person::key(operator_id))?;
    Ok(person.and_then(|person| person.item(operator_id, contract_id, on)))
}

pub(super) fn get(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let ContractParams { contract_id, on } = page::params(params)?;
    let key = contract_id.to_string();
    let on = on.unwrap_or(reader.today);
    let item = match CONTRACTS.get(reader, &key)? {
        Some(operator_id) => find(reader, &key, operator_id, on)?,
        None => None,
    };
    reader.one(
        item.ok_or_else(|| QueryError::unknown(ItemKind::Contract, format!("contracts/{key}")))?,
    )
}

pub(super) fn operators(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let OperatorsParams { limit, cursor } = page::params(params)?;
    let (limit, after) = (page::limit(limit)?, page::after(cursor.as_deref())?);
    let today = reader.today;
    let items = PEOPLE.scan(reader, "", after.as_deref())?.map(|row| {
        let (key, person) = row?;
        let operator_id = person::id(&key)?;
        Ok((key, person.into_operator(operator_id, today)))
    });
    reader.list(limit, items)
}

pub(super) fn operator(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let OperatorParams { operator_id } = page::params(params)?;
    let person = PEOPLE.get(reader, &person::key(operator_id))?;
    let person = person.ok_or_else(|| {
        QueryError::unknown(ItemKind::Operator, format!("operators/{operator_id}"))
    })?;
    reader.one(person.into_operator(operator_id, reader.today))
}
