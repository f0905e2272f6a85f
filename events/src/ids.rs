//! Identifiers of people, packages, contracts, streams and actors.
//!
//! Each is a type of its own, checked when it is read. Events hold pseudonyms from [`crate::secret`];
//! a NIK or a NIP stands in commands and sealed parts only.

use std::{fmt, str::FromStr, sync::Arc};

use uuid::Uuid;

use crate::text::{serde_as_text, shown, text_type};

/// A text that is no identifier of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {expected}")]
pub struct InvalidId {
    /// The kind of identifier, such as `package_id`.
    pub what: &'static str,
    /// The form of a valid one, such as `a UUID`.
    pub expected: &'static str,
}

fn require(is_valid: bool, what: &'static str, expected: &'static str) -> Result<(), InvalidId> {
    is_valid.then_some(()).ok_or(InvalidId { what, expected })
}

/// Makes the type of an id that is a UUID. A topic of its own may make its ids with it.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub uuid::Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::ids::InvalidId;

            fn from_str(text: &str) -> Result<Self, crate::ids::InvalidId> {
                text.parse().map(Self).map_err(|_| crate::ids::InvalidId { what: $what, expected: "a UUID" })
            }
        }
    };
}

uuid_id! {
    /// The id of a person hired: a UUID of version 8. It follows from the NIK, and from how often the NIK was held
    /// before, under the tenant's key.
    OperatorId, "operator_id"
}
uuid_id! {
    /// The id of an office-holder: a UUID of version 8, derived from the NIP under the tenant's key.
    OfficerId, "officer_id"
}
uuid_id! {
    /// The id of an account that is no person: a UUID of version 8, derived from its subject under the tenant's key.
    AccountId, "account_id"
}
uuid_id! {
    /// The id of one engagement of one person in one package, a UUID.
    ContractId, "contract_id"
}
uuid_id! {
    /// The id of one leave of one person, a UUID.
    LeaveId, "leave_id"
}

fn is_slug(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

text_type! {
    /// The name of an office, the owner of one log, such as `pontianak`.
    #[schema(value_type = String, pattern = "^[a-z0-9-]{1,32}$")]
    TenantId(Arc<str>) or InvalidId, |text| {
        require(is_slug(text, 32), "tenant", "1 to 32 of a-z, 0-9 and -")
    }
}
text_type! {
    /// The short name of a package of work, such as `2020-tenaga-it`.
    #[schema(value_type = String, pattern = "^[a-z0-9-]{1,64}$")]
    PackageId(Arc<str>) or InvalidId, |text| {
        require(is_slug(text, 64), "package_id", "1 to 64 of a-z, 0-9 and -")
    }
}
text_type! {
    /// The name of an account that is no person, such as `admin-bkpsdm`. Events of earlier versions hold it.
    #[schema(value_type = String, pattern = "^[a-z0-9-]{1,64}$")]
    AccountName(Arc<str>) or InvalidId, |text| {
        require(is_slug(text, 64), "account", "1 to 64 of a-z, 0-9 and -")
    }
}
text_type! {
    /// The id that a caller gives a command. The same id again returns the first result again.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9._-]{1,64}$")]
    CommandId(Arc<str>) or InvalidId, |text| {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        let is_valid = (1..=64).contains(&text.len()) && text.bytes().all(is_plain);
        require(is_valid, "command_id", "1 to 64 of A-Z, a-z, 0-9, dot, underscore and -")
    }
}

text_type! {
    /// The keyed digest of a citizen number and one holding of it, in 64 hexadecimal digits. Without the tenant's key
    /// nobody gets from a NIK to a digest, or from one holding to the next.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    NikDigest(Arc<str>) or InvalidId, |text| {
        let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let is_valid = text.len() == 64 && text.bytes().all(is_hex);
        require(is_valid, "nik digest", "64 of 0-9 and a-f")
    }
}

shown!(TenantId, PackageId, AccountName, CommandId, NikDigest);

impl NikDigest {
    /// Makes the digest from the bytes of a keyed hash.
    pub(crate) fn new(hash: [u8; 32]) -> Self {
        use fmt::Write;
        let mut text = String::with_capacity(64);
        for byte in hash {
            write!(text, "{byte:02x}").expect("a text takes any character");
        }
        Self(text.into())
    }
}

impl CommandId {
    /// Makes a command id from a UUID.
    pub fn from_uuid(id: Uuid) -> Self {
        Self(id.to_string().into())
    }
}

fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())
}

text_type! {
    /// A citizen number (NIK) of 16 digits. It is personal data.
    #[schema(value_type = String, pattern = "^[0-9]{16}$")]
    Nik(Box<str>) or InvalidId, |text| require(is_number(text, 16), "nik", "16 digits")
}
text_type! {
    /// A civil-service number (NIP) of 18 digits. It spells a birth date, so it is personal data too.
    #[schema(value_type = String, pattern = "^[0-9]{18}$")]
    Nip(Box<str>) or InvalidId, |text| require(is_number(text, 18), "nip", "18 digits")
}

impl fmt::Debug for Nik {
    /// Hides the digits, since a log line must not carry them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nik(..)")
    }
}

impl fmt::Debug for Nip {
    /// Hides the digits, since a log line must not carry them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nip(..)")
    }
}

/// One consistency boundary: all its events stand under one guard (docs/domain/events.md).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamId {
    /// A package with its terms, officers and slots.
    Package(PackageId),
    /// A person with identity, contracts, leave, appraisals, evaluations and warnings.
    Operator(OperatorId),
    /// A citizen number with its holder.
    Nik(NikDigest),
    /// The public holidays and joint leave of a year.
    Calendar(i32),
}

impl StreamId {
    /// The kind of stream: `package`, `operator`, `nik` or `calendar`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Package(_) => "package",
            Self::Operator(_) => "operator",
            Self::Nik(_) => "nik",
            Self::Calendar(_) => "calendar",
        }
    }

    /// The id without the kind, as it stands in subjects.
    pub fn id(&self) -> impl fmt::Display {
        fmt::from_fn(move |f| match self {
            Self::Package(id) => fmt::Display::fmt(id, f),
            Self::Operator(id) => fmt::Display::fmt(id, f),
            Self::Nik(digest) => fmt::Display::fmt(digest, f),
            Self::Calendar(year) => fmt::Display::fmt(year, f),
        })
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind(), self.id())
    }
}

impl FromStr for StreamId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId {
            what: "stream",
            expected: "package/<slug>, operator/<uuid>, nik/<digest> or calendar/<year>",
        };
        match text.split_once('/') {
            Some(("package", id)) => id.parse().map(Self::Package),
            Some(("operator", id)) => id.parse().map(Self::Operator),
            Some(("nik", digest)) => digest.parse().map(Self::Nik),
            Some(("calendar", year)) => year.parse().map(Self::Calendar).map_err(|_| invalid),
            _ => Err(invalid),
        }
    }
}

/// The giver of a command, as events name it: a pseudonym.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActorId {
    /// An office-holder.
    Officer(OfficerId),
    /// A person hired, acting for himself.
    Operator(OperatorId),
    /// An account that is no person, such as an administrator's or a service's.
    Account(AccountId),
    /// The account of an event of an earlier version, by its name in the clear.
    NamedAccount(AccountName),
}

impl ActorId {
    /// The office-holder, if the actor is one.
    pub fn officer(&self) -> Option<OfficerId> {
        match self {
            Self::Officer(id) => Some(*id),
            Self::Operator(_) | Self::Account(_) | Self::NamedAccount(_) => None,
        }
    }
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Officer(id) => write!(f, "officer/{id}"),
            Self::Operator(id) => write!(f, "operator/{id}"),
            Self::Account(id) => write!(f, "account/{id}"),
            Self::NamedAccount(name) => write!(f, "account/{name}"),
        }
    }
}

impl FromStr for ActorId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.split_once('/') {
            Some(("officer", id)) => id.parse().map(Self::Officer),
            Some(("operator", id)) => id.parse().map(Self::Operator),
            // No name of before has the form of an id: its owner counted as an operator.
            Some(("account", name)) => match name.parse::<AccountId>() {
                Ok(id) if id.to_string() == name => Ok(Self::Account(id)),
                Ok(_) | Err(_) => name.parse().map(Self::NamedAccount),
            },
            _ => Err(InvalidId {
                what: "actor",
                expected: "officer/<uuid>, operator/<uuid>, account/<uuid> or account/<name>",
            }),
        }
    }
}

serde_as_text!(StreamId, ActorId);

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "00000000-0000-8000-8000-000000000001";

    fn check<T: FromStr + fmt::Debug>(accepted: &[&str], refused: &[&str]) {
        for text in accepted {
            assert!(text.parse::<T>().is_ok(), "{text}");
        }
        for text in refused {
            assert!(text.parse::<T>().is_err(), "{text}");
        }
    }

    #[test]
    fn each_identifier_has_its_own_form() {
        let (a32, a33) = ("a".repeat(32), "a".repeat(33));
        let (a64, a65) = ("a".repeat(64), "a".repeat(65));
        check::<TenantId>(&["pontianak", "a-1", &a32], &["", "A", "a b", &a33]);
        check::<PackageId>(&["2020-tenaga-it", &a64], &["", "Not a slug", "a_b", &a65]);
        check::<AccountName>(&["admin-bkpsdm", &a64], &["", "Admin", "a.b", &a65]);
        check::<CommandId>(&["A-z_0.9", UUID, &a64], &["", "a b", "é", &a65]);
        check::<Nik>(
            &["6171011503950001"],
            &["617101150395000", "61710115039500011", "617101150395000a"],
        );
        check::<Nip>(
            &["197701161997031006"],
            &["6171011503950001", "19770116199703100a"],
        );
        check::<OperatorId>(&[UUID], &["", "1"]);
    }

    #[test]
    fn streams_and_actors_round_trip_as_text() {
        let [operator, officer, account] =
            ["operator", "officer", "account"].map(|kind| format!("{kind}/{UUID}"));
        for text in ["package/2020-tenaga-it", &operator, "calendar/2020"] {
            assert_eq!(text.parse::<StreamId>().unwrap().to_string(), text);
        }
        let simple = format!("account/{}", UUID.replace('-', ""));
        for text in [
            "account/admin-bkpsdm",
            &simple,
            &account,
            &operator,
            &officer,
        ] {
            assert_eq!(text.parse::<ActorId>().unwrap().to_string(), text);
        }
        let kind = |text: &str| text.parse::<ActorId>().unwrap();
        assert!(matches!(kind(&account), ActorId::Account(_)));
        assert!(matches!(kind(&simple), ActorId::NamedAccount(_)));
        check::<StreamId>(&[], &["", "package/Not a slug", "calendar/", "officer/1"]);
        check::<ActorId>(&[], &["", "account/Admin", "package/a", "officer/1"]);
    }

    #[test]
    fn a_number_of_a_person_stays_out_of_log_lines() {
        let nik: Nik = "6171011503950001".parse().unwrap();
        assert_eq!(format!("{nik:?}"), "Nik(..)");
    }
}
