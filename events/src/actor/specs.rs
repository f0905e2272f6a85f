//! Every form of a subject with every set of roles, and what opens a sealed actor.

use super::*;
use crate::ids::Nip;

const NIP: &str = "197701161997031006";
const NIK: &str = "6171011503950001";
const PERSON: &str = "00000000-0000-8000-8000-000000000001";
const SUBJECTS: [&str; 9] = [
    NIP,
    NIK,
    PERSON,
    "admin-bkpsdm",
    "budi@example.go.id",
    "officer/00000000-0000-8000-8000-000000000001",
    "operator/00000000-0000-8000-8000-000000000001",
    "Sari Dewi\r\nNATS/1.0",
    "",
];

fn tenant() -> TenantKey {
    TenantKey::new([1; 32])
}

/// All 32 sets of roles.
fn sets_of_roles() -> impl Iterator<Item = Vec<Role>> {
    (0..1_u8 << Role::ALL.len()).map(|set| {
        let has = |n: &usize| set & (1 << n) != 0;
        (0..Role::ALL.len())
            .filter(has)
            .map(|n| Role::ALL[n])
            .collect()
    })
}

#[test]
fn the_roles_and_not_the_form_of_the_subject_decide_the_kind_of_an_actor() {
    let (tenant, person) = (tenant(), PERSON.parse().unwrap());
    let officer = ActorId::Officer(tenant.officer_id(&NIP.parse::<Nip>().unwrap()));
    for roles in sets_of_roles() {
        let has = |role| roles.contains(&role);
        for subject in SUBJECTS {
            let case = format!("{subject:?} {roles:?}");
            let actor = tenant.actor_id(subject, &roles);
            let may_be_operator = subject == PERSON
                && has(Role::Operator)
                && !has(Role::Admin)
                && !has(Role::Service);
            match &actor {
                ActorId::Operator(id) => {
                    assert!(may_be_operator && *id == person, "{case}");
                }
                ActorId::Officer(_) => {
                    assert!(has(Role::Officer) && !may_be_operator, "{case}");
                    assert_eq!(actor == officer, subject == NIP, "{case}");
                }
                ActorId::Account(_) => {
                    assert!(!has(Role::Officer) && !may_be_operator, "{case}");
                }
                ActorId::NamedAccount(_) => panic!("{case}"),
            }
            let stored = actor.to_string();
            assert_eq!(stored.parse(), Ok(actor), "{case}");
            let is_clear = !subject.is_empty() && stored.contains(subject);
            assert_eq!(is_clear, may_be_operator, "{case}: {stored}");
        }
    }
}

/// Goal: stored events keep their officers, and a pseudonym of an account stays what it is.
#[test]
fn pseudonyms_of_actors_are_those_of_stored_events() {
    let tenant = tenant();
    let told = |subject: &str, role| tenant.actor_id(subject, &[role]).to_string();
    let nip: Nip = NIP.parse().unwrap();
    let officer = format!("officer/{}", tenant.officer_id(&nip));
    assert_eq!(told(NIP, Role::Officer), officer);
    assert_eq!(
        told("budi@example.go.id", Role::Officer),
        "officer/a36116d9-3cdb-8f7f-b5ce-611470b52973"
    );
    assert_eq!(
        told("admin-bkpsdm", Role::Admin),
        "account/6690e3b6-aee2-8ad5-9517-1af90f8f50f0"
    );
}

fn identity(subject: &str, roles: &[Role]) -> ActorIdentity {
    ActorIdentity {
        subject: subject.to_owned(),
        name: Some("Sari Dewi, S.Sos. \u{674e}".parse().unwrap()),
        roles: roles.to_vec(),
    }
}

#[test]
fn a_sealed_actor_opens_with_its_key_in_its_event_only() {
    let key = DataKey::new([3; 32]);
    let identity = identity(NIP, &[Role::Officer]);
    let (event, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let sealed = identity.seal(event, &key, [9; 12]);
    assert_eq!(sealed.as_str().parse(), Ok(sealed.clone()));
    for clear in [NIP, "Sari"] {
        assert!(!sealed.as_str().contains(clear));
    }
    assert_eq!(sealed.open(event, &key), Ok(identity.clone()));
    assert_eq!(sealed.open(other, &key), Err(OpenError::Altered(other)));
    let wrong = DataKey::new([4; 32]);
    assert_eq!(sealed.open(event, &wrong), Err(OpenError::Altered(event)));
    // The part of a person's data is bound to another field.
    let part = encrypt(
        &key.0,
        [9; 12],
        format!("{event}/personal").as_bytes(),
        b"{}",
    );
    let moved: SealedActor = BASE64.encode(part).parse().unwrap();
    assert_eq!(moved.open(event, &key), Err(OpenError::Altered(event)));
    let shape = encrypt(&key.0, [9; 12], associated(event).as_bytes(), b"{}");
    let shape: SealedActor = BASE64.encode(shape).parse().unwrap();
    assert_eq!(shape.open(event, &key), Err(OpenError::Shape(event)));
    for wrong in ["", "abc", &"=".repeat(40), &"\u{e9}".repeat(40)] {
        assert!(wrong.parse::<SealedActor>().is_err(), "{wrong}");
    }
}

/// The key of the office outlives the person's, so his name must not stand under it.
#[test]
fn the_name_of_an_operator_is_not_kept() {
    for roles in sets_of_roles() {
        for subject in SUBJECTS {
            let kept = identity(subject, &roles).to_keep();
            let is_operator = matches!(kept.actor_id(&tenant()), ActorId::Operator(_));
            assert_eq!(kept.name.is_none(), is_operator, "{subject:?} {roles:?}");
        }
    }
}

#[test]
fn rule_50_a_name_is_one_short_line() {
    let (longest, longer) = ("\u{e9}".repeat(LONGEST_NAME), "a".repeat(LONGEST_NAME + 1));
    for name in ["a", "Sari Dewi, S.Sos.", "\u{674e}", &longest] {
        assert_eq!(name.parse::<ActorName>().unwrap().as_str(), name);
    }
    assert_eq!(" Sari ".parse::<ActorName>().unwrap().as_str(), "Sari");
    for wrong in ["", " ", "a\nb", "a\r\nb", "a\u{202e}b", "\0", &longer] {
        assert_eq!(wrong.parse::<ActorName>(), Err(InvalidName), "{wrong:?}");
    }
}

#[test]
fn an_actor_stays_out_of_log_lines() {
    let identity = identity(NIP, &[Role::Officer]);
    let sealed = identity.seal(Uuid::nil(), &DataKey::new([3; 32]), [9; 12]);
    let told = format!("{identity:?} {:?} {sealed:?}", identity.name);
    for clear in [NIP, "Sari"] {
        assert!(!told.contains(clear), "{told}");
    }
    assert!(told.contains("Officer"), "{told}");
}
