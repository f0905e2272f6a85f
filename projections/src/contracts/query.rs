//! Answers of the view `contracts`.

use chrono::NaiveDate;
use jejak_events::{
    ids::{ContractId, OperatorId},
    kinds::ItemKind,
    operator::{
        contract::{Contract, Ending},
        identity::Profile,
    },
    personal::Owner,
};
use zeroize::Zeroizing;

use super::{
    rows::{CONTRACTS, PACKAGES, PEOPLE, PROFILES, RegisteredPerson, TITLES},
    shape::{
        ContractItem, ContractParams, ContractStatus, ContractsParams, OperatorItem,
        OperatorParams, OperatorsParams,
    },
};
use crate::{
    error::{ProjectionError, QueryError},
    name::{Search, SearchTerms},
    page,
    people::{self, NamedPerson},
    person,
    rank::PriorEvaluationItem,
    reader::Reader,
    register::Register,
};

impl RegisteredPerson {
    /// A contract without the package's title, and without the person's name, the number and the justification,
    /// which are sealed.
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
            operator_name: None,
            package_id: terms.package_id.clone(),
            package_title: None,
            spk_number: None,
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
            earned: self.earned.get(&contract_id).copied(),
            prior_evaluation: terms
                .prior_evaluation
                .as_ref()
                .map(PriorEvaluationItem::from),
            justification: None,
            warnings: contract.warnings.clone(),
        })
    }

    /// The name of the person, who owns the sealed cells.
    fn name(
        &self,
        reader: &Reader<'_>,
        operator_id: OperatorId,
    ) -> Result<Option<String>, ProjectionError> {
        reader.open(Owner::Operator(operator_id), self.name.as_ref())
    }

    /// The same contract with all that [`Self::item`] leaves out.
    fn opened(
        &self,
        reader: &Reader<'_>,
        operator_name: Option<String>,
        item: ContractItem,
    ) -> Result<ContractItem, ProjectionError> {
        let owner = Owner::Operator(item.operator_id);
        let particulars = self.particulars.get(&item.contract_id);
        let particulars = reader.open(owner, particulars)?.unwrap_or_default();
        Ok(ContractItem {
            package_title: TITLES.get(reader, item.package_id.as_str())?,
            operator_name,
            spk_number: particulars.spk_number,
            justification: particulars.justification,
            ..item
        })
    }

    fn into_operator(
        self,
        reader: &Reader<'_>,
        operator_id: OperatorId,
    ) -> Result<OperatorItem, ProjectionError> {
        let profile = PROFILES.get(reader, &person::key(operator_id))?;
        let profile = reader.open(Owner::Operator(operator_id), profile.as_ref())?;
        let name = profile
            .as_ref()
            .map(|profile: &Profile| profile.full_name.to_string());
        let ids = self.contracts.all.keys();
        let items = ids.filter_map(|id| self.item(operator_id, *id, reader.today));
        let mut contracts = items
            .map(|item| self.opened(reader, name.clone(), item))
            .collect::<Result<Vec<_>, _>>()?;
        contracts.sort_by_key(|contract| (contract.start, contract.contract_id));
        Ok(OperatorItem {
            operator_id,
            profile,
            contracts,
        })
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
        let name = person.name(reader, operator_id)?;
        let opened = items
            .filter(|(_, item)| is_listed(item))
            .map(|(key, item)| Ok((key, person.opened(reader, name.clone(), item)?)));
        return reader.list(limit, opened);
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
    let items = rows.scan(reader, &prefix, after.as_deref())?.map(|row| {
        let (key, operator_id) = row?;
        let item = find(reader, &key, operator_id, on, is_listed)?;
        Ok(item.map(|item| (key, item)))
    });
    reader.list(limit, items.filter_map(Result::transpose))
}

/// The contract that a row of an index points to, if it is listed.
fn find(
    reader: &Reader<'_>,
    key: &str,
    operator_id: OperatorId,
    on: NaiveDate,
    is_listed: impl Fn(&ContractItem) -> bool,
) -> Result<Option<ContractItem>, QueryError> {
    let contract_id = key
        .split_once('/')
        .map_or(key, |(contract_id, _)| contract_id);
    let Ok(contract_id) = contract_id.parse() else {
        return Ok(None);
    };
    let Some(person) = PEOPLE.get(reader, &person::key(operator_id))? else {
        return Ok(None);
    };
    let item = person.item(operator_id, contract_id, on).filter(is_listed);
    let Some(item) = item else { return Ok(None) };
    let name = person.name(reader, operator_id)?;
    Ok(Some(person.opened(reader, name, item)?))
}

pub(super) fn get(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let ContractParams { contract_id, on } = page::params(params)?;
    let key = contract_id.to_string();
    let on = on.unwrap_or(reader.today);
    let item = match CONTRACTS.get(reader, &key)? {
        Some(operator_id) => find(reader, &key, operator_id, on, |_| true)?,
        None => None,
    };
    reader.one(
        item.ok_or_else(|| QueryError::unknown(ItemKind::Contract, format!("contracts/{key}")))?,
    )
}

pub(super) fn operators(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let OperatorsParams {
        q,
        package,
        status,
        limit,
        cursor,
    } = page::params(params)?;
    let limit = page::limit(limit)?;
    let search = q.as_deref().map(Search::new).transpose()?.flatten();
    let listed = REGISTER.people(reader, cursor.as_deref(), search.as_ref())?;
    let is_listed = |person: &RegisteredPerson| {
        let is_asked = |contract: &Contract| {
            package
                .as_ref()
                .is_none_or(|package| contract.terms.package_id == *package)
                && status.is_none_or(|status| ContractStatus::of(contract, reader.today) == status)
        };
        let is_any = package.is_none() && status.is_none();
        is_any || person.contracts.all.values().any(is_asked)
    };
    let items = listed.into_iter().map(|(number, operator_id)| {
        let person = PEOPLE.get(reader, &person::key(operator_id))?;
        let person = person.unwrap_or_default();
        if !is_listed(&person) {
            return Ok(None);
        }
        let person = person.into_operator(reader, operator_id)?;
        Ok(Some((people::key((number, operator_id)), person)))
    });
    reader.list(limit, items.filter_map(Result::transpose))
}

static REGISTER: Register = Register {
    keys: |reader| PEOPLE.keys(reader),
    one: searchable,
};

/// A person's name with the words and numbers of a search.
fn searchable(
    reader: &Reader<'_>,
    operator_id: OperatorId,
) -> Result<Option<NamedPerson>, ProjectionError> {
    let key = person::key(operator_id);
    let Some(person) = PEOPLE.get(reader, &key)? else {
        return Ok(None);
    };
    let owner = Owner::Operator(operator_id);
    let profile = PROFILES.get(reader, &key)?;
    let Some(profile) = reader.open(owner, profile.as_ref())? else {
        return Ok(Some(None));
    };
    let mut spk_numbers = Vec::new();
    for particulars in person.particulars.values() {
        let particulars = reader.open(owner, Some(particulars))?;
        spk_numbers.extend(particulars.and_then(|particulars| particulars.spk_number));
    }
    let spk_numbers = spk_numbers.iter().map(String::as_str);
    let terms = SearchTerms::new(&profile.full_name, profile.nik.as_str(), spk_numbers);
    Ok(Some(Some((Zeroizing::new(profile.full_name), Some(terms)))))
}

pub(super) fn operator(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let OperatorParams { operator_id } = page::params(params)?;
    let person = PEOPLE.get(reader, &person::key(operator_id))?;
    let person = person.ok_or_else(|| {
        QueryError::unknown(ItemKind::Operator, format!("operators/{operator_id}"))
    })?;
    reader.one(person.into_operator(reader, operator_id)?)
}
