//! `/sistem/akun`: the accounts of people who sign in with a password.
//!
//! A one-time link is shown once, in the answer to the form that made it. So it stands in no address.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use jejak_bus::Role;

use super::words::{of_change, of_problem};
use crate::{
    account::{AccountChange, AccountProblem, AccountRow, AccountStatus, NewAccount},
    answer::Asker,
    change::role_missing_of,
    context::Context,
    form::Form,
    frame::{Frame, Section, role_name},
    html,
    office::Person,
    refusal,
    session::Pages,
};

/// The parameter that says which change was made.
const DONE: &str = "sudah";
/// The roles of an account, with their names in forms.
const ROLES: [(Role, &str); 5] = [
    (Role::Officer, "officer"),
    (Role::Operator, "operator"),
    (Role::Auditor, "auditor"),
    (Role::Admin, "admin"),
    (Role::Service, "service"),
];

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    f: Frame,
    accounts: Vec<AccountRow>,
    /// The key of the administrator's own account.
    own: String,
    /// What was done just now.
    done: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "account_form.html")]
struct NewAccountPage {
    f: Frame,
    typed: Form,
    /// The field that the problem is about, and its words.
    problem: Option<(&'static str, &'static str)>,
    /// Roles with their names and labels, and whether each is chosen.
    roles: Vec<(&'static str, &'static str, bool)>,
}

#[derive(Template)]
#[template(path = "account_change.html")]
struct ChangePage {
    f: Frame,
    account: AccountRow,
    title: &'static str,
    note: &'static str,
    action: String,
}

#[derive(Template)]
#[template(path = "account_link.html")]
struct LinkPage {
    f: Frame,
    link: String,
}

impl AccountsPage {
    fn status(&self, account: &AccountRow) -> &'static str {
        match account.status {
            AccountStatus::SignsIn => self.f.t("Dapat masuk", "Signs in"),
            AccountStatus::HasLink => self.f.t("Menunggu sandi", "Has a link"),
            AccountStatus::NoPassword => self.f.t("Tanpa sandi", "No password"),
            AccountStatus::Disabled => self.f.t("Dinonaktifkan", "Disabled"),
        }
    }

    fn mark(&self, account: &AccountRow) -> &'static str {
        match account.status {
            AccountStatus::SignsIn => "mark mark-good",
            AccountStatus::HasLink => "mark",
            AccountStatus::NoPassword => "mark mark-warn",
            AccountStatus::Disabled => "mark mark-bad",
        }
    }

    fn roles(&self, account: &AccountRow) -> String {
        let names = account.roles.iter();
        let names: Vec<_> = names
            .map(|role| role_name(*role, self.f.language))
            .collect();
        names.join(", ")
    }

    fn is_disabled(&self, account: &AccountRow) -> bool {
        account.status == AccountStatus::Disabled
    }
}

impl NewAccountPage {
    fn error(&self, field: &str) -> Option<&'static str> {
        let (about, words) = self.problem.as_ref()?;
        (*about == field).then_some(*words)
    }
}

/// A change by its name in addresses.
fn named(change: &str, key: String) -> Option<AccountChange> {
    match change {
        "atur-ulang" => Some(AccountChange::Reset { key }),
        "nonaktifkan" => Some(AccountChange::Disable { key }),
        "akhiri-sesi" => Some(AccountChange::EndSessions { key }),
        _ => None,
    }
}

/// The page of a problem that is about no field.
fn refused(
    pages: &Pages,
    context: &Context,
    person: &Person,
    problem: &AccountProblem,
) -> Response {
    let asker = Asker::new(pages, context, person);
    match problem {
        AccountProblem::Forbidden => {
            asker.refusal(&role_missing_of(context, &["admin".to_owned()]))
        }
        AccountProblem::Own => refusal::own_account(context),
        AccountProblem::Away => refusal::away(context),
        _ => refusal::unknown_account(context),
    }
}

/// The accounts.
pub(super) async fn list(State(pages): State<Pages>, context: Context) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let accounts = match pages.office.accounts(&person).await {
        Ok(accounts) => accounts,
        Err(problem) => return refused(&pages, &context, &person, &problem),
    };
    let f = Frame::new(&context, Some(&person), Section::System);
    let done = context.parameter(DONE);
    let done = done.and_then(|change| match change.as_str() {
        "nonaktifkan" => Some(f.t("Akun dinonaktifkan.", "The account is disabled.")),
        "akhiri-sesi" => Some(f.t("Sesinya berakhir.", "Its sessions have ended.")),
        _ => None,
    });
    let page = AccountsPage {
        f,
        accounts,
        own: person.account.clone(),
        done,
    };
    html::page(&context, StatusCode::OK, &page)
}

/// The form of a new account.
pub(super) async fn new_form(State(pages): State<Pages>, context: Context) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    // Nobody else sees the form. The gateway says who may.
    if let Err(problem) = pages.office.accounts(&person).await {
        return refused(&pages, &context, &person, &problem);
    }
    let f = Frame::new(&context, Some(&person), Section::System);
    html::page(
        &context,
        StatusCode::OK,
        &new_page(f, Form::default(), None),
    )
}

fn new_page(f: Frame, typed: Form, problem: Option<&AccountProblem>) -> NewAccountPage {
    let roles = ROLES.iter().map(|(role, name)| {
        let is_chosen = typed.all("role").any(|chosen| chosen == *name);
        (*name, role_name(*role, f.language), is_chosen)
    });
    NewAccountPage {
        roles: roles.collect(),
        problem: problem.and_then(|problem| of_problem(&f, problem)),
        typed,
        f,
    }
}

/// Adds an account.
pub(super) async fn add(State(pages): State<Pages>, context: Context, typed: Form) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let text = |name: &str| Some(typed.get(name).trim().to_owned()).filter(|text| !text.is_empty());
    let chosen = ROLES
        .iter()
        .filter(|(_, name)| typed.all("role").any(|role| role == *name));
    let new = NewAccount {
        subject: text("subject").unwrap_or_default(),
        login: text("login"),
        name: text("name"),
        roles: chosen.map(|(role, _)| *role).collect(),
    };
    let added = pages
        .office
        .change_account(&person, AccountChange::Add(new))
        .await;
    let f = Frame::new(&context, Some(&person), Section::System);
    match added {
        Ok(link) => link_page(&context, f, link),
        Err(problem) if of_problem(&f, &problem).is_some() => {
            let page = new_page(f, typed, Some(&problem));
            html::page(&context, StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(problem) => refused(&pages, &context, &person, &problem),
    }
}

/// Asks whether an account is to be changed, and says what that does.
pub(super) async fn confirm(
    State(pages): State<Pages>,
    context: Context,
    Path((key, name)): Path<(String, String)>,
) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let accounts = match pages.office.accounts(&person).await {
        Ok(accounts) => accounts,
        Err(problem) => return refused(&pages, &context, &person, &problem),
    };
    let account = accounts.into_iter().find(|account| account.key == key);
    let (Some(account), Some(change)) = (account, named(&name, key)) else {
        return refusal::unknown_account(&context);
    };
    let f = Frame::new(&context, Some(&person), Section::System);
    let (title, note) = of_change(&f, &change);
    let page = ChangePage {
        title,
        note,
        action: context.uri.path().to_owned(),
        account,
        f,
    };
    html::page(&context, StatusCode::OK, &page)
}

/// Changes an account.
pub(super) async fn change(
    State(pages): State<Pages>,
    context: Context,
    Path((key, name)): Path<(String, String)>,
) -> Response {
    let Some(change) = named(&name, key) else {
        return refusal::unknown_account(&context);
    };
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    match pages.office.change_account(&person, change).await {
        Ok(None) => html::see_other(&format!("/sistem/akun?{DONE}={name}")),
        Ok(link) => {
            let f = Frame::new(&context, Some(&person), Section::System);
            link_page(&context, f, link)
        }
        Err(problem) => refused(&pages, &context, &person, &problem),
    }
}

/// Ends the sessions of everybody, the administrator's own too.
pub(super) async fn end_all(State(pages): State<Pages>, context: Context) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let ended = AccountChange::EndAllSessions;
    match pages.office.change_account(&person, ended).await {
        Ok(_) => html::see_other("/masuk?keluar=1"),
        Err(problem) => refused(&pages, &context, &person, &problem),
    }
}

/// Shows a one-time link. Only a browser's own machine does without TLS.
fn link_page(context: &Context, f: Frame, path: Option<String>) -> Response {
    let scheme = match context.is_on_loopback() {
        true => "http",
        false => "https",
    };
    let path = path.unwrap_or_default();
    let link = format!("{scheme}://{}{path}", context.host());
    html::page(context, StatusCode::OK, &LinkPage { f, link })
}
