//! The subject that a token may have, by its roles. Who issues a token and who accepts it judge alike.

use jejak_events::ids::{Nip, OperatorId};

use crate::Role;

/// A citizen number has this many digits.
const DIGITS_OF_A_NIK: usize = 16;

/// A subject that no token may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubjectFault {
    /// No rule would know such an officer.
    #[error("the subject of an officer is a NIP of 18 digits")]
    NoNip,
    /// No query would know such an operator.
    #[error("the subject of an operator is the operator id, a UUID")]
    NoOperatorId,
    /// Each event would seal it under a key that outlives the person.
    #[error("a subject of 16 digits is a NIK, which events would keep for good")]
    Nik,
}

/// Judges the subject of a token with these roles.
///
/// # Errors
/// See [`SubjectFault`].
pub fn check_subject(subject: &str, roles: &[Role]) -> Result<(), SubjectFault> {
    let digits = subject.trim();
    if digits.len() == DIGITS_OF_A_NIK && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(SubjectFault::Nik);
    }
    if roles.contains(&Role::Officer) && subject.parse::<Nip>().is_err() {
        return Err(SubjectFault::NoNip);
    }
    if roles.contains(&Role::Operator) && subject.parse::<OperatorId>().is_err() {
        return Err(SubjectFault::NoOperatorId);
    }
    Ok(())
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
}
