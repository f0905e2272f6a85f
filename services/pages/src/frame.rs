//! What surrounds every page: the bar with the sections, the language and the person.

use chrono::NaiveDate;
use jejak_bus::Role;
use jejak_events::{date::Month, money::Rupiah};
use jejak_words::{Language, cell_code, code_labels, indicator, rupiah};

use crate::{
    assets::{FORGET_PATH, STYLE_PATH},
    context::Context,
    office::Person,
};

/// A part of the office that the bar leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Home,
    People,
    /// A page that the bar does not lead to.
    None,
}

/// The sections of the bar in their order, with their readers.
const SECTIONS: &[(Section, Readers)] = &[
    (Section::Home, Readers::Everybody),
    (Section::People, Readers::Office),
];

/// Those to whom the bar shows a section.
#[derive(Clone, Copy)]
enum Readers {
    Everybody,
    /// Officers, auditors and the administration.
    Office,
}

impl Section {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Home | Self::None => "/",
            Self::People => "/orang",
        }
    }

    /// The name in Indonesian and in English.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Home | Self::None => ("Beranda", "Home"),
            Self::People => ("Orang", "People"),
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

    /// The style that makes the browser drop the pages it holds.
    pub(crate) fn forget(&self) -> &'static str {
        FORGET_PATH
    }

    /// The sections that the person may use.
    pub(crate) fn nav(&self) -> Vec<NavItem> {
        let sees = |readers| match readers {
            Readers::Everybody => self.person.is_some(),
            Readers::Office => self.reads_all(),
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

    fn has(&self, role: Role) -> bool {
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

    pub(crate) fn list_of_days(&self, days: &[NaiveDate]) -> String {
        let days = days.iter().map(|day| self.day(day));
        days.collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn month(&self, month: &Month) -> String {
        self.language.month(*month)
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

    pub(crate) fn indicator(&self, code: &str) -> String {
        indicator(code, self.language).unwrap_or(code).to_owned()
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
