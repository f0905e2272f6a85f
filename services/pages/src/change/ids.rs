//! The members of a command that the address of its form holds.

use std::collections::BTreeMap;

use crate::people::path_segment;

/// Members of a command by their names, such as `operator_id`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ids(pub(super) BTreeMap<String, String>);

impl Ids {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Adds the id that a command made.
    pub(super) fn add(&mut self, name: &str, id: String) {
        self.0.insert(name.to_owned(), id);
    }

    /// Adds a member that the form held, unless the address did.
    pub(super) fn add_missing(&mut self, name: &str, typed: &str) {
        let typed = || typed.trim().to_owned();
        self.0.entry(name.to_owned()).or_insert_with(typed);
    }

    /// The address with each `{name}` filled in. A part without a value stays empty.
    pub(super) fn fill(&self, address: &str) -> String {
        let mut filled = String::new();
        let mut rest = address;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            filled.push_str(before);
            filled.push_str(&path_segment(self.get(name).unwrap_or_default()));
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_filled_with_ids_that_cannot_leave_their_place() {
        let mut ids = Ids::default();
        ids.add("operator_id", "a/../b?c".to_owned());
        let filled = ids.fill("/orang/{operator_id}/kontrak/{contract_id}/putus");
        assert_eq!(filled, "/orang/a%2F..%2Fb%3Fc/kontrak//putus");
        assert_eq!(ids.fill("/orang"), "/orang");
    }
}
