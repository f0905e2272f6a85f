//! A line of the access log. Every text in it is a pseudonym, an id, a name of the program, or a
//! number.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use axum::http::HeaderValue;
use chrono::{DateTime, SecondsFormat, Utc};
use jejak_bus::{
    Role,
    request::{is_correlation_id, may_hold_a_nik},
};
use jejak_events::{
    Command,
    ids::{OperatorId, PackageId},
    secret::TenantKey,
};
use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::entry::{Entry, EntryKind, Refusal};
use crate::auth::{Caller, roles};

/// The member of an answer that names a person.
const PERSON: &[u8] = b"\"operator_id\":\"";
static FIND_PERSON: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(PERSON));
/// The length of an id.
const UUID: usize = 36;
/// The parameters that are written, if they hold an id, a year or a day. No other one is: a search
/// holds a name.
const IDS: [&str; 9] = [
    "operator_id",
    "operator",
    "contract_id",
    "package_id",
    "package",
    "year",
    "month",
    "on",
    "as_of",
];

/// A line of the access log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessLine {
    /// The time, RFC 3339 in UTC.
    pub time: String,
    /// What happened.
    #[serde(flatten)]
    pub event: AccessEvent,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum AccessEvent {
    /// A query was answered.
    Read {
        /// The pseudonym of the reader.
        reader: String,
        /// The roles of his token.
        roles: Vec<String>,
        /// The address of the query, such as `/v1/operators/{operator_id}`.
        query: String,
        /// The ids among its parameters.
        of: BTreeMap<String, String>,
        /// The people in the answer, by their operator ids.
        persons: BTreeSet<String>,
        /// The client's id of the request, or one of this process.
        request: String,
    },
    /// A token was not accepted.
    SignInFailed {
        /// The reason, such as `expired`.
        reason: String,
        /// The route that was asked.
        route: String,
        /// How often this happened since the last line of the same kind.
        times: u64,
    },
    /// The roles of a token do not suffice, or the officer has no part in the package.
    Refused {
        /// The pseudonym of the bearer.
        reader: String,
        /// The roles of his token.
        roles: Vec<String>,
        /// The route that was asked, or the command.
        asked: String,
        /// `officer.not_assigned`; none where the roles do not suffice.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// The ids in the path, or in the body of a command.
        of: BTreeMap<String, String>,
        /// The client's id of the request, or one of this process.
        request: String,
    },
    /// A person signed in with a password.
    SignedIn {
        /// The person's pseudonym.
        reader: String,
        /// The roles of the session.
        roles: Vec<String>,
    },
    /// A person signed out.
    SignedOut {
        /// The person's pseudonym.
        reader: String,
        /// The roles of the session.
        roles: Vec<String>,
    },
    /// The password of an account was wrong. After some of these no further one is tried for a while.
    PasswordRefused {
        /// The pseudonym of the account's name, `subject/<uuid>`.
        subject: String,
    },
    /// The owner of a one-time link chose a password.
    PasswordChosen {
        /// The pseudonym of the account's name, `subject/<uuid>`.
        subject: String,
    },
    /// An account was changed on the command line or on the pages.
    AccountChanged {
        /// The user of the machine, such as `uid/0`, or the pseudonym of an administrator.
        by: String,
        /// The pseudonym of the account's name, `subject/<uuid>`.
        subject: String,
        /// `added`, `disabled`, `reset` or `sessions_ended`.
        change: String,
        /// The roles of the account.
        roles: Vec<String>,
    },
    /// A token was issued on the command line.
    TokenIssued {
        /// The user of the machine, such as `uid/0`.
        by: String,
        /// The pseudonym of the token's subject.
        subject: String,
        /// The roles of the token.
        roles: Vec<String>,
        /// The validity of the token, in seconds.
        ttl_s: u64,
    },
    /// The tokens of a subject were revoked.
    TokensRevoked {
        /// The user of the machine, such as `uid/0`.
        by: String,
        /// The pseudonym of the subject, `subject/<uuid>`: its roles are not known.
        subject: String,
    },
    /// A key was replaced.
    KeyReplaced {
        /// The user of the machine, such as `uid/0`, or the pseudonym of an administrator.
        by: String,
        /// The key: `log`, `token`, `tenant` or `session`.
        key: String,
    },
    /// A message that is no event was put into quarantine. The record beside the tree says why.
    MessageQuarantined {
        /// The user of the machine, such as `uid/0`.
        by: String,
        /// The position of the message.
        position: u64,
    },
    /// A command of an auditor opened personal data.
    Audited {
        /// The user of the machine, such as `uid/0`.
        by: String,
        /// The command: `as-of` or `who`.
        command: String,
        /// The id or the pseudonym that was asked about.
        of: String,
        /// The people in the answer, by their operator ids.
        persons: BTreeSet<String>,
    },
    /// A feed of another service was added or removed.
    FeedChanged {
        /// The user of the machine, such as `uid/0`.
        by: String,
        /// The name of the feed.
        feed: String,
        /// The subject of its events; none where it was removed.
        #[serde(skip_serializing_if = "Option::is_none")]
        follows: Option<String>,
    },
    /// Lines before this one were lost.
    Lost {
        /// The number of lost lines.
        lines: u64,
    },
}

impl AccessLine {
    /// A line of this moment.
    pub fn now(event: AccessEvent) -> Self {
        Self::at(Utc::now(), event)
    }

    pub(super) fn at(time: DateTime<Utc>, event: AccessEvent) -> Self {
        let time = time.to_rfc3339_opts(SecondsFormat::Millis, true);
        Self { time, event }
    }

    /// The line of an entry. `process` names the process in ids of requests.
    pub(super) fn of(entry: Entry, key: &TenantKey, process: &str) -> Self {
        let Entry { at, number, kind } = entry;
        let request = |correlation: Option<HeaderValue>| {
            let given = correlation.as_ref().and_then(|value| value.to_str().ok());
            let given = given
                .filter(|value| is_correlation_id(value))
                .map(str::to_owned);
            given.unwrap_or_else(|| format!("{process}-{number}"))
        };
        let event = match kind {
            EntryKind::Read {
                caller,
                query,
                params,
                answer,
                correlation,
            } => {
                let of = ids_of(&params, &answer);
                let asked = ["operator_id", "operator"]
                    .iter()
                    .filter_map(|name| of.get(*name));
                let mut persons = persons(&answer);
                persons.extend(asked.cloned());
                AccessEvent::Read {
                    reader: reader(&caller, key),
                    roles: role_names(&caller),
                    query: query.to_owned(),
                    of,
                    persons,
                    request: request(correlation),
                }
            }
            EntryKind::Refused(Refusal {
                caller: Some(caller),
                reason,
                route,
                path,
                body,
                correlation,
            }) => {
                let (command, mut of) = names_in(&route, &path);
                // Where a role is missing, nobody has looked whether the package exists.
                of.extend(ids_in_body(&body, reason.is_some()));
                AccessEvent::Refused {
                    reader: reader(&caller, key),
                    roles: role_names(&caller),
                    asked: command.unwrap_or(route),
                    reason,
                    of,
                    request: request(correlation),
                }
            }
            EntryKind::SignedIn(caller) => AccessEvent::SignedIn {
                reader: reader(&caller, key),
                roles: role_names(&caller),
            },
            EntryKind::SignedOut(caller) => AccessEvent::SignedOut {
                reader: reader(&caller, key),
                roles: role_names(&caller),
            },
            EntryKind::PasswordRefused { subject } => AccessEvent::PasswordRefused {
                subject: subject_of(key, &subject),
            },
            EntryKind::PasswordChosen { subject } => AccessEvent::PasswordChosen {
                subject: subject_of(key, &subject),
            },
            EntryKind::AccountChanged {
                by,
                subject,
                change,
                roles,
            } => AccessEvent::AccountChanged {
                by: reader(&by, key),
                subject: subject_of(key, &subject),
                change: change.to_owned(),
                roles: names_of(&roles),
            },
            EntryKind::SessionKeyReplaced { by } => AccessEvent::KeyReplaced {
                by: reader(&by, key),
                key: "session".to_owned(),
            },
            EntryKind::Refused(Refusal { reason, route, .. }) => AccessEvent::SignInFailed {
                reason: reason.unwrap_or_default(),
                route,
                times: 1,
            },
        };
        Self::at(at, event)
    }
}

fn subject_of(key: &TenantKey, subject: &str) -> String {
    format!("subject/{}", key.subject_id(subject))
}

fn reader(caller: &Caller, key: &TenantKey) -> String {
    let actor = caller.actor();
    key.actor_id(&actor.sub, &actor.roles).to_string()
}

fn role_names(caller: &Caller) -> Vec<String> {
    names_of(&caller.actor().roles)
}

fn names_of(roles: &[Role]) -> Vec<String> {
    let names = roles.iter().map(|role| roles::name(*role).to_owned());
    names.collect()
}

/// The ids, years and days among the parameters. The id of a package is a word that anybody may choose, so it is
/// written only where the answer has such a package.
fn ids_of(params: &Value, answer: &[u8]) -> BTreeMap<String, String> {
    let known = IDS.iter().filter_map(|name| {
        let value = match params.get(*name)? {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        let is_known = !name.starts_with("package") || names_package(answer, &value);
        (is_known && !may_hold_a_nik(&value)).then(|| ((*name).to_owned(), value))
    });
    known.collect()
}

fn names_package(answer: &[u8], id: &str) -> bool {
    let member = format!("\"package_id\":\"{id}\"");
    id.parse::<PackageId>().is_ok() && Finder::new(member.as_bytes()).find(answer).is_some()
}

/// The person and the contract that a command names, and the package where it is known. The rest of its body is the
/// client's text and is left out.
fn ids_in_body(body: &[u8], is_package_known: bool) -> BTreeMap<String, String> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return BTreeMap::new();
    };
    let is_id = |name: &str, text: &str| match name {
        "package_id" => is_package_known && text.parse::<PackageId>().is_ok(),
        _ => text.parse::<Uuid>().is_ok(),
    };
    let ids = ["operator_id", "contract_id", "package_id"].into_iter();
    ids.filter_map(|name| {
        let text = members.get(name)?.as_str()?;
        (is_id(name, text) && !may_hold_a_nik(text)).then(|| (name.to_owned(), text.to_owned()))
    })
    .collect()
}

/// The people whom an answer names, by the ids in its members `operator_id`.
fn persons(answer: &[u8]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = answer;
    while let Some(at) = FIND_PERSON.find(rest) {
        rest = &rest[at + PERSON.len()..];
        let id = rest.get(..UUID).and_then(|id| std::str::from_utf8(id).ok());
        let id = id.filter(|id| id.parse::<OperatorId>().is_ok());
        found.extend(id.map(str::to_owned));
    }
    found
}

/// The command and the ids in a path, where the route says that they stand. Anything else in a path
/// is the client's text and is left out.
fn names_in(route: &str, path: &str) -> (Option<String>, BTreeMap<String, String>) {
    let (mut command, mut of) = (None, BTreeMap::new());
    for (part, value) in route.split('/').zip(path.split('/')) {
        let Some(name) = part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'))
        else {
            continue;
        };
        if let Some(known) = Command::static_name(value) {
            command = Some(known.to_owned());
        } else if value.parse::<Uuid>().is_ok() {
            of.insert(name.to_owned(), value.to_owned());
        }
    }
    (command, of)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "00000000-0000-8000-8000-000000000001";

    #[test]
    fn only_ids_of_parameters_and_paths_are_written() {
        let params = serde_json::json!({"q": "Budi", "operator": ID, "year": 2020, "limit": 5,
            "package": null, "cursor": "Budi"});
        let expected = [("operator", ID), ("year", "2020")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(ids_of(&params, b"{}"), expected.into());
        let route = "/v1/operators/{operator_id}/leave";
        let (_, of) = names_in(route, &format!("/v1/operators/{ID}/leave"));
        assert_eq!(of["operator_id"], ID);
        let (_, of) = names_in(route, "/v1/operators/6171011503950001/leave");
        assert!(of.is_empty(), "a NIK is no id");
        let (command, of) = names_in("/v1/commands/{name}", "/v1/commands/record-leave");
        assert_eq!((command.as_deref(), of.len()), (Some("record-leave"), 0));
        assert_eq!(names_in("/v1/commands/{name}", "/v1/commands/Budi").0, None);
    }

    #[test]
    fn only_ids_of_a_body_are_written() {
        let body = serde_json::json!({"operator_id": ID, "package_id": "pjlp-2020", "reason": "Budi",
            "contract_id": "6171011503950001", "scores": {"operator_id": "x"}});
        let expected = [("operator_id", ID), ("package_id", "pjlp-2020")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let bytes = body.to_string().into_bytes();
        assert_eq!(ids_in_body(&bytes, true), expected.into());
        let unknown = ids_in_body(&bytes, false);
        assert_eq!(unknown.keys().collect::<Vec<_>>(), ["operator_id"]);
        let named = serde_json::json!({"operator_id": "Budi", "package_id": "Budi Santoso"});
        assert!(ids_in_body(named.to_string().as_bytes(), true).is_empty());
        let nik = serde_json::json!({"package_id": "6171011503950001"});
        assert!(ids_in_body(nik.to_string().as_bytes(), true).is_empty());
        for wrong in ["6171011503950001", "6171-0115-0395-0001"] {
            let params = serde_json::json!({"package": wrong});
            let answer = format!(r#"{{"package_id":"{wrong}"}}"#);
            let of = ids_of(&params, answer.as_bytes());
            assert!(of.is_empty(), "a NIK may have the form of an id");
        }
        let params = serde_json::json!({"package": "budi-santoso"});
        assert!(
            ids_of(&params, br#"{"items":[]}"#).is_empty(),
            "no such package"
        );
        let known = ids_of(&params, br#"{"items":[{"package_id":"budi-santoso"}]}"#);
        assert_eq!(known["package"], "budi-santoso");
        for wrong in [&b""[..], b"[]", b"{"] {
            assert!(ids_in_body(wrong, true).is_empty());
        }
    }

    #[test]
    fn the_people_of_an_answer_are_found_once_each() {
        let other = ID.replace("0001", "0002");
        let answer = format!(
            r#"{{"position":1,"items":[{{"operator_id":"{ID}"}},{{"operator_id":"{other}","name":"\"operator_id\":\"x"}},{{"operator_id":"{ID}"}},{{"operator_id":""#
        );
        assert_eq!(persons(answer.as_bytes()), [ID.to_owned(), other].into());
        assert!(persons(b"{}").is_empty());
    }
}
