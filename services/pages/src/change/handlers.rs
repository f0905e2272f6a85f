//! Answers forms: draws them, gives their command, and leads to the page that shows what was done.

use axum::{
    extract::{Path, State},
    response::Response,
};
use jejak_words::requests;
use serde_json::json;
use uuid::Uuid;

use super::{
    draw::{self, KEY, Subject},
    forms::{self, CommandForm, FieldKind},
    values::{body, typed_day, typed_money},
};
use crate::{
    answer::{Asker, List, POSITION, Refused},
    context::Context,
    form::Form,
    html,
    people::path_segment,
    records::{Contract, Operator, Package, Profile},
    refusal,
    session::Pages,
};

/// The form of a person who is not registered yet.
pub(crate) async fn register_form(State(pages): State<Pages>, context: Context) -> Response {
    let first = Form::of(&[("citizenship", "WNI")]);
    answer(
        &pages,
        &context,
        &forms::REGISTER,
        Target::default(),
        first,
        false,
    )
    .await
}

/// Registers a person.
pub(crate) async fn register(
    State(pages): State<Pages>,
    context: Context,
    typed: Form,
) -> Response {
    answer(
        &pages,
        &context,
        &forms::REGISTER,
        Target::default(),
        typed,
        true,
    )
    .await
}

/// The form of a change to a person: `perbaiki` or `kontrak`.
pub(crate) async fn person_form(
    State(pages): State<Pages>,
    context: Context,
    Path((operator, change)): Path<(String, String)>,
) -> Response {
    match person_change(&change) {
        Some(form) => {
            let target = Target::person(operator);
            answer(&pages, &context, form, target, Form::default(), false).await
        }
        None => refusal::unknown(&context),
    }
}

/// Changes a person.
pub(crate) async fn change_person(
    State(pages): State<Pages>,
    context: Context,
    Path((operator, change)): Path<(String, String)>,
    typed: Form,
) -> Response {
    match person_change(&change) {
        Some(form) => {
            let target = Target::person(operator);
            answer(&pages, &context, form, target, typed, true).await
        }
        None => refusal::unknown(&context),
    }
}

/// The form of a change to a contract.
pub(crate) async fn contract_form(
    State(pages): State<Pages>,
    context: Context,
    Path((operator, contract, change)): Path<(String, String, String)>,
) -> Response {
    match contract_change(&change) {
        Some(form) => {
            let target = Target::contract(operator, contract);
            answer(&pages, &context, form, target, Form::default(), false).await
        }
        None => refusal::unknown(&context),
    }
}

/// Changes a contract.
pub(crate) async fn change_contract(
    State(pages): State<Pages>,
    context: Context,
    Path((operator, contract, change)): Path<(String, String, String)>,
    typed: Form,
) -> Response {
    match contract_change(&change) {
        Some(form) => {
            let target = Target::contract(operator, contract);
            answer(&pages, &context, form, target, typed, true).await
        }
        None => refusal::unknown(&context),
    }
}

fn person_change(name: &str) -> Option<&'static CommandForm> {
    match name {
        "perbaiki" => Some(&forms::CORRECT),
        "kontrak" => Some(&forms::HIRE),
        _ => None,
    }
}

fn contract_change(name: &str) -> Option<&'static CommandForm> {
    match name {
        "ubah" => Some(&forms::AMEND),
        "peringatan" => Some(&forms::WARN),
        "putus" => Some(&forms::TERMINATE),
        "batal" => Some(&forms::VOID),
        _ => None,
    }
}

/// The person and the contract of a form, by their ids in the address.
#[derive(Default)]
struct Target {
    operator: Option<String>,
    contract: Option<String>,
}

impl Target {
    fn person(operator: String) -> Self {
        Self {
            operator: Some(operator),
            contract: None,
        }
    }

    fn contract(operator: String, contract: String) -> Self {
        Self {
            operator: Some(operator),
            contract: Some(contract),
        }
    }

    /// The members of the command that the address holds.
    fn ids(&self) -> Vec<(&'static str, &str)> {
        let operator = self.operator.as_deref().map(|id| ("operator_id", id));
        let contract = self.contract.as_deref().map(|id| ("contract_id", id));
        operator.into_iter().chain(contract).collect()
    }
}

/// Draws a form, or gives its command if it was sent.
async fn answer(
    pages: &Pages,
    context: &Context,
    form: &'static CommandForm,
    target: Target,
    typed: Form,
    is_sent: bool,
) -> Response {
    let person = match pages.person(context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(pages, context, &person);
    if !is_sent && !person.actor.may_command(form.command) {
        return asker.refusal(&role_missing(context, form));
    }
    let mut key = typed.get(KEY).to_owned();
    let mut refused = None;
    if is_sent {
        let command = body(form, &typed, &target.ids());
        match asker.give(form.command, &key, &command).await {
            Ok(given) => {
                let operator = target.operator.or(given.operator_id);
                return html::see_other(&page_after(operator.as_deref(), given.position));
            }
            Err(problem) => {
                // The first command of this key was done. What is typed now is another one.
                if problem.text("code") == "command.key_reused" {
                    key = new_key();
                }
                refused = Some(problem);
            }
        }
    } else {
        key = new_key();
    }
    let known = match known(asker, form, &target).await {
        Ok(known) => known,
        Err(problem) => return asker.refusal(&problem),
    };
    let typed = match is_sent {
        true => typed,
        false => known.typed.clone().unwrap_or(typed),
    };
    draw::page(
        context,
        &person,
        form,
        known.subject,
        &typed,
        key,
        refused.as_ref(),
    )
}

/// A key for a command that is not given yet.
fn new_key() -> String {
    Uuid::new_v4().to_string()
}

fn page_after(operator: Option<&str>, position: u64) -> String {
    match operator {
        Some(operator) => format!("/orang/{}?{POSITION}={position}", path_segment(operator)),
        None => format!("/orang?{POSITION}={position}"),
    }
}

/// The refusal of a form whose command the person's roles do not give. No other answer tells it before
/// the form is sent.
fn role_missing(context: &Context, form: &CommandForm) -> Refused {
    let needed = jejak_bus::request::role_for(form.command);
    let needed = needed.and_then(|role| serde_json::to_value(role).ok());
    let needed = needed.and_then(|role| role.as_str().map(str::to_owned));
    let needed: Vec<_> = needed.into_iter().collect();
    let text = requests::role_missing(context.language, &needed);
    Refused {
        status: axum::http::StatusCode::FORBIDDEN,
        document: json!({ "title": text.title, "detail": text.detail() }),
        may_retry: false,
    }
}

/// What the API knows of a form's person and contract.
struct Known {
    subject: Subject,
    /// The present values, for a form that changes them.
    typed: Option<Form>,
}

async fn known(asker: Asker<'_>, form: &CommandForm, target: &Target) -> Result<Known, Refused> {
    let mut subject = Subject {
        person: None,
        contract: None,
        packages: vec![],
    };
    if form.fields().any(|field| field.kind == FieldKind::Package) {
        let packages: List<Package> = asker.get("/v1/packages?limit=500").await?;
        let packages = packages.items.into_iter();
        subject.packages = packages
            .map(|package| {
                (
                    package.package_id.clone(),
                    format!("{} – {}", package.package_id, package.title),
                )
            })
            .collect();
    }
    let Some(operator) = &target.operator else {
        return Ok(Known {
            subject,
            typed: None,
        });
    };
    let id = path_segment(operator);
    let operator: Operator = asker.get(&format!("/v1/operators/{id}")).await?;
    let profile = operator.profile.as_ref();
    let name = profile.map_or_else(String::new, |profile| profile.full_name.clone());
    subject.person = Some((name, format!("/orang/{id}")));
    let mut typed = None;
    if let Some(contract) = &target.contract {
        let path = format!("/v1/contracts/{}", path_segment(contract));
        let contract: Contract = asker.get(&path).await?;
        let number = contract.spk_number.clone().unwrap_or_default();
        subject.contract = Some(format!("SPK {number}"));
        typed = (form.command == forms::AMEND.command).then(|| of_contract(&contract));
    } else if form.command == forms::CORRECT.command {
        typed = profile.map(of_profile);
    }
    Ok(Known { subject, typed })
}

fn of_profile(profile: &Profile) -> Form {
    let optional = |value: &Option<String>| value.clone().unwrap_or_default();
    let accredited = if profile.education.accredited {
        "1"
    } else {
        ""
    };
    Form::of(&[
        ("full_name", profile.full_name.as_str()),
        ("birth_date", &typed_day(&profile.birth_date)),
        ("sex", &profile.sex),
        ("birth_place", &optional(&profile.birth_place)),
        ("address", &optional(&profile.address)),
        ("domicile_code", &profile.domicile_code),
        ("citizenship", &profile.citizenship),
        ("phone", &optional(&profile.phone)),
        ("email", &optional(&profile.email)),
        ("npwp", &optional(&profile.npwp)),
        ("education.level", &profile.education.level),
        ("education.major", &profile.education.major),
        ("education.institution", &profile.education.institution),
        ("education.gpa", &profile.education.gpa),
        ("education.accredited", accredited),
    ])
}

fn of_contract(contract: &Contract) -> Form {
    let money = typed_money;
    Form::of(&[
        ("end", &typed_day(&contract.end)),
        ("monthly.wage", &money(&contract.monthly.wage)),
        (
            "monthly.health_insurance",
            &money(&contract.monthly.health_insurance),
        ),
        (
            "monthly.employment_insurance",
            &money(&contract.monthly.employment_insurance),
        ),
    ])
}
