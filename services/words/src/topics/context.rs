//! The context of a sentence, and words that several topics share.

use std::collections::BTreeMap;

use jejak_events::{
    ids::{ContractId, OfficerId},
    operator::OperatorState,
    package::{PackageState, officer::Officer, policy::Category},
};

use crate::Language;

/// The states before an event, and the officers known by then. Sentences refer to them.
#[derive(Debug, Clone, Copy)]
pub struct EventContext<'a> {
    /// The person of the event's stream; empty for other streams.
    pub person: &'a OperatorState,
    /// The package of the event's stream; empty for other streams.
    pub package: &'a PackageState,
    /// Officers by the pseudonym that events carry.
    pub officers: &'a BTreeMap<OfficerId, Officer>,
}

impl EventContext<'_> {
    /// The SPK number of a contract; its id where the contract is unknown, or its person erased.
    pub(super) fn spk_number(&self, contract_id: ContractId) -> String {
        let contract = self.person.contracts.all.get(&contract_id);
        let number = contract.and_then(|contract| contract.terms.spk_number());
        number.map_or_else(|| contract_id.to_string(), str::to_owned)
    }
}

/// The category of a month or a year: `baik` or `buruk`.
pub(super) fn category(category: Category, language: Language) -> &'static str {
    match category {
        Category::Good => language.pick("baik", "good"),
        Category::Poor => language.pick("buruk", "poor"),
    }
}
