//! An event against the rules is found, at its position. Method: one honest history, and after it one event
//! that could not have been decided.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use jejak_events::{Envelope, Event, RecordedEvent, envelope::event_id};
use serde_json::{Value, json};

use super::super::CheckOutcome;
use super::*;

const OPERATOR: &str = "operator/00000000-0000-8000-8000-000000000001";
const PACKAGE: &str = "package/2020-tenaga-it";
const CONTRACT: &str = "00000000-0000-4000-8000-00000000000a";
const OTHER: &str = "00000000-0000-4000-8000-00000000000b";
const LEAVE: &str = "00000000-0000-4000-8000-00000000000c";
const OFFICER: &str = "00000000-0000-8000-8000-00000000000d";

fn recorded(position: u64, stream: &str, kind: &str, data: Value) -> RecordedEvent {
    let stream: StreamId = stream.parse().unwrap();
    let (tenant, command_id) = (
        "pontianak".parse().unwrap(),
        format!("c-{position}").parse().unwrap(),
    );
    let data = serde_json::value::to_raw_value(&data).unwrap();
    let envelope = Envelope {
        id: event_id(&tenant, &stream, &command_id, 0),
        tenant,
        stream,
        time: "2020-10-01T00:00:00Z".parse().unwrap(),
        actor: "account/rig".parse().unwrap(),
        sealed_actor: None,
        command: "test".into(),
        command_id,
        command_digest: "0".to_owned(),
        correlation_id: None,
        traceparent: None,
    };
    RecordedEvent {
        position,
        envelope,
        event: Event::decode(kind, &data).unwrap(),
    }
}

fn policies() -> Value {
    use jejak_events::package::policy;
    json!({"eligibility": policy::Eligibility::default(), "leave": policy::LeavePolicy::default(),
        "appraisal": policy::AppraisalPolicy::default(), "evaluation": policy::EvaluationPolicy::default(),
        "warnings": policy::WarningPolicy::default()})
}

fn terms(quota: u32, ceiling: &str) -> Value {
    let mut terms = json!({"title": "t", "agency": "a", "fiscal_year": 2020, "fund_source": "APBD", "quota": quota,
        "budget_ceiling": ceiling, "period": {"start": "2020-10-01", "end": "2020-12-31"}});
    terms
        .as_object_mut()
        .unwrap()
        .extend(policies().as_object().unwrap().clone());
    terms
}

fn hired(contract: &str, start: &str, end: &str) -> Value {
    let mut hired = json!({"contract_id": contract, "package_id": "2020-tenaga-it", "spk_number": "1", "spk_date": start,
        "start": start, "end": end, "monthly": {"wage": "2500000", "health_insurance": "150000",
        "employment_insurance": "100000"}, "value": "8250000", "fiscal_year": 2020, "terms_version": 1,
        "integrity_pact": true, "prior_evaluation": null});
    let mut policies = policies();
    policies.as_object_mut().unwrap().remove("eligibility");
    hired
        .as_object_mut()
        .unwrap()
        .extend(policies.as_object().unwrap().clone());
    hired
}

fn slot(contract: &str, number: &str) -> Value {
    let operator = OPERATOR.strip_prefix("operator/").unwrap();
    json!({"contract_id": contract, "operator_id": operator, "spk_number": number, "value": "8250000"})
}

fn scores(month: &str, total: u32) -> Value {
    json!({"contract_id": CONTRACT, "month": month, "scores": {"attendance": 3, "roll_call": 3, "completion": 3,
        "timeliness": 3, "quality": 3, "obligations": 3, "prohibitions": 3}, "total": total, "category": "good",
        "signed_on": "2020-11-02", "late": false})
}

fn leave(from: &str, to: &str, id: &str) -> Value {
    json!({"leave_id": id, "contract_id": CONTRACT, "kind": "annual", "from": from, "to": to})
}

/// Sealed parts stay sealed: the rules need none of them.
fn sealed(mut data: Value) -> Value {
    data["personal"] = json!("AAAA");
    data
}

fn honest() -> Vec<(&'static str, &'static str, Value)> {
    let period = json!({"officer_id": OFFICER, "role": "ppk", "from": "2020-10-01", "to": null, "acting": false, "decree": null});
    vec![
        (
            PACKAGE,
            "package.terms.published.v1",
            json!({"terms": terms(1, "8250000")}),
        ),
        (PACKAGE, "package.officer.assigned.v1", sealed(period)),
        (
            OPERATOR,
            "operator.identity.registered.v1",
            sealed(json!({})),
        ),
        (PACKAGE, "package.slot.reserved.v1", slot(CONTRACT, "1")),
        (
            OPERATOR,
            "operator.contract.hired.v1",
            hired(CONTRACT, "2020-10-01", "2020-12-31"),
        ),
        (
            OPERATOR,
            "operator.leave.recorded.v1",
            leave("2020-11-02", "2020-11-04", LEAVE),
        ),
        (
            OPERATOR,
            "operator.appraisal.submitted.v1",
            scores("2020-10", 21),
        ),
        (
            "calendar/2020",
            "calendar.holiday.declared.v1",
            json!({"date": "2020-12-28", "kind": "joint_leave", "name": "n", "decree": "d"}),
        ),
    ]
}

/// The faults of the honest history with these events after it.
fn found(more: Vec<(&'static str, &'static str, Value)>) -> Result<String, String> {
    let events: Vec<_> = (1..)
        .zip(honest().into_iter().chain(more))
        .map(|(position, (stream, kind, data))| recorded(position, stream, kind, data))
        .collect();
    let (send, receive) = mpsc::channel(1);
    send.try_send(VerifyBatch::Events(std::sync::Arc::new(events)))
        .unwrap();
    drop(send);
    match check(receive).outcome {
        CheckOutcome::Passed(what) => Ok(what),
        CheckOutcome::Failed(what) => Err(what),
        CheckOutcome::Skipped(reason) => panic!("skipped: {reason}"),
    }
}

#[test]
fn an_honest_history_passes() {
    assert_eq!(
        found(vec![]),
        Ok("3 streams replayed by the rules".to_owned())
    );
}

#[test]
fn what_could_not_have_happened_is_found_at_its_position() {
    let other_leave = "00000000-0000-4000-8000-00000000000e";
    let officer = json!({"officer_id": OTHER, "role": "ppk", "from": "2020-12-01", "to": null, "acting": true, "decree": null});
    let result = json!({"months": 1, "expected": 3, "total": 21, "category": "good"});
    let proposed = json!({"contract_id": CONTRACT, "officer_id": OFFICER, "signed_on": "2020-12-31", "result": result});
    let mut finalized = proposed.clone();
    finalized["revision"] = json!(1);
    let mut corrected = sealed(scores("2020-10", 21));
    corrected["revision"] = json!(3);
    let terminated =
        json!({"contract_id": CONTRACT, "on": "2021-01-01", "cause": "resignation", "earned": "0"});
    let cases = [
        (
            PACKAGE,
            "package.terms.published.v1",
            json!({"terms": terms(1, "8250000")}),
            "published already",
        ),
        (
            PACKAGE,
            "package.terms.amended.v1",
            sealed(json!({"version": 4, "terms": terms(1, "8250000")})),
            "from version 1 to 4",
        ),
        (
            PACKAGE,
            "package.terms.amended.v1",
            sealed(json!({"version": 2, "terms": terms(0, "8250000")})),
            "rule 1",
        ),
        (
            PACKAGE,
            "package.terms.amended.v1",
            sealed(json!({"version": 2, "terms": terms(1, "8249999")})),
            "rule 3",
        ),
        (
            PACKAGE,
            "package.officer.assigned.v1",
            sealed(officer),
            "rule 37",
        ),
        (
            PACKAGE,
            "package.slot.reserved.v1",
            slot(OTHER, "2"),
            "rule 1",
        ),
        (
            PACKAGE,
            "package.slot.reserved.v1",
            slot(OTHER, "1"),
            "rule 8",
        ),
        (
            PACKAGE,
            "package.slot.reserved.v1",
            slot(CONTRACT, "2"),
            "has a slot already",
        ),
        (
            PACKAGE,
            "package.slot.adjusted.v1",
            json!({"contract_id": OTHER, "value": "1"}),
            "has no slot",
        ),
        (
            OPERATOR,
            "operator.identity.registered.v1",
            sealed(json!({})),
            "rule 39",
        ),
        (
            OPERATOR,
            "operator.contract.hired.v1",
            hired(CONTRACT, "2021-01-01", "2021-02-28"),
            "exists already",
        ),
        (
            OPERATOR,
            "operator.contract.hired.v1",
            hired(OTHER, "2020-12-31", "2021-02-28"),
            "rule 6",
        ),
        (
            OPERATOR,
            "operator.contract.terminated.v1",
            sealed(terminated),
            "rule 13",
        ),
        (
            OPERATOR,
            "operator.leave.recorded.v1",
            leave("2020-11-04", "2020-11-05", other_leave),
            "rule 16",
        ),
        (
            OPERATOR,
            "operator.leave.recorded.v1",
            leave("2020-12-31", "2021-01-01", other_leave),
            "rule 15",
        ),
        (
            OPERATOR,
            "operator.leave.cancelled.v1",
            sealed(json!({"leave_id": other_leave, "from": "2020-11-02"})),
            "rule 22",
        ),
        (
            OPERATOR,
            "operator.appraisal.submitted.v1",
            scores("2020-10", 21),
            "rule 29",
        ),
        (
            OPERATOR,
            "operator.appraisal.submitted.v1",
            scores("2020-09", 21),
            "rule 28",
        ),
        (
            OPERATOR,
            "operator.appraisal.submitted.v1",
            scores("2020-11", 28),
            "do not add up",
        ),
        (
            OPERATOR,
            "operator.appraisal.corrected.v1",
            corrected,
            "rule 30",
        ),
        (
            OPERATOR,
            "operator.evaluation.proposed.v1",
            proposed,
            "rule 32",
        ),
        (
            OPERATOR,
            "operator.evaluation.finalized.v1",
            finalized,
            "rule 33",
        ),
        (
            "operator/00000000-0000-8000-8000-000000000002",
            "operator.appraisal.submitted.v1",
            scores("2020-10", 21),
            "not registered",
        ),
        (
            "package/other",
            "package.slot.reserved.v1",
            slot(OTHER, "2"),
            "no terms are published",
        ),
        (
            "calendar/2020",
            "calendar.holiday.declared.v1",
            json!({"date": "2020-12-28", "kind": "joint_leave", "name": "n", "decree": "d"}),
            "declared already",
        ),
        (
            "calendar/2020",
            "calendar.holiday.revoked.v1",
            json!({"date": "2020-12-29", "kind": "joint_leave", "name": "n", "decree": "d"}),
            "not declared",
        ),
        (
            "calendar/2020",
            "calendar.holiday.declared.v1",
            json!({"date": "2021-12-28", "kind": "joint_leave", "name": "n", "decree": "d"}),
            "not in this year",
        ),
    ];
    for (stream, kind, data, named) in cases {
        let said = found(vec![(stream, kind, data)]).unwrap_err();
        assert!(
            said.starts_with("position 9: ") && said.contains(named),
            "{kind}: {named} is not in: {said}"
        );
    }
}

#[test]
fn a_contract_without_its_slot_is_half_a_hire() {
    let said = found(vec![(
        OPERATOR,
        "operator.contract.hired.v1",
        hired(OTHER, "2021-01-01", "2021-02-28"),
    )]);
    assert!(said.unwrap_err().contains("it has no slot in its package"));
    let voided = sealed(json!({"contract_id": CONTRACT}));
    let said = found(vec![(OPERATOR, "operator.contract.voided.v1", voided)]);
    assert!(said.unwrap_err().contains("its slot has no contract"));
    let released = json!({"contract_id": CONTRACT, "cause": "terminated", "earned": "100"});
    let said = found(vec![(PACKAGE, "package.slot.released.v1", released)]);
    assert!(
        said.unwrap_err()
            .contains("its slot was not changed together with it")
    );
}

/// Goal: an audit accepts the work of two replicas at one moment. It still finds a half hire under such an
/// id. Method: another person is hired under the id in another package.
#[test]
fn one_id_in_two_packages_is_two_contracts() {
    const PERSON: &str = "operator/00000000-0000-8000-8000-000000000002";
    const ELSEWHERE: &str = "package/2020-lain";
    let mut place = slot(CONTRACT, "1");
    place["operator_id"] = json!(PERSON.strip_prefix("operator/").unwrap());
    let mut contract = hired(CONTRACT, "2020-10-01", "2020-12-31");
    contract["package_id"] = json!(ELSEWHERE.strip_prefix("package/").unwrap());
    let second = vec![
        (
            ELSEWHERE,
            "package.terms.published.v1",
            json!({"terms": terms(1, "8250000")}),
        ),
        (PERSON, "operator.identity.registered.v1", sealed(json!({}))),
        (ELSEWHERE, "package.slot.reserved.v1", place),
        (PERSON, "operator.contract.hired.v1", contract),
    ];
    assert_eq!(
        found(second.clone()),
        Ok("5 streams replayed by the rules".to_owned())
    );
    let voided = (
        PERSON,
        "operator.contract.voided.v1",
        sealed(json!({"contract_id": CONTRACT})),
    );
    let said = found([second, vec![voided]].concat()).unwrap_err();
    assert_eq!(
        said,
        format!("position 13: contract {CONTRACT}: its slot has no contract")
    );
}

#[test]
fn rule_44_every_claim_has_a_registered_holder_with_one_nik() {
    const NIK: &str = "nik/0000000000000000000000000000000100000000000000000000000000000000";
    const OTHER_NIK: &str = "nik/0000000000000000000000000000000200000000000000000000000000000000";
    let holder = |id: &str| json!({"operator_id": id.strip_prefix("operator/").unwrap()});
    let taken = |nik, id| (nik, "nik.claim.taken.v1", holder(id));
    let released = |nik, id| (nik, "nik.claim.released.v1", holder(id));
    let erased = (OPERATOR, "operator.identity.erased.v1", sealed(json!({})));
    let stranger = "operator/00000000-0000-8000-8000-00000000000f";
    let moved = vec![
        taken(NIK, OPERATOR),
        released(NIK, OPERATOR),
        taken(OTHER_NIK, OPERATOR),
    ];
    assert_eq!(
        found(moved).unwrap(),
        "5 streams replayed by the rules".to_owned()
    );
    for (more, said) in [
        (vec![taken(NIK, stranger)], "is not registered (rule 44)"),
        (
            vec![taken(NIK, OPERATOR), taken(OTHER_NIK, OPERATOR)],
            "holds another NIK, too (rule 44)",
        ),
        (
            vec![taken(NIK, OPERATOR), erased],
            "holds it and is erased (rule 44)",
        ),
        (
            vec![taken(NIK, OPERATOR), taken(NIK, stranger)],
            "holds the NIK (rule 44)",
        ),
        (
            vec![taken(NIK, OPERATOR), released(NIK, stranger)],
            "does not hold the NIK (rule 44)",
        ),
        (
            vec![
                taken(NIK, OPERATOR),
                released(NIK, OPERATOR),
                taken(NIK, OPERATOR),
            ],
            "is over (rule 44)",
        ),
    ] {
        let found = found(more).unwrap_err();
        assert!(found.contains(said), "{said} is not in {found}");
    }
}
