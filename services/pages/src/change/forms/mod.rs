//! The forms, one for each command.

mod about;
mod calendar;
mod contract;
mod facility;
mod leave;
mod operator;
mod package;

use about::ABOUT;
pub(super) use calendar::{DECLARE, REVOKE};
pub(super) use contract::{AMEND, HIRE, TERMINATE, VOID, WARN};
pub(super) use facility::{ISSUE_FACILITY, RETURN_FACILITY};
pub(super) use leave::{CANCEL_LEAVE, RECORD_ABSENCE, RECORD_LEAVE};
pub(super) use operator::{CORRECT, CORRECT_NIK, ERASE, REGISTER};
pub(super) use package::{AMEND_TERMS, ASSIGN, PUBLISH, RELEASE};

use crate::{form::Form, frame::Section};

/// Every form.
pub(super) const ALL: &[&CommandForm] = &[
    &REGISTER,
    &CORRECT,
    &HIRE,
    &AMEND,
    &WARN,
    &TERMINATE,
    &VOID,
    &RECORD_LEAVE,
    &CANCEL_LEAVE,
    &RECORD_ABSENCE,
    &CORRECT_NIK,
    &ISSUE_FACILITY,
    &RETURN_FACILITY,
    &ERASE,
    &PUBLISH,
    &AMEND_TERMS,
    &ASSIGN,
    &RELEASE,
    &DECLARE,
    &REVOKE,
];

/// A pair of texts: Indonesian, English.
pub(super) type Words = (&'static str, &'static str);

/// The form of one command.
pub(super) struct CommandForm {
    pub(super) command: &'static str,
    /// The address of the form. A part in braces is a member of the command, such as `{operator_id}`.
    pub(super) address: &'static str,
    /// The address of the page that leads here.
    pub(super) back: &'static str,
    /// The address of the page that shows what was done. Ids that the command makes may stand in it.
    pub(super) done: &'static str,
    pub(super) section: Section,
    pub(super) title: Words,
    pub(super) button: Words,
    /// What the command does that cannot be seen at once.
    pub(super) note: Option<Words>,
    pub(super) groups: &'static [Group],
}

/// Fields that belong together.
pub(super) struct Group {
    pub(super) legend: Words,
    pub(super) fields: &'static [Field],
}

/// A field of a command.
pub(super) struct Field {
    /// The place in the command's JSON, such as `monthly.wage`.
    pub(super) path: &'static str,
    pub(super) kind: FieldKind,
    pub(super) is_required: bool,
    pub(super) hint: Option<Words>,
}

/// The way a field is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldKind {
    Line,
    /// Digits; a telephone shows keys for them.
    Digits,
    /// Some sentences.
    Text,
    /// `31/12/2020`.
    Day,
    /// `2.601.875`.
    Money,
    /// `3,10`.
    Decimal,
    /// A whole number among these.
    Number(&'static [&'static str]),
    /// A code among these. They have labels, or are labels themselves.
    Choice(&'static [&'static str]),
    /// A package of the office.
    Package,
    /// Yes or no.
    Truth,
    /// A whole number.
    Whole,
    /// A list of texts, one a line.
    Lines,
    /// A name with its list, one a line: `discipline: attendance, roll_call`.
    Elements,
}

use FieldKind::Text;

const fn needed(path: &'static str, kind: FieldKind) -> Field {
    Field {
        path,
        kind,
        is_required: true,
        hint: None,
    }
}

const fn free(path: &'static str, kind: FieldKind) -> Field {
    Field {
        path,
        kind,
        is_required: false,
        hint: None,
    }
}

impl Field {
    const fn hint(self, indonesian: &'static str, english: &'static str) -> Self {
        Self {
            hint: Some((indonesian, english)),
            ..self
        }
    }
}

const WHY: Group = Group {
    legend: ("Alasan", "Reason"),
    fields: &[needed("reason", Text)],
};
impl CommandForm {
    /// The form before anything was typed.
    pub(super) fn first(&self) -> Form {
        let usual = self.fields().filter(|field| field.path == "citizenship");
        Form::of(&usual.map(|field| (field.path, "WNI")).collect::<Vec<_>>())
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.groups.iter().flat_map(|group| group.fields)
    }

    /// The field that a refusal of this code is about.
    pub(super) fn about(&self, code: &str) -> Option<&'static str> {
        let (_, paths) = ABOUT.iter().find(|(known, _)| *known == code)?;
        paths.iter().copied().find(|path| self.at(path).is_some())
    }

    /// The field at a path of the command, or the first one inside or around it.
    pub(super) fn at(&self, path: &str) -> Option<&'static str> {
        let inside = |outer: &str, inner: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.starts_with(['.', '[']))
        };
        let exact = self.fields().find(|field| field.path == path);
        let near = |field: &&Field| inside(path, field.path) || inside(field.path, path);
        let found = exact.or_else(|| self.fields().find(near));
        found.map(|field| field.path)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jejak_events::Command;
    use jejak_words::{Language, error_page, field_label};

    use super::*;

    #[test]
    fn every_form_gives_a_command_and_every_field_has_a_label() {
        for form in ALL {
            assert!(
                Command::static_name(form.command).is_some(),
                "{}",
                form.command
            );
            let paths: Vec<_> = form.fields().map(|field| field.path).collect();
            let different: BTreeSet<_> = paths.iter().collect();
            assert_eq!(different.len(), paths.len(), "{}", form.command);
            for path in paths {
                for language in Language::ALL {
                    assert!(field_label(path, language).is_some(), "{path}");
                }
            }
        }
    }

    #[test]
    fn every_refusal_that_has_a_field_exists_and_is_shown_somewhere() {
        for (code, _) in ABOUT {
            assert!(error_page(code).is_some(), "{code}");
            assert!(ALL.iter().any(|form| form.about(code).is_some()), "{code}");
        }
    }

    #[test]
    fn a_path_finds_its_field_or_the_nearest_one() {
        assert_eq!(HIRE.at("monthly.wage"), Some("monthly.wage"));
        assert_eq!(HIRE.at("monthly"), Some("monthly.wage"));
        assert_eq!(HIRE.at("spk_number.x"), Some("spk_number"));
        assert_eq!(HIRE.at("."), None);
        assert_eq!(HIRE.at("spk"), None);
    }
}
