//! The accounts of the demonstration. All have one password, which is made for each data folder.

use jejak_bus::Role;
use jejak_events::actor::ActorName;
use jejak_gateway::Account;

use crate::{
    accounts::{self, StoreError},
    demo::DemoSummary,
    office_config::OfficeConfig,
};

/// The name under which the demonstration saves its first person.
const FIRST_PERSON: &str = "op1";

/// The names to sign in with, each with what it may do, and the password of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DemoSignIn {
    pub(crate) logins: Vec<(String, &'static str)>,
    pub(crate) password: String,
}

/// Makes the accounts that are missing. An account that is there stays as it is.
///
/// # Errors
/// The folder cannot be written, or the accounts cannot be reached.
pub(crate) async fn make(
    config: &OfficeConfig,
    summary: &DemoSummary,
) -> Result<DemoSignIn, StoreError> {
    let password = config.folder.demo_password()?;
    let store = accounts::store(config).await?;
    let mut logins = Vec::new();
    for (account, label) in demo_accounts(summary) {
        let key = account.key();
        logins.push((account.login().to_owned(), label));
        if store.find(&key).await?.is_some() {
            continue;
        }
        let account = account.with_password(&password)?;
        let add = |found: Option<Account>| (found.is_none().then(|| account.clone()), ());
        store.change(&key, add).await?;
    }
    Ok(DemoSignIn { logins, password })
}

fn demo_accounts(summary: &DemoSummary) -> Vec<(Account, &'static str)> {
    let account = |subject: &str, name: &str, role| {
        let name: Option<ActorName> = name.parse().ok();
        Account::new(subject.to_owned(), name, vec![role])
    };
    let mut all = vec![
        (
            account("admin-bkpsdm", "Administrasi BKPSDM", Role::Admin),
            "administration",
        ),
        (
            account("197701161997031006", "Ahmad Fadli, S.Sos", Role::Officer),
            "PPK",
        ),
        (
            account("198203052006042001", "Contoh PPTK", Role::Officer),
            "PPTK",
        ),
        (
            account("auditor-bkpsdm", "Auditor", Role::Auditor),
            "auditor",
        ),
    ];
    if let Some(id) = summary.saved.get(FIRST_PERSON) {
        let person = account(id, "Contoh Operator Satu", Role::Operator);
        let login = Some("operator-satu".to_owned());
        all.push((person.with_login(login), "the person himself"));
    }
    all
}
