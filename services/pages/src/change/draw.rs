//! Draws a form with what was typed, and a refusal at the field that it is about.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use jejak_words::{code_labels, field_label, terms_bound};

use super::{
    aside::{self, Panel},
    forms::{CommandForm, Field, FieldKind, Words},
};
use crate::{
    answer::Refused,
    context::Context,
    form::Form,
    frame::{Frame, capital},
    html,
};

/// The name of the hidden field with the key of the command.
pub(crate) const KEY: &str = "kunci";

#[derive(Template)]
#[template(path = "form.html")]
struct FormPage {
    f: Frame,
    title: &'static str,
    button: &'static str,
    note: Option<&'static str>,
    section_path: &'static str,
    section_label: &'static str,
    /// The person whom the form is about, and the page of him.
    about: Option<(String, String)>,
    /// A line about the contract that is changed.
    contract: Option<String>,
    action: String,
    key: String,
    /// A refusal that is about no single field.
    problem: Option<Shown>,
    groups: Vec<DrawnGroup>,
    back: String,
    /// Whether the form can be checked before it is sent.
    can_check: bool,
    panels: Vec<Panel>,
}

struct DrawnGroup {
    legend: &'static str,
    fields: Vec<DrawnField>,
}

/// A refusal in its own words.
struct Shown {
    title: String,
    detail: String,
}

/// A field as it is drawn.
struct DrawnField {
    name: &'static str,
    label: String,
    kind: FieldKind,
    value: String,
    is_required: bool,
    hint: Option<&'static str>,
    error: Option<String>,
    options: Vec<(String, String)>,
}

impl DrawnField {
    fn is_text(&self) -> bool {
        matches!(
            self.kind,
            FieldKind::Text | FieldKind::Lines | FieldKind::Elements
        )
    }

    fn is_truth(&self) -> bool {
        self.kind == FieldKind::Truth
    }

    fn is_choice(&self) -> bool {
        matches!(
            self.kind,
            FieldKind::Choice(_) | FieldKind::Number(_) | FieldKind::Package
        )
    }

    fn keys(&self) -> &'static str {
        match self.kind {
            FieldKind::Digits | FieldKind::Money | FieldKind::Day | FieldKind::Whole => "numeric",
            FieldKind::Decimal => "decimal",
            _ => "text",
        }
    }

    /// The ids of the texts that explain the field; empty without any.
    fn described_by(&self) -> String {
        let error = self.error.as_ref().map(|_| format!("{}-salah", self.name));
        let hint = self.hint.map(|_| format!("{}-petunjuk", self.name));
        let ids: Vec<_> = error.into_iter().chain(hint).collect();
        ids.join(" ")
    }
}

/// What a form is about, besides its command.
#[derive(Default)]
pub(super) struct Subject {
    /// The name of the person, and his page.
    pub(super) person: Option<(String, String)>,
    pub(super) contract: Option<String>,
    /// The id of the package, and its page.
    pub(super) package: Option<(String, String)>,
    /// The ids and titles of the packages that may be chosen.
    pub(super) packages: Vec<(String, String)>,
}

/// A form with what was typed.
pub(super) struct Drawing<'a> {
    pub(super) form: &'static CommandForm,
    pub(super) typed: &'a Form,
    /// The key of the command that the form gives.
    pub(super) key: String,
    /// The address of the page that leads to the form.
    pub(super) back: String,
    /// The API's answer to what was typed.
    pub(super) refused: Option<&'a Refused>,
    /// What stands beside the form.
    pub(super) panels: Vec<Panel>,
}

impl Drawing<'_> {
    /// The page of the form.
    pub(super) fn page(self, context: &Context, f: Frame, subject: Subject) -> Response {
        let form = self.form;
        let words = |(indonesian, english): Words| f.t(indonesian, english);
        let errors = Errors::of(form, self.refused, &f);
        let groups: Vec<_> = form
            .groups
            .iter()
            .map(|group| DrawnGroup {
                legend: words(group.legend),
                fields: group
                    .fields
                    .iter()
                    .map(|field| draw(field, &f, self.typed, &errors, &subject.packages))
                    .collect(),
            })
            .collect();
        let page = FormPage {
            title: words(form.title),
            button: words(form.button),
            note: form.note.map(words),
            section_path: form.section.path(),
            section_label: words(form.section.words()),
            about: subject.person.or(subject.package),
            contract: subject.contract,
            action: context.uri.path().to_owned(),
            key: self.key,
            problem: errors.whole,
            groups,
            back: self.back,
            can_check: aside::can_check(form),
            panels: self.panels,
            f,
        };
        let status = self
            .refused
            .map_or(StatusCode::OK, |refused| refused.status);
        html::page(context, status, &page)
    }
}

/// The words of a refusal, by field.
struct Errors {
    fields: Vec<(&'static str, String)>,
    whole: Option<Shown>,
}

impl Errors {
    fn of(form: &CommandForm, refused: Option<&Refused>, f: &Frame) -> Self {
        let Some(refused) = refused else {
            return Self {
                fields: vec![],
                whole: None,
            };
        };
        let shown = Shown {
            title: refused.text("title").to_owned(),
            detail: refused.text("detail").to_owned(),
        };
        let missing = refused.document["missing"].as_array().into_iter().flatten();
        let missing = missing.filter_map(|path| form.at(path.as_str()?));
        let empty = f.t("Wajib diisi.", "It must be filled in.").to_owned();
        let fields: Vec<_> = missing.map(|path| (path, empty.clone())).collect();
        if !fields.is_empty() {
            return Self {
                fields,
                whole: Some(shown),
            };
        }
        let faults = refused.document["faults"].as_array().into_iter().flatten();
        let faults = faults.filter_map(|fault| {
            let path = form.at(fault["field"].as_str()?)?;
            let bound = terms_bound(fault["expected"].as_str()?, f.language);
            Some((
                path,
                format!("{} {bound}.", f.t("Ketentuannya:", "It may be:")),
            ))
        });
        let fields: Vec<_> = faults.collect();
        if !fields.is_empty() {
            return Self {
                fields,
                whole: Some(shown),
            };
        }
        let of_path = form.at(refused.text("path"));
        match of_path.or_else(|| form.about(refused.text("code"))) {
            Some(path) => Self {
                fields: vec![(path, format!("{}. {}", shown.title, shown.detail))],
                whole: None,
            },
            None => Self {
                fields: vec![],
                whole: Some(shown),
            },
        }
    }
}

fn draw(
    field: &Field,
    f: &Frame,
    typed: &Form,
    errors: &Errors,
    packages: &[(String, String)],
) -> DrawnField {
    let label = field_label(field.path, f.language).unwrap_or(field.path);
    let options = match field.kind {
        FieldKind::Choice(codes) => labelled(codes, f),
        FieldKind::Number(numbers) => numbers
            .iter()
            .map(|number| ((*number).to_owned(), (*number).to_owned()))
            .collect(),
        FieldKind::Package => packages.to_vec(),
        _ => vec![],
    };
    let of_kind = match field.kind {
        FieldKind::Day => Some(f.t(
            "Hari/bulan/tahun, misalnya 31/12/2020",
            "Day/month/year, such as 31/12/2020",
        )),
        _ => None,
    };
    let of_field = errors.fields.iter().filter(|(path, _)| *path == field.path);
    let of_field: Vec<_> = of_field.map(|(_, words)| words.as_str()).collect();
    let error = (!of_field.is_empty()).then(|| of_field.join(" "));
    DrawnField {
        name: field.path,
        label: capital(label),
        kind: field.kind,
        value: typed.get(field.path).to_owned(),
        is_required: field.is_required,
        hint: field.hint.map(|(id, en)| f.t(id, en)).or(of_kind),
        error,
        options,
    }
}

/// Codes with their labels; a code without one is its own label, such as `D3`.
fn labelled(codes: &[&str], f: &Frame) -> Vec<(String, String)> {
    let labels = code_labels(codes, f.language);
    let labels = labels.unwrap_or_default().into_iter().map(Some);
    let labels = labels.chain(std::iter::repeat(None));
    let pairs = codes.iter().zip(labels);
    pairs
        .map(|(code, label)| ((*code).to_owned(), capital(label.unwrap_or(code))))
        .collect()
}
