//! What the API knows of the things that a form is about.

use super::{
    draw::Subject,
    forms::{self, CommandForm, FieldKind},
    ids::Ids,
    values::{typed_day, typed_money},
};
use crate::{
    answer::{Asker, List, Refused},
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
