//! The office of the year: it sends each command as one of its accounts and compares the answer
//! with the expected one.

use std::collections::BTreeMap;

use jejak_rig::{http::Http, office::Office};
use serde_json::{Value, json};

use super::people::OFFICERS;

/// A running office, its accounts, and the ids that it answered so far.
pub struct YearOffice {
    accounts: BTreeMap<&'static str, Http>,
    ids: BTreeMap<String, String>,
    contracts: BTreeMap<u32, String>,
    sent: u32,
    position: u64,
    _office: Office,
}

impl YearOffice {
    /// An empty office with an account for the administration, the auditor and each officer.
    pub async fn open() -> Self {
        let office = Office::up(false).await;
        let mut accounts = BTreeMap::from([
            ("admin", office.http_as("admin-1", &["admin"])),
            ("auditor", office.http_as("auditor-1", &["auditor"])),
        ]);
        for (key, nip, _) in OFFICERS {
            accounts.insert(*key, office.http_as(nip, &["officer"]));
        }
        Self {
            accounts,
            ids: BTreeMap::new(),
            contracts: BTreeMap::new(),
            sent: 0,
            position: 0,
            _office: office,
        }
    }

    /// The id of a person of the table.
    pub fn id(&self, who: &str) -> &str {
        self.ids
            .get(who)
            .unwrap_or_else(|| panic!("{who} is not registered"))
    }

    /// The person with this id.
    pub fn who(&self, id: &Value) -> &str {
        let found = self.ids.iter().find(|(_, known)| json!(known) == *id);
        found.unwrap_or_else(|| panic!("nobody has the id {id}")).0
    }

    /// Sends a command that must be accepted.
    pub async fn accepted(&mut self, by: &str, command: &str, body: Value) -> Value {
        let (status, answer) = self.send(by, command, &body).await;
        assert_eq!(status, 200, "{command} {body}: {answer}");
        assert_eq!(answer["replayed"], false, "{command} {body}");
        self.position = answer["position"].as_u64().expect("a position is a number");
        answer
    }

    /// Sends a command that must be refused with a code and its numbers.
    pub async fn refused(
        &mut self,
        by: &str,
        command: &str,
        body: Value,
        code: &str,
        numbers: Value,
    ) {
        let (status, answer) = self.send(by, command, &body).await;
        let wanted = if code.ends_with(".unknown") { 404 } else { 422 };
        assert_eq!(
            (status, &answer["code"]),
            (wanted, &json!(code)),
            "{command} {body}: {answer}"
        );
        for (name, number) in numbers.as_object().expect("numbers have names") {
            assert_eq!(&answer[name], number, "{code}.{name}: {answer}");
        }
    }

    async fn send(&mut self, by: &str, command: &str, body: &Value) -> (u16, Value) {
        self.sent += 1;
        let account = self
            .accounts
            .get(by)
            .unwrap_or_else(|| panic!("{by} has no account"));
        account
            .command(command, &format!("year-{}", self.sent), body)
            .await
    }

    /// Registers a person and keeps the id.
    pub async fn register(&mut self, who: &str, body: Value) {
        let answer = self.accepted("sari", "register-operator", body).await;
        let subject = answer["events"][0]["subject"]
            .as_str()
            .expect("an event has a subject");
        let id = subject
            .strip_prefix("operator/")
            .expect("a person is a stream");
        self.ids.insert(who.to_owned(), id.to_owned());
    }

    /// Hires a person and keeps the id of the contract under a number.
    pub async fn hire(&mut self, number: u32, body: Value) {
        let answer = self.accepted("sari", "hire-operator", body).await;
        let id = answer["events"][1]["data"]["contract_id"]
            .as_str()
            .expect("the second event of a hire has the contract's id");
        self.contracts.insert(number, id.to_owned());
    }

    /// The id of the contract of this number.
    pub fn contract(&self, number: u32) -> &str {
        self.contracts
            .get(&number)
            .unwrap_or_else(|| panic!("nobody was hired under the number {number}"))
    }

    /// The answer of a query, at the position of the last command or later.
    pub async fn ask(&self, path: &str) -> Value {
        let joint = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{joint}min_position={}", self.position);
        self.accounts["auditor"].json(&path).await
    }
}

/// The id of the leave of this number.
pub fn leave(number: u32) -> String {
    format!("1eaf0000-0000-4000-8000-{number:012}")
}
