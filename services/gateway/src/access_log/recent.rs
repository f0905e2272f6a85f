//! The refusals and changes of accounts at the end of the access log, for the administration.

use std::{
    fs::File,
    io::{self, ErrorKind, Read, Seek, SeekFrom},
    path::Path,
};

use serde::Serialize;
use utoipa::ToSchema;

use super::line::{AccessEvent, AccessLine};

/// The most lines.
const MOST: usize = 50;
/// So much of the file's end is read, in bytes.
const TAIL: u64 = 512 * 1024;

/// A line of the access log that tells of a refusal, a failure or a change of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct NotedLine {
    /// The time, RFC 3339 in UTC.
    time: String,
    /// What happened, as the access log names it, such as `password_refused`.
    what: String,
    /// The pseudonym of the person, or of the account; null where nobody is known.
    who: Option<String>,
    /// The reason of a refusal, or the change of an account.
    reason: Option<String>,
    /// The route or the command that was asked for.
    asked: Option<String>,
    /// How often it happened within a tenth of a second.
    times: u64,
}

/// The last lines of the present file, latest first. A file that is not there has none.
///
/// # Errors
/// The file system refuses.
pub(crate) fn recent(path: &Path) -> io::Result<Vec<NotedLine>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => return Err(error),
    };
    let begin = file.metadata()?.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(begin))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    // The first line may be cut, and the last one may be in the making: neither is a line then.
    let lines = tail.rsplit(|byte| *byte == b'\n');
    let noted = lines.filter_map(|line| noted(serde_json::from_slice(line).ok()?));
    Ok(noted.take(MOST).collect())
}

/// The line as the administration sees it; none for what went well.
fn noted(line: AccessLine) -> Option<NotedLine> {
    let AccessLine { time, event } = line;
    let line = |what: &str, who: Option<String>, reason: Option<String>| NotedLine {
        time: time.clone(),
        what: what.to_owned(),
        who,
        reason,
        asked: None,
        times: 1,
    };
    Some(match event {
        AccessEvent::SignInFailed {
            reason,
            route,
            times,
        } => NotedLine {
            asked: Some(route),
            times,
            ..line("sign_in_failed", None, Some(reason))
        },
        AccessEvent::Refused {
            reader,
            asked,
            reason,
            ..
        } => NotedLine {
            asked: Some(asked),
            ..line("refused", Some(reader), reason)
        },
        AccessEvent::PasswordRefused { subject } => line("password_refused", Some(subject), None),
        AccessEvent::AccountChanged {
            subject, change, ..
        } => line("account_changed", Some(subject), Some(change)),
        AccessEvent::TokensRevoked { subject, .. } => line("tokens_revoked", Some(subject), None),
        AccessEvent::KeyReplaced { key, .. } => line("key_replaced", None, Some(key)),
        AccessEvent::Lost { lines } => NotedLine {
            times: lines,
            ..line("lost", None, None)
        },
        AccessEvent::Read { .. }
        | AccessEvent::Audited { .. }
        | AccessEvent::SignedIn { .. }
        | AccessEvent::SignedOut { .. }
        | AccessEvent::PasswordChosen { .. }
        | AccessEvent::TokenIssued { .. }
        | AccessEvent::MessageQuarantined { .. }
        | AccessEvent::FeedChanged { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_last_refusals_come_first_and_a_cut_line_is_passed_over() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let refused = |n: u32| {
            AccessLine::now(AccessEvent::PasswordRefused {
                subject: format!("subject/{n}"),
            })
        };
        let out = AccessLine::now(AccessEvent::SignedOut {
            reader: "officer/x".to_owned(),
            roles: vec![],
        });
        for n in 0..6_000 {
            for line in [&refused(n), &out] {
                writeln!(file, "{}", serde_json::to_string(line).unwrap()).unwrap();
            }
        }
        write!(file, "{{\"time\":\"2026-").unwrap();
        assert!(file.as_file().metadata().unwrap().len() > TAIL);
        let lines = recent(file.path()).unwrap();
        assert_eq!(lines.len(), MOST);
        assert_eq!(lines[0].who.as_deref(), Some("subject/5999"));
        assert!(lines.iter().all(|line| line.what == "password_refused"));
        let missing = file.path().with_extension("none");
        assert_eq!(recent(&missing).unwrap(), []);
    }
}
