//! What surrounds every page: the bar with the sections, the language and the person.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use jejak_bus::Role;
use jejak_events::{date::Month, money::Rupiah};
use jejak_words::{Language, by_indicator, cell_code, code_labels, element, indicator, rupiah};

use crate::{
    assets::{FORGET_PATH, ICON_PATH, SCRIPT_PATH, STYLE_PATH},
    context::Context,
    office::Person,
};

/// A part of the office that the bar leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Home,
    Packages,
    People,
    Leave,
    Appraisals,
    Evaluations,
    Calendar,
    Audit,
    System,
    /// A page that the bar does not lead to.
    None,
}

/// The sections of the bar in their order, with their readers.
const SECTIONS: &[(Section, Readers)] = &[
    (Section::Home, Readers::Everybody),
    (Section::Packages, Readers::Office),
    (Section::People, Readers::Office),
    (Section::Leave, Readers::Concerned),
    (Section::Appraisals, Readers::Office),
    (Section::Evaluations, Readers::Office),
    (Section::Calendar, Readers::Office),
    (Section::Audit, Readers::Auditors),
    (Section::System, Readers::Administration),
];

/// Those to whom the bar shows a section.
#[derive(Clone, Copy)]
enum Readers {
    Everybody,
    /// Officers, auditors and the administration.
    Office,
    /// Those, and people with records of their own.
    Concerned,
    Auditors,
    Administration,
}

impl Section {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Home | Self::None => "/",
            Self::Packages => "/paket",
            Self::People => "/orang",
            Self::Leave => "/cuti",
            Self::Appraisals => "/penilaian",
            Self::Evaluations => "/evaluasi",
            Self::Calendar => "/kalender",
            Self::Audit => "/audit",
            Self::System => "/sistem",
        }
    }

    /// The name in Indonesian and in English.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Home | Self::None => ("Beranda", "Home"),
            Self::Packages => ("Paket", "Packages"),
            Self::People => ("Orang", "People"),
            Self::Leave => ("Cuti", "Leave"),
            Self::Appraisals => ("Penilaian", "Appraisals"),
            Self::Evaluations => ("Evaluasi", "Evaluations"),
            Self::Calendar => ("Kalender", "Calendar"),
            Self::Audit => ("Audit", "Audit"),
            Self::System => ("Sistem", "System"),
        }
    }
}

/// The frame of one page.
pub(crate) struct Frame {
    pub(crate) language: Language,
    pub(crate) person: Option<Person>,
    pub(crate) section: Section,
    /// The position of the log that the page shows.
    pub(crate) position: Option<u64>,
    /// The address of the page in Indonesian and in English.
    pub(crate) in_indonesian: String,
    pub(crate) in_english: String,
}

/// A link of the bar.
pub(crate) struct NavItem {
    pub(crate) path: &'static str,
    pub(crate) label: &'static str,
    pub(crate) is_here: bool,
}

impl Frame {
    pub(crate) fn new(context: &Context, person: Option<&Person>, section: Section) -> Self {
        Self {
            language: context.language,
            person: person.cloned(),
            section,
            position: None,
            in_indonesian: context.in_language("id"),
            in_english: context.in_language("en"),
        }
    }

    /// The text of the page's language.
    pub(crate) fn t(&self, indonesian: &'static str, english: &'static str) -> &'static str {
        self.language.pick(indonesian, english)
    }

    /// The code of the language in HTML.
    pub(crate) fn code(&self) -> &'static str {
        self.language.pick("id", "en")
    }

    pub(crate) fn is_indonesian(&self) -> bool {
        self.language == Language::Indonesian
    }

    pub(crate) fn style(&self) -> &'static str {
        &STYLE_PATH
    }

    pub(crate) fn icon(&self) -> &'static str {
        &ICON_PATH
    }

    pub(crate) fn script(&self) -> &'static str {
        &SCRIPT_PATH
    }

    /// The style that makes the browser drop the pages it holds.
    pub(crate) fn forget(&self) -> &'static str {
        FORGET_PATH
    }

    /// The sections that the person may use.
    pub(crate) fn nav(&self) -> Vec<NavItem> {
        let sees = |readers| match readers {
            Readers::Everybody => self.person.is_some(),
            Readers::Office => self.reads_all(),
            Readers::Concerned => self.reads_all() || self.has(Role::Operator),
            Readers::Auditors => self.has(Role::Auditor),
            Readers::Administration => self.has(Role::Admin),
        };
        let seen = SECTIONS.iter().filter(|(_, readers)| sees(*readers));
        seen.map(|(section, _)| {
            let (indonesian, english) = section.words();
            NavItem {
                path: section.path(),
                label: self.t(indonesian, english),
                is_here: self.section == *section,
            }
        })
        .collect()
    }

    /// Whether the person may read the records of everybody.
    pub(crate) fn reads_all(&self) -> bool {
        let reads = [Role::Officer, Role::Auditor, Role::Admin];
        reads.into_iter().any(|role| self.has(role))
    }

    pub(crate) fn has(&self, role: Role) -> bool {
        let person = self.person.as_ref();
        person.is_some_and(|person| person.actor.roles.contains(&role))
    }

    /// Whether the person's roles may give a command. Its button is drawn only then.
    pub(crate) fn may(&self, command: &str) -> bool {
        let person = self.person.as_ref();
        person.is_some_and(|person| person.actor.may_command(command))
    }

    pub(crate) fn day(&self, day: &NaiveDate) -> String {
        self.language.day(day)
    }

    pub(crate) fn days(&self, from: &NaiveDate, to: &NaiveDate) -> String {
        self.language.days(from, to)
    }

    /// Days in order, those of a month together: `21, 22 Desember 2020`.
    pub(crate) fn dates(&self, days: &[NaiveDate]) -> String {
        dates(days, self.language)
    }

    pub(crate) fn month(&self, month: &Month) -> String {
        self.language.month(*month)
    }

    /// The name of a month without its year.
    pub(crate) fn month_name(&self, month: &Month) -> String {
        match self.language {
            Language::English => month.first().format("%B").to_string(),
            Language::Indonesian => {
                let named = self.language.month(*month);
                named.split(' ').next().unwrap_or_default().to_owned()
            }
        }
    }

    pub(crate) fn rupiah(&self, amount: &Rupiah) -> String {
        // An amount is not broken at the end of a line.
        rupiah(amount).replace(' ', "\u{a0}")
    }

    /// The label of a code, such as `annual`; the code itself where it has none.
    pub(crate) fn code_label(&self, code: &str) -> String {
        let labels = code_labels(&[code], self.language);
        let label = labels.and_then(|labels| labels.first().copied());
        capital(label.unwrap_or(code))
    }

    /// The label of a kind of work, such as `appraisal_due`.
    pub(crate) fn work_label(&self, kind: &str) -> String {
        capital(cell_code("kind", kind, self.language).unwrap_or(kind))
    }

    pub(crate) fn category(&self, category: &str) -> String {
        match category {
            "good" => self.t("Baik", "Good").to_owned(),
            "poor" => self.t("Buruk", "Poor").to_owned(),
            other => other.to_owned(),
        }
    }

    /// The label of an indicator; the code itself for one of another scheme.
    pub(crate) fn indicator(&self, code: &str) -> String {
        capital(indicator(code, self.language).unwrap_or(code))
    }

    /// The label of an element; the code itself for one of another scheme.
    pub(crate) fn element(&self, code: &str) -> String {
        capital(element(code, self.language).unwrap_or(code))
    }

    /// Scores with the labels of their indicators, in the order of the form.
    pub(crate) fn scores(&self, scores: &BTreeMap<String, u8>) -> Vec<(String, u8)> {
        let scores = scores.iter().map(|(code, score)| (code.as_str(), *score));
        let labelled = by_indicator(scores, self.language).into_iter();
        labelled
            .map(|(label, score)| (capital(label), score))
            .collect()
    }

    /// A decimal such as `17.33`, as the language writes it.
    pub(crate) fn decimal(&self, decimal: &str) -> String {
        match self.language {
            Language::Indonesian => decimal.replace('.', ","),
            Language::English => decimal.to_owned(),
        }
    }

    /// The label of a status, such as `provisional`.
    pub(crate) fn status(&self, status: &str) -> String {
        capital(cell_code("status", status, self.language).unwrap_or(status))
    }

    /// A name, or that the person was erased.
    pub(crate) fn name_of(&self, name: &Option<String>) -> String {
        let erased = || self.t("(data dihapus)", "(erased)").to_owned();
        name.clone().unwrap_or_else(erased)
    }

    /// The person's name, else the name of the account.
    pub(crate) fn person_name(&self) -> &str {
        let actor = self.person.as_ref().map(|person| &person.actor);
        actor.map_or("", |actor| {
            actor.name.as_ref().map_or(&actor.sub, |name| name.as_str())
        })
    }

    /// The person's roles in words.
    pub(crate) fn person_roles(&self) -> String {
        let roles = self.person.iter().flat_map(|person| &person.actor.roles);
        let names: Vec<_> = roles.map(|role| role_name(*role, self.language)).collect();
        names.join(", ")
    }
}

/// Days in order, those of a month together.
pub(crate) fn dates(days: &[NaiveDate], language: Language) -> String {
    if language == Language::English {
        let days = days.iter().map(|day| language.day(day));
        return days.collect::<Vec<_>>().join(", ");
    }
    let months = days.chunk_by(|a, b| Month::of(*a) == Month::of(*b));
    let months = months.filter_map(|days| {
        let month = language.month(Month::of(*days.first()?));
        let numbers = days.iter().map(|day| day.day().to_string());
        Some(format!(
            "{} {month}",
            numbers.collect::<Vec<_>>().join(", ")
        ))
    });
    months.collect::<Vec<_>>().join("; ")
}

/// The name of a role in words.
pub(crate) fn role_name(role: Role, language: Language) -> &'static str {
    match role {
        Role::Officer => language.pick("Pejabat", "Officer"),
        Role::Operator => language.pick("Penyedia", "Operator"),
        Role::Auditor => language.pick("Auditor", "Auditor"),
        Role::Service => language.pick("Layanan", "Service"),
        Role::Admin => language.pick("Administrasi", "Administration"),
    }
}

/// The text with a capital first letter.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_a_month_stand_together() {
        let days = ["2020-10-26", "2020-10-27", "2020-11-02"].map(|day| day.parse().unwrap());
        assert_eq!(
            dates(&days, Language::Indonesian),
            "26, 27 Oktober 2020; 2 November 2020"
        );
        assert_eq!(
            dates(&days, Language::English),
            "2020-10-26, 2020-10-27, 2020-11-02"
        );
        assert_eq!(dates(&[], Language::Indonesian), "");
    }
}
