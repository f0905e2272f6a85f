//! The subject that a token may have, by its roles. Who issues a token and who accepts it judge alike.

use std::borrow::Cow;

use jejak_events::{
    ids::{Nip, OperatorId},
    text::is_plain,
};
use uuid::Uuid;

use crate::{Role, personal_number::holds_a_nik};

/// The longest subject, in bytes.
const LONGEST_SUBJECT: usize = 256;

/// A subject that no token may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubjectFault {
    /// A line break or an invisible character would forge what others read (rule 50).
    #[error(
        "a subject is one line of visible characters without spaces around it, of {LONGEST_SUBJECT} bytes at most"
    )]
    NoText,
    /// No rule would know such an officer.
    #[error("the subject of an officer is a NIP of 18 digits")]
    NoNip,
    /// No query would know such an operator, and another spelling would escape a revocation.
    #[error("the subject of an operator is the operator id, a UUID in lower case with hyphens")]
    NoOperatorId,
    /// Each event would seal it under a key that outlives the person.
    #[error("a subject with 16 digits holds a NIK, which events would keep for good")]
    Nik,
}

/// Judges the subject of a token with these roles.
///
/// # Errors
/// See [`SubjectFault`].
pub fn check_subject(subject: &str, roles: &[Role]) -> Result<(), SubjectFault> {
    check_subject_text(subject)?;
    if roles.contains(&Role::Officer) && subject.parse::<Nip>().is_err() {
        return Err(SubjectFault::NoNip);
    }
    let is_operator_id =
        subject.parse::<OperatorId>().is_ok() && canonical_subject(subject) == subject;
    if roles.contains(&Role::Operator) && !is_operator_id {
        return Err(SubjectFault::NoOperatorId);
    }
    Ok(())
}

/// Judges the text of a subject, or of a name to sign in with, whatever its roles are.
///
/// # Errors
/// [`SubjectFault::NoText`], [`SubjectFault::Nik`].
pub fn check_subject_text(subject: &str) -> Result<(), SubjectFault> {
    if holds_a_nik(subject) {
        return Err(SubjectFault::Nik);
    }
    if subject.len() > LONGEST_SUBJECT || !is_plain(subject) {
        return Err(SubjectFault::NoText);
    }
    Ok(())
}

/// The spelling by which subjects are compared: a UUID in lower case with hyphens, any other text as it is.
pub fn canonical_subject(subject: &str) -> Cow<'_, str> {
    match subject.parse::<Uuid>() {
        Ok(id) => Cow::Owned(id.to_string()),
        Err(_) => Cow::Borrowed(subject),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_its_own_form_of_subject_and_none_has_a_nik() {
        use Role::{Admin, Auditor, Officer, Operator, Service};
        let (nip, id) = ("197701161997031006", "00000000-0000-8000-8000-000000000001");
        let others = [Admin, Auditor, Service];
        for subject in ["admin-1", "sari@example.go.id", nip, id] {
            assert_eq!(check_subject(subject, &others), Ok(()), "{subject}");
        }
        assert_eq!(check_subject(nip, &[Officer, Admin]), Ok(()));
        assert_eq!(check_subject(id, &[Operator]), Ok(()));
        for subject in ["12", "sari@example.go.id", id, "1977011619970310061"] {
            let refused = Err(SubjectFault::NoNip);
            assert_eq!(check_subject(subject, &[Officer]), refused, "{subject}");
        }
        for subject in ["12", "budi", nip] {
            let refused = Err(SubjectFault::NoOperatorId);
            assert_eq!(check_subject(subject, &[Operator]), refused, "{subject}");
        }
        for role in [Admin, Auditor, Service, Officer, Operator] {
            for nik in ["6171011503950001", " 6171011503950001 "] {
                assert_eq!(check_subject(nik, &[role]), Err(SubjectFault::Nik));
            }
        }
        assert_eq!(
            check_subject("6171011503950001", &[]),
            Err(SubjectFault::Nik)
        );
    }

    #[test]
    fn an_operator_has_one_spelling() {
        let id = "3aaa6a03-1c2d-8e4f-9a5b-6c7d8e9f0a1b";
        assert_eq!(check_subject(id, &[Role::Operator]), Ok(()));
        for other in [
            id.to_uppercase(),
            id.replace('-', ""),
            format!("urn:uuid:{id}"),
            format!("{{{id}}}"),
        ] {
            assert_eq!(
                check_subject(&other, &[Role::Operator]),
                Err(SubjectFault::NoOperatorId),
                "{other}"
            );
            assert_eq!(canonical_subject(&other), id);
        }
        assert_eq!(canonical_subject("Admin-1"), "Admin-1");
    }

    #[test]
    fn rule_50_a_subject_is_one_visible_line() {
        for wrong in [
            "",
            " ",
            "admin ",
            "admin\nofficer/1: 5 events",
            "admin\u{1b}[2K",
            "admin\u{202e}nimda",
            "a\u{200b}",
            "Andre\u{301}",
            &"a".repeat(257),
        ] {
            let refused = Err(SubjectFault::NoText);
            assert_eq!(check_subject(wrong, &[Role::Admin]), refused, "{wrong:?}");
            assert_eq!(check_subject_text(wrong), refused, "{wrong:?}");
        }
        assert_eq!(check_subject_text("Andr\u{e9} | BKPSDM"), Ok(()));
    }
}
