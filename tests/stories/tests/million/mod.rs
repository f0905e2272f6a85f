//! A history that the rules allow, as bytes: one package after another with its people, each hired,
//! on leave, appraised and evaluated.

use std::time::{Duration, Instant};

use async_nats::{Client, HeaderMap};
use futures_util::{StreamExt, stream};
use jejak_events::{
    Envelope, Event,
    envelope::{encode, event_id, seal},
    ids::{CommandId, ContractId, LeaveId, OfficerId, OperatorId, PackageId, StreamId},
    money::Rupiah,
    operator::{appraisal, contract, evaluation, identity, leave},
    package::{policy, slot, terms},
    personal::{Owner, Personal},
    secret::DataKey,
};
use jejak_journal::{Keyring, nonce, topic};
use jejak_stories::tenant;
use tokio::sync::mpsc;
use uuid::Uuid;

const PER_OPERATOR: u64 = 16;
const PER_PACKAGE: u64 = 500;
/// The most events the broker takes in one atomic batch.
const BATCH: usize = 1_000;
/// Batches waiting to be appended.
const WAITING: usize = 8;
const KEYS_AT_ONCE: usize = 256;

fn package(n: u64) -> PackageId {
    format!("package-{}", n / PER_PACKAGE).parse().unwrap()
}

fn uuid(kind: u128, n: u64, nth: u64) -> Uuid {
    uuid::Builder::from_custom_bytes(
        (kind << 112 | u128::from(n) << 16 | u128::from(nth)).to_be_bytes(),
    )
    .into_uuid()
}

fn stored(
    stream: &StreamId,
    command: &str,
    n: usize,
    mut event: Event,
    key: &DataKey,
) -> (String, Vec<u8>) {
    let command_id: CommandId = command.parse().unwrap();
    let id = event_id(&tenant(), stream, &command_id, n);
    seal(id, &mut event, key, nonce().unwrap());
    let envelope = Envelope {
        id,
        tenant: tenant(),
        stream: stream.clone(),
        time: "2020-10-01T00:00:00Z".parse().unwrap(),
        actor: "account/rig".parse().unwrap(),
        sealed_actor: None,
        command: "rig".into(),
        command_id,
        command_digest: "0".repeat(64),
        correlation_id: None,
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
    };
    (
        topic(&tenant(), stream, event.topic()),
        encode(&envelope, &event)
            .unwrap()
            .get()
            .to_owned()
            .into_bytes(),
    )
}

fn published(n: u64, key: &DataKey) -> (String, Vec<u8>) {
    let terms = terms::Terms {
        title: "Tenaga IT".to_owned(),
        agency: "BKPSDM".to_owned(),
        fiscal_year: 2020,
        fund_source: "APBD".to_owned(),
        budget_ceiling: Rupiah::new(8_250_000 * PER_PACKAGE as i64),
        quota: PER_PACKAGE as u32,
        period: serde_json::from_str(r#"{"start":"2020-10-01","end":"2020-12-31"}"#).unwrap(),
        eligibility: policy::Eligibility::default(),
        leave: policy::LeavePolicy::default(),
        appraisal: policy::AppraisalPolicy::default(),
        evaluation: policy::EvaluationPolicy::default(),
        warnings: policy::WarningPolicy::default(),
        officers_may: Default::default(),
    };
    let event = Event::Package(terms::Event::from(terms::Published { terms }).into());
    stored(
        &StreamId::Package(package(n)),
        &format!("publish-{n}"),
        0,
        event,
        key,
    )
}

/// Everything about one person, in order.
fn person(n: u64, key: &DataKey) -> Vec<(String, Vec<u8>)> {
    let (operator_id, contract_id) = (OperatorId(uuid(1, n, 0)), ContractId(uuid(2, n, 0)));
    let stream = StreamId::Operator(operator_id);
    let officer = |nth| OfficerId(uuid(3, 0, nth));
    let date = |text: &str| text.parse().unwrap();
    let profile: identity::Profile = serde_json::from_value(serde_json::json!({
        "nik": format!("{:016}", 6_171_011_503_950_000 + n), "full_name": "Contoh Satu", "birth_date": "1995-03-15",
        "sex": "male", "domicile_code": "6171", "citizenship": "WNI", "education": {"level": "D3",
        "major": "Teknik Informatika", "institution": "Politeknik", "accredited": true, "gpa": "3.10"},
        "nik_mismatch_evidence": "surat"})).unwrap();
    let value = Rupiah::new(8_250_000);
    let spk_number = format!("SPK-{n}");
    let hired = contract::Hired {
        contract_id,
        package_id: package(n),
        spk_number: None,
        spk_date: date("2020-09-30"),
        start: date("2020-10-01"),
        end: date("2020-12-31"),
        monthly: contract::Monthly {
            wage: Rupiah::new(2_500_000),
            health_insurance: Rupiah::new(150_000),
            employment_insurance: Rupiah::new(100_000),
        },
        value,
        fiscal_year: 2020,
        terms_version: 1,
        leave: policy::LeavePolicy::default(),
        appraisal: policy::AppraisalPolicy::default(),
        evaluation: policy::EvaluationPolicy::default(),
        warnings: policy::WarningPolicy::default(),
        integrity_pact: true,
        prior_evaluation: None,
        personal: Some(Personal::Open(contract::HireParticulars {
            spk_number: Some(spk_number.clone()),
            justification: None,
        })),
    };
    let registered = identity::Registered {
        personal: Personal::Open(profile),
    };
    let reserved = slot::Event::from(slot::Reserved {
        contract_id,
        operator_id,
        spk: slot::SpkMark::Digest(spk_number),
        value,
    });
    let mut events = vec![
        stored(
            &stream,
            "register",
            0,
            identity::Event::from(registered).into(),
            key,
        ),
        stored(
            &StreamId::Package(package(n)),
            &format!("hire-{n}"),
            0,
            reserved.into(),
            key,
        ),
        stored(
            &stream,
            &format!("hire-{n}"),
            0,
            contract::Event::from(hired).into(),
            key,
        ),
    ];
    for nth in 0..8 {
        let day = date(&format!("2020-11-{:02}", 2 + nth));
        let leave_id = LeaveId(uuid(4, n, nth));
        let recorded = leave::Recorded {
            leave_id,
            contract_id,
            kind: leave::LeaveKind::Annual,
            from: day,
            to: day,
            personal: None,
        };
        events.push(stored(
            &stream,
            &format!("leave-{nth}"),
            0,
            leave::Event::from(recorded).into(),
            key,
        ));
    }
    for month in 10..=12 {
        let submitted: appraisal::Submitted = serde_json::from_value(serde_json::json!({
            "contract_id": contract_id, "month": format!("2020-{month}"), "scores": {"attendance": 3, "roll_call": 3,
            "completion": 3, "timeliness": 3, "quality": 3, "obligations": 3, "prohibitions": 3}, "total": 21,
            "category": "good", "signed_on": format!("2020-{month}-29"), "late": false})).unwrap();
        events.push(stored(
            &stream,
            &format!("appraise-{month}"),
            0,
            appraisal::Event::from(submitted).into(),
            key,
        ));
    }
    let result = evaluation::EvaluationResult {
        months: 3,
        expected: 3,
        total: 63,
        category: policy::Category::Good,
    };
    let signed_on = date("2020-12-30");
    let proposed = evaluation::Proposed {
        contract_id,
        officer_id: officer(1),
        signed_on,
        result,
        personal: None,
    };
    let officer_id = officer(2);
    let finalized = evaluation::Finalized {
        contract_id,
        revision: 1,
        officer_id,
        signed_on,
        result,
        notice: None,
        personal: None,
    };
    events.push(stored(
        &stream,
        "propose",
        0,
        evaluation::Event::from(proposed).into(),
        key,
    ));
    events.push(stored(
        &stream,
        "finalize",
        0,
        evaluation::Event::from(finalized).into(),
        key,
    ));
    events
}

/// Writes about so many events onto an empty log, as fast as the broker takes them: data keys
/// first, then batches that are made while others are stored. How many there are, and how long
/// writing took.
pub(crate) async fn write(client: &Client, keyring: &Keyring, events: u64) -> (u64, Duration) {
    let people = events / PER_OPERATOR;
    let office_key = keyring
        .get_or_create(&Owner::Office)
        .await
        .unwrap()
        .unwrap();
    let operators = stream::iter((0..people).map(|n| Owner::Operator(OperatorId(uuid(1, n, 0)))));
    let keys =
        operators.map(|owner| async move { keyring.get_or_create(&owner).await.unwrap().unwrap() });
    let keys: Vec<_> = keys.buffered(KEYS_AT_ONCE).collect().await;
    let began = Instant::now();
    let (send, mut batches) = mpsc::channel(WAITING);
    let making = tokio::task::spawn_blocking(move || {
        let mut batch = Vec::new();
        for (n, key) in (0..).zip(&keys) {
            if n % PER_PACKAGE == 0 {
                batch.push(published(n, &office_key));
            }
            batch.extend(person(n, key));
            if batch.len() >= BATCH - 20 || n + 1 == people {
                send.blocking_send(std::mem::take(&mut batch)).unwrap();
            }
        }
    });
    let mut written = 0;
    while let Some(batch) = batches.recv().await {
        append(client, &batch).await;
        written += batch.len() as u64;
    }
    let writing = began.elapsed();
    making.await.unwrap();
    (written, writing)
}

async fn append(client: &Client, events: &[(String, Vec<u8>)]) {
    let id = Uuid::new_v4().simple().to_string();
    for (nth, (subject, payload)) in events.iter().enumerate() {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Batch-Id", id.as_str());
        headers.insert("Nats-Batch-Sequence", (nth + 1).to_string());
        if nth + 1 < events.len() {
            client
                .publish_with_headers(subject.clone(), headers, payload.clone().into())
                .await
                .unwrap();
        } else {
            headers.insert("Nats-Batch-Commit", "1");
            let answer = client
                .request_with_headers(subject.clone(), headers, payload.clone().into())
                .await
                .unwrap();
            assert!(
                !answer
                    .payload
                    .windows(7)
                    .any(|window| window == b"\"error\""),
                "{answer:?}"
            );
        }
    }
}
