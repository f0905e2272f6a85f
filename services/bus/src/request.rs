//! Subjects, headers and bodies of requests between the services.

use std::fmt;

use crate::RequestProblem;
pub use crate::personal_number::may_hold_a_nik;
use async_nats::Message;
use jejak_events::{
    Command,
    actor::{ActorIdentity, ActorName},
    decision::GivenBy,
    ids::TenantId,
};
use serde::{Deserialize, Serialize};

/// Header with the caller, as [`Actor::header`] writes it.
pub const ACTOR: &str = "jejak-actor";
/// Header with the command's id, the caller's `Idempotency-Key`.
pub const COMMAND_ID: &str = "jejak-command-id";
/// Header with the command's id in place of [`COMMAND_ID`]: the command is decided and not appended. A service
/// that does not know dry runs misses the other header and refuses the request, so it never appends one.
pub const DRY_RUN: &str = "jejak-dry-run";
/// Header of a query with the least position for its answer.
pub const MIN_POSITION: &str = "jejak-min-position";
/// Header of a query whose asker reads his own records: `true`. He is not shown the numbers of others.
pub const OWN_RECORDS: &str = "jejak-own-records";
/// Header with the caller's correlation id.
pub const CORRELATION_ID: &str = "jejak-correlation-id";
/// Header with the W3C trace context.
pub const TRACEPARENT: &str = "traceparent";

/// The longest correlation id, in bytes.
const LONGEST_CORRELATION_ID: usize = 64;
/// A NIK has this many digits, a NIP has more.
const DIGITS_OF_A_NIK: usize = 16;
/// The length of each part of a W3C trace context: version, trace, parent, flags.
const TRACE_PARTS: [usize; 4] = [2, 32, 16, 2];

/// Whether a caller's id of a request may be kept for good: a UUID, or 1 to 64 of `[A-Za-z0-9._-]` without a
/// number that may be a NIK or a NIP. A sentence about a person does not pass either.
pub fn is_correlation_id(value: &str) -> bool {
    (1..=LONGEST_CORRELATION_ID).contains(&value.len())
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        && !may_hold_a_nik(value)
}

/// Whether a value is a W3C trace context, such as `00-<32 hexadecimal digits>-<16>-01`. Nothing else is
/// passed on.
pub fn is_trace_context(value: &str) -> bool {
    let is_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    value.split('-').map(str::len).eq(TRACE_PARTS)
        && value.bytes().all(|b| b == b'-' || is_hex(b))
        && !value.split('-').any(may_be_a_nik)
}

/// Whether a part of a trace context is a number, and no random one.
fn may_be_a_nik(part: &str) -> bool {
    part.len() >= DIGITS_OF_A_NIK && part.bytes().all(|b| b.is_ascii_digit())
}

/// The subject of a command, such as `jejak.pontianak.cmd.record-leave`.
pub fn command_subject(tenant: &TenantId, name: &str) -> String {
    format!("jejak.{tenant}.cmd.{name}")
}

/// The subject of a query, such as `jejak.pontianak.qry.evaluations.get`. Every view answers the
/// query `health`.
pub fn query_subject(tenant: &TenantId, view: &str, query: &str) -> String {
    format!("jejak.{tenant}.qry.{view}.{query}")
}

/// The least position for a query's answer, 0 without the header.
///
/// # Errors
/// `request.malformed` for a header other than a whole number.
pub fn min_position(message: &Message) -> Result<u64, RequestProblem> {
    let Some(header) = message
        .headers
        .as_ref()
        .and_then(|headers| headers.get(MIN_POSITION))
    else {
        return Ok(0);
    };
    header.as_str().parse().map_err(|_| {
        RequestProblem::malformed(
            "min_position",
            "must be a position of the log, a whole number",
        )
    })
}

/// Whether the asker of a query reads his own records, as the gateway says.
pub fn is_of_own_records(message: &Message) -> bool {
    let headers = message.headers.as_ref();
    headers.is_some_and(|headers| headers.get(OWN_RECORDS).is_some())
}

pub use jejak_events::Role;

/// The caller, as the gateway or another trusted service vouches.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// NIP, operator id or account name. It becomes a pseudonym before it is stored.
    pub sub: String,
    /// The caller's roles, at least one.
    pub roles: Vec<Role>,
    /// The caller's name, if the token has one that can be kept. Gateways of earlier versions send none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<ActorName>,
}

impl fmt::Debug for Actor {
    /// Hides subject and name, since a log line must not carry them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Actor")
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

impl Actor {
    /// Whether one of the roles may give the command.
    pub fn may_command(&self, name: &str) -> bool {
        role_for(name).is_some_and(|role| self.roles.contains(&role))
    }

    /// The identity that the caller's events keep.
    pub fn identity(&self) -> ActorIdentity {
        let identity = ActorIdentity {
            subject: self.sub.clone(),
            name: self.name.clone(),
            roles: self.roles.clone(),
        };
        identity.to_keep()
    }

    /// The value of the header [`ACTOR`]: JSON in ASCII. Other characters are escaped as JSON escapes them, so no
    /// subject or name breaks a header.
    ///
    /// # Errors
    /// Never for this type; JSON can be written of texts and roles.
    pub fn header(&self) -> Result<String, serde_json::Error> {
        let json = serde_json::to_string(self)?;
        let mut header = String::with_capacity(json.len());
        for c in json.chars() {
            if c.is_ascii() && !c.is_ascii_control() {
                header.push(c);
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                header.push_str(&format!("\\u{unit:04x}"));
            }
        }
        Ok(header)
    }
}

/// The role that may give a command; none for a command that does not exist.
pub fn role_for(command: &str) -> Option<Role> {
    Command::given_by(command).map(GivenBy::role)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: no id that is kept for good can be a NIK or a NIP, and no sentence.
    #[test]
    fn correlation_ids_are_no_personal_data() {
        for taken in [
            "req-1",
            "2020.10_01",
            "123456789012345",
            "0190c1c4-1111-7222-8333-123456789012",
            "0af7651916cd43dd1234567890123456",
        ] {
            assert!(is_correlation_id(taken), "{taken}");
        }
        for wrong in [
            "",
            "6171011503950001",
            "nik.6171011503950001",
            "197701161997031006",
            "61710115039500016171011503950001",
            "6171.0115.0395.0001",
            "budi-santoso-6171-0115-0395-0001",
            "Budi Santoso",
            "a:b",
            "a\tb",
            &"x".repeat(65),
        ] {
            assert!(!is_correlation_id(wrong), "{wrong}");
        }
    }

    #[test]
    fn only_a_trace_context_passes_as_one() {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert!(is_trace_context(trace));
        for wrong in [
            "",
            "6171011503950001",
            "00-0af7651916cd43dd8448eb211c80319c-6171011503950001-01",
            "00-Budi-Santoso-01",
            &trace.to_uppercase(),
            &trace[1..],
        ] {
            assert!(!is_trace_context(wrong), "{wrong}");
        }
    }

    /// Goal: no text of a token ends a header's line or leaves ASCII, and it is read back as it was.
    #[test]
    fn an_actor_travels_in_one_ascii_line() {
        for (sub, name) in [
            ("197701161997031006", "Sari Dewi, S.Sos."),
            (
                "a\r\nNats-Expected-Last-Sequence: 0",
                "\u{674e} \u{1f600} \"\\u0041",
            ),
            ("\u{0}\u{7f}\u{85}\u{2028}\u{e9}", "a"),
        ] {
            let actor = Actor {
                sub: sub.to_owned(),
                roles: vec![Role::Admin],
                name: Some(name.parse().unwrap()),
            };
            let header = actor.header().unwrap();
            assert!(
                header.bytes().all(|b| (b' '..=b'~').contains(&b)),
                "{header}"
            );
            assert_eq!(serde_json::from_str::<Actor>(&header).unwrap(), actor);
            let told = format!("{actor:?}");
            assert_eq!(told, "Actor { roles: [Admin], .. }");
        }
    }

    #[test]
    fn an_actor_without_a_name_is_read_and_one_with_a_broken_name_is_not() {
        let read = |name: &str| {
            serde_json::from_str::<Actor>(&format!(r#"{{"sub":"a","roles":["admin"]{name}}}"#))
        };
        assert_eq!(read("").unwrap().name, None);
        let refused = read(r#","name":"Sari\nDewi""#).unwrap_err().to_string();
        assert!(
            refused.contains("in one line") && !refused.contains("Sari"),
            "{refused}"
        );
    }
}
