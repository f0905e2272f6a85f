//! Short examples of events for specs. Each is as in the KAK of 2020; a spec spells out the differences alone.

use std::{fmt::Debug, str::FromStr};

use uuid::Uuid;

use crate::{
    Event,
    calendar::holiday,
    date::{Month, Period},
    ids::{ContractId, LeaveId, OperatorId},
    money::Rupiah,
    operator::{
        appraisal::{self, Scores},
        contract::{self, Hired, Monthly},
        evaluation::{self, EvaluationResult},
        identity::{self, Education, EducationLevel, Profile, Sex},
        leave,
    },
    package::{
        officer::{self, OfficerRole},
        policy::{AppraisalPolicy, Category},
        slot,
        terms::{self, Terms},
    },
    personal::{Personal, Remark},
    secret::TenantKey,
};

/// The NIP of the commitment officer of the KAK.
pub(crate) const PPK: &str = "197701161997031006";
/// The NIP of the technical officer of the KAK.
pub(crate) const PPTK: &str = "198203052006042001";
/// The NIP of an officer without an assignment.
pub(crate) const STRANGER: &str = "196401141988121002";
/// The citizen number of [`person`].
pub(crate) const NIK: &str = "6171011503950001";
/// A reason, in specs that do not depend on it.
pub(crate) const REASON: &str = "alasan";

pub(crate) fn tenant() -> TenantKey {
    TenantKey::new([7; 32])
}

/// A day, for a command or for an event.
pub(crate) fn day<D: FromStr<Err: Debug>>(text: &str) -> D {
    text.parse().unwrap()
}

pub(crate) fn month(text: &str) -> Month {
    text.parse().unwrap()
}

pub(crate) fn period(start: &str, end: &str) -> Period {
    Period {
        start: day(start),
        end: day(end),
    }
}

pub(crate) fn rupiah(text: &str) -> Rupiah {
    text.parse().unwrap()
}

/// The id of the nth contract.
pub(crate) fn id(n: u128) -> ContractId {
    ContractId(Uuid::from_u128(n))
}

/// The id of the nth leave.
pub(crate) fn leave_id(n: u128) -> LeaveId {
    LeaveId(Uuid::from_u128(n))
}

/// The one person of most specs.
pub(crate) fn operator_id() -> OperatorId {
    tenant().operator_id(&NIK.parse().unwrap())
}

pub(crate) fn reason() -> Personal<Remark> {
    Remark::open(REASON)
}

pub(crate) fn terms() -> Terms {
    Terms {
        title: "Tenaga Informasi Teknologi".into(),
        agency: "BKPSDM Kota Pontianak".into(),
        fiscal_year: 2020,
        fund_source: "APBD Perubahan".into(),
        budget_ceiling: rupiah("24750000"),
        quota: 3,
        period: period("2020-10-01", "2020-12-31"),
        eligibility: Default::default(),
        leave: Default::default(),
        appraisal: Default::default(),
        evaluation: Default::default(),
        warnings: Default::default(),
        officers_may: Default::default(),
    }
}

pub(crate) fn published(terms: Terms) -> Event {
    terms::Event::from(terms::Published { terms }).into()
}

pub(crate) fn terms_amended(version: u32, terms: Terms) -> Event {
    terms::Event::from(terms::Amended {
        version,
        terms,
        personal: reason(),
    })
    .into()
}

pub(crate) fn assigned(role: OfficerRole, nip: &str, from: &str, to: Option<&str>) -> Event {
    let nip: crate::ids::Nip = nip.parse().unwrap();
    officer::Event::from(officer::Assigned {
        officer_id: tenant().officer_id(&nip),
        role,
        from: day(from),
        to: to.map(day),
        acting: false,
        decree: None,
        personal: Personal::Open(officer::Officer {
            nip,
            name: "Contoh".into(),
        }),
    })
    .into()
}

pub(crate) fn ppk() -> Event {
    assigned(OfficerRole::Ppk, PPK, "2020-10-01", None)
}

pub(crate) fn pptk() -> Event {
    assigned(OfficerRole::Pptk, PPTK, "2020-10-01", None)
}

/// The number of the nth contract.
pub(crate) fn spk_number(n: u128) -> String {
    format!("800/{n}/SPK/BKPSDM/2020")
}

/// The sealed part of a hire without a justification.
pub(crate) fn hire_particulars(spk_number: &str) -> Option<Personal<contract::HireParticulars>> {
    Some(Personal::Open(contract::HireParticulars {
        spk_number: Some(spk_number.to_owned()),
        justification: None,
    }))
}

/// The slot of the nth contract.
pub(crate) fn reserved(n: u128, value: &str) -> Event {
    slot::Event::from(slot::Reserved {
        contract_id: id(n),
        operator_id: operator_id(),
        spk: slot::SpkMark::of(&tenant(), &contract().package_id, &spk_number(n)),
        value: rupiah(value),
    })
    .into()
}

pub(crate) fn released(n: u128, cause: slot::ReleaseCause, earned: &str) -> Event {
    slot::Event::from(slot::Released {
        contract_id: id(n),
        cause,
        earned: rupiah(earned),
    })
    .into()
}

/// A man of 25 from Pontianak, eligible for the KAK.
pub(crate) fn person() -> Profile {
    Profile {
        nik: NIK.parse().unwrap(),
        full_name: "Contoh Operator Satu".into(),
        birth_date: day("1995-03-15"),
        sex: Sex::Male,
        birth_place: None,
        address: None,
        domicile_code: "6171".into(),
        citizenship: "WNI".into(),
        education: Education {
            level: EducationLevel::D3,
            major: "Teknik Informatika".into(),
            institution: "Politeknik Negeri Pontianak".into(),
            accredited: true,
            gpa: "3.10".parse().unwrap(),
        },
        phone: None,
        email: None,
        npwp: None,
        nik_mismatch_evidence: None,
    }
}

pub(crate) fn woman() -> Profile {
    Profile {
        sex: Sex::Female,
        ..person()
    }
}

pub(crate) fn registered(profile: Profile) -> Event {
    identity::Event::from(identity::Registered {
        personal: Personal::Open(profile),
    })
    .into()
}

/// The money of a month in the KAK: Rp 2,750,000.
pub(crate) fn monthly() -> Monthly {
    Monthly {
        wage: rupiah("2601875"),
        health_insurance: rupiah("110000"),
        employment_insurance: rupiah("38125"),
    }
}

/// Contract 1, October to December.
pub(crate) fn contract() -> Hired {
    let terms = terms();
    Hired {
        contract_id: id(1),
        package_id: "2020-tenaga-it".parse().unwrap(),
        spk_number: None,
        spk_date: day("2020-09-30"),
        start: terms.period.start,
        end: terms.period.end,
        monthly: monthly(),
        value: rupiah("8250000"),
        fiscal_year: 2020,
        terms_version: 1,
        leave: terms.leave,
        appraisal: terms.appraisal,
        evaluation: terms.evaluation,
        warnings: terms.warnings,
        integrity_pact: true,
        prior_evaluation: None,
        personal: hire_particulars(&spk_number(1)),
    }
}

/// The nth contract, of other days.
pub(crate) fn contract_of(n: u128, start: &str, end: &str) -> Hired {
    Hired {
        contract_id: id(n),
        personal: hire_particulars(&spk_number(n)),
        start: day(start),
        end: day(end),
        ..contract()
    }
}

pub(crate) fn hired(contract: Hired) -> Event {
    contract::Event::from(contract).into()
}

pub(crate) fn terminated(n: u128, on: &str, earned: &str) -> Event {
    let (cause, earned) = (contract::TerminationCause::Resignation, rupiah(earned));
    let terminated = contract::Terminated {
        contract_id: id(n),
        on: day(on),
        cause,
        earned,
        personal: reason(),
    };
    contract::Event::from(terminated).into()
}

pub(crate) fn voided(n: u128) -> Event {
    contract::Event::from(contract::Voided {
        contract_id: id(n),
        personal: reason(),
    })
    .into()
}

/// The nth leave, under contract 1.
pub(crate) fn leave(n: u128, kind: leave::LeaveKind, from: &str, to: &str) -> Event {
    leave_under(1, n, kind, from, to)
}

pub(crate) fn leave_under(
    contract: u128,
    n: u128,
    kind: leave::LeaveKind,
    from: &str,
    to: &str,
) -> Event {
    leave::Event::from(leave::Recorded {
        leave_id: leave_id(n),
        contract_id: id(contract),
        kind,
        from: day(from),
        to: day(to),
        personal: None,
    })
    .into()
}

pub(crate) fn cancelled(n: u128, from: &str) -> Event {
    let cancelled = leave::Cancelled {
        leave_id: leave_id(n),
        from: day(from),
        personal: reason(),
    };
    leave::Event::from(cancelled).into()
}

/// Seven scores of the KAK's scheme that add up to `total`, the greater ones first.
pub(crate) fn scores(total: u8) -> Scores {
    let indicators = AppraisalPolicy::default();
    let mut left = total;
    let scored = indicators
        .indicators()
        .into_iter()
        .enumerate()
        .map(|(n, indicator)| {
            let others = 6 - u8::try_from(n).unwrap();
            let score = left.saturating_sub(others).min(4);
            left -= score;
            (indicator.to_owned(), score)
        });
    let scores: Scores = scored.collect();
    assert_eq!(left, 0, "{total} is on the scale");
    scores
}

/// Good from 18, as the KAK has it.
pub(crate) fn category(total: u32, months: u32) -> Category {
    if total >= 18 * months {
        Category::Good
    } else {
        Category::Poor
    }
}

/// A month of contract 1, signed in time.
pub(crate) fn appraised(of: &str, total: u8) -> Event {
    appraisal::Event::from(appraisal::Submitted {
        contract_id: id(1),
        month: month(of),
        scores: scores(total),
        total: total.into(),
        category: category(total.into(), 1),
        signed_on: month(of).last(),
        late: false,
        personal: None,
    })
    .into()
}

pub(crate) fn waived(of: &str) -> Event {
    appraisal::Event::from(appraisal::Waived {
        contract_id: id(1),
        month: month(of),
        personal: reason(),
    })
    .into()
}

pub(crate) fn outcome(months: u32, expected: u32, total: u32) -> EvaluationResult {
    EvaluationResult {
        months,
        expected,
        total,
        category: category(total, months),
    }
}

pub(crate) fn proposed(result: EvaluationResult) -> Event {
    evaluation::Event::from(evaluation::Proposed {
        contract_id: id(1),
        officer_id: tenant().officer_id(&PPTK.parse().unwrap()),
        signed_on: day("2020-12-31"),
        result,
        personal: None,
    })
    .into()
}

pub(crate) fn finalized(revision: u32, result: EvaluationResult) -> Event {
    evaluation::Event::from(evaluation::Finalized {
        contract_id: id(1),
        revision,
        officer_id: tenant().officer_id(&PPK.parse().unwrap()),
        signed_on: day("2020-12-31"),
        result,
        notice: (result.category == Category::Poor).then(|| evaluation::Notice {
            officer_id: tenant().officer_id(&PPK.parse().unwrap()),
        }),
        personal: None,
    })
    .into()
}

pub(crate) fn declared(date: &str, kind: holiday::HolidayKind) -> Event {
    let (name, decree) = ("Libur".into(), "SKB 3 Menteri".into());
    holiday::Event::from(holiday::Declared {
        date: day(date),
        kind,
        name,
        decree,
    })
    .into()
}

pub(crate) fn revoked(date: &str, kind: holiday::HolidayKind) -> Event {
    let (name, decree) = ("Libur".into(), "SKB 3 Menteri, 1 Desember 2020".into());
    holiday::Event::from(holiday::Revoked {
        date: day(date),
        kind,
        name,
        decree,
    })
    .into()
}

pub(crate) fn reopened(revision: u32) -> Event {
    evaluation::Event::from(evaluation::Reopened {
        contract_id: id(1),
        revision,
        officer_id: tenant().officer_id(&PPK.parse().unwrap()),
        personal: reason(),
    })
    .into()
}
