//! What the API knows of the things that a form is about.

use jejak_events::package::policy::{
    AppraisalPolicy, Eligibility, EvaluationPolicy, LeavePolicy, OfficersMay, WarningPolicy,
};
use serde_json::{Value, json};

use super::{
    draw::Subject,
    forms::{self, CommandForm, FieldKind},
    ids::Ids,
    typed::typed,
    values::{typed_day, typed_money},
};
use crate::{
    answer::{Asker, List, Refused},
    days_off::Calendar,
    form::Form,
    people::path_segment,
    records::{Contract, Operator, Package, Profile},
};

/// What the API knows of a form's person and contract.
pub(super) struct Known {
    pub(super) subject: Subject,
    /// The present values, for a form that changes them.
    pub(super) typed: Option<Form>,
}

impl Known {
    /// Asks for it.
    ///
    /// # Errors
    /// The API's refusal, such as for a person who is not registered.
    pub(super) async fn ask(
        asker: Asker<'_>,
        form: &CommandForm,
        ids: &Ids,
    ) -> Result<Self, Refused> {
        let mut known = Self {
            subject: Subject::default(),
            typed: None,
        };
        if form.fields().any(|field| field.kind == FieldKind::Package) {
            known.subject.packages = packages(asker).await?;
        }
        if let Some(id) = ids.get("package_id") {
            let path = format!("/v1/packages/{}", path_segment(id));
            let package: Value = asker.get(&path).await?;
            known.subject.package = Some((id.to_owned(), format!("/paket/{}", path_segment(id))));
            if form.command == forms::AMEND_TERMS.command {
                known.typed = Some(typed(form, &package["terms"]));
            } else if form.command == forms::RELEASE.command {
                known.typed = Some(of_officer(asker, &package));
            }
        }
        if form.command == forms::PUBLISH.command {
            known.typed = Some(typed(form, &usual_policies()));
        } else if form.command == forms::DECLARE.command || form.command == forms::REVOKE.command {
            known.typed = of_day(asker, form).await?;
        }
        if let Some(id) = ids.get("operator_id") {
            let id = path_segment(id);
            let operator: Operator = asker.get(&format!("/v1/operators/{id}")).await?;
            let profile = operator.profile.as_ref();
            let name = profile.map_or_else(String::new, |profile| profile.full_name.clone());
            known.subject.person = Some((name, format!("/orang/{id}")));
            if form.command == forms::CORRECT.command {
                known.typed = profile.map(of_profile);
            }
        }
        if let Some(id) = ids.get("contract_id") {
            let path = format!("/v1/contracts/{}", path_segment(id));
            let contract: Contract = asker.get(&path).await?;
            let number = contract.spk_number.clone().unwrap_or_default();
            known.subject.contract = Some(format!("SPK {number}"));
            if form.command == forms::AMEND.command {
                known.typed = Some(of_contract(&contract));
            }
        }
        Ok(known)
    }
}

/// The ids and titles of all packages.
async fn packages(asker: Asker<'_>) -> Result<Vec<(String, String)>, Refused> {
    let packages: List<Package> = asker.get("/v1/packages?limit=500").await?;
    let packages = packages.items.into_iter().map(|package| {
        let title = format!("{} – {}", package.package_id, package.title);
        (package.package_id, title)
    });
    Ok(packages.collect())
}

/// The policies that terms have where they say nothing else.
fn usual_policies() -> Value {
    json!({
        "eligibility": Eligibility::default(),
        "leave": LeavePolicy::default(),
        "appraisal": AppraisalPolicy::default(),
        "evaluation": EvaluationPolicy::default(),
        "warnings": WarningPolicy::default(),
        "officers_may": OfficersMay::default(),
    })
}

/// The officer whom the address names by role and pseudonym. A NIP stands in no address.
fn of_officer(asker: Asker<'_>, package: &Value) -> Form {
    let (person, role) = (asker.parameter("pejabat"), asker.parameter("jabatan"));
    let is_named = |officer: &&Value| {
        person.as_deref() == officer["officer_id"].as_str()
            && role.as_deref() == officer["role"].as_str()
    };
    let mut officers = package["officers"].as_array().into_iter().flatten();
    let found = officers.find(is_named);
    let text = |member: &str| found.and_then(|officer| officer[member].as_str());
    Form::of(&[
        ("role", text("role").unwrap_or_default()),
        ("nip", text("nip").unwrap_or_default()),
    ])
}

/// The day that the address names, and its name where the calendar has one.
async fn of_day(asker: Asker<'_>, form: &CommandForm) -> Result<Option<Form>, Refused> {
    let Some(date) = asker.parameter("tanggal") else {
        return Ok(None);
    };
    let kind = asker.parameter("jenis").unwrap_or_default();
    let typed_date = date
        .parse()
        .map_or_else(|_| date.clone(), |day| typed_day(&day));
    let mut name = String::new();
    if form.command == forms::REVOKE.command {
        let year = path_segment(date.split('-').next().unwrap_or_default());
        let calendar: Option<Calendar> = asker.find(&format!("/v1/calendars/{year}")).await?;
        let days = calendar.map(|calendar| calendar.holidays);
        let mut days = days.into_iter().flatten();
        let found = days.find(|day| day.date.to_string() == date && day.kind == kind);
        name = found.map_or_else(String::new, |day| day.name);
    }
    let fields = [
        ("date", typed_date.as_str()),
        ("kind", &kind),
        ("name", &name),
    ];
    Ok(Some(Form::of(&fields)))
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
