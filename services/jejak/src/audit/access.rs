//! `jejak audit access`: the lines of the access log that concern a person, a reader or a day.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{BufRead, BufReader},
    path::PathBuf,
};

use chrono::{DateTime, NaiveDate};
use clap::Args;
use jejak_events::ids::OperatorId;
use jejak_gateway::{AccessEvent, AccessFile, AccessLine, access_files};

use super::print;
use crate::terminal::CliError;

#[derive(Debug, Args)]
pub(crate) struct AccessArgs {
    /// The data folder.
    #[arg(long, env = "JEJAK_DATA", default_value = "./jejak-data")]
    data: PathBuf,
    /// The file of the access log, instead of access.log in the data folder.
    #[arg(long, env = "JEJAK_ACCESS_LOG")]
    access_log: Option<PathBuf>,
    /// Only lines that concern this person: an operator id.
    #[arg(long, env = "JEJAK_PERSON")]
    person: Option<OperatorId>,
    /// Only lines of this reader: the subject of a token, or a pseudonym of the log.
    #[arg(long, env = "JEJAK_READER")]
    reader: Option<String>,
    /// Only lines of this day, YYYY-MM-DD.
    #[arg(long, env = "JEJAK_DAY")]
    day: Option<NaiveDate>,
    /// The time zone of the day.
    #[arg(long, env = "JEJAK_TIME_ZONE", default_value = "Asia/Pontianak")]
    time_zone: chrono_tz::Tz,
}

/// The lines that are wanted.
struct LineFilter {
    /// An operator id, as it stands in lines.
    person: Option<String>,
    /// The pseudonyms of the person as the subject of a token.
    subjects: BTreeSet<String>,
    /// The pseudonyms of the reader.
    readers: Option<BTreeSet<String>>,
    day: Option<NaiveDate>,
    time_zone: chrono_tz::Tz,
}

/// Prints the wanted lines as they are stored, in order.
pub(super) fn run(arguments: &AccessArgs) -> Result<(), CliError> {
    let own = || arguments.data.join("access.log");
    let path = arguments.access_log.clone().unwrap_or_else(own);
    let at = |error: std::io::Error| format!("{}: {error}", path.display());
    let files = access_files(&path).map_err(at)?;
    if files.is_empty() {
        return Err(format!("there is no access log at {}", path.display()).into());
    }
    let log = AccessFile::open(&path)?;
    let pseudonyms = |reader: &String| match reader.split_once('/') {
        Some(("officer" | "operator" | "account" | "subject" | "uid", _)) => {
            BTreeSet::from([reader.clone()])
        }
        Some(_) | None => log.pseudonyms(reader),
    };
    let person = arguments.person.map(|id| id.to_string());
    let filter = LineFilter {
        subjects: person
            .iter()
            .flat_map(|id| [format!("operator/{id}"), log.subject(id)])
            .collect(),
        person,
        readers: arguments.reader.as_ref().map(pseudonyms),
        day: arguments.day,
        time_zone: arguments.time_zone,
    };
    for file in files {
        for line in BufReader::new(File::open(&file).map_err(at)?).lines() {
            let line = line.map_err(at)?;
            // A process that was killed while it wrote leaves half a line.
            let wanted =
                serde_json::from_str::<AccessLine>(&line).is_ok_and(|line| filter.wants(&line));
            if wanted {
                print(format!("{line}\n").as_bytes())?;
            }
        }
    }
    Ok(())
}

impl LineFilter {
    fn wants(&self, line: &AccessLine) -> bool {
        self.is_of_day(line) && self.is_of_reader(&line.event) && self.is_of_person(&line.event)
    }

    fn is_of_day(&self, line: &AccessLine) -> bool {
        let Some(day) = self.day else { return true };
        DateTime::parse_from_rfc3339(&line.time)
            .is_ok_and(|time| time.with_timezone(&self.time_zone).date_naive() == day)
    }

    fn is_of_reader(&self, event: &AccessEvent) -> bool {
        let Some(readers) = &self.readers else {
            return true;
        };
        match event {
            AccessEvent::Read { reader, .. }
            | AccessEvent::Refused { reader, .. }
            | AccessEvent::SignedIn { reader, .. }
            | AccessEvent::SignedOut { reader, .. } => readers.contains(reader),
            AccessEvent::TokenIssued { by, subject, .. }
            | AccessEvent::AccountChanged { by, subject, .. }
            | AccessEvent::TokensRevoked { by, subject } => {
                readers.contains(by) || readers.contains(subject)
            }
            AccessEvent::PasswordRefused { subject } | AccessEvent::PasswordChosen { subject } => {
                readers.contains(subject)
            }
            AccessEvent::KeyReplaced { by, .. }
            | AccessEvent::FeedChanged { by, .. }
            | AccessEvent::Audited { by, .. }
            | AccessEvent::MessageQuarantined { by, .. } => readers.contains(by),
            AccessEvent::SignInFailed { .. } | AccessEvent::Lost { .. } => false,
        }
    }

    fn is_of_person(&self, event: &AccessEvent) -> bool {
        let Some(person) = &self.person else {
            return true;
        };
        match event {
            AccessEvent::Read { persons, .. } | AccessEvent::Audited { persons, .. } => {
                persons.contains(person)
            }
            AccessEvent::Refused { of, .. } => of.values().any(|id| id == person),
            AccessEvent::TokenIssued { subject, .. }
            | AccessEvent::TokensRevoked { subject, .. }
            | AccessEvent::AccountChanged { subject, .. }
            | AccessEvent::PasswordRefused { subject }
            | AccessEvent::PasswordChosen { subject } => self.subjects.contains(subject),
            AccessEvent::KeyReplaced { .. }
            | AccessEvent::FeedChanged { .. }
            | AccessEvent::SignedIn { .. }
            | AccessEvent::SignedOut { .. }
            | AccessEvent::MessageQuarantined { .. }
            | AccessEvent::SignInFailed { .. }
            | AccessEvent::Lost { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_of_the_office() {
        let filter = LineFilter {
            person: None,
            subjects: BTreeSet::new(),
            readers: None,
            day: NaiveDate::from_ymd_opt(2026, 12, 1),
            time_zone: chrono_tz::Asia::Pontianak,
        };
        let line = |time: &str| AccessLine {
            time: time.to_owned(),
            event: AccessEvent::Lost { lines: 1 },
        };
        assert!(filter.wants(&line("2026-11-30T17:00:00.000Z")));
        assert!(!filter.wants(&line("2026-11-30T16:59:59.999Z")));
        assert!(!filter.wants(&line("2026-12-01T17:00:00.000Z")));
    }
}
