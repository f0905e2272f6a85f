//! Specs of registering, correcting and erasing a person: rule 39, and of birthdays in service (rule 11).

use serde_json::json;

use super::{
    Correct, CorrectNik, Corrected, Erase, Erased, Erasure, Event, NikCorrected,
    ParticularsCorrection, Profile, Sex,
};
use crate::{
    Command, Rejection,
    ids::OperatorId,
    nik::claim,
    personal::Personal,
    spec::{examples::*, given},
};

fn register(profile: Profile) -> Command {
    Command::RegisterOperator(profile.into())
}

/// A correction that changes nothing yet.
fn plain() -> Correct {
    Correct {
        operator_id: operator_id(),
        reason: REASON.into(),
        full_name: None,
        birth_date: None,
        sex: None,
        birth_place: None,
        address: None,
        domicile_code: None,
        citizenship: None,
        education: None,
        phone: None,
        email: None,
        npwp: None,
        nik_mismatch_evidence: None,
    }
}

fn corrected(profile: Profile) -> crate::Event {
    let correction = ParticularsCorrection {
        profile,
        reason: REASON.into(),
    };
    Event::from(Corrected {
        personal: Personal::Open(correction),
    })
    .into()
}

/// The claim of the NIK of [`person`], for a person of an id.
fn taken(operator_id: OperatorId) -> crate::Event {
    claim::Event::from(claim::Taken { operator_id }).into()
}

fn released(operator_id: OperatorId) -> crate::Event {
    claim::Event::from(claim::Released { operator_id }).into()
}

fn erase() -> Command {
    Command::EraseOperator(Erase {
        operator_id: operator_id(),
        reason: REASON.into(),
        legal_basis: "UU 27/2022".into(),
    })
}

fn erased() -> crate::Event {
    let erasure = Erasure {
        reason: REASON.into(),
        legal_basis: "UU 27/2022".into(),
    };
    Event::from(Erased {
        personal: Personal::Open(erasure),
    })
    .into()
}

fn mismatch(fields: &[&str]) -> Rejection {
    Rejection::OperatorNikMismatch {
        fields: fields.iter().map(|&field| field.to_owned()).collect(),
    }
}

/// A person with a citizen number of 617101 and these digits of birth.
fn with_nik(birth_digits: &str, birth_date: &str, sex: Sex) -> Profile {
    let nik = format!("617101{birth_digits}0001").parse().unwrap();
    Profile {
        nik,
        birth_date: day(birth_date),
        sex,
        ..person()
    }
}

#[test]
fn rule_39_the_nik_spells_the_birth_date_and_sex() {
    let accepted = [
        with_nik("150395", "1995-03-15", Sex::Male),
        with_nik("550395", "1995-03-15", Sex::Female),
        with_nik("010195", "1995-01-01", Sex::Male),
        with_nik("410195", "1995-01-01", Sex::Female),
        with_nik("310100", "2000-01-31", Sex::Male),
        with_nik("710100", "2000-01-31", Sex::Female),
        with_nik("290200", "2000-02-29", Sex::Male),
    ];
    for profile in accepted {
        given([]).when(register(profile.clone())).then([
            registered(profile.clone()),
            taken(tenant().operator_id(&profile.nik)),
        ]);
    }
}

#[test]
fn rule_39_a_nik_that_disagrees_is_refused() {
    for (birth_digits, birth_date, sex, fields) in [
        ("150395", "1995-03-15", Sex::Female, &["sex"][..]),
        ("550395", "1995-03-15", Sex::Male, &["sex"]),
        ("150395", "1995-03-16", Sex::Male, &["birth_date"]),
        ("150395", "1995-04-15", Sex::Male, &["birth_date"]),
        ("150395", "1996-03-15", Sex::Male, &["birth_date"]),
        ("550395", "1995-03-16", Sex::Male, &["birth_date", "sex"]),
        ("400195", "1995-01-01", Sex::Female, &["birth_date", "sex"]),
        ("000000", "1995-03-15", Sex::Male, &["birth_date"]),
        ("999999", "1995-03-15", Sex::Male, &["birth_date", "sex"]),
    ] {
        let profile = with_nik(birth_digits, birth_date, sex);
        given([]).when(register(profile)).then_err(mismatch(fields));
    }
}

#[test]
fn rule_39_accepted_with_evidence() {
    let evidence = Some("surat keterangan Disdukcapil".into());
    let profile = Profile {
        nik_mismatch_evidence: evidence,
        sex: Sex::Female,
        ..person()
    };
    given([])
        .when(register(profile.clone()))
        .then([registered(profile), taken(operator_id())]);
}

#[test]
fn rule_39_the_same_nik_is_the_same_person() {
    let already = Rejection::OperatorAlreadyRegistered {
        operator_id: operator_id(),
    };
    let other_name = Profile {
        full_name: "Nama Lain".into(),
        ..person()
    };
    given([registered(person())])
        .when(register(other_name))
        .then_err(already.clone());
    given([registered(person())])
        .when(register(person()))
        .then_err(already);
}

#[test]
fn rule_39_a_nik_has_sixteen_digits() {
    for nik in ["617101150395000", "61710115039500011", "617101150395000X"] {
        let mut body = serde_json::to_value(person()).unwrap();
        body["nik"] = nik.into();
        let refused = Command::parse("register-operator", body.to_string().as_bytes());
        assert_eq!(refused.unwrap().unwrap_err().path, "nik");
    }
}

#[test]
fn rule_39_correcting_is_the_way_to_another_name() {
    let renamed = Profile {
        full_name: "Nama Lain".into(),
        ..person()
    };
    let command = || {
        Command::CorrectOperator(Correct {
            full_name: Some("Nama Lain".into()),
            ..plain()
        })
    };
    given([registered(person())])
        .when(command())
        .then([corrected(renamed)])
        .when(command())
        .then_in_effect();
}

#[test]
fn rule_39_a_correction_too_agrees_with_the_nik() {
    let wrong = Correct {
        birth_date: Some(day("1995-03-16")),
        ..plain()
    };
    given([registered(person())])
        .when(Command::CorrectOperator(wrong.clone()))
        .then_err(mismatch(&["birth_date"]));
    let evidence = "akta kelahiran";
    let proven = Correct {
        nik_mismatch_evidence: Some(evidence.into()),
        ..wrong
    };
    let profile = Profile {
        birth_date: day("1995-03-16"),
        nik_mismatch_evidence: Some(evidence.into()),
        ..person()
    };
    given([registered(person())])
        .when(Command::CorrectOperator(proven))
        .then([corrected(profile)]);
}

#[test]
fn rule_39_evidence_covers_the_fields_it_was_given_for() {
    let evidence = "akta kelahiran";
    let proven = || Profile {
        birth_date: day("1995-03-16"),
        nik_mismatch_evidence: Some(evidence.into()),
        ..person()
    };
    let correct =
        |change: Correct| given([registered(proven())]).when(Command::CorrectOperator(change));
    // Another name, or another wrong day of birth: the same field disagrees.
    correct(Correct {
        full_name: Some("Nama Lain".into()),
        ..plain()
    })
    .then_ok();
    correct(Correct {
        birth_date: Some(day("1995-03-17")),
        ..plain()
    })
    .then_ok();
    let sex = || Correct {
        sex: Some(Sex::Female),
        ..plain()
    };
    correct(sex()).then_err(mismatch(&["birth_date", "sex"]));
    correct(Correct {
        nik_mismatch_evidence: Some(evidence.into()),
        ..sex()
    })
    .then_ok();
    let other = || Correct {
        birth_date: Some(day("1995-03-15")),
        ..sex()
    };
    correct(other()).then_err(mismatch(&["sex"]));
    // Nothing disagrees any more; later the evidence is asked for again.
    let right = Correct {
        birth_date: Some(day("1995-03-15")),
        ..plain()
    };
    let wrong = Correct {
        birth_date: Some(day("1995-03-16")),
        ..plain()
    };
    let after = correct(right).then([corrected(Profile {
        nik_mismatch_evidence: Some(evidence.into()),
        ..person()
    })]);
    after
        .when(Command::CorrectOperator(wrong))
        .then_err(mismatch(&["birth_date"]));
}

#[test]
fn only_a_known_person_is_corrected() {
    let operator_id = operator_id();
    let command = || {
        Command::CorrectOperator(Correct {
            phone: Some("08".into()),
            ..plain()
        })
    };
    given([])
        .when(command())
        .then_err(Rejection::OperatorUnknown { operator_id });
    given([registered(person()), erased()])
        .when(command())
        .then_err(Rejection::OperatorErased { operator_id });
}

/// The id of the person registered under the example's NIK after the first one.
fn second() -> OperatorId {
    let first = tenant().nik_digest(&person().nik);
    tenant().later_operator_id(&tenant().next_nik_digest(&first))
}

#[test]
fn rule_44_an_erased_person_is_registered_again_as_a_new_one() {
    let again = given([registered(person()), taken(operator_id())])
        .when(erase())
        .then([released(operator_id()), erased()])
        .when(register(person()))
        .then([registered(person()), taken(second())]);
    assert_ne!(second(), operator_id());
    again
        .when(register(person()))
        .then_err(Rejection::OperatorAlreadyRegistered {
            operator_id: second(),
        });
}

#[test]
fn rule_44_a_person_registered_before_claims_holds_the_nik() {
    let already = Rejection::OperatorAlreadyRegistered {
        operator_id: operator_id(),
    };
    given([registered(person())])
        .when(register(person()))
        .then_err(already);
    given([registered(person())])
        .when(erase())
        .then([released(operator_id()), erased()])
        .when(register(person()))
        .then([registered(person()), taken(second())]);
    given([registered(person()), erased()])
        .when(register(person()))
        .then([registered(person()), taken(second())]);
}

fn correct_nik(nik: &str, evidence: Option<&str>) -> Command {
    Command::CorrectNik(CorrectNik {
        operator_id: operator_id(),
        nik: nik.parse().unwrap(),
        reason: REASON.into(),
        nik_mismatch_evidence: evidence.map(Into::into),
    })
}

fn nik_corrected(profile: Profile) -> crate::Event {
    Event::from(NikCorrected {
        personal: Personal::Open(ParticularsCorrection {
            profile,
            reason: REASON.into(),
        }),
    })
    .into()
}

#[test]
fn rule_44_a_corrected_nik_is_taken_and_the_old_one_released() {
    let right = with_nik("150395", "1995-03-15", Sex::Male);
    let nik = "6171011503950009";
    let right = Profile {
        nik: nik.parse().unwrap(),
        ..right
    };
    let before = given([registered(person()), taken(operator_id())]);
    let after = before.clone().when(correct_nik(nik, None)).then([
        released(operator_id()),
        taken(operator_id()),
        nik_corrected(right),
    ]);
    // The citizen whose NIK was typed by mistake can be registered, as another person.
    after
        .clone()
        .when(register(person()))
        .then([registered(person()), taken(second())]);
    after.clone().when(correct_nik(nik, None)).then_in_effect();
    // And back again: the first NIK is free.
    after
        .when(correct_nik(person().nik.as_str(), None))
        .then_ok();
    before
        .when(correct_nik(person().nik.as_str(), None))
        .then_in_effect();
}

#[test]
fn rule_44_the_new_nik_must_be_free_and_fit() {
    let nik = "6171011503950009";
    let other = tenant().operator_id(&nik.parse().unwrap());
    let digest = tenant().nik_digest(&nik.parse().unwrap());
    let before = given([registered(person()), taken(operator_id())]);
    let held = before
        .clone()
        .with_claim(&digest, &claim::Taken { operator_id: other }.into());
    held.clone()
        .when(correct_nik(nik, None))
        .then_err(Rejection::OperatorAlreadyRegistered { operator_id: other });
    held.with_claim(&digest, &claim::Released { operator_id: other }.into())
        .when(correct_nik(nik, None))
        .then_ok();
    before
        .clone()
        .when(correct_nik("6171011603950009", None))
        .then_err(mismatch(&["birth_date"]));
    before
        .when(correct_nik("6171011603950009", Some("akta")))
        .then_ok();
    let operator_id = operator_id();
    given([])
        .when(correct_nik(nik, None))
        .then_err(Rejection::OperatorUnknown { operator_id });
    given([registered(person()), erased()])
        .when(correct_nik(nik, None))
        .then_err(Rejection::OperatorErased { operator_id });
}

/// Goal: the auditor finds a claim of a held number, a release by another person, and anything after the release.
#[test]
fn rule_44_stored_claims_follow_one_another() {
    let (holder, other) = (operator_id(), second());
    let taken = |operator_id| claim::Event::from(claim::Taken { operator_id });
    let released = |operator_id| claim::Event::from(claim::Released { operator_id });
    let admits = |before: &[claim::Event], event: claim::Event| {
        let mut state = crate::nik::NikState::default();
        before
            .iter()
            .for_each(|event| state.apply(&event.clone().into()));
        state.admits(&event.into()).is_ok()
    };
    assert!(admits(&[], taken(holder)));
    assert!(admits(&[], released(holder)), "held before claims existed");
    assert!(admits(&[taken(holder)], released(holder)));
    assert!(!admits(&[taken(holder)], released(other)));
    assert!(!admits(&[taken(holder)], taken(other)));
    let over = [taken(holder), released(holder)];
    assert!(!admits(&over, taken(other)) && !admits(&over, released(holder)));
}

/// Goal: without the tenant's key nobody can tell that two people held one NIK, one after the other.
#[test]
fn rule_44_an_id_and_a_digest_follow_from_the_tenant_key_alone() {
    let first = tenant().nik_digest(&person().nik);
    let next = tenant().next_nik_digest(&first);
    let digests = [first.to_string(), next.to_string()];
    for id in [operator_id(), second()] {
        let id = id.0.simple().to_string();
        assert!(
            digests
                .iter()
                .all(|digest| digest[..12] != id[..12] && digest[16..] != id[16..])
        );
    }
    assert_ne!(digests[0], digests[1]);
}

#[test]
fn nobody_is_born_after_today() {
    let today = day("1995-03-14");
    given([])
        .today("1995-03-14")
        .when(register(person()))
        .then_err(Rejection::OperatorBirthDateInFuture { today });
    given([])
        .today("1995-03-15")
        .when(register(person()))
        .then_ok();
    let reborn = Correct {
        birth_date: Some(day("1995-03-16")),
        nik_mismatch_evidence: Some("akta kelahiran".into()),
        ..plain()
    };
    given([registered(person())])
        .today("1995-03-15")
        .when(Command::CorrectOperator(reborn))
        .then_err(Rejection::OperatorBirthDateInFuture {
            today: day("1995-03-15"),
        });
}

#[test]
fn rule_11_turning_36_in_service_changes_nothing() {
    // 36 on 15 November 2020, in the middle of the contract: later decisions are as for anyone.
    let profile = Profile {
        birth_date: day("1984-11-15"),
        ..person()
    };
    let package = [published(terms()), ppk(), pptk(), reserved(1, "8250000")];
    let engaged = given(
        package
            .into_iter()
            .chain([registered(profile), hired(contract())]),
    );
    let told = |name: &str, mut body: serde_json::Value| {
        body["operator_id"] = json!(operator_id());
        Command::parse(name, body.to_string().as_bytes())
            .unwrap()
            .unwrap()
    };
    let month = |of| json!({"contract_id": id(1), "month": of, "scores": scores(21)});
    let after = [
        (
            "record-leave",
            json!({"kind": "annual", "from": "2020-11-16", "to": "2020-11-16"}),
        ),
        (
            "record-absence",
            json!({"on": "2020-11-17", "reason": REASON}),
        ),
        (
            "amend-contract",
            json!({"contract_id": id(1), "end": "2020-11-30", "reason": REASON}),
        ),
        ("submit-monthly-appraisal", month("2020-10")),
        ("submit-monthly-appraisal", month("2020-11")),
    ]
    .into_iter()
    .fold(engaged, |given, (name, body)| {
        given.when(told(name, body)).then_ok()
    });
    let sign = || json!({"contract_id": id(1)});
    let proposed = after
        .by(PPTK)
        .when(told("propose-evaluation", sign()))
        .then_ok();
    proposed
        .by(PPK)
        .when(told("finalize-evaluation", sign()))
        .then_ok();
}

#[test]
fn erasing_forgets_a_person_who_is_not_engaged() {
    let operator_id = operator_id();
    given([])
        .when(erase())
        .then_err(Rejection::OperatorUnknown { operator_id });
    let after = given([registered(person())])
        .when(erase())
        .then([released(operator_id), erased()]);
    assert_eq!(after.operator.identity, super::IdentityState::Erased);
    after.when(erase()).then_in_effect();
}

#[test]
fn the_day_after_the_last_contract_a_person_may_be_erased() {
    let engaged = || given([registered(person()), hired(contract())]);
    let still = Rejection::OperatorEngaged {
        contract_id: id(1),
        end: day("2020-12-31"),
    };
    engaged().today("2020-12-31").when(erase()).then_err(still);
    engaged().today("2021-01-01").when(erase()).then_ok();
    engaged()
        .and(&terminated(1, "2020-11-13", "0"))
        .today("2020-11-14")
        .when(erase())
        .then_ok();
    engaged()
        .and(&voided(1))
        .today("2020-10-01")
        .when(erase())
        .then_ok();
}
